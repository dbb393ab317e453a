//! One call in AWS's JSON protocol without an SDK crate: for services that are asked for one thing, and where an answer is sent
//! back changed in one place, so that nothing an older SDK does not know is lost.

use crate::fault::service_class;
use crate::signed::Service;
use crate::{Class, Env, Error, Fault};
use serde_json::Value;

/// A service that speaks JSON.
#[derive(Debug, Clone, Copy)]
pub(crate) struct JsonService {
    /// The version of the protocol: `1.1`.
    pub(crate) version: &'static str,
    /// As a signature and an action have it: `ssm`.
    pub(crate) name: &'static str,
    /// What stands before an operation in `X-Amz-Target`.
    pub(crate) target: &'static str,
}

/// Where a call goes, and what it is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Call<'a> {
    pub(crate) service: JsonService,
    pub(crate) operation: &'static str,
    /// The action as IAM writes it.
    pub(crate) action: &'static str,
    /// What it is about, for errors.
    pub(crate) resource: &'a str,
    pub(crate) region: &'a str,
    /// `aws` unless an ARN says otherwise.
    pub(crate) partition: &'a str,
}

impl Env {
    /// Makes a call; its answer's body.
    pub(crate) async fn call_json(&self, call: Call<'_>, input: &Value) -> Result<Value, Error> {
        let fault = |code: Option<String>, message: String, class: Class, in_doubt: bool| {
            let (action, resource) = (call.action, call.resource.to_owned());
            Error::from(Fault { action, resource, code, message, class, in_doubt })
        };
        let request = http::Request::post(self.url(call))
            .header("content-type", format!("application/x-amz-json-{}", call.service.version))
            .header("x-amz-target", format!("{}.{}", call.service.target, call.operation))
            .body(input.to_string().into_bytes())
            .map_err(|error| fault(None, error.to_string(), Class::Fatal(None), false))?;
        let service = Service { name: call.service.name, region: call.region, operation: call.operation };
        let answer = self.signed(service, request).await;
        let answer = answer.map_err(|error| fault(None, format!("no usable answer: {error}"), Class::Retry, true))?;
        let body: Value = serde_json::from_slice(&answer.body.unwrap_or_default()).unwrap_or_default();
        if answer.status == 200 {
            return Ok(body);
        }
        let text = |name: &str| body.get(name).and_then(Value::as_str);
        let code = text("__type").map_or("UnknownError", |code| code.rsplit('#').next().unwrap_or(code));
        let message = text("message").or_else(|| text("Message")).unwrap_or("the service gives no message");
        let class = service_class(call.action, call.resource, code, message, Some(answer.status));
        Err(fault(Some(code.to_owned()), message.to_owned(), class, answer.status >= 500))
    }

    fn url(&self, call: Call<'_>) -> String {
        if let Some(endpoint) = self.sdk.endpoint_url() {
            return format!("{}/", endpoint.trim_end_matches('/'));
        }
        let suffix = if call.partition == "aws-cn" { "amazonaws.com.cn" } else { "amazonaws.com" };
        format!("https://{}.{}.{suffix}/", call.service.name, call.region)
    }
}
