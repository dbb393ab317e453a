//! The nearest known word to an unknown one.

/// The candidate that `word` was probably meant to be, if one is near enough.
pub(crate) fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let word = compared(word);
    // a transposed letter in a short word is far away for one measure, a missing prefix for the other
    let edits = if word.len() < 3 { 0 } else { (word.len() / 4).max(1) };
    candidates
        .into_iter()
        .filter_map(|candidate| {
            let other = compared(candidate);
            let likeness = strsim::jaro_winkler(&word, &other);
            let near = likeness >= 0.85 || strsim::damerau_levenshtein(&word, &other) <= edits;
            near.then_some((likeness, candidate))
        })
        .max_by(|(a, _), (b, _)| a.total_cmp(b))
        .map(|(_, candidate)| candidate)
}

/// What two names are likened by: what all names of functions and types begin with would make strangers alike.
fn compared(word: &str) -> String {
    let word = word.to_lowercase();
    let rest = word.strip_prefix("fn::").or_else(|| word.strip_prefix("aws::")).map(str::to_owned);
    rest.unwrap_or(word)
}

/// `did you mean …?`, or what there is when nothing is near.
pub(crate) fn hint<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str> + Clone) -> String {
    if let Some(candidate) = nearest(word, candidates.clone()) {
        return format!("did you mean `{candidate}`?");
    }
    let known: Vec<String> = candidates.into_iter().map(|word| format!("`{word}`")).collect();
    if known.is_empty() { "there are none".to_owned() } else { format!("there are {}", known.join(", ")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_words_are_found_and_far_ones_are_not() {
        let keys = ["detail-type", "source", "detail"];
        assert_eq!(nearest("detial-type", keys), Some("detail-type"));
        assert_eq!(nearest("Sources", keys), Some("source"));
        assert_eq!(nearest("zzz", keys), None);
        assert_eq!(nearest("Fn::Upper", ["Fn::Sub", "Fn::Join"]), None);
        assert_eq!(nearest("AWS::EC2::SecurityGroup", ["AWS::SQS::QueuePolicy"]), None);
        assert_eq!(nearest("AWS::SQS::Qeue", ["AWS::SQS::QueuePolicy", "AWS::SQS::Queue"]), Some("AWS::SQS::Queue"));
        assert_eq!(hint("zzz", keys), "there are `detail-type`, `source`, `detail`");
    }
}
