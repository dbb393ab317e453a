//! Something happens between two calls: before the first call to one operation leaves, or in place of its answer.

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_types::SdkConfig;
use greenlight_aws::Env;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

type Happening = Arc<dyn Fn() -> Pin<Box<dyn Future<Output = ()> + Send>> + Send + Sync>;

/// What becomes of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lost {
    /// It never arrives.
    Call,
    /// It takes effect.
    Answer,
}

#[derive(Clone)]
pub struct Between {
    operation: &'static str,
    happened: Arc<AtomicBool>,
    what: Happening,
    lost: Option<Lost>,
    inner: SharedHttpClient,
}

#[derive(Debug)]
struct Connector {
    between: Between,
    inner: SharedHttpConnector,
}

impl Between {
    /// The surroundings whose first call to this operation comes after something else has happened.
    pub fn before(
        operation: &'static str,
        env: Env,
        sdk: SdkConfig,
        what: impl Fn() -> Pin<Box<dyn Future<Output = ()> + Send>> + Send + Sync + 'static,
    ) -> Env {
        Self::with(operation, Arc::new(what), None, env, sdk)
    }

    /// The surroundings whose first call to this operation is lost.
    pub fn lose(operation: &'static str, lost: Lost, env: Env, sdk: SdkConfig) -> Env {
        Self::with(operation, Arc::new(|| Box::pin(std::future::ready(()))), Some(lost), env, sdk)
    }

    fn with(operation: &'static str, what: Happening, lost: Option<Lost>, env: Env, sdk: SdkConfig) -> Env {
        let between = Self { operation, happened: Arc::default(), what, lost, inner: sdk.http_client().unwrap() };
        let sdk = sdk.into_builder().http_client(SharedHttpClient::new(between)).build();
        Env::new(sdk, env.clock, env.settings)
    }
}

impl fmt::Debug for Between {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.operation)
    }
}

impl HttpClient for Between {
    fn http_connector(&self, settings: &HttpConnectorSettings, components: &RuntimeComponents) -> SharedHttpConnector {
        let inner = self.inner.http_connector(settings, components);
        SharedHttpConnector::new(Connector { between: self.clone(), inner })
    }
}

impl HttpConnector for Connector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let Between { operation, happened, what, lost, .. } = &self.between;
        let target = request.headers().get("x-amz-target").unwrap_or_default();
        let is_first = target.ends_with(&format!(".{operation}")) && !happened.swap(true, Ordering::SeqCst);
        let what = is_first.then(|| what());
        let lost = lost.filter(|_| is_first);
        let gone = || Err(ConnectorError::io("the connection is gone".into()));
        let inner = self.inner.clone();
        HttpConnectorFuture::new(async move {
            if let Some(what) = what {
                what.await;
            }
            if lost == Some(Lost::Call) {
                return gone();
            }
            let answer = inner.call(request).await;
            if lost.is_some() { gone() } else { answer }
        })
    }
}
