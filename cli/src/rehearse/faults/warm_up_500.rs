//! `warm-up-500`: the new revision passes its health checks and answers what warm-up asks for with status 500.

use super::{Fault, Outcomes};
use greenlight_domain::plan::{Plan, WarmUp};
use greenlight_world::{ContainerFault, TaskFault};

pub(super) const FAULT: Fault = Fault {
    name: "warm-up-500",
    outcome: Outcomes::both("rolled-back"),
    about: "the new revision is healthy, and answers the paths of [warm-up] with status 500",
    fastest: None,
    needs: "a [warm-up] with a path that is not the health check",
    has: |plan| !paths(plan).is_empty(),
    make: |rehearsal| {
        let what = TaskFault::Container(ContainerFault::Answers { paths: paths(&rehearsal.plan), status: 500 });
        vec![greenlight_world::Fault::Tasks { which: super::green(rehearsal), what }]
    },
};

/// What warm-up asks for. A revision whose health check fails never gets so far.
fn paths(plan: &Plan) -> Vec<String> {
    let Some(WarmUp::Requests(requests)) = &plan.warm_up else { return Vec::new() };
    let health_check = plan.rehearsal.as_ref().map(|script| script.health_check_path.as_str());
    let without_query = requests.paths.iter().map(|path| path.split('?').next().unwrap_or(path));
    without_query.filter(|path| Some(*path) != health_check).map(str::to_owned).collect()
}
