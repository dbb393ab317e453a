//! Signed requests to services that are asked for one thing: a small request instead of a very large SDK crate.

use crate::Env;
use aws_credential_types::provider::ProvideCredentials;
use aws_sigv4::http_request::{
    PayloadChecksumKind, PercentEncodingMode, SignableBody, SignableRequest, SigningSettings, UriPathNormalizationMode,
    sign,
};
use aws_sigv4::sign::v4;
use aws_smithy_async::time::TimeSource;
use aws_smithy_runtime::client::orchestrator::operation::Operation;
use aws_smithy_runtime_api::client::behavior_version::BehaviorVersion;
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_types::body::SdkBody;
use std::convert::Infallible;
use std::error::Error as StdError;

/// What went wrong before a service answered.
pub(crate) type Unsent = Box<dyn StdError + Send + Sync>;

/// A service as its requests are signed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Service<'a> {
    /// As a signature has it: `s3`.
    pub(crate) name: &'static str,
    /// Where it is.
    pub(crate) region: &'a str,
    /// The operation, for the SDK's telemetry.
    pub(crate) operation: &'static str,
}

/// A service's answer: its status and its body.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Option<Vec<u8>>,
}

impl Env {
    /// Signs a request and sends it over the connector that the SDK clients use.
    pub(crate) async fn signed(&self, service: Service<'_>, request: http::Request<Vec<u8>>) -> Result<Answer, Unsent> {
        let request = self.sign(service, request).await?;
        let client = self.sdk.http_client().ok_or("the function has no HTTP client")?;
        let origin = origin(request.uri()).ok_or("its URL has no host")?;
        let mut operation = Operation::builder()
            .service_name(service.name)
            .operation_name(service.operation)
            .behavior_version(BehaviorVersion::latest())
            .http_client(client)
            .endpoint_url(&origin)
            .no_auth()
            .no_retry()
            .time_source(self.clock.clone());
        if let Some(sleep) = self.sdk.sleep_impl() {
            operation = operation.sleep_impl(sleep);
        }
        if let Some(timeouts) = self.sdk.timeout_config() {
            operation = operation.timeout_config(timeouts.clone());
        }
        let operation = operation
            .serializer(|request: http::Request<Vec<u8>>| Ok(HttpRequest::try_from(request.map(SdkBody::from))?))
            .deserializer::<Answer, Infallible>(|response| {
                let body = response.body().bytes().map(<[u8]>::to_vec);
                Ok(Answer { status: response.status().as_u16(), body })
            })
            .build();
        operation.invoke(request).await.map_err(Into::into)
    }

    async fn sign(
        &self,
        service: Service<'_>,
        mut request: http::Request<Vec<u8>>,
    ) -> Result<http::Request<Vec<u8>>, Unsent> {
        let provider = self.sdk.credentials_provider().ok_or("the function has no credentials")?;
        let identity = provider.provide_credentials().await?.into();
        let mut settings = SigningSettings::default();
        // S3 alone signs paths as they are
        if service.name == "s3" {
            settings.percent_encoding_mode = PercentEncodingMode::Single;
            settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
            settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
        }
        let parameters = v4::SigningParams::builder()
            .identity(&identity)
            .region(service.region)
            .name(service.name)
            .time(TimeSource::now(&self.clock))
            .settings(settings)
            .build()?
            .into();
        let url = request.uri().to_string();
        let headers: Vec<(String, String)> = request
            .headers()
            .iter()
            .filter_map(|(name, value)| Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned())))
            .collect();
        let headers = headers.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let body = SignableBody::Bytes(request.body());
        let signable = SignableRequest::new(request.method().as_str(), &url, headers, body)?;
        let (instructions, _) = sign(signable, &parameters)?.into_parts();
        instructions.apply_to_request_http1x(&mut request);
        Ok(request)
    }
}

fn origin(uri: &http::Uri) -> Option<String> {
    Some(format!("{}://{}", uri.scheme_str()?, uri.authority()?))
}
