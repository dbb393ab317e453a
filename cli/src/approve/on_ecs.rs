//! Answers a pause hook of ECS's own deployments.

use super::{Answered, Decision, left};
use crate::aws::calmly;
use crate::which::Service;
use crate::{Error, aws};
use greenlight_aws::Env;
use greenlight_aws::service_deployments::{self, Pause, Seen};
use std::fmt::Write as _;

/// The ARN of the deployment: of this id, or else the one that is in progress.
pub(super) async fn find(env: &Env, of: &Service, id: Option<&str>) -> Result<String, Error> {
    let listed = aws::service_deployments(env, of).await?;
    let Some(id) = id else {
        let newest = listed.into_iter().next().filter(|one| !service_deployments::is_over(&one.status));
        let nothing = format!("no deployment of service {of} is in progress: nothing waits for an answer");
        return newest.map(|one| one.arn).ok_or(Error::CannotAnswer(nothing));
    };
    let found = listed.into_iter().map(|one| one.arn).find(|arn| arn.rsplit('/').next() == Some(id));
    found.ok_or_else(|| {
        Error::usage(
            format!("service {of} has no service deployment {id}"),
            format!(
                "correct the id; aws ecs list-service-deployments --cluster {} --service {} shows them",
                of.cluster, of.name
            ),
        )
    })
}

/// Answers.
pub(super) async fn answer(env: &Env, arn: &str, hook: Option<&str>, decision: Decision) -> Result<Answered, Error> {
    let seen = look(env, arn).await?;
    let pause = choose(&seen, hook)?;
    let done =
        calmly(env, async || service_deployments::answer(env, arn, &pause.id, decision == Decision::Approve).await)
            .await;
    let mut already = false;
    if let Err(error) = done {
        let refused = error.fault().and_then(|fault| fault.code.as_deref()) == Some("InvalidParameterException");
        if !refused {
            return Err(error.into());
        }
        // somebody was faster, or the time is over, or the answer to this very call was lost
        let now = look(env, arn).await?;
        let Some(ended) = now.pauses.iter().find(|one| one.id == pause.id).filter(|one| !one.waits()) else {
            return Err(error.into());
        };
        if !is_answered(ended, decision) {
            return Err(too_late(&now, ended));
        }
        already = true;
    }
    Ok(Answered {
        decision,
        already,
        deployment: arn.to_owned(),
        hook: Some(pause.id.clone()),
        stage: seen.stage.clone(),
        left: left(env, pause.expires_at),
        otherwise: Some(pause.timeout_action.clone()),
        watch: watch(arn),
    })
}

async fn look(env: &Env, arn: &str) -> Result<Seen, Error> {
    aws::service_deployment(env, arn, async || service_deployments::look(env, arn).await).await
}

/// The one that is meant.
fn choose<'a>(seen: &'a Seen, hook: Option<&str>) -> Result<&'a Pause, Error> {
    let waiting: Vec<&Pause> =
        seen.pauses.iter().filter(|pause| pause.waits() && !seen.is_over() && !seen.goes_back()).collect();
    if let Some(id) = hook {
        let Some(named) = seen.pauses.iter().find(|pause| pause.id == id) else {
            let known: Vec<&str> = waiting.iter().map(|pause| pause.id.as_str()).collect();
            let known =
                if known.is_empty() { "none waits".to_owned() } else { format!("there waits {}", known.join(", ")) };
            return Err(Error::usage(format!("--hook {id}: {} has no such pause hook", seen.arn), known));
        };
        return if waiting.contains(&named) { Ok(named) } else { Err(too_late(seen, named)) };
    }
    match waiting[..] {
        [one] => Ok(one),
        [] => Err(match seen.pauses.last() {
            Some(last) => too_late(seen, last),
            None => Error::CannotAnswer(format!("nothing waits for an answer in {}{}", state(seen), hint(seen))),
        }),
        [..] => {
            let mut remedy = "say which one:".to_owned();
            for pause in waiting {
                let until = pause
                    .expires_at
                    .map(|until| format!(" (until {})", until.strftime("%H:%M:%SZ")))
                    .unwrap_or_default();
                let _ = write!(remedy, "\n  --hook {}{until}", pause.id);
            }
            Err(Error::usage(format!("several hooks wait for an answer in {}", seen.arn), remedy))
        }
    }
}

fn is_answered(pause: &Pause, decision: Decision) -> bool {
    pause.status == if decision == Decision::Approve { "SUCCEEDED" } else { "FAILED" }
}

fn too_late(seen: &Seen, pause: &Pause) -> Error {
    let how = match pause.status.as_str() {
        "TIMED_OUT" => format!("timed out, for which it says {}", pause.timeout_action),
        "SUCCEEDED" => "was approved".to_owned(),
        "FAILED" => "was rejected".to_owned(),
        _ => "is not asked any more".to_owned(),
    };
    Error::CannotAnswer(format!(
        "no answer is taken any more: the pause hook {} {how}; {}{}",
        pause.id,
        state(seen),
        hint(seen)
    ))
}

fn state(seen: &Seen) -> String {
    let reason =
        if seen.reason.is_empty() { String::new() } else { format!(" ({})", seen.reason.trim_end_matches('.')) };
    let stage = seen.stage.as_ref().map(|stage| format!(" at {stage}")).unwrap_or_default();
    format!("deployment {} is {}{stage}{reason}", seen.arn, seen.status)
}

fn hint(seen: &Seen) -> &'static str {
    match (seen.is_over(), seen.goes_back()) {
        (false, false) => "; `greenlight rollback` takes it back all the same",
        (true, false) => "; deploy again, or take it back with `greenlight rollback`",
        _ => "; deploy again if the release is good",
    }
}

fn watch(arn: &str) -> String {
    format!("greenlight watch {arn}")
}

#[cfg(test)]
mod tests {
    use super::{Pause, Seen, choose};
    use crate::Error;

    fn pause(id: &str, status: &str) -> Pause {
        let (id, status, timeout_action) = (id.to_owned(), status.to_owned(), "ROLLBACK".to_owned());
        Pause { id, status, expires_at: None, timeout_action }
    }

    fn seen(status: &str, pauses: &[(&str, &str)]) -> Seen {
        Seen {
            arn: "arn:…/1".to_owned(),
            status: status.to_owned(),
            reason: String::new(),
            stage: None,
            running: (2, 2),
            percent: None,
            pauses: pauses.iter().map(|(id, status)| pause(id, status)).collect(),
            is_rolling: false,
        }
    }

    #[test]
    fn one_that_waits_is_answered_and_of_several_the_one_that_is_named() {
        let (waits, done) = ("AWAITING_ACTION", "SUCCEEDED");
        let chosen = |pauses: &[(&str, &str)], hook: Option<&str>| {
            choose(&seen("IN_PROGRESS", pauses), hook).map(|pause| pause.id.clone()).ok()
        };
        assert_eq!(chosen(&[("a", waits)], None).as_deref(), Some("a"));
        assert_eq!(chosen(&[("a", done), ("b", waits)], None).as_deref(), Some("b"));
        assert_eq!(chosen(&[("a", waits), ("b", waits)], Some("b")).as_deref(), Some("b"));
        assert_eq!(chosen(&[("a", waits), ("b", waits)], None), None);
        assert_eq!(chosen(&[("a", waits)], Some("c")), None);
    }

    #[test]
    fn what_cannot_be_answered_says_why_and_what_to_do() {
        /// Id and status of each pause.
        type Pauses = &'static [(&'static str, &'static str)];
        let table: [(&str, Pauses, Option<&str>, bool, &str); 6] = [
            ("IN_PROGRESS", &[("a", "AWAITING_ACTION"), ("b", "AWAITING_ACTION")], None, true, "--hook b"),
            ("IN_PROGRESS", &[("a", "AWAITING_ACTION")], Some("c"), true, "there waits a"),
            ("IN_PROGRESS", &[], None, false, "nothing waits for an answer"),
            ("IN_PROGRESS", &[("a", "SUCCEEDED")], None, false, "a was approved"),
            (
                "ROLLBACK_IN_PROGRESS",
                &[("a", "TIMED_OUT")],
                Some("a"),
                false,
                "a timed out, for which it says ROLLBACK",
            ),
            ("ROLLBACK_IN_PROGRESS", &[("a", "AWAITING_ACTION")], None, false, "not asked any more"),
        ];
        for (status, pauses, hook, is_usage, told) in table {
            let seen = seen(status, pauses);
            let error = choose(&seen, hook).unwrap_err();
            assert_eq!(matches!(error, Error::Usage { .. }), is_usage, "{error}");
            assert!(error.to_string().contains(told), "{error}");
        }
    }
}
