//! Percent-encoding and XML text.

use crate::WireError;
use std::borrow::Cow;

/// Decodes one segment of a path.
pub(crate) fn percent_decode(text: &str) -> Result<String, WireError> {
    let wrong = || WireError::Malformed(format!("the path has a wrong percent-encoding in `{text}`"));
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let mut digit = || rest.next().and_then(|byte| char::from(byte).to_digit(16));
        let (Some(high), Some(low)) = (digit(), digit()) else { return Err(wrong()) };
        bytes.push(u8::try_from(high * 16 + low).map_err(|_| wrong())?);
    }
    String::from_utf8(bytes).map_err(|_| wrong())
}

/// The parameters of a query string.
pub(crate) fn parameters(query: Option<&str>) -> Result<Vec<(String, String)>, WireError> {
    serde_urlencoded::from_str(query.unwrap_or_default())
        .map_err(|error| WireError::Malformed(format!("the query string cannot be read: {error}")))
}

/// Text inside an XML element. Characters that XML 1.0 has no way to write become U+FFFD.
pub(crate) fn xml(text: &str) -> Cow<'_, str> {
    let plain = |character: char| match character {
        '<' | '>' | '&' | '"' | '\'' | '\r' => false,
        '\t' | '\n' => true,
        character => character >= ' ' && !matches!(character, '\u{FFFE}' | '\u{FFFF}'),
    };
    if text.chars().all(plain) {
        return Cow::Borrowed(text);
    }
    let mut escaped = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        match character {
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '&' => escaped.push_str("&amp;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            '\r' => escaped.push_str("&#13;"),
            character if plain(character) => escaped.push(character),
            _ => escaped.push('\u{FFFD}'),
        }
    }
    Cow::Owned(escaped)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percent_encoding_is_decoded_or_refused() {
        assert_eq!(percent_decode("a%2Fb%C3%A9+").unwrap(), "a/bé+");
        for wrong in ["%", "%1", "%zz", "%ff", "%+1"] {
            assert!(percent_decode(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn xml_text_is_escaped() {
        assert_eq!(xml("a<b>&\"'\u{1}\n"), "a&lt;b&gt;&amp;&quot;&#39;\u{FFFD}\n");
        assert!(matches!(xml("plain é"), Cow::Borrowed(_)));
    }
}
