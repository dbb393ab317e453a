//! A small server on this machine that remembers what it was asked, for checks to be held against.

use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::oneshot;

/// A running server; it ends with this value.
pub struct Site {
    address: SocketAddr,
    asked: Asked,
    _stop: oneshot::Sender<()>,
}

/// `GET /health?a=b` of each request, in their order.
type Asked = Arc<Mutex<Vec<String>>>;

impl Site {
    pub fn start() -> Self {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let (address, asked) = (listener.local_addr().unwrap(), Asked::default());
        let (stop, stopped) = oneshot::channel::<()>();
        let router = axum::Router::new().fallback(answer).with_state(Arc::clone(&asked));
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let listener = tokio::net::TcpListener::from_std(listener).unwrap();
                tokio::select! {
                    served = async { axum::serve(listener, router).await } => served.unwrap(),
                    _ = stopped => {}
                }
            });
        });
        Self { address, asked, _stop: stop }
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

async fn answer(State(asked): State<Asked>, method: Method, uri: Uri, headers: HeaderMap) -> Response {
    let line = format!("{method} {uri}");
    let before = {
        let mut asked = asked.lock().unwrap_or_else(PoisonError::into_inner);
        let before = asked.iter().filter(|earlier| **earlier == line).count();
        asked.push(line);
        before
    };
    let sent = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
    let json = |value: serde_json::Value| ([(header::CONTENT_TYPE, "application/json")], value.to_string());
    match uri.path() {
        "/health" => json(json!({ "database": true, "cache": true, "items": [1, 2] })).into_response(),
        "/sick" => json(json!({ "database": true, "cache": false, "items": [1, 2] })).into_response(),
        "/down" => (StatusCode::SERVICE_UNAVAILABLE, "down for \"maintenance\" & <back> soon").into_response(),
        "/third-time" if before < 2 => StatusCode::SERVICE_UNAVAILABLE.into_response(),
        "/login" => json(json!({ "token": "token-of-a-session" })).into_response(),
        // what a server must not do with a secret, so that the report has it to mask
        "/echo" => json(json!({ "key": sent("x-api-key"), "authorization": sent("authorization") })).into_response(),
        _ => "as you like it".into_response(),
    }
}
