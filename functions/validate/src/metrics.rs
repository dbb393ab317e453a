//! Metrics of green, on their own and against blue.

use greenlight_aws::green::Green;
use greenlight_aws::hook::Context;
use greenlight_aws::metrics::{self, Query};
use greenlight_aws::surroundings::Surroundings;
use greenlight_aws::target_health;
use greenlight_aws::{Env, Error};
use greenlight_domain::plan::{MetricCheck, Validate};
use greenlight_domain::validate;
use std::collections::BTreeMap;

/// A check's name, and what it found (what to say if that is good, and what is wrong with it), or why it was skipped.
type Seen = (String, Result<(String, Vec<String>), String>);

/// Looks at the plan's metrics in as few calls as possible.
pub(crate) async fn look(
    env: &Env,
    context: &Context,
    plan: &Validate,
    surroundings: &Surroundings,
    green: &Green,
) -> Result<Vec<Seen>, Error> {
    if plan.metrics.is_empty() {
        return Ok(Vec::new());
    }
    let values = placeholders(env, context, plan, surroundings, green).await?;
    let mut seen = Vec::new();
    let mut queries = Vec::new();
    let mut asked = Vec::new();
    for check in &plan.metrics {
        if let Some(reason) = context.skipped("validate", Some(&check.name)) {
            seen.push((check.name.clone(), Err(reason)));
            continue;
        }
        let has_blue = context.has_blue();
        if check.compare.is_some() && !has_blue {
            let reason = "not compared with blue: the service is being created".to_owned();
            seen.push((check.name.clone(), Err(reason)));
        }
        let of_green = match validate::dimensions(check, &values) {
            Ok(dimensions) => query(check, dimensions),
            Err(wrong) => {
                seen.push((check.name.clone(), Ok((String::new(), vec![wrong]))));
                continue;
            }
        };
        queries.push(of_green);
        let blue = check.compare.filter(|_| has_blue).and_then(|_| {
            let dimensions = validate::dimensions(check, &validate::blue_in_place_of_green(&values)).ok()?;
            queries.push(query(check, dimensions));
            Some(queries.len() - 1)
        });
        asked.push((check, queries.len() - 1 - usize::from(blue.is_some()), blue));
    }
    let found = if queries.is_empty() { Vec::new() } else { metrics::read(env, &queries).await? };
    let of = |index: usize| found.get(index).map(Vec::as_slice);
    for (check, green, blue) in asked {
        let green = of(green).unwrap_or_default();
        let wrong = validate::metric(check, green, blue.and_then(of));
        seen.push((check.name.clone(), Ok((validate::describe(check, green), wrong))));
    }
    Ok(seen)
}

fn query(check: &MetricCheck, dimensions: Vec<(String, String)>) -> Query {
    Query {
        namespace: check.namespace.clone(),
        metric: check.metric.clone(),
        dimensions: dimensions.into_iter().collect(),
        statistic: check.statistic.clone(),
        period: check.period,
        window: check.window,
    }
}

/// Values for the placeholders of dimensions. The load balancer is asked only if one of them needs it.
async fn placeholders(
    env: &Env,
    context: &Context,
    plan: &Validate,
    surroundings: &Surroundings,
    green: &Green,
) -> Result<BTreeMap<String, String>, Error> {
    let release = &context.release;
    let mut values = BTreeMap::from([
        ("cluster".to_owned(), release.cluster.clone()),
        ("service".to_owned(), release.service.clone()),
    ]);
    let mut written = plan.metrics.iter().flat_map(|metric| metric.dimensions.values());
    let balanced = written.any(|value| ["target-group}", "{load-balancer}"].iter().any(|name| value.contains(name)));
    if !balanced || surroundings.target_groups.is_empty() {
        return Ok(values);
    }
    for target_group in target_health::groups(env, &surroundings.target_groups).await? {
        let is_green = Some(&target_group.arn) == green.target_group.as_ref();
        let name = if is_green { "green-target-group" } else { "blue-target-group" };
        let dimensions = [(name, target_group.dimension()), ("load-balancer", target_group.load_balancer())];
        for (name, dimension) in dimensions {
            values.extend(dimension.map(|dimension| (name.to_owned(), dimension.to_owned())));
        }
    }
    Ok(values)
}
