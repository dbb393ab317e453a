//! What must not be shown, and texts made short enough to show.

use crate::smoke::url;
use regex_lite::Regex;
use std::sync::LazyLock;

/// Values that no output may have.
#[derive(Clone, Default, PartialEq, Eq)]
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

    /// Hides the values of an environment whose names say that they are secret.
    pub fn hide_environment<'a>(&mut self, environment: impl IntoIterator<Item = (&'a str, &'a str)>) {
        for (_, value) in environment.into_iter().filter(|(name, _)| looks_secret(name)) {
            self.hide_unless_plain(value);
        }
    }

    /// Hides a value, unless it is so short that it would be found everywhere and says nothing.
    pub fn hide_unless_plain(&mut self, value: &str) {
        if value.trim().chars().count() >= SHORTEST {
            self.hide(value);
        }
    }

    /// What somebody else wrote, without hidden values and without what has the shape of a secret: passwords in addresses and behind
    /// their names, and credentials of HTTP.
    pub fn mask_foreign(&self, text: &str) -> String {
        let masked = if self.hidden.is_empty() { text.to_owned() } else { self.mask(text) };
        SHAPES.iter().fold(masked, |text, shape| match shape {
            Some(shape) => shape.replace_all(&text, format!("${{before}}{MARK}${{after}}")).into_owned(),
            None => text,
        })
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

/// A shorter value is not hidden only because of its name.
const SHORTEST: usize = 4;

/// Parts of names that secrets have, in capitals.
const SECRETIVE: [&str; 10] =
    ["PASSWORD", "PASSWD", "PASSPHRASE", "SECRET", "TOKEN", "CREDENTIAL", "PRIVATE", "API_KEY", "APIKEY", "ACCESS_KEY"];

/// Whether the name of an environment variable says that its value is secret.
pub fn looks_secret(name: &str) -> bool {
    let name = name.to_uppercase().replace('-', "_");
    SECRETIVE.iter().any(|part| name.contains(part)) || name.ends_with("_KEY") || name.ends_with("_PWD")
}

/// What stands `before` stays, what is behind it goes.
static SHAPES: LazyLock<[Option<Regex>; 4]> = LazyLock::new(|| {
    [
        // scheme://user:password@host
        r"(?P<before>[A-Za-z][A-Za-z0-9+.-]{0,30}://[^\s/:@]{0,100}:)[^\s/@]{1,500}(?P<after>@)",
        r"(?P<before>(?i:authorization)[:=]\s{0,3}(?i:bearer|basic)\s{1,3})[A-Za-z0-9._~+/=-]{4,}",
        // NAME=value, "NAME": "value"; not the resource in an ARN, `secret:NAME`
        r#"(?P<before>(?i:password|passwd|passphrase|secret|token|api[_-]?key|access[_-]?key)(?:\s{0,3}=\s{0,3}["']?|["']\s{0,3}:\s{0,3}["']))[^\s"',;&]{4,}"#,
        r"(?P<before>(?i:password|passwd|passphrase):\s{1,3})[^\s,;]{4,}",
    ]
    .map(|shape| Regex::new(shape).ok())
});

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
    use super::{Mask, looks_secret, shorten};
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
    fn names_say_what_is_secret() {
        for name in
            ["SECRET_KEY", "db_password", "GITHUB-TOKEN", "AWS_SECRET_ACCESS_KEY", "STRIPE_API_KEY", "SIGNING_KEY"]
        {
            assert!(looks_secret(name), "{name}");
        }
        for name in ["DJANGO_SETTINGS_MODULE", "PORT", "KEYBOARD", "PWD", "DATABASE_HOST"] {
            assert!(!looks_secret(name), "{name}");
        }
    }

    #[test]
    fn what_others_write_is_masked_by_its_shape_too() {
        let mut mask = Mask::new();
        mask.hide_environment([("SECRET_KEY", "hunter2hunter2"), ("DEBUG_TOKEN", "1"), ("PORT", "8000")]);
        let table = [
            ("key is hunter2hunter2 on port 8000, attempt 1", "key is ••• on port 8000, attempt 1"),
            ("postgres://shop:s3cr3t@db:5432/shop", "postgres://shop:•••@db:5432/shop"),
            ("could not connect: password=s3cr3t&x=1", "could not connect: password=•••&x=1"),
            (r#"{"api_key": "abcd1234"}"#, r#"{"api_key": "•••"}"#),
            ("Authorization: Bearer eyJhbGciOi.J9", "Authorization: Bearer •••"),
            ("http://127.0.0.1:8000/health is not healthy", "http://127.0.0.1:8000/health is not healthy"),
            ("no such table: tokens", "no such table: tokens"),
            ("password: s3cr3t", "password: •••"),
            (
                "arn:aws:secretsmanager:us-east-1:1:secret:prod/key",
                "arn:aws:secretsmanager:us-east-1:1:secret:prod/key",
            ),
        ];
        for (text, expected) in table {
            assert_eq!(mask.mask_foreign(text), expected);
        }
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
