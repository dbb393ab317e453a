//! The nearest known word to an unknown one.

/// The candidate that `word` was probably meant to be, if one is near enough.
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let word = word.to_lowercase();
    // A transposed letter in a short word is far away for one measure, a missing prefix for the other.
    let edits = if word.len() < 3 { 0 } else { (word.len() / 4).max(1) };
    candidates
        .into_iter()
        .filter_map(|candidate| {
            let other = candidate.to_lowercase();
            let likeness = strsim::jaro_winkler(&word, &other);
            let near = likeness >= 0.8 || strsim::damerau_levenshtein(&word, &other) <= edits;
            near.then_some((likeness, candidate))
        })
        .max_by(|(a, _), (b, _)| a.total_cmp(b))
        .map(|(_, candidate)| candidate)
}

/// `did you mean …?`, or a list of what there is when nothing is near.
pub(crate) fn hint<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str> + Clone) -> String {
    match nearest(word, candidates.clone()) {
        Some(candidate) => format!("did you mean `{candidate}`?"),
        None => format!("there are {}", listed(candidates)),
    }
}

/// The words in backticks, with commas.
pub(crate) fn listed<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    let words: Vec<String> = words.into_iter().map(|word| format!("`{word}`")).collect();
    if words.is_empty() { "none".to_owned() } else { words.join(", ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_words_are_found_and_far_ones_are_not() {
        let keys = ["application", "deployment-group", "cluster"];
        assert_eq!(nearest("aplication", keys), Some("application"));
        assert_eq!(nearest("deployment_group", keys), Some("deployment-group"));
        assert_eq!(nearest("zzz", keys), None);
    }
}
