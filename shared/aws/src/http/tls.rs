//! Whom TLS connections trust: rustls with ring, as the SDK clients have it.

use super::HttpError;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use std::fmt::Display;
use std::sync::Arc;

/// Without certificate authorities nobody is trusted: for connections without TLS.
pub(crate) fn config(roots: RootCertStore) -> Result<ClientConfig, HttpError> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| HttpError::Request(format!("TLS cannot be set up: {error}")))?;
    Ok(builder.with_root_certificates(roots).with_no_client_auth())
}

/// The system's certificate authorities, and those of the plan. To read them takes a while.
pub(crate) fn roots(ca: Option<&str>) -> Result<RootCertStore, HttpError> {
    let mut roots = RootCertStore::empty();
    // certificates that cannot be read are as good as not there
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    let Some(ca) = ca else { return Ok(roots) };
    let unfit =
        |what: &dyn Display| HttpError::Request(format!("the plan's certificate authority cannot be used: {what}"));
    let mut found = false;
    for certificate in CertificateDer::pem_slice_iter(ca.as_bytes()) {
        let certificate = certificate.map_err(|error| unfit(&error))?;
        roots.add(certificate).map_err(|error| unfit(&error))?;
        found = true;
    }
    if found { Ok(roots) } else { Err(unfit(&"it holds no certificate in PEM")) }
}
