//! The AWS endpoint: calls come in over the services' own protocols.

use crate::connections::{Body, Unread, full, plain, read};
use crate::message::{Inbox, Message};
use greenlight_wire::{Decoded, MAX_BODY, WireError, decode, encode, refuse};
use greenlight_world::AwsError;
use http::{HeaderMap, Request, Response, StatusCode, header};
use hyper::body::Incoming;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::sync::oneshot;

/// Serves calls. Its clones are one.
#[derive(Debug, Clone)]
pub(crate) struct Endpoint {
    inbox: Inbox,
    requests: Arc<AtomicU64>,
}

impl Endpoint {
    pub(crate) fn new(inbox: Inbox) -> Self {
        Self { inbox, requests: Arc::default() }
    }

    pub(crate) async fn handle(self, request: Request<Incoming>) -> Response<Body> {
        if let Err(reason) = of_this_machine(request.headers()) {
            return plain(StatusCode::FORBIDDEN, reason);
        }
        let request_id = format!("00000000-0000-4000-8000-{:012x}", self.requests.fetch_add(1, Ordering::Relaxed));
        let (parts, body) = request.into_parts();
        let decoded = match read(body, MAX_BODY).await {
            Ok(body) => decode(&parts, &body),
            Err(Unread::TooLarge) => Err(WireError::TooLarge),
            Err(Unread::Broken) => Err(WireError::Malformed("the body of the request did not come whole".to_owned())),
        };
        let response = match decoded {
            Ok(decoded) => self.call(decoded, &request_id).await,
            Err(error) => refuse(&parts, &error, &request_id),
        };
        response.map(full)
    }

    async fn call(&self, decoded: Decoded, request_id: &str) -> Response<Vec<u8>> {
        let Decoded { access_key, service, operation, input, protocol } = decoded;
        let (reply, answer) = oneshot::channel();
        let call = Message::Call { access_key, service, operation: operation.clone(), input, reply };
        let answer = match self.inbox.send(call).await {
            Ok(()) => answer.await.ok(),
            Err(_) => None,
        };
        let gone = || AwsError::with_status("ServiceUnavailableException", "the stage has been stopped", 503);
        encode(protocol, &operation, answer.unwrap_or_else(|| Err(gone())), request_id)
    }
}

/// Browsers reach loopback addresses too: a page's script sends `Origin`, and a name that was pointed here shows in `Host`.
fn of_this_machine(headers: &HeaderMap) -> Result<(), &'static str> {
    if headers.contains_key(header::ORIGIN) {
        return Err("the stage does not answer web pages");
    }
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let name = match host.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((address, _)) => address,
        None => host.split(':').next().unwrap_or_default(),
    };
    let loopback = name.eq_ignore_ascii_case("localhost") || name.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback());
    if loopback { Ok(()) } else { Err("the stage answers to 127.0.0.1 and localhost only") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    #[test]
    fn only_loopback_names_are_answered() {
        for (host, ok) in [
            ("127.0.0.1:4566", true),
            ("localhost:4566", true),
            ("LOCALHOST", true),
            ("[::1]:4566", true),
            ("127.1.2.3", true),
            ("example.com:4566", false),
            ("127.0.0.1.example.com", false),
            ("10.0.0.1", false),
            ("", false),
        ] {
            let headers = HeaderMap::from_iter([(header::HOST, HeaderValue::from_static(host))]);
            assert_eq!(of_this_machine(&headers).is_ok(), ok, "{host}");
        }
    }

    #[test]
    fn web_pages_are_not_answered() {
        let headers = HeaderMap::from_iter([
            (header::HOST, HeaderValue::from_static("localhost")),
            (header::ORIGIN, HeaderValue::from_static("https://example.com")),
        ]);
        assert!(of_this_machine(&headers).is_err());
    }
}
