//! One object from Amazon S3: a signed request instead of a very large SDK crate.

use crate::{Env, Error};
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
use std::fmt::Write;

/// The largest object that is read: an `AppSpec` has a few hundred bytes.
const LARGEST: usize = 1024 * 1024;

/// An answer of S3: its status and its body.
#[derive(Debug)]
struct Answer {
    status: u16,
    body: Option<Vec<u8>>,
}

impl Env {
    /// Reads an object as text.
    ///
    /// # Errors
    /// With bucket and key, and what S3 answered.
    pub async fn s3_object(&self, bucket: &str, key: &str, version: Option<&str>) -> Result<String, Error> {
        let fail = |what: &str| Error::Unfit(format!("s3:GetObject on {bucket}/{key}: {what}"));
        let url = url(self.sdk.endpoint_url(), &self.settings.region, bucket, key, version);
        let request = self.signed_get(&url).await.map_err(|error| fail(&error.to_string()))?;
        let answer = self.send(request).await.map_err(|error| fail(&error.to_string()))?;
        let body = answer.body.unwrap_or_default();
        if body.len() > LARGEST {
            return Err(fail(&format!("the object is larger than the {LARGEST} bytes that are read")));
        }
        let text = String::from_utf8(body).map_err(|_| fail("the object is not text"))?;
        match answer.status {
            200 | 206 => Ok(text),
            403 => Err(fail(&format!(
                "AccessDenied; allow s3:GetObject on arn:aws:s3:::{bucket}/{key} in the function's role"
            ))),
            404 => Err(fail("there is no such object")),
            status => Err(fail(&format!("HTTP status {status}"))),
        }
    }

    async fn signed_get(&self, url: &str) -> Result<http::Request<()>, Box<dyn StdError + Send + Sync>> {
        let provider = self.sdk.credentials_provider().ok_or("the function has no credentials")?;
        let identity = provider.provide_credentials().await?.into();
        let mut settings = SigningSettings::default();
        settings.percent_encoding_mode = PercentEncodingMode::Single;
        settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
        settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
        let parameters = v4::SigningParams::builder()
            .identity(&identity)
            .region(&self.settings.region)
            .name("s3")
            .time(TimeSource::now(&self.clock))
            .settings(settings)
            .build()?
            .into();
        // one byte more than is taken tells that there is more
        let mut request = http::Request::get(url).header("range", format!("bytes=0-{LARGEST}")).body(())?;
        let body = SignableBody::Bytes(&[]);
        let (instructions, _) =
            sign(SignableRequest::new("GET", url, std::iter::empty(), body)?, &parameters)?.into_parts();
        instructions.apply_to_request_http1x(&mut request);
        Ok(request)
    }

    /// Sends a request over the connector that the SDK clients use.
    async fn send(&self, request: http::Request<()>) -> Result<Answer, Box<dyn StdError + Send + Sync>> {
        let client = self.sdk.http_client().ok_or("the function has no HTTP client")?;
        let origin = origin(request.uri()).ok_or("its URL has no host")?;
        let mut operation = Operation::builder()
            .service_name("s3")
            .operation_name("GetObject")
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
            .serializer(|request: http::Request<()>| Ok(HttpRequest::try_from(request.map(|()| SdkBody::empty()))?))
            .deserializer::<Answer, Infallible>(|response| {
                let body = response.body().bytes().map(<[u8]>::to_vec);
                Ok(Answer { status: response.status().as_u16(), body })
            })
            .build();
        operation.invoke(request).await.map_err(Into::into)
    }
}

fn origin(uri: &http::Uri) -> Option<String> {
    Some(format!("{}://{}", uri.scheme_str()?, uri.authority()?))
}

/// Virtual-hosted style at AWS; path style at an endpoint that somebody names, which rarely has a name per bucket.
fn url(endpoint: Option<&str>, region: &str, bucket: &str, key: &str, version: Option<&str>) -> String {
    let key = escaped(key, true);
    let mut url = match endpoint {
        Some(endpoint) => format!("{}/{}/{key}", endpoint.trim_end_matches('/'), escaped(bucket, false)),
        // a name with dots does not fit the certificate
        None if bucket.contains('.') => format!("https://s3.{region}.amazonaws.com/{bucket}/{key}"),
        None => format!("https://{bucket}.s3.{region}.amazonaws.com/{key}"),
    };
    if let Some(version) = version {
        url.push_str("?versionId=");
        url.push_str(&escaped(version, false));
    }
    url
}

/// Percent-encodes everything but unreserved characters, and slashes in a path.
fn escaped(text: &str, path: bool) -> String {
    let mut escaped = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) || (path && byte == b'/') {
            escaped.push(char::from(byte));
        } else {
            // writing to a string cannot fail
            let _ = write!(escaped, "%{byte:02X}");
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::url;

    #[test]
    fn urls_are_complete_and_escaped() {
        let table = [
            (None, "b", "a/b c.json", None, "https://b.s3.eu-west-1.amazonaws.com/a/b%20c.json"),
            (None, "b.c", "k", Some("v/1"), "https://s3.eu-west-1.amazonaws.com/b.c/k?versionId=v%2F1"),
            (Some("http://127.0.0.1:4566/"), "b", "ü", None, "http://127.0.0.1:4566/b/%C3%BC"),
        ];
        for (endpoint, bucket, key, version, expected) in table {
            assert_eq!(url(endpoint, "eu-west-1", bucket, key, version), expected);
        }
    }
}
