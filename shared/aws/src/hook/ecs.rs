//! A hook of ECS's own deployments: the answer is the verdict, and long work is called again.
//!
//! Whatever happens ends in an answer: ECS rolls back when a function fails, without a word to anybody.

use super::{Context, Says, Told, Worked, freeze, within};
use crate::controller::{Controller, Ecs};
use crate::execution::{Execution, Failure, Reply};
use crate::one_off::{Resumed, Work};
use crate::release::{self, Resolved};
use crate::service_deployment::{self, ServiceDeployment};
use crate::{Env, Error, Invocation, notice, retry, verdict};
use greenlight_domain::lifecycle::LifecycleEvent;
use greenlight_domain::notice::{About, Kind, Notice};
use greenlight_domain::plan::STOP_GRACE;
use greenlight_domain::service_deployment::{Answer, Event, Part, Place, Stage, UnreadableEvent, part};
use greenlight_domain::verdict::Verdict;
use jiff::Timestamp;
use serde_json::{Value, json};
use std::cell::Cell;

/// How a call ends.
pub enum End {
    Verdict(Told),
    /// The work goes on.
    Waits(Place),
}

/// One call of a hook.
pub struct Call<'a> {
    env: &'a Env,
    event: &'a Event,
    execution: &'a Execution,
    meant_for: LifecycleEvent,
    /// What a failure means, as soon as the plan says it.
    failure: &'a Cell<Failure>,
    until: Timestamp,
}

/// How work that was begun is looked at again. A function whose work never goes on carries none of the code that does.
pub trait Looks {
    /// Looks.
    #[expect(async_fn_in_trait, reason = "a function is one thread, and nobody else implements it")]
    async fn look(call: &Call<'_>, place: &Place) -> Result<End, Error>;
}

impl Looks for Worked {
    async fn look(call: &Call<'_>, place: &Place) -> Result<End, Error> {
        call.go_on(place).await
    }
}

impl Looks for Told {
    async fn look(call: &Call<'_>, _place: &Place) -> Result<End, Error> {
        Err(Error::Refused(format!(
            "hookDetails.greenlight says that work goes on, and function {} begins none that does: it did not write this",
            call.env.settings.function_name
        )))
    }
}

/// Runs a hook, and answers.
pub(super) async fn run<S, T>(
    invocation: &Invocation,
    env: &Env,
    event: &Event,
    meant_for: LifecycleEvent,
    story: &S,
) -> Value
where
    S: AsyncFn(&Context) -> Result<T, Error>,
    T: Says,
{
    let failure = Cell::new(Failure::unread(meant_for));
    let execution = Execution {
        deployment_id: event.deployment.id.clone(),
        reply: Reply::Ecs {
            deployment: event.deployment.clone(),
            stage: event.stage,
            is_further_step: is_further_step(event),
        },
        lifecycle_event: event.stage.lifecycle_event().unwrap_or(meant_for),
        function: env.settings.function_name.clone(),
        called_at: event.place.as_ref().map_or_else(|| env.clock.now(), |place| place.called_at),
        failure: failure.get(),
    };
    let tell = async |until: Timestamp| {
        let call = Call { env, event, execution: &execution, meant_for, failure: &failure, until };
        Box::pin(call.tell(story)).await
    };
    let ended = within(env, invocation, &execution, tell).await;
    let execution = Execution { failure: failure.get(), ..execution.clone() };
    let mut failed = None;
    let Told { verdict, note } = match ended {
        Ok(End::Waits(place)) => {
            let call_back = place.call_back(env.clock.now());
            return Answer::InProgress { call_back, details: place.onto(&event.details) }.to_json();
        }
        Ok(End::Verdict(told)) => told,
        Err(error) => {
            let verdict = Verdict::Failed(error.to_string());
            failed = Some(error);
            verdict.into()
        }
    };
    let delivered = verdict::deliver(env, &execution, &verdict, note.as_deref(), invocation.deadline).await;
    if let Some(error) = failed {
        notice::denied::tell(env, &error, &invocation.request_id, invocation.deadline).await;
    }
    match delivered {
        Ok(Some("Succeeded")) => Answer::Succeeded.to_json(),
        Ok(_) | Err(_) => Answer::Failed.to_json(),
    }
}

impl Call<'_> {
    /// From the event to the verdict.
    async fn tell<S, T>(&self, story: &S) -> Result<End, Error>
    where
        S: AsyncFn(&Context) -> Result<T, Error>,
        T: Says,
    {
        let Self { env, event, meant_for, .. } = self;
        match part(*meant_for, event.stage, event.green_share) {
            Part::Work(_) => {}
            Part::Nothing(reason) => return Ok(End::Verdict(Verdict::Skipped(reason).into())),
            Part::Misplaced(reason) => return Ok(End::Verdict(Verdict::Failed(reason).into())),
        }
        if let Some(place) = &event.place {
            return T::look(self, place).await;
        }
        let deployment = service_deployment::read(env, &event.deployment, self.until).await?;
        if !deployment.is_under_way() {
            let reason = format!("the service deployment is {}: there is nothing to do", deployment.status);
            return Ok(End::Verdict(Verdict::Skipped(reason).into()));
        }
        let context = self.resolve(deployment).await?;
        if let Some(verdict) = freeze::ask(env, &context).await {
            return Ok(End::Verdict(verdict.into()));
        }
        let begun = match story(&context).await?.into() {
            Worked::Ended(told) => return Ok(End::Verdict(told)),
            Worked::GoesOn(begun) => begun,
        };
        verdict::pending(env, self.execution);
        let place = Place::first(event.stage, begun.task, self.execution.called_at, begun.began, begun.due);
        Ok(End::Waits(place))
    }

    /// A further look at work that was begun.
    async fn go_on(&self, place: &Place) -> Result<End, Error> {
        let Self { env, event, execution, meant_for, until, .. } = self;
        let work = Work {
            env,
            cluster: &event.deployment.cluster,
            deployment_id: &execution.deployment_id,
            commands_of: *meant_for,
            until: *until,
        };
        let resolve = async || {
            let deployment = service_deployment::read(env, &event.deployment, *until).await?;
            self.resolve(deployment).await
        };
        match Box::pin(work.look(place, resolve)).await {
            Ok(Resumed::Waits(place)) => Ok(End::Waits(place)),
            Ok(Resumed::Ended(told)) => Ok(End::Verdict(told)),
            // the work goes on whether it can be looked at or not
            Err(error) if error.is_temporary() && env.clock.now() < crate::clock::later(place.due, STOP_GRACE) => {
                let fields = json!({ "deployment_id": execution.deployment_id, "reason": error.to_string() });
                env.emit("task.unread", fields);
                Ok(End::Waits(place.clone()))
            }
            Err(error) => Err(error),
        }
    }

    async fn resolve(&self, deployment: ServiceDeployment) -> Result<Context, Error> {
        let Self { env, event, execution, meant_for, failure, until } = self;
        let resolve = async || release::of_service_deployment(env, &deployment, &event.target_revision).await;
        let (resolved, green, blue) = retry::until(env, *until, resolve).await?;
        let Resolved { release, image } = resolved;
        failure.set(Failure::of(&release.plan, *meant_for));
        let controller =
            Controller::Ecs(Box::new(Ecs { deployment, green, blue, is_further_step: is_further_step(event) }));
        let execution = Execution { failure: failure.get(), ..(*execution).clone() };
        Ok(Context { release, controller, image, directives: Vec::new(), execution, until: *until })
    }
}

/// Whether green has some of the traffic, and gets more.
fn is_further_step(event: &Event) -> bool {
    event.stage == Stage::PreProductionTrafficShift && event.green_share.is_some_and(|share| share > 0.0)
}

/// Answers an event that nobody can work on.
pub(super) async fn refuse(
    invocation: &Invocation,
    env: &Env,
    meant_for: LifecycleEvent,
    unreadable: &UnreadableEvent,
) -> Value {
    let function = &env.settings.function_name;
    let stage = unreadable.stage.as_deref().unwrap_or_else(|| Stage::of(meant_for).name());
    let deployment = unreadable.deployment.as_ref();
    let reason = unreadable.to_string();
    let fields = json!({
        "deployment_id": deployment.map(|arn| &arn.id),
        "lifecycle_event": stage,
        "function": function,
        "verdict": "failed",
        "reason": reason,
    });
    env.emit("hook.verdict", fields);
    let about = About {
        install: Some(env.settings.install.clone()),
        deployment_id: deployment.map(|arn| arn.id.clone()),
        cluster: deployment.map(|arn| arn.cluster.clone()),
        service: deployment.map(|arn| arn.service.clone()),
        function: Some(function.clone()),
        ..About::default()
    };
    let (whose, key) = match deployment {
        Some(arn) => (format!("{}/{}", arn.cluster, arn.service), format!("{}/{stage}", arn.id)),
        None => (function.clone(), format!("{function}/{}", invocation.request_id)),
    };
    let title = format!("{whose}: a hook was called with an event that it cannot read");
    let notice = Notice::new(Kind::HookFailed, key, title, env.clock.now()).about(about).because(&reason);
    notice::publish(env, &notice, invocation.deadline).await;
    Answer::Failed.to_json()
}
