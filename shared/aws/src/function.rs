//! Lambda, as whoever looks after an install asks it: how a function is set up, and that it takes an event.

use crate::fault::service_class;
use crate::signed::Service;
use crate::{Class, Env, Error, Fault};
use serde_json::Value;
use std::collections::BTreeMap;

/// The version of the API, with which its paths begin.
const BEGIN: &str = "2015-03-31/functions";

/// What `GetFunctionConfiguration` tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Configuration {
    /// Its environment variables.
    pub variables: BTreeMap<String, String>,
    /// The log group that its lines go to.
    pub log_group: String,
}

/// How a function is set up; `None` if there is no such function.
///
/// # Errors
/// If that cannot be read.
pub async fn configuration(env: &Env, name: &str) -> Result<Option<Configuration>, Error> {
    let call = Call { operation: "GetFunctionConfiguration", action: "lambda:GetFunctionConfiguration", name };
    let request = http::Request::get(call.url(env, "configuration"));
    let answer = match call.send(env, request, Vec::new()).await {
        Err(Error::Fault(fault)) if fault.code.as_deref() == Some("ResourceNotFoundException") => return Ok(None),
        answer => answer?,
    };
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let variables = answer.pointer("/Environment/Variables").and_then(Value::as_object);
    let variables = variables.into_iter().flatten().filter_map(|(name, value)| Some((name.clone(), text(value)?)));
    Ok(Some(Configuration {
        variables: variables.collect(),
        log_group: answer.pointer("/LoggingConfig/LogGroup").and_then(text).unwrap_or(format!("/aws/lambda/{name}")),
    }))
}

/// Hands a function an event, as Scheduler does: Lambda keeps it and invokes the function, again if that fails.
///
/// # Errors
/// If Lambda does not take it.
pub async fn invoke(env: &Env, name: &str, event: &Value) -> Result<(), Error> {
    let call = Call { operation: "Invoke", action: "lambda:InvokeFunction", name };
    let request = http::Request::post(call.url(env, "invocations")).header("x-amz-invocation-type", "Event");
    call.send(env, request, event.to_string().into_bytes()).await.map(|_| ())
}

struct Call<'a> {
    operation: &'static str,
    action: &'static str,
    /// The function's name or ARN.
    name: &'a str,
}

impl Call<'_> {
    fn url(&self, env: &Env, what: &str) -> String {
        // what an ARN begins with is where the function is; its name has no character that a path has not
        let name = self.name.rsplit(':').next().unwrap_or(self.name);
        let region = &env.settings.region;
        let origin = env.sdk.endpoint_url().map(|url| url.trim_end_matches('/').to_owned());
        let suffix = if region.starts_with("cn-") { "amazonaws.com.cn" } else { "amazonaws.com" };
        let origin = origin.unwrap_or_else(|| format!("https://lambda.{region}.{suffix}"));
        format!("{origin}/{BEGIN}/{name}/{what}")
    }

    async fn send(&self, env: &Env, request: http::request::Builder, body: Vec<u8>) -> Result<Value, Error> {
        let fault = |code: Option<String>, message: String, class: Class, in_doubt: bool| {
            let (action, resource) = (self.action, self.name.to_owned());
            Error::from(Fault { action, resource, code, message, class, in_doubt })
        };
        let request = request.body(body).map_err(|error| fault(None, error.to_string(), Class::Fatal(None), false))?;
        let service = Service { name: "lambda", region: &env.settings.region, operation: self.operation };
        let answer = env.signed(service, request).await;
        let answer = answer.map_err(|error| fault(None, format!("no usable answer: {error}"), Class::Retry, true))?;
        let body: Value = serde_json::from_slice(&answer.body.unwrap_or_default()).unwrap_or_default();
        if (200..300).contains(&answer.status) {
            return Ok(body);
        }
        let text = |name: &str| body.get(name).and_then(Value::as_str);
        // the code stands in a header, which Lambda's own errors repeat in their body as `Type` or not at all
        let code = text("__type").map(|code| code.rsplit('#').next().unwrap_or(code));
        let code = code.unwrap_or(match answer.status {
            404 => "ResourceNotFoundException",
            403 => "AccessDeniedException",
            429 => "TooManyRequestsException",
            _ => "UnknownError",
        });
        let message = text("Message").or_else(|| text("message")).unwrap_or("the service gives no message");
        let class = service_class(self.action, self.name, code, message, Some(answer.status));
        Err(fault(Some(code.to_owned()), message.to_owned(), class, answer.status >= 500))
    }
}
