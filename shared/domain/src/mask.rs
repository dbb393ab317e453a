//! What must not be shown, and texts made short enough to show.

use crate::smoke::url;

/// Values that no output may have.
#[derive(Clone, Default)]
pub struct Mask {
    /// Longest first: a secret that is a part of another must not leave the rest of it.
    hidden: Vec<String>,
}

/// What stands in a hidden value's place.
const MARK: &str = "•••";

impl Mask {
    /// Hides nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Hides a value from now on, also as it is written in URLs and in JSON. White space around it does not count.
    pub fn hide(&mut self, value: &str) {
        let value = value.trim();
        let json = serde_json::Value::from(value).to_string();
        let json = json.get(1..json.len().saturating_sub(1)).unwrap_or(value).to_owned();
        let component = url::component(value);
        let form = component.replace("%20", "+");
        for written in [value.to_owned(), json, component, form] {
            if !written.is_empty() && !self.hidden.contains(&written) {
                self.hidden.push(written);
            }
        }
        self.hidden.sort_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
    }

    /// The text without hidden values.
    pub fn mask(&self, text: &str) -> String {
        let mut masked = String::with_capacity(text.len());
        let mut rest = text;
        // One pass from left to right: what was put in is not looked at again.
        while let Some(first) = rest.chars().next() {
            if let Some(value) = self.hidden.iter().find(|value| rest.starts_with(value.as_str())) {
                masked.push_str(MARK);
                rest = rest.get(value.len()..).unwrap_or_default();
            } else {
                masked.push(first);
                rest = rest.get(first.len_utf8()..).unwrap_or_default();
            }
        }
        masked
    }

    /// The text without hidden values, on one line, and at most `longest` characters of it.
    ///
    /// It is masked before it is cut: the beginning of a secret is a secret too.
    pub fn show(&self, text: &str, longest: usize) -> String {
        let masked = if self.hidden.is_empty() { text.to_owned() } else { self.mask(text) };
        shorten(masked.trim(), longest)
    }
}

impl std::fmt::Debug for Mask {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Mask({} values)", self.hidden.len())
    }
}

/// At most `longest` characters, on one line; a cut is shown by an ellipsis.
pub fn shorten(text: &str, longest: usize) -> String {
    let mut short = String::new();
    for (count, character) in text.chars().enumerate() {
        if count >= longest {
            while short.chars().count() >= longest.max(1) {
                short.pop();
            }
            short.push('…');
            return short;
        }
        short.push(if character.is_control() { ' ' } else { character });
    }
    short
}

#[cfg(test)]
mod tests {
    use super::{Mask, shorten};
    use proptest::prelude::*;

    #[test]
    fn values_are_hidden_however_they_are_written() {
        let mut mask = Mask::new();
        mask.hide("pass word/1\"\n");
        mask.hide("pass");
        mask.hide("");
        let table = [
            ("it is pass word/1\" indeed", "it is ••• indeed"),
            ("?p=pass%20word%2F1%22", "?p=•••"),
            ("p=pass+word%2F1%22", "p=•••"),
            (r#"{"p":"pass word/1\""}"#, r#"{"p":"•••"}"#),
            ("passport", "•••port"),
            ("nothing", "nothing"),
        ];
        for (text, expected) in table {
            assert_eq!(mask.mask(text), expected);
        }
        assert_eq!(format!("{mask:?}"), "Mask(5 values)");
    }

    #[test]
    fn a_cut_never_leaves_a_part_of_a_secret() {
        let mut mask = Mask::new();
        mask.hide("abcdefgh");
        assert_eq!(mask.show("xx abcdefgh", 6), "xx •••");
        assert_eq!(mask.show("xx abcdefgh yy", 6), "xx ••…");
    }

    #[test]
    fn a_short_text_has_whole_characters_on_one_line() {
        assert_eq!(shorten("äöü", 3), "äöü");
        assert_eq!(shorten("äöüß", 3), "äö…");
        assert_eq!(shorten("a\nb", 10), "a b");
        assert_eq!(shorten("ab", 0), "…");
    }

    proptest! {
        #[test]
        fn no_hidden_value_is_left(values in prop::collection::vec("[a-c ü/\"]{1,4}", 0..4), text in "[a-c ü/\"]{0,30}") {
            let mut mask = Mask::new();
            for value in &values {
                mask.hide(value);
            }
            let masked = mask.mask(&text);
            for value in values.iter().map(|value| value.trim()).filter(|value| !value.is_empty()) {
                prop_assert!(!masked.contains(value), "{masked} has {value}");
            }
            prop_assert!(mask.show(&text, 5).chars().count() <= 5);
        }
    }
}
