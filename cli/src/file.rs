//! Reads files that people write.

use crate::Error;
use std::path::Path;

/// A file's text.
pub(crate) fn text(path: &Path) -> Result<String, Error> {
    let bytes = std::fs::read(path).map_err(|source| Error::File { path: path.to_owned(), source })?;
    decoded(path, bytes)
}

/// The text of bytes that were read from somewhere.
pub(crate) fn decoded(path: &Path, bytes: Vec<u8>) -> Result<String, Error> {
    String::from_utf8(bytes).map_err(|error| {
        let before = error.as_bytes().iter().take(error.utf8_error().valid_up_to());
        Error::NotText { path: path.to_owned(), line: 1 + before.filter(|byte| **byte == b'\n').count() }
    })
}
