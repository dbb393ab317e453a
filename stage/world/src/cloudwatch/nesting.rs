//! A guard for the parsers of expressions, which call themselves for every bracket and sign.

/// No expression of a person nests deeper.
pub(super) const DEEPEST: usize = 32;

/// Whether brackets, and signs or negations in a row, nest deeper than [`DEEPEST`].
pub(super) fn is_too_deep(text: &str) -> bool {
    let (mut open, mut prefixes) = (0_usize, 0_usize);
    text.replace("NOT", "!").chars().any(|c| {
        match c {
            '(' | '[' => open += 1,
            ')' | ']' => open = open.saturating_sub(1),
            _ => {}
        }
        match c {
            '-' | '!' => prefixes += 1,
            c if c.is_whitespace() => {}
            _ => prefixes = 0,
        }
        open > DEEPEST || prefixes > DEEPEST
    })
}
