//! Texts that must not be too long.

/// At most `longest` bytes, and whole characters; a cut is shown by an ellipsis.
pub(crate) fn cut(text: &str, longest: usize) -> String {
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
