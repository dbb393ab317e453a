//! Text with wildcards, as event patterns and policies have it.

/// A text in which some places stand for any text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Glob(Vec<Piece>);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Piece {
    Exactly(char),
    AnyOne,
    AnyText,
}

impl Glob {
    /// As IAM writes it: `*` is any text, `?` any one character.
    pub(crate) fn policy(text: &str) -> Self {
        Self(
            text.chars()
                .map(|character| match character {
                    '*' => Piece::AnyText,
                    '?' => Piece::AnyOne,
                    other => Piece::Exactly(other),
                })
                .collect(),
        )
    }

    /// As `EventBridge` writes it: `*` is any text, a backslash takes the meaning from `*` and from itself. Two stars side by
    /// side and a backslash before anything else are refused, as there.
    pub(crate) fn event(text: &str) -> Result<Self, &'static str> {
        let mut pieces = Vec::new();
        let mut characters = text.chars();
        while let Some(character) = characters.next() {
            match character {
                '*' if pieces.last() == Some(&Piece::AnyText) => return Err("consecutive wildcard characters"),
                '*' => pieces.push(Piece::AnyText),
                '\\' => match characters.next() {
                    Some(escaped @ ('*' | '\\')) => pieces.push(Piece::Exactly(escaped)),
                    _ => return Err("invalid escape character"),
                },
                other => pieces.push(Piece::Exactly(other)),
            }
        }
        Ok(Self(pieces))
    }

    /// Whether the whole of `text` fits. Takes time in proportion to both lengths, whatever the text is.
    pub(crate) fn matches(&self, text: &str) -> bool {
        let text: Vec<char> = text.chars().collect();
        let (mut piece, mut at) = (0, 0);
        // where to go on when the last star has to take one character more
        let mut retry: Option<(usize, usize)> = None;
        while at < text.len() {
            match self.0.get(piece) {
                Some(Piece::AnyText) => {
                    retry = Some((piece, at));
                    piece += 1;
                }
                Some(Piece::AnyOne) => {
                    piece += 1;
                    at += 1;
                }
                Some(Piece::Exactly(character)) if *character == text[at] => {
                    piece += 1;
                    at += 1;
                }
                _ => {
                    let Some((star, taken)) = retry else { return false };
                    retry = Some((star, taken + 1));
                    piece = star + 1;
                    at = taken + 1;
                }
            }
        }
        self.0[piece..].iter().all(|piece| *piece == Piece::AnyText)
    }
}

#[cfg(test)]
mod tests {
    use super::Glob;

    #[test]
    fn policy_wildcards() {
        for (glob, text, expected) in [
            ("", "", true),
            ("*", "", true),
            ("*", "anything", true),
            ("ecs:Run*", "ecs:RunTask", true),
            ("ecs:Run*", "ecs:StopTask", false),
            ("ecs:*Task", "ecs:RunTask", true),
            ("ecs:*Task", "ecs:RunTasks", false),
            ("a*b*c", "a-b-b-c", true),
            ("a*b*c", "a-c-b", false),
            ("a?c", "abc", true),
            ("a?c", "ac", false),
            ("**", "x", true),
            ("abc", "abcd", false),
        ] {
            assert_eq!(Glob::policy(glob).matches(text), expected, "{glob} on {text}");
        }
    }

    #[test]
    fn event_wildcards_can_be_escaped() {
        for (glob, text, expected) in [
            ("dev/*", "dev/1/2", true),
            ("dev/*", "prod/1", false),
            (r"a\*b", "a*b", true),
            (r"a\*b", "axb", false),
            (r"a\\b", r"a\b", true),
            ("what?", "whatx", false),
        ] {
            assert_eq!(Glob::event(glob).map(|glob| glob.matches(text)), Ok(expected), "{glob} on {text}");
        }
        assert!(Glob::event("a**b").is_err());
        assert!(Glob::event(r"a\b").is_err());
        assert!(Glob::event(r"a\").is_err());
    }
}
