//! Who calls, and which service: the credential of Signature Version 4's Authorization header.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html>

use crate::{WireError, header_text};
use http::header::AUTHORIZATION;
use http::request::Parts;

/// The part of a credential scope that matters here.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Credential<'a> {
    /// The access key id.
    pub(crate) access_key: &'a str,
    /// The service's signing name.
    pub(crate) service: &'a str,
}

/// Reads the credential; neither the date nor the signature is checked.
pub(crate) fn credential(parts: &Parts) -> Result<Credential<'_>, WireError> {
    if !parts.headers.contains_key(AUTHORIZATION) {
        return Err(WireError::MissingAuthentication);
    }
    let text =
        header_text(parts, AUTHORIZATION.as_str()).ok_or(WireError::IncompleteSignature("it is not plain text"))?;
    let members =
        text.strip_prefix("AWS4-HMAC-SHA256").ok_or(WireError::IncompleteSignature("the algorithm is another one"))?;
    let scope = members
        .split(',')
        .find_map(|member| member.trim().strip_prefix("Credential="))
        .ok_or(WireError::IncompleteSignature("it has no Credential"))?;
    // an access key id has no slash, so the last four parts are the scope
    let mut from_the_end = scope.rsplitn(5, '/');
    let mut next = || from_the_end.next().filter(|part| !part.is_empty());
    let (Some("aws4_request"), Some(service), Some(_region), Some(_date), Some(access_key)) =
        (next(), next(), next(), next(), next())
    else {
        return Err(WireError::IncompleteSignature("the credential has not five parts"));
    };
    Ok(Credential { access_key, service })
}
