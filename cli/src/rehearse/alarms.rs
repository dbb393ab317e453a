//! The alarms of a rehearsal: those that the plan names. They are quiet, unless a fault sets them off, or lets them watch what
//! really happens.

use super::Rehearsal;
use greenlight_domain::plan::{self, Plan, RollbackMode};
use greenlight_world::{Alarm, AlarmDefinition, AlarmState, Fault, GreenFault};
use serde_json::{Value, json};

/// Names of the alarms that a release is taken back for: the deployment group's, or those that the plan names for a group
/// without any.
fn of<'a>(script: &'a plan::Rehearsal, plan: &'a Plan) -> Vec<&'a str> {
    let own = plan.rollback.iter().flat_map(|rollback| &rollback.alarms);
    let of_group: Vec<&str> = script.alarms.iter().map(String::as_str).collect();
    if of_group.is_empty() { own.map(String::as_str).collect() } else { of_group }
}

/// Whether a plan has alarms that take its release back.
pub(super) fn act(plan: &Plan) -> bool {
    let acts = plan.rollback.as_ref().is_some_and(|rollback| rollback.mode == RollbackMode::Auto);
    acts && plan.rehearsal.as_ref().is_some_and(|script| !of(script, plan).is_empty())
}

impl Rehearsal {
    /// Names of the alarms that a release is taken back for.
    pub fn alarms(&self) -> Vec<&str> {
        of(&self.script, &self.plan)
    }

    /// Whether an alarm will go off that takes the release back, be it after its success.
    pub(crate) fn is_taken_back(&self) -> bool {
        self.in_world().any(|fault| matches!(fault, Fault::Alarms { .. }) || errs(&fault))
    }

    /// The alarms as the world has them.
    pub(super) fn alarms_in_world(&self) -> Vec<Alarm> {
        let mut alarms: Vec<Alarm> = self.alarms().into_iter().map(|name| Alarm::new(name, AlarmState::Ok)).collect();
        if let Some(first) = alarms.first_mut().filter(|_| self.in_world().any(|fault| errs(&fault))) {
            first.definition = AlarmDefinition::of_metric(&self.errors_alarm()).ok();
        }
        alarms
    }

    fn in_world(&self) -> impl Iterator<Item = Fault> {
        self.faults.iter().flat_map(|fault| fault.in_world(self))
    }

    /// More than ten answers of blue and green a minute have a 5xx status, two minutes long. Members of `PutMetricAlarm`; the same
    /// alarm as in `examples/django/infrastructure.yaml`.
    fn errors_alarm(&self) -> Value {
        let balancer = format!("app/{}/50dc6c495c0c9188", self.load_balancer());
        let of_group = |id: &str, name: &str| {
            let arn = Self::target_group_arn(name);
            let group = arn.rsplit(':').next().unwrap_or_default();
            json!({ "Id": id, "ReturnData": false, "MetricStat": { "Period": 60, "Stat": "Sum", "Metric": {
                "Namespace": "AWS/ApplicationELB",
                "MetricName": "HTTPCode_Target_5XX_Count",
                "Dimensions": [{ "Name": "TargetGroup", "Value": group }, { "Name": "LoadBalancer", "Value": balancer }],
            }}})
        };
        let [blue, green] = self.target_groups();
        json!({
            "AlarmName": self.alarms().first(),
            "Metrics": [
                of_group("blue", &blue),
                of_group("green", &green),
                { "Id": "errors", "Expression": "SUM([blue, green])", "ReturnData": true },
            ],
            "EvaluationPeriods": 2,
            "ComparisonOperator": "GreaterThanThreshold",
            "Threshold": 10,
            "TreatMissingData": "notBreaching",
        })
    }
}

fn errs(fault: &Fault) -> bool {
    matches!(fault, Fault::Green { what: GreenFault::Errs, .. })
}
