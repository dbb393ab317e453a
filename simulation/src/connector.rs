//! The SDK's HTTP connector: every request becomes a call of the world, without a socket between them.

use crate::message::Message;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::sync::{mpsc, oneshot};

/// Hands the requests of SDK clients to the world.
#[derive(Debug, Clone)]
pub(crate) struct Connector {
    inbox: mpsc::UnboundedSender<Message>,
    requests: Arc<AtomicU64>,
}

impl Connector {
    pub(crate) fn new(inbox: mpsc::UnboundedSender<Message>) -> Self {
        Self { inbox, requests: Arc::new(AtomicU64::new(0)) }
    }

    async fn answer(self, request: HttpRequest) -> Result<HttpResponse, ConnectorError> {
        let request = request.try_into_http1x().map_err(|error| ConnectorError::user(error.into()))?;
        let (parts, body) = request.into_parts();
        let number = self.requests.fetch_add(1, Ordering::Relaxed);
        let request_id = format!("00000000-0000-4000-8000-{number:012x}");
        let decoded = match greenlight_wire::decode(&parts, body.bytes().unwrap_or_default()) {
            Ok(decoded) => decoded,
            Err(error) => return response(greenlight_wire::refuse(&parts, &error, &request_id)),
        };
        let (reply, answer) = oneshot::channel();
        let gone = || ConnectorError::io("the simulated world has ended".into());
        self.inbox
            .send(Message::Call {
                access_key: decoded.access_key,
                service: decoded.service,
                operation: decoded.operation.clone(),
                input: decoded.input,
                reply,
            })
            .map_err(|_| gone())?;
        let answer = answer.await.map_err(|_| gone())?;
        response(greenlight_wire::encode(decoded.protocol, &decoded.operation, answer, &request_id))
    }
}

fn response(response: http::Response<Vec<u8>>) -> Result<HttpResponse, ConnectorError> {
    HttpResponse::try_from(response.map(SdkBody::from)).map_err(|error| ConnectorError::other(error.into(), None))
}

impl HttpConnector for Connector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        HttpConnectorFuture::new(self.clone().answer(request))
    }
}

impl HttpClient for Connector {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}
