//! Whether an alarm can come in time: how long it needs to go off, against the time that a deployment leaves for it.
//!
//! Both are counted from the moment in which the first user gets the new revision. What an alarm needs is what it needs at most, so that
//! "in time" is a promise: all its data points are bad from then on, and the metric shows that already for the first share of
//! traffic.

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// Metrics of AWS's own services can be seen by alarms this late; AWS promises no time, and a minute or two were seen.
pub const PUBLISHED_BY_AWS: Duration = Duration::from_mins(2);
/// Metrics of one's own are there when they were put; whoever puts them gathers for a minute.
pub const PUBLISHED_BY_OTHERS: Duration = Duration::from_mins(1);
/// Alarms with periods of a minute or longer are evaluated once a minute.
pub const EVALUATED: Duration = Duration::from_mins(1);
/// Alarms with shorter periods are evaluated every ten seconds.
pub const EVALUATED_OFTEN: Duration = Duration::from_secs(10);
/// `CodeDeploy` heeds an alarm this late: 20 to 25 seconds were seen.
pub const HEEDED: Duration = Duration::from_secs(25);

/// What an alarm watches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Watched {
    /// A metric, or what is computed from metrics.
    Metric {
        /// The longest period of them.
        period: Duration,
        /// How many data points must be bad: M of "M out of N".
        datapoints: u32,
        /// Whether one of them is a metric of an AWS service.
        is_of_aws: bool,
    },
    /// Other alarms: `AlarmRule`.
    Composite(String),
    /// Nothing that says how long it takes.
    Unknown,
}

/// The time that a deployment leaves for alarms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Allowed {
    /// From the first user on the new revision to the last.
    pub shift: Duration,
    /// From then on until the deployment is over: the termination wait.
    pub termination_wait: Duration,
    /// From then on: the plan's `rollback.window`; nothing without `[rollback]`.
    pub window: Duration,
}

/// When an alarm comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Comes {
    /// Before everybody has the new revision.
    InShift,
    /// When everybody has it, and blue is still there.
    InTerminationWait,
    /// When the deployment is over, and an alarm still takes it back.
    InWindow,
    /// When nobody listens any more.
    TooLate,
}

impl Allowed {
    /// When an alarm comes that needs this long. `by_codedeploy` says that the deployment group lists it; else only the function
    /// `rollback` hears of it, at once.
    pub fn comes(&self, needs: Duration, by_codedeploy: bool) -> Comes {
        let heeded = needs.saturating_add(if by_codedeploy { HEEDED } else { Duration::ZERO });
        let deployed = self.shift.saturating_add(self.termination_wait);
        // without [rollback] only CodeDeploy takes a release back
        let is_heard = by_codedeploy || !self.window.is_zero();
        if is_heard && heeded <= self.shift {
            Comes::InShift
        } else if is_heard && heeded <= deployed {
            Comes::InTerminationWait
        } else if !self.window.is_zero() && needs <= deployed.saturating_add(self.window) {
            Comes::InWindow
        } else {
            Comes::TooLate
        }
    }
}

/// How long the alarm of this name needs to go off; `None` if that is not told, or an alarm that it looks at does not exist.
pub fn needs(name: &str, alarms: &BTreeMap<String, Watched>) -> Option<Duration> {
    of(name, alarms, &mut BTreeSet::new())
}

fn of<'a>(name: &'a str, alarms: &'a BTreeMap<String, Watched>, above: &mut BTreeSet<&'a str>) -> Option<Duration> {
    match alarms.get(name)? {
        Watched::Unknown => None,
        Watched::Metric { period, datapoints, is_of_aws } => {
            let published = if *is_of_aws { PUBLISHED_BY_AWS } else { PUBLISHED_BY_OTHERS };
            let evaluated = if *period < Duration::from_mins(1) { EVALUATED_OFTEN } else { EVALUATED };
            Some(period.saturating_mul(*datapoints).saturating_add(published).saturating_add(evaluated))
        }
        Watched::Composite(rule) => {
            // alarms that look at each other never go off
            if !above.insert(name) {
                return None;
            }
            let children = children(rule);
            let times: Option<Vec<Duration>> = children.iter().map(|child| of(child, alarms, above)).collect();
            above.remove(name);
            // one is enough, or all are needed; a rule with both is taken for the slower
            if rule.contains(" AND ") { times?.into_iter().max() } else { times?.into_iter().min() }
        }
    }
}

/// The alarms that a rule waits for: `ALARM("a") OR ALARM(b)`, by names or ARNs. What it wants to be quiet is taken to be so.
pub fn children(rule: &str) -> Vec<&str> {
    let mut found = Vec::new();
    for part in rule.split("ALARM(").skip(1) {
        let inside = part.split_once(')').map_or(part, |(inside, _)| inside).trim();
        let name = inside.trim_matches(['"', '\'']);
        let name = name.rsplit_once(":alarm:").map_or(name, |(_, name)| name);
        if !name.is_empty() && !found.contains(&name) {
            found.push(name);
        }
    }
    found
}

/// How long a shift takes from its first step to its last. Shares are percent.
pub fn linear(percentage: u32, interval: Duration) -> Duration {
    interval.saturating_mul(100_u32.div_ceil(percentage.max(1)).saturating_sub(1))
}
