//! Rollbacks: a deployment that goes back to what ran before.

use super::deployment::{Rollback, Status};
use super::{Due, engine, hooks, news, phase, scaling};
use crate::ecs::rolling;
use crate::{FactKind, World};

/// Why nothing can be gone back to.
const NOTHING: &str = "There is no service revision to roll back to.";

/// Rolls a deployment back, in whichever phase it is. A rollback is never rolled back.
pub(super) fn begin(world: &mut World, arn: &str, reason: String) {
    let now = world.now;
    let Some(deployment) = engine::find(world, arn).filter(|one| !one.is_over() && one.rollback.is_none()) else {
        return;
    };
    let deployment_id = deployment.id().to_owned();
    news::failed(world, arn, &reason);
    hooks::abandon(world, arn);
    news::stage_ended(world, arn, false);
    engine::update(world, arn, |deployment| {
        deployment.status = Status::RollbackInProgress;
        deployment.status_reason = Some(reason.clone());
        deployment.started_at.get_or_insert(now);
        deployment.rollback = Some(Rollback {
            reason: reason.clone(),
            started_at: now,
            revision: deployment.blue.as_ref().map(|blue| blue.revision.clone()),
        });
        let turned = |percent: Option<f64>| percent.is_some_and(|percent| percent > 0.0);
        let (production, test) = (deployment.progress.production_percent, deployment.progress.test_percent);
        deployment.phases = phase::of_rollback(turned(production), turned(test));
        deployment.progress.phase = 0;
        deployment.progress.stage += 1;
        deployment.progress.awaits_tasks = false;
        deployment.progress.began = None;
    });
    world.tell(FactKind::RollbackStarted {
        deployment_id: deployment_id.clone(),
        rollback_deployment_id: deployment_id,
        reason,
    });
    back_to_blue(world, arn);
}

/// The service is what it was; its tasks and its traffic follow.
fn back_to_blue(world: &mut World, arn: &str) {
    let Some(deployment) = engine::find(world, arn) else { return };
    let (key, is_rolling) = (deployment.service.clone(), deployment.is_rolling());
    // a rolling update may have taken tasks of it away, or all of them
    let blue = scaling::restored(world, &key);
    let of = blue.as_ref().and_then(|blue| world.ecs.service_revisions.get(&blue.revision)).cloned();
    if let (Some(of), Some(service)) = (of, world.ecs.services.get_mut(&key)) {
        service.task_definition.clone_from(&of.revision.arn);
        service.network = of.network;
        service.platform_version = of.platform_version;
        service.traffic = of.configured;
    }
    engine::update(world, arn, |deployment| {
        // blue was taken away already: it gets its tasks again before it gets traffic
        let is_anew = deployment.blue.is_some() && deployment.blue != blue;
        if is_anew && !is_rolling {
            deployment.phases.insert(0, phase::of_tasks());
        }
        deployment.blue.clone_from(&blue);
    });
    match blue {
        Some(blue) => {
            news::going_back(world, arn, &blue.task_set);
            if is_rolling {
                rolling::back(world, &key);
            } else {
                engine::wake(world, arn, engine::LATENCY, Due::Next);
            }
        }
        None if is_rolling => failed(world, arn),
        None => engine::wake(world, arn, engine::LATENCY, Due::Next),
    }
}

/// Everything is as it was.
pub(super) fn finish(world: &mut World, arn: &str) {
    let Some(deployment) = engine::find(world, arn) else { return };
    let key = deployment.service.clone();
    let Some(blue) = deployment.blue.clone() else { return failed(world, arn) };
    news::completed(world, &key, &blue.task_set);
    engine::end(world, arn, Status::RollbackSuccessful, None);
}

/// There was nothing to go back to, or it could not be gone back to.
pub(super) fn failed(world: &mut World, arn: &str) {
    let Some(deployment) = engine::find(world, arn) else { return };
    // green keeps its tasks where it keeps its traffic
    let given_up = deployment.blue.is_none().then(|| deployment.green.task_set.clone());
    let why = deployment.rollback.as_ref().map_or("", |rollback| rollback.reason.as_str());
    let reason = match &deployment.blue {
        None => format!("{why} {NOTHING}"),
        Some(_) => format!("{why} Traffic could not be turned back."),
    };
    if let Some(green) = given_up {
        rolling::give_up(world, &green);
    }
    news::stage_ended(world, arn, false);
    engine::end(world, arn, Status::RollbackFailed, Some(reason));
}
