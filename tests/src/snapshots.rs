//! Texts that are held in `tests/snapshots`. `GREENLIGHT_WRITE_SNAPSHOTS=1` writes them anew; read them then.

use std::path::PathBuf;

/// Ids are another's in another run: numbered in the order in which they come.
pub fn without_ids(text: &str) -> String {
    let mut known: Vec<String> = Vec::new();
    let mut out = String::new();
    let mut word = String::new();
    for next in text.chars().chain([' ']) {
        if next.is_ascii_alphanumeric() || next == '-' {
            word.push(next);
            continue;
        }
        let is_deployment = word.strip_prefix("d-").is_some_and(|rest| rest.len() == 9);
        let is_task = word.len() == 32 && word.chars().all(|c| c.is_ascii_hexdigit());
        if is_deployment || is_task {
            let number = known.iter().position(|one| *one == word).unwrap_or_else(|| {
                known.push(word.clone());
                known.len() - 1
            });
            word = format!("{}{}", if is_deployment { "d-" } else { "task-" }, number + 1);
        }
        out.push_str(&word);
        out.push(next);
        word.clear();
    }
    out.pop();
    out
}

/// Whether a text is what is held under this name.
///
/// # Errors
/// Both texts, if it is not.
pub fn held(name: &str, text: &str) -> Result<(), String> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("snapshots").join(format!("{name}.txt"));
    if std::env::var_os("GREENLIGHT_WRITE_SNAPSHOTS").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        return Ok(());
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_default();
    if expected == text { Ok(()) } else { Err(format!("{name}: expected\n{expected}\nand it is\n{text}")) }
}
