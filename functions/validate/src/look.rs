//! Alarms, targets, task set.

use crate::metrics;
use greenlight_aws::green::{self, Green};
use greenlight_aws::hook::{Context, Told};
use greenlight_aws::surroundings::{self, Surroundings};
use greenlight_aws::{Env, Error, alarms, target_health};
use greenlight_domain::plan::{Alarms, Targets, TaskSet, Validate};
use greenlight_domain::validate;
use greenlight_domain::verdict::Verdict;

/// What was looked at, and what is wrong with it.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Findings {
    /// What was as it should be, in words.
    good: Vec<String>,
    /// What was not looked at, and why.
    skipped: Vec<String>,
    /// What is wrong.
    wrong: Vec<String>,
    /// Whether a later look may say something else, because what was read may be old.
    pub(crate) may_be_old: bool,
}

impl Findings {
    pub(crate) fn is_empty(&self) -> bool {
        self.good.is_empty() && self.skipped.is_empty() && self.wrong.is_empty()
    }

    pub(crate) fn skipped(&mut self, what: &str, reason: &str) {
        self.skipped.push(format!("{what}: {reason}"));
    }

    /// Something was looked at: what is wrong with it, or else that it is good.
    pub(crate) fn saw(&mut self, good: String, wrong: Vec<String>) {
        if wrong.is_empty() {
            self.good.push(good);
        }
        self.wrong.extend(wrong);
    }

    pub(crate) fn add(&mut self, other: Self) {
        self.good.extend(other.good);
        self.skipped.extend(other.skipped);
        self.wrong.extend(other.wrong);
    }

    pub(crate) fn told(self) -> Told {
        if !self.wrong.is_empty() {
            let lines: Vec<String> = self.wrong.into_iter().chain(self.skipped).collect();
            return Verdict::Failed(lines.join("\n")).into();
        }
        if self.good.is_empty() {
            return Verdict::Skipped(self.skipped.join("; ")).into();
        }
        let parts: Vec<String> = self.good.into_iter().chain(self.skipped).collect();
        Told::succeeded(Some(parts.join("\n")))
    }
}

/// Looks at everything that the plan names, all at once.
pub(crate) async fn at(env: &Env, context: &Context, plan: &Validate) -> Result<Findings, Error> {
    let mut findings = Findings::default();
    let (surroundings, green) =
        futures_util::future::try_join(surroundings::read(env, context), green::read(env, context)).await?;
    let mut wanted = |part: &str, wanted: bool| {
        let skipped = context.skipped("validate", Some(part)).filter(|_| wanted);
        match skipped {
            Some(reason) => {
                findings.skipped(part, &reason);
                false
            }
            None => wanted,
        }
    };
    let look_at_alarms = wanted("alarms", plan.alarms != Alarms::Ignore);
    let look_at_targets = wanted("targets", plan.targets != Targets::Ignore);
    let look_at_task_set = wanted("task-set", plan.task_set != TaskSet::Ignore);
    let alarms = async { if look_at_alarms { at_alarms(env, &surroundings, plan.alarms).await } else { Ok(None) } };
    let targets = async { if look_at_targets { at_targets(env, &green, plan.targets).await } else { Ok(None) } };
    let (alarms, targets, metrics) = Box::pin(futures_util::future::try_join3(
        alarms,
        targets,
        metrics::look(env, context, plan, &surroundings, &green),
    ))
    .await?;
    if let Some((good, wrong)) = alarms {
        // they may be what brings it back
        if !wrong.is_empty() && context.comes_back(env).await {
            findings.skipped("alarms", "a revision comes back that was good before");
        } else {
            findings.saw(good, wrong);
        }
    }
    for (name, seen) in metrics {
        match seen {
            Ok((good, wrong)) => findings.saw(good, wrong),
            Err(reason) => findings.skipped(&format!("metric {name}"), &reason),
        }
    }
    // what CloudWatch says against green is enough
    findings.may_be_old = findings.wrong.is_empty() && (look_at_targets || look_at_task_set);
    if let Some((good, wrong)) = targets {
        findings.saw(good, wrong);
    }
    if look_at_task_set {
        at_task_set(&green, plan.task_set, &mut findings);
    }
    Ok(findings)
}

type Seen = Option<(String, Vec<String>)>;

async fn at_alarms(env: &Env, surroundings: &Surroundings, policy: Alarms) -> Result<Seen, Error> {
    let found = alarms::read(env, &surroundings.alarms).await?;
    Ok(Some((format!("alarms: {}, none in ALARM", found.len()), validate::alarms(policy, &found))))
}

async fn at_targets(env: &Env, green: &Green, policy: Targets) -> Result<Seen, Error> {
    let found = match &green.target_group {
        Some(target_group) => target_health::read(env, target_group).await?,
        None => Vec::new(),
    };
    let good = if validate::is_unchecked(&found) {
        format!("{} targets are not checked yet: no listener forwards to them", found.len())
    } else {
        format!("{} targets are healthy", found.len())
    };
    Ok(Some((good, validate::targets(policy, &found))))
}

fn at_task_set(green: &Green, policy: TaskSet, findings: &mut Findings) {
    let Green { stability, running_count, pending_count, desired_count, .. } = green;
    let wrong = validate::task_set(policy, stability, *running_count, *pending_count, *desired_count);
    findings.saw(format!("the green task set is steady with {running_count} tasks"), wrong);
}

#[cfg(test)]
mod tests {
    use super::{Findings, Verdict};

    #[test]
    fn everything_wrong_is_in_the_reason() {
        let mut findings = Findings::default();
        assert!(findings.is_empty());
        findings.saw("targets are healthy".to_owned(), vec![]);
        findings.saw("alarms".to_owned(), vec!["alarm a is in ALARM".to_owned(), "alarm b is in ALARM".to_owned()]);
        findings.skipped("task-set", "skipped on request: known");
        let expected = "alarm a is in ALARM\nalarm b is in ALARM\ntask-set: skipped on request: known";
        assert_eq!(findings.told().verdict, Verdict::Failed(expected.to_owned()));
    }

    #[test]
    fn what_is_good_and_what_was_skipped_is_noted() {
        let mut findings = Findings::default();
        findings.skipped("alarms", "skipped on request: loud");
        findings.saw("2 targets are healthy".to_owned(), vec![]);
        let told = findings.told();
        assert_eq!(told.verdict, Verdict::Succeeded);
        assert_eq!(told.note.unwrap(), "2 targets are healthy\nalarms: skipped on request: loud");
    }
}
