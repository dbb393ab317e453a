//! The content encoding of a request: clients of CloudWatch compress large bodies.

use crate::{MAX_BODY, WireError, header_text};
use flate2::read::GzDecoder;
use http::header::CONTENT_ENCODING;
use http::request::Parts;
use std::borrow::Cow;
use std::io::Read as _;

/// The body as it was before it was compressed; never more than [`MAX_BODY`].
pub(crate) fn decode<'a>(parts: &Parts, body: &'a [u8]) -> Result<Cow<'a, [u8]>, WireError> {
    match header_text(parts, CONTENT_ENCODING.as_str()) {
        None | Some("" | "identity") => Ok(Cow::Borrowed(body)),
        Some("gzip") => {
            let mut plain = Vec::new();
            // one byte more than is allowed tells that there is more
            let mut reader = GzDecoder::new(body).take(MAX_BODY as u64 + 1);
            reader
                .read_to_end(&mut plain)
                .map_err(|error| WireError::Malformed(format!("the body of the request is not gzip: {error}")))?;
            if plain.len() > MAX_BODY { Err(WireError::TooLarge) } else { Ok(Cow::Owned(plain)) }
        }
        Some(other) => Err(WireError::Unsupported(format!("the content encoding `{other}`"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::Compression;
    use flate2::write::GzEncoder;
    use http::Request;
    use std::io::Write as _;

    fn decode(encoding: &str, body: &[u8]) -> Result<Vec<u8>, WireError> {
        let request = Request::builder().header(CONTENT_ENCODING, encoding).body(()).unwrap();
        super::decode(&request.into_parts().0, body).map(Cow::into_owned)
    }

    fn compress(body: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(body).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn a_compressed_body_is_read_up_to_the_limit() {
        assert_eq!(decode("gzip", &compress(b"hello")), Ok(b"hello".to_vec()));
        assert_eq!(decode("gzip", &compress(&vec![0; MAX_BODY + 1])), Err(WireError::TooLarge));
    }

    #[test]
    fn what_cannot_be_read_is_refused() {
        assert!(matches!(decode("gzip", b"hello"), Err(WireError::Malformed(_))));
        assert!(matches!(decode("br", b""), Err(WireError::Unsupported(_))));
    }
}
