//! What the load balancer measured while a deployment went on: what users got.

use super::story::Story;
use crate::Error;
use crate::aws::calmly;
use crate::report::Step;
use greenlight_aws::Env;
use greenlight_aws::metrics::{self, Query};
use greenlight_aws::target_health::{self, TargetGroup};
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeMap;
use std::time::Duration;

/// A chart has no room for more steps.
const STEPS: i64 = 120;
/// What is shown before the deployment and after it.
const AROUND: SignedDuration = SignedDuration::from_mins(2);
/// What is asked of each target group.
const MEASURES: [(&str, &str); 4] = [
    ("RequestCount", "Sum"),
    ("HTTPCode_Target_5XX_Count", "Sum"),
    ("TargetResponseTime", "p50"),
    ("TargetResponseTime", "Maximum"),
];

/// Reads it, in two calls; nothing if `CodeDeploy` does not say which target groups it used. `until` is the last that is known.
///
/// # Errors
/// If it cannot be read.
pub(super) async fn read(env: &Env, story: &Story, until: Timestamp) -> Result<Vec<Step>, Error> {
    let green = story.task_sets.iter().find(|set| set.label.as_deref() == Some("Green"));
    let green = green.and_then(|set| set.target_group.as_deref());
    let (Some(began), Some(green), false) = (story.created_at, green, story.target_groups.is_empty()) else {
        return Ok(Vec::new());
    };
    let groups = calmly(env, async || target_health::groups(env, &story.target_groups).await).await?;
    let (from, to) = (began.checked_sub(AROUND).unwrap_or(began), until.checked_add(AROUND).unwrap_or(until));
    let period = period(from, to, env.clock.now());
    let queries: Vec<Query> = groups.iter().flat_map(|group| queries(group, period)).collect();
    if queries.is_empty() {
        return Ok(Vec::new());
    }
    let found = calmly(env, async || metrics::between(env, &queries, from, to).await).await?;
    let is_green = |group: &TargetGroup| group.arn.contains(&format!(":targetgroup/{green}/"));
    // a group that no load balancer routes to has no queries
    let asked = groups.iter().filter(|group| group.load_balancer().is_some()).map(is_green);
    Ok(steps(asked.zip(found.chunks(MEASURES.len())), period))
}

/// A minute, or more if the chart would have too many. `CloudWatch` keeps minutes for fifteen days, and five minutes for 63.
fn period(from: Timestamp, to: Timestamp, now: Timestamp) -> Duration {
    let minutes = to.duration_since(from).as_mins();
    let is_old = now.duration_since(from) >= SignedDuration::from_hours(15 * 24);
    let least = if is_old { 5 } else { 1 };
    let wanted = minutes.max(0).saturating_add(STEPS - 1) / STEPS;
    Duration::from_mins(u64::try_from(wanted).unwrap_or(1).max(1).next_multiple_of(least))
}

fn queries(group: &TargetGroup, period: Duration) -> Vec<Query> {
    let (Some(target_group), Some(load_balancer)) = (group.dimension(), group.load_balancer()) else {
        return Vec::new();
    };
    let dimensions = BTreeMap::from([
        ("TargetGroup".to_owned(), target_group.to_owned()),
        ("LoadBalancer".to_owned(), load_balancer.to_owned()),
    ]);
    let query = |(metric, statistic): (&str, &str)| Query {
        namespace: "AWS/ApplicationELB".to_owned(),
        metric: metric.to_owned(),
        dimensions: dimensions.clone(),
        statistic: statistic.to_owned(),
        period,
        window: period,
    };
    MEASURES.into_iter().map(query).collect()
}

type Values = Vec<(Timestamp, f64)>;

/// Puts the two groups' values together: counts add up, and of the times the longer one is shown.
fn steps<'a>(groups: impl Iterator<Item = (bool, &'a [Values])>, period: Duration) -> Vec<Step> {
    let mut steps: BTreeMap<Timestamp, Step> = BTreeMap::new();
    for (is_green, measured) in groups {
        for (measure, values) in measured.iter().enumerate() {
            for (at, value) in values {
                let to = at.checked_add(SignedDuration::try_from(period).unwrap_or_default()).unwrap_or(*at);
                let step = steps.entry(*at).or_insert_with(|| Step::empty(*at, to));
                match measure {
                    0 => {
                        let requests = count(*value);
                        step.requests += requests;
                        *(if is_green { &mut step.green } else { &mut step.blue }) += requests;
                    }
                    1 => step.failed += count(*value),
                    2 => step.median = step.median.max(value * 1000.0),
                    _ => step.slowest = step.slowest.max(value * 1000.0),
                }
            }
        }
    }
    steps.into_values().collect()
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a sum of requests is a whole number, and the conversion saturates"
)]
fn count(value: f64) -> u64 {
    value.round().max(0.0) as u64
}

#[cfg(test)]
mod tests {
    use super::{period, steps};
    use jiff::{SignedDuration, Timestamp};
    use std::time::Duration;

    #[test]
    fn a_long_deployment_has_no_more_steps_than_a_chart_has_room_for() {
        let at = |minutes: i64| Timestamp::UNIX_EPOCH + SignedDuration::from_mins(minutes);
        for (length, age, minutes) in
            [(5, 5, 1), (120, 120, 1), (121, 121, 2), (48 * 60, 48 * 60, 24), (5, 20 * 24 * 60, 5)]
        {
            assert_eq!(period(at(0), at(length), at(age)), Duration::from_mins(minutes), "{length} {age}");
        }
    }

    #[test]
    fn what_both_revisions_answered_adds_up() {
        let at = Timestamp::UNIX_EPOCH;
        let of = |values: [f64; 4]| values.map(|value| vec![(at, value)]).to_vec();
        let (blue, green) = (of([10.0, 1.0, 0.010, 0.050]), of([5.0, 2.0, 0.020, 0.030]));
        let steps = steps([(false, blue.as_slice()), (true, green.as_slice())].into_iter(), Duration::from_mins(1));
        let [step] = steps.as_slice() else { panic!("{steps:?}") };
        assert_eq!((step.requests, step.blue, step.green, step.failed), (15, 10, 5, 3));
        assert!((step.median - 20.0).abs() < 1e-9 && (step.slowest - 50.0).abs() < 1e-9, "{step:?}");
        assert_eq!(step.to, at + SignedDuration::from_mins(1));
    }
}
