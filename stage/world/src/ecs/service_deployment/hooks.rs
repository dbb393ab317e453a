//! Lifecycle hooks: functions that are invoked and answer, and pauses that somebody ends.

use super::answer::{self, Answer};
use super::configuration::{Action, LifecycleHook, TargetType};
use super::deployment::{Deployment, Execution, HookStatus};
use super::phase::Stage;
use super::{Due, engine, news, roles, rollback, traffic};
use crate::ecs::{ids, invalid_parameter};
use crate::lambda::{self, Refusal};
use crate::{AwsError, FactKind, World, random};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::SignedDuration;
use serde_json::{Value as Json, json};

/// One call of a hook's function: whose answer is awaited.
#[derive(Debug, Clone)]
pub(crate) struct HookCall {
    /// The deployment's ARN.
    deployment: String,
    /// The deployment's stage at which the function was called: an answer that comes later is nobody's.
    stage: u64,
    /// Which of the deployment's executions.
    execution: usize,
}

/// Begins the hooks of the stage in progress, all at once; a stage without any is done.
pub(super) fn begin(world: &mut World, arn: &str) {
    let Some(deployment) = engine::find(world, arn) else { return };
    let Some(stage) = deployment.phase().map(|phase| phase.stage) else { return };
    let progress = deployment.progress.stage;
    let hooks = deployment.configuration.hooks().iter().cloned().enumerate();
    let hooks: Vec<(usize, LifecycleHook)> = hooks.filter(|(_, hook)| hook.lifecycle_stages.contains(&stage)).collect();
    if hooks.is_empty() {
        return engine::done(world, arn);
    }
    let mut begun = Vec::new();
    for (index, hook) in hooks {
        let execution = execution(world, index, &hook, stage);
        let number = engine::update(world, arn, |deployment| {
            deployment.executions.push(execution);
            deployment.executions.len() - 1
        });
        let Some(number) = number else { return };
        engine::wake(world, arn, hook.timeout(), Due::HookTimeout(number));
        begun.push((number, hook.target_type));
    }
    for (number, target_type) in begun {
        // one of them may have ended the stage at once
        if engine::find(world, arn).is_none_or(|deployment| deployment.progress.stage != progress) {
            return;
        }
        news::hook(world, arn, number);
        if target_type == TargetType::AwsLambda {
            invoked(world, arn, number, stage);
            call(world, arn, number);
        }
    }
}

fn execution(world: &mut World, hook: usize, of: &LifecycleHook, stage: Stage) -> Execution {
    let bytes: [u8; 32] = std::array::from_fn(|_| world.rng.u8(..));
    let (kind, status) = match of.target_type {
        TargetType::AwsLambda => ("lambda", HookStatus::InProgress),
        TargetType::Pause => ("pause", HookStatus::AwaitingAction),
    };
    let timeout = SignedDuration::try_from(of.timeout()).unwrap_or(SignedDuration::MAX);
    Execution {
        hook,
        id: format!("ecs-{kind}-{}", URL_SAFE_NO_PAD.encode(bytes)),
        call_id: random::uuid(&mut world.rng),
        stage,
        target_type: of.target_type,
        target_arn: of.hook_target_arn.clone(),
        status,
        expires_at: world.now.saturating_add(timeout).unwrap_or(jiff::Timestamp::MAX),
        timeout_action: of.timeout_action(),
    }
}

fn invoked(world: &mut World, arn: &str, number: usize, stage: Stage) {
    let Some(deployment) = engine::find(world, arn) else { return };
    let target = deployment.executions.get(number).and_then(|execution| execution.target_arn.as_ref());
    let told = FactKind::HookInvoked {
        deployment_id: deployment.id().to_owned(),
        lifecycle_event: stage.name().to_owned(),
        function: target.and_then(|arn| arn.rsplit(':').next()).unwrap_or_default().to_owned(),
    };
    world.tell(told);
}

/// Calls a hook's function, for the first time or again.
pub(super) fn call(world: &mut World, arn: &str, number: usize) {
    let Some((deployment, execution)) = open(world, arn, number) else { return };
    let Some(hook) = deployment.configuration.hooks().get(execution.hook) else { return };
    let function = hook.hook_target_arn.clone().unwrap_or_default();
    let role_arn = hook.role_arn.clone().unwrap_or_default();
    let event = event(world, deployment, execution, hook);
    let waiter = HookCall { deployment: arn.to_owned(), stage: deployment.progress.stage, execution: number };
    if let Err(reason) = roles::may_invoke(world, &role_arn, &function) {
        return failed(world, arn, number, &reason);
    }
    match lambda::invoke_sync(world, &function, event, waiter) {
        Ok(()) => {}
        Err(Refusal::Missing(error)) => failed(world, arn, number, &error.message),
        Err(Refusal::Throttled) => engine::wake(world, arn, answer::CALL_BACK, Due::CallBack(number)),
    }
}

fn event(world: &World, deployment: &Deployment, execution: &Execution, hook: &LifecycleHook) -> Json {
    let (cluster, service) = &deployment.service;
    let (test, production) = traffic::told(deployment, execution.stage);
    let mut event = json!({
        "executionId": execution.call_id,
        "lifecycleStage": execution.stage.name(),
        "resourceArn": deployment.arn,
        "executionDetails": {
            "serviceArn": ids::service_arn(world, cluster, service),
            "targetServiceRevisionArn": deployment.green.revision,
            "testTrafficWeights": test,
            "productionTrafficWeights": production,
        },
    });
    let mut details = hook.hook_details.clone().unwrap_or_default();
    details.extend(deployment.details.get(&execution.hook).cloned().unwrap_or_default());
    if !details.is_empty() {
        event["hookDetails"] = details.into();
    }
    event
}

/// An execution of the stage in progress that is not over.
fn open<'a>(world: &'a World, arn: &str, number: usize) -> Option<(&'a Deployment, &'a Execution)> {
    let deployment = engine::find(world, arn).filter(|deployment| !deployment.is_over())?;
    let execution = deployment.executions.get(number)?;
    (number >= deployment.progress.first_execution && execution.status.is_open()).then_some((deployment, execution))
}

/// A hook's function returned this, or ended with an error.
pub(crate) fn answered(world: &mut World, call: &HookCall, outcome: Result<Json, String>) {
    let HookCall { deployment: arn, stage, execution: number } = call;
    let Some((deployment, execution)) = open(world, arn, *number) else { return };
    if deployment.progress.stage != *stage {
        return;
    }
    let hook = execution.hook;
    match outcome.map_err(|error| format!("it failed: {error}")).and_then(|answer| answer::read(&answer)) {
        Ok(Answer::Succeeded) => settle(world, arn, *number, HookStatus::Succeeded),
        Ok(Answer::Failed) => failed(world, arn, *number, "it returned the hookStatus FAILED"),
        Ok(Answer::InProgress(delay, details)) => {
            engine::update(world, arn, |deployment| deployment.details.entry(hook).or_default().extend(details));
            engine::wake(world, arn, delay, Due::CallBack(*number));
        }
        Err(reason) => failed(world, arn, *number, &reason),
    }
}

/// A hook speaks against the deployment.
fn failed(world: &mut World, arn: &str, number: usize, why: &str) {
    settle_against(world, arn, number, HookStatus::Failed, why);
}

/// A hook has had its time.
pub(super) fn timed_out(world: &mut World, arn: &str, number: usize) {
    let Some((_, execution)) = open(world, arn, number) else { return };
    match execution.timeout_action {
        Action::Continue => settle(world, arn, number, HookStatus::TimedOut),
        Action::Rollback => settle_against(world, arn, number, HookStatus::TimedOut, "it timed out"),
    }
}

/// A pause hook of a deployment is continued, or sent back.
pub(in crate::ecs) fn decide(world: &mut World, arn: &str, hook_id: &str, action: Action) -> Result<(), AwsError> {
    let Some(deployment) = engine::find(world, arn) else { return Ok(()) };
    let Some(number) = deployment.executions.iter().position(|execution| execution.id == hook_id) else {
        return Err(invalid_parameter(format!("The service deployment has no lifecycle hook {hook_id}.")));
    };
    let awaits = open(world, arn, number).is_some_and(|(deployment, execution)| {
        execution.status == HookStatus::AwaitingAction && deployment.rollback.is_none()
    });
    if !awaits || deployment.status.goes_back() {
        return Err(invalid_parameter(format!("The lifecycle hook {hook_id} is not awaiting an action.")));
    }
    match action {
        Action::Continue => settle(world, arn, number, HookStatus::Succeeded),
        Action::Rollback => settle_against(world, arn, number, HookStatus::Failed, "a rollback was asked for"),
    }
    Ok(())
}

fn enter(world: &mut World, arn: &str, number: usize, status: HookStatus) {
    engine::update(world, arn, |deployment| {
        if let Some(execution) = deployment.executions.get_mut(number) {
            execution.status = status;
        }
    });
    news::hook(world, arn, number);
}

/// A hook is over; the last one ends its stage.
fn settle(world: &mut World, arn: &str, number: usize, status: HookStatus) {
    enter(world, arn, number, status);
    let Some(deployment) = engine::find(world, arn) else { return };
    let first = deployment.progress.first_execution;
    if !deployment.executions.iter().skip(first).any(|execution| execution.status.is_open()) {
        engine::done(world, arn);
    }
}

/// A hook is over and wants a rollback. In a rollback its word changes nothing: traffic is where it was already.
fn settle_against(world: &mut World, arn: &str, number: usize, status: HookStatus, why: &str) {
    let Some(deployment) = engine::find(world, arn) else { return };
    if deployment.rollback.is_some() {
        return settle(world, arn, number, status);
    }
    let reason = deployment.executions.get(number).map(|execution| {
        let who = execution.target_arn.as_deref().unwrap_or(&execution.id);
        format!("The lifecycle hook {who} at {} failed: {why}.", execution.stage.name())
    });
    enter(world, arn, number, status);
    rollback::begin(world, arn, reason.unwrap_or_default());
}

/// The stage is over before its hooks are.
pub(super) fn abandon(world: &mut World, arn: &str) {
    engine::update(world, arn, |deployment| {
        for execution in deployment.executions.iter_mut().filter(|execution| execution.status.is_open()) {
            execution.status = HookStatus::Failed;
        }
    });
}
