//! What AWS does not let a function do.

use super::publish;
use crate::{Env, Error, Fault};
use greenlight_domain::notice::{About, Kind, Notice};
use jiff::Timestamp;

/// Passes on how an invocation ended. If it ended because AWS denied it a call, whoever looks after the install is told: every
/// attempt at one event is the same piece of news.
///
/// # Errors
/// That of the invocation.
pub async fn told<T>(env: &Env, ended: Result<T, Error>, request_id: &str, until: Timestamp) -> Result<T, Error> {
    if let Err(error) = &ended {
        tell(env, error, request_id, until).await;
    }
    ended
}

/// Tells whoever looks after the install, if an error is that AWS denied a call.
pub async fn tell(env: &Env, error: &Error, request_id: &str, until: Timestamp) {
    let Some(fault) = error.fault().filter(|fault| fault.is_denied()) else { return };
    let Fault { action, resource, .. } = fault;
    let (install, function) = (&env.settings.install, &env.settings.function_name);
    let key = format!("{function}/{action}/{request_id}");
    let about = About { install: Some(install.clone()), function: Some(function.clone()), ..About::default() };
    let role = fault.role().map(|(_, role)| format!("role {role} of function {function}"));
    let role = role.unwrap_or_else(|| format!("the role of function {function}"));
    let reason = format!(
        "allow {action} on {resource} in {role}; the template does where its parameters name the resource\n{fault}"
    );
    let notice = Notice::new(Kind::ProductFailed, key, format!("{function} may not call {action}"), env.clock.now());
    let notice = match fault.role() {
        Some((arn, _)) => notice.step(
            "see whether the role may do it now",
            format!("aws iam simulate-principal-policy --policy-source-arn {arn} --action-names {action}"),
        ),
        None => notice.step(
            "see which role that is",
            format!("aws lambda get-function-configuration --function-name {function} --query Role"),
        ),
    };
    let notice = notice.about(about).because(&reason);
    publish(env, &notice.step("read the functions' log", read_log(install)), until).await;
}

/// Shows what the functions of an install wrote lately.
pub fn read_log(install: &str) -> String {
    format!("aws logs tail /greenlight/{install} --since 30m")
}
