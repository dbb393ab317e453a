//! Deployment configurations: how the traffic is shifted.

use std::time::Duration;

/// One step of a traffic shift: so long after the step before it, green gets this share.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Step {
    pub(super) after: Duration,
    pub(super) green_percent: u32,
}

/// What a rollback uses, whatever the group says.
pub(super) const ALL_AT_ONCE: &str = "CodeDeployDefault.ECSAllAtOnce";

/// The steps of a predefined configuration; `None` if there is no such configuration.
pub(super) fn steps(name: &str) -> Option<Vec<Step>> {
    let minutes = |minutes: u64| Duration::from_secs(60 * minutes);
    Some(match name {
        ALL_AT_ONCE => vec![Step { after: Duration::ZERO, green_percent: 100 }],
        "CodeDeployDefault.ECSCanary10Percent5Minutes" => canary(minutes(5)),
        "CodeDeployDefault.ECSCanary10Percent15Minutes" => canary(minutes(15)),
        "CodeDeployDefault.ECSLinear10PercentEvery1Minutes" => linear(minutes(1)),
        "CodeDeployDefault.ECSLinear10PercentEvery3Minutes" => linear(minutes(3)),
        _ => return None,
    })
}

fn canary(wait: Duration) -> Vec<Step> {
    vec![Step { after: Duration::ZERO, green_percent: 10 }, Step { after: wait, green_percent: 100 }]
}

fn linear(every: Duration) -> Vec<Step> {
    (1..=10)
        .map(|tenth| Step { after: if tenth == 1 { Duration::ZERO } else { every }, green_percent: tenth * 10 })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_configuration_ends_with_all_traffic_on_green() {
        for (name, count, seconds) in [
            ("CodeDeployDefault.ECSAllAtOnce", 1, 0),
            ("CodeDeployDefault.ECSCanary10Percent5Minutes", 2, 300),
            ("CodeDeployDefault.ECSCanary10Percent15Minutes", 2, 900),
            ("CodeDeployDefault.ECSLinear10PercentEvery1Minutes", 10, 540),
            ("CodeDeployDefault.ECSLinear10PercentEvery3Minutes", 10, 1620),
        ] {
            let steps = steps(name).unwrap();
            assert_eq!(steps.len(), count, "{name}");
            assert_eq!(steps.iter().map(|step| step.after.as_secs()).sum::<u64>(), seconds, "{name}");
            assert!(steps.last().is_some_and(|step| step.green_percent == 100), "{name}");
        }
        assert_eq!(steps("CodeDeployDefault.OneAtATime"), None);
    }
}
