//! The documentation's plans are what users copy: every block of TOML in it must be one that this version reads.

use greenlight_domain::plan::Plan;
use std::path::{Path, PathBuf};

/// The first line of a block that is a whole plan. Others are tables of one.
const WHOLE: &str = "# greenlight.toml";
/// What a table needs around it to be a plan.
const REQUIRED: &str = r#"
application = "django-app"
deployment-group = "production"
cluster = "production-cluster"
service = "django-web"
container = "web"
port = 8000
"#;

/// The blocks of TOML in a page, each with the number of its first line.
fn blocks(page: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let mut open: Option<(usize, String)> = None;
    for (number, line) in page.lines().enumerate() {
        match &mut open {
            None if line.trim() == "```toml" => open = Some((number + 2, String::new())),
            Some(_) if line.trim() == "```" => found.extend(open.take()),
            Some((_, block)) => block.extend([line, "\n"]),
            None => {}
        }
    }
    assert_eq!(open, None, "a block has no end");
    found
}

#[expect(clippy::unwrap_used, reason = "a test without its files has failed")]
fn pages(folder: &Path) -> Vec<PathBuf> {
    let mut pages = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            pages.extend(self::pages(&path));
        } else if path.extension().is_some_and(|extension| extension == "md") {
            pages.push(path);
        }
    }
    pages.sort();
    pages
}

#[test]
fn every_plan_in_the_documentation_is_read_and_fits_into_a_label() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut whole = 0;
    let mut tables = 0;
    for page in pages(&root.join("docs")).into_iter().chain([root.join("README.md")]) {
        let text = std::fs::read_to_string(&page).unwrap();
        for (line, block) in blocks(&text) {
            let source = format!("{}, block at line {line}", page.display());
            let plan = if block.starts_with(WHOLE) {
                whole += 1;
                Plan::parse(&block, &source)
            } else {
                tables += 1;
                Plan::parse(&format!("{REQUIRED}{block}"), &source)
            };
            let plan = plan.unwrap_or_else(|error| panic!("{error}"));
            assert_eq!(Plan::from_label(&plan.embed().unwrap()).unwrap().embed(), plan.embed(), "{source}");
        }
    }
    assert!(whole > 0 && tables > 5, "the pages have lost their examples: {whole} whole plans, {tables} tables");
}
