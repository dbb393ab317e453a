//! `jobs diff` and `jobs apply`.

use super::schedules::{self, Change, Diff, Entry, Expectation};
use super::{Install, Tell};
use crate::Error;
use greenlight_domain::plan::{Job, Plan};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

/// So many of a job's next firings are shown.
const NEXT: usize = 5;
/// The smallest step of time.
const JUST: SignedDuration = SignedDuration::from_nanos(1);

/// What `apply` did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Applied {
    /// The jobs whose schedules it left, although the plan does not have them.
    pub left: Vec<String>,
}

/// Shows what differs; `true` if nothing does.
///
/// # Errors
/// If the schedules cannot be read.
pub async fn show(install: &Install, plan: &Plan, tell: Tell<'_>) -> Result<bool, Error> {
    let diff = schedules::diff(&install.env, plan).await?;
    tell_all(&diff, plan, install.env.clock.now(), tell);
    let what = if diff.is_empty() { "same" } else { "differs" };
    outcome(&diff, what, &[], tell);
    Ok(diff.is_empty())
}

/// Shows what differs, and does it. Schedules are deleted only with `delete`.
///
/// # Errors
/// If something cannot be read or done.
pub async fn apply(install: &Install, plan: &Plan, delete: bool, tell: Tell<'_>) -> Result<Applied, Error> {
    let diff = schedules::diff(&install.env, plan).await?;
    tell_all(&diff, plan, install.env.clock.now(), tell);
    schedules::apply(&install.env, plan, &diff, delete).await?;
    let left: Vec<String> = diff.removed().filter(|_| !delete).map(str::to_owned).collect();
    let what = if diff.is_empty() { "same" } else { "applied" };
    outcome(&diff, what, &left, tell);
    Ok(Applied { left })
}

fn tell_all(diff: &Diff, plan: &Plan, now: Timestamp, tell: Tell<'_>) {
    for entry in &diff.entries {
        let (event, sign) = match &entry.change {
            Change::Added(_) => ("job.added", "+"),
            Change::Changed(..) => ("job.changed", "~"),
            Change::Removed => ("job.removed", "-"),
            Change::Same => ("job.same", "="),
            Change::Over => ("job.over", "="),
        };
        let (text, fields) = described(entry, plan.jobs.get(&entry.job), now);
        tell(event, &format!("{sign} {}{text}", entry.job), fields);
    }
}

fn described(entry: &Entry, job: Option<&Job>, now: Timestamp) -> (String, Value) {
    let mut fields = json!({ "job": entry.job });
    let paused = if entry.paused { "  (paused)" } else { "" };
    let mut lines = Vec::new();
    match (&entry.change, job) {
        (Change::Added(_) | Change::Changed(..), Some(job)) => {
            let next: Vec<String> = next(job, now).map(|at| shown(job, at)).collect();
            lines.push(format!("  {}{paused}", job.in_words()));
            fields["schedule"] = json!(job.schedule.to_string());
            fields["in_words"] = json!(job.in_words());
            fields["paused"] = json!(entry.paused);
            fields["next"] = json!(next);
            if let Change::Changed(_, properties) = &entry.change {
                lines
                    .extend(properties.iter().map(|one| format!("\n    {}: {} -> {}", one.property, one.from, one.to)));
                fields["properties"] = json!(properties);
            }
            let word = if entry.paused { "would be next" } else { "next" };
            lines.push(format!("\n    {word}: {}", next.join(", ")));
        }
        (Change::Removed, Some(_)) => lines.push("  never fires any more: its schedule goes".to_owned()),
        (Change::Removed, None) => lines.push("  is not in the plan: its schedule goes".to_owned()),
        (Change::Over, _) => lines.push("  never fires any more".to_owned()),
        _ => lines.push(paused.to_owned()),
    }
    match entry.expectation {
        Expectation::Armed { scheduled, by } => {
            lines.push(format!("\n    expected: a success of the firing of {scheduled} by {by}"));
            fields["expected"] = json!({ "scheduled": scheduled.to_string(), "by": by.to_string() });
        }
        Expectation::Dropped if entry.change != Change::Removed => {
            lines.push("\n    expected: nothing any more".to_owned());
            fields["expected"] = Value::Null;
        }
        Expectation::Dropped | Expectation::Stays => {}
    }
    (lines.concat(), fields)
}

/// The next firings if the schedule is made now: a rate without a start begins at once.
pub(super) fn next(job: &Job, now: Timestamp) -> impl Iterator<Item = Timestamp> + '_ {
    let first = job.next(now.checked_sub(JUST).unwrap_or(now), now);
    std::iter::successors(first, move |last| job.next(*last, now)).take(NEXT)
}

/// A time as the clock of the job's time zone shows it.
fn shown(job: &Job, at: Timestamp) -> String {
    at.to_zoned(job.time_zone.clone()).strftime("%a %Y-%m-%d %H:%M %Z").to_string()
}

fn outcome(diff: &Diff, what: &str, left: &[String], tell: Tell<'_>) {
    let count = |wanted: fn(&Change) -> bool| diff.entries.iter().filter(|entry| wanted(&entry.change)).count();
    let added = count(|change| matches!(change, Change::Added(_)));
    let changed = count(|change| matches!(change, Change::Changed(..)));
    let removed = count(|change| matches!(change, Change::Removed));
    let mut text = match what {
        "same" => "nothing differs".to_owned(),
        "applied" => {
            format!("applied: {added} added, {changed} changed, {} removed", removed - left.len().min(removed))
        }
        _ => format!("differs: {added} to add, {changed} to change, {removed} to remove"),
    };
    if !left.is_empty() {
        let names = left.join(", ");
        text = format!("{text}\nleft: the schedules of {names}; delete them: greenlight jobs apply --delete");
    }
    let fields = json!({ "outcome": what, "added": added, "changed": changed, "removed": removed, "left": left });
    tell("outcome", &text, fields);
}

#[cfg(test)]
mod tests {
    use super::{next, shown};
    use greenlight_domain::plan::Plan;

    fn times(job: &str, now: &str) -> Vec<String> {
        let text = format!(
            "application = \"a\"\ndeployment-group = \"b\"\ncluster = \"c\"\nservice = \"web\"\ncontainer = \"e\"\nport = 1\n\
             [jobs.sync]\ncommand = [\"sync\"]\n{job}"
        );
        let plan = Plan::parse(&text, "greenlight.toml").unwrap();
        let job = &plan.jobs["sync"];
        next(job, now.parse().unwrap()).map(|at| shown(job, at)).collect()
    }

    #[test]
    fn the_next_times_are_those_of_the_clock_also_when_it_is_turned() {
        let job = "schedule = \"cron(30 2 * * ? *)\"\ntime-zone = \"Europe/Berlin\"";
        let spring = times(job, "2026-03-27T12:00:00Z");
        let expected = [
            "Sat 2026-03-28 02:30 CET",
            "Mon 2026-03-30 02:30 CEST",
            "Tue 2026-03-31 02:30 CEST",
            "Wed 2026-04-01 02:30 CEST",
            "Thu 2026-04-02 02:30 CEST",
        ];
        assert_eq!(spring, expected, "on the 29th there is no 02:30");
        let autumn = times(job, "2026-10-24T12:00:00Z");
        assert_eq!(autumn[..2], ["Sun 2026-10-25 02:30 CEST", "Mon 2026-10-26 02:30 CET"], "twice, and it fires once");
    }

    #[test]
    fn a_rate_begins_at_once_and_a_single_time_comes_once() {
        let rate = times("schedule = \"rate(1 hour)\"", "2026-03-27T12:00:00Z");
        assert_eq!(rate[..2], ["Fri 2026-03-27 12:00 UTC", "Fri 2026-03-27 13:00 UTC"]);
        assert_eq!(times("schedule = \"at(2026-12-24T18:00:00)\"", "2026-03-27T12:00:00Z").len(), 1);
    }
}
