//! News for the team.

/// A message to the team's topic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    subject: String,
    text: String,
}

impl Notice {
    /// SNS takes subjects of less than 100 characters.
    pub const LONGEST_SUBJECT: usize = 99;
    /// SNS takes messages of 256 KiB; nobody reads a tenth of that.
    pub const LONGEST_TEXT: usize = 16 * 1024;

    /// A notice that SNS will take: control characters and line breaks leave the subject, and what is too long is cut.
    pub fn new(subject: &str, text: &str) -> Self {
        let words: Vec<&str> = subject.split(|c: char| c.is_control() || c.is_whitespace()).collect();
        let subject = words.into_iter().filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
        Self { subject: cut(&subject, Self::LONGEST_SUBJECT), text: cut(text, Self::LONGEST_TEXT) }
    }

    /// At most 99 characters on one line.
    pub fn subject(&self) -> &str {
        &self.subject
    }

    /// The message.
    pub fn text(&self) -> &str {
        &self.text
    }
}

/// At most `longest` bytes, and whole characters; a cut is shown by an ellipsis.
fn cut(text: &str, longest: usize) -> String {
    const MARK: &str = "...";
    if text.len() <= longest {
        return text.to_owned();
    }
    let mut end = longest.saturating_sub(MARK.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).map_or_else(|| MARK.to_owned(), |kept| format!("{kept}{MARK}"))
}

#[cfg(test)]
mod tests {
    use super::Notice;

    #[test]
    fn a_subject_is_one_short_line() {
        let table = [
            ("deployment d-1 failed", "deployment d-1 failed"),
            ("two\nlines\tand\u{7} a bell", "two lines and a bell"),
            ("", ""),
        ];
        for (given, expected) in table {
            assert_eq!(Notice::new(given, "").subject(), expected);
        }
        let long = Notice::new(&"ü".repeat(200), "");
        assert!(long.subject().len() <= Notice::LONGEST_SUBJECT);
        assert!(long.subject().ends_with("ü..."));
    }
}
