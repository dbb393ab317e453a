//! Errors of AWS calls: what they mean for whoever made the call.

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::display::DisplayErrorContext;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use std::fmt;

/// What an error means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Class {
    /// What the call asks for is already so.
    AlreadyDone,
    /// The same call may succeed later.
    Retry,
    /// It will not succeed; what to do about it, if that is known.
    Fatal(Option<String>),
}

/// A call that AWS answered with an error, or not at all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The action as IAM writes it: `ecs:RunTask`.
    pub action: &'static str,
    /// What it was about: an id, a name or an ARN.
    pub resource: String,
    /// The error's name in the service model, if the service answered.
    pub code: Option<String>,
    /// What the service, or the connection, says.
    pub message: String,
    /// What it means.
    pub class: Class,
    /// Whether the call, or one before it that it repeats, may have had its effect although it failed: no answer came, or the
    /// server failed on the way.
    pub in_doubt: bool,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} on {}: ", self.action, self.resource)?;
        if let Some(code) = &self.code {
            write!(f, "{code}: ")?;
        }
        f.write_str(&self.message)?;
        if let Class::Fatal(Some(remedy)) = &self.class {
            write!(f, "; {remedy}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Fault {}

/// What services say where a role lacks a permission.
const DENIED: [&str; 4] = ["AccessDeniedException", "AccessDenied", "AuthorizationError", "UnauthorizedOperation"];

impl Fault {
    /// Whether a permission is missing.
    pub fn is_denied(&self) -> bool {
        self.code.as_deref().is_some_and(|code| DENIED.contains(&code))
    }

    /// The role that was denied the call, as ARN and as name, if the service names it: it says which session called.
    pub fn role(&self) -> Option<(String, &str)> {
        let (_, session) = self.message.split_once("arn:")?;
        let session = session.split_whitespace().next()?;
        let (before, role) = session.split_once(":assumed-role/")?;
        let (partition, account) = before.split_once(":sts::")?;
        let role = role.split('/').next().filter(|role| !role.is_empty())?;
        Some((format!("arn:{partition}:iam::{account}:role/{role}"), role))
    }
}

/// Turns the error of an SDK call into a [`Fault`]: the one place that knows what errors mean. `action` is the call as IAM
/// writes it, `resource` what it was about.
pub fn classify<E>(action: &'static str, resource: &str, error: &SdkError<E, HttpResponse>) -> Fault
where
    E: std::error::Error + ProvideErrorMetadata + 'static,
{
    let status = error.raw_response().map(|response| response.status().as_u16());
    let (code, message) = match error {
        SdkError::ServiceError(service) => {
            let meta = service.err().meta();
            let message = meta.message().unwrap_or("the service gives no message").to_owned();
            (meta.code().map(str::to_owned), message)
        }
        other => (None, format!("no usable answer: {}", chain(other))),
    };
    let answered = matches!(error, SdkError::ServiceError(_));
    let server_failed = status.is_some_and(|status| status >= 500);
    let in_doubt = server_failed || (!answered && !matches!(error, SdkError::ConstructionFailure(_)));
    let class = match &code {
        Some(code) => service_class(action, resource, code, &message, status),
        None if matches!(error, SdkError::ConstructionFailure(_)) => Class::Fatal(None),
        None if answered && status.is_some_and(|status| status < 500) => Class::Fatal(None),
        None => Class::Retry,
    };
    Fault { action, resource: resource.to_owned(), code, message, class, in_doubt }
}

/// What the services' own errors mean.
pub(crate) fn service_class(action: &str, resource: &str, code: &str, message: &str, status: Option<u16>) -> Class {
    match (action, code) {
        (_, "LifecycleEventAlreadyCompletedException" | "DeploymentAlreadyCompletedException")
        | ("scheduler:CreateSchedule" | "ecs:RunTask" | "ecs:StopServiceDeployment", "ConflictException")
        | ("scheduler:DeleteSchedule", "ResourceNotFoundException") => Class::AlreadyDone,
        _ if is_temporary(code, message, status) => Class::Retry,
        (_, code) if DENIED.contains(&code) => {
            let to = if action == "s3:GetObject" { format!("arn:aws:s3:::{resource}") } else { resource.to_owned() };
            Class::Fatal(Some(format!("allow {action} on {to} in the caller's role")))
        }
        (_, "ExpiredTokenException" | "UnrecognizedClientException" | "InvalidSignatureException") => {
            Class::Fatal(Some("check the caller's credentials and clock".to_owned()))
        }
        ("scheduler:CreateSchedule", "ResourceNotFoundException") => {
            Class::Fatal(Some("create the schedule group that GREENLIGHT_SCHEDULE_GROUP names".to_owned()))
        }
        _ => Class::Fatal(None),
    }
}

fn is_temporary(code: &str, message: &str, status: Option<u16>) -> bool {
    const CODES: [&str; 9] = [
        "ThrottlingException",
        "Throttling",
        "TooManyRequestsException",
        "RequestLimitExceeded",
        "ServerException",
        "InternalServerException",
        "InternalFailure",
        "ServiceUnavailableException",
        "ServiceUnavailable",
    ];
    CODES.contains(&code)
        || status.is_some_and(|status| status >= 500 || status == 429)
        // Fargate's lack of capacity comes as an error of the client
        || message.contains("Capacity is unavailable")
        || message.contains("Rate exceeded")
        // RegisterTaskDefinition, when several register revisions of one family
        || message.contains("Too many concurrent attempts")
}

/// An error and its causes on one line.
fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    DisplayErrorContext(error).to_string().lines().map(str::trim).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::{Class, Fault, service_class};

    #[test]
    fn who_was_denied_a_call_is_read_from_what_the_service_says() {
        let role = |message: &str| {
            let (message, resource) = (message.to_owned(), "X".to_owned());
            let (action, class) = ("ecs:RunTask", Class::Fatal(None));
            let fault = Fault { action, resource, code: None, message, class, in_doubt: false };
            fault.role().map(|(arn, name)| format!("{arn} {name}"))
        };
        let session = "User: arn:aws:sts::123456789012:assumed-role/greenlight-MigrateRole-1X/fn is not authorized";
        let expected = "arn:aws:iam::123456789012:role/greenlight-MigrateRole-1X greenlight-MigrateRole-1X";
        assert_eq!(role(session).as_deref(), Some(expected));
        for other in ["", "User: arn:aws:iam::123456789012:user/me is not authorized", "arn:aws:sts::1:assumed-role/"] {
            assert_eq!(role(other), None, "{other}");
        }
    }

    #[test]
    fn service_errors_have_a_meaning() {
        let fatal = |text: &str| Class::Fatal(Some(text.to_owned()));
        let table = [
            (
                "codedeploy:PutLifecycleEventHookExecutionStatus",
                "LifecycleEventAlreadyCompletedException",
                Class::AlreadyDone,
            ),
            ("scheduler:CreateSchedule", "ConflictException", Class::AlreadyDone),
            ("scheduler:DeleteSchedule", "ResourceNotFoundException", Class::AlreadyDone),
            ("scheduler:GetSchedule", "ResourceNotFoundException", Class::Fatal(None)),
            ("ecs:RunTask", "ThrottlingException", Class::Retry),
            ("ecs:RunTask", "ClientException", Class::Fatal(None)),
            ("ecs:RunTask", "AccessDeniedException", fatal("allow ecs:RunTask on X in the caller's role")),
        ];
        for (action, code, expected) in table {
            assert_eq!(service_class(action, "X", code, "", Some(400)), expected, "{action} {code}");
        }
        assert_eq!(service_class("ecs:RunTask", "X", "Strange", "", Some(503)), Class::Retry);
        let capacity = "Capacity is unavailable at this time";
        assert_eq!(service_class("ecs:RunTask", "X", "ClientException", capacity, Some(400)), Class::Retry);
    }
}
