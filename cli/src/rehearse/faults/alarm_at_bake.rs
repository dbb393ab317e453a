//! `alarm@bake`: an alarm goes off while blue waits for its termination.

use super::{Fault, Outcomes};
use greenlight_domain::plan::Plan;
use greenlight_world::Moment;

pub(super) const FAULT: Fault = Fault {
    name: "alarm@bake",
    outcome: Outcomes::both("rolled-back"),
    about: "an alarm goes off when green has all traffic and blue waits for its end; the function rollback stops the deployment",
    fastest: None,
    needs: "an alarm and a [rollback] table, as alarm@shift, and a termination-wait",
    has: |plan| super::has_an_alarm(plan) && waits(plan),
    make: |rehearsal| super::alarm(rehearsal, Moment::TerminationWait),
};

fn waits(plan: &Plan) -> bool {
    let script = plan.rehearsal.as_ref();
    script.is_some_and(|script| !script.deployment.keep_blue && !script.termination_wait.is_zero())
}
