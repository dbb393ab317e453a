//! Deployment configurations: how the traffic is shifted.

use super::lookup;
use crate::{AwsError, World};
use jiff::Timestamp;
use std::time::Duration;

/// A deployment configuration of the ECS compute platform.
#[derive(Debug, Clone)]
pub(super) struct Configuration {
    pub(super) id: String,
    pub(super) routing: Routing,
    /// When somebody made it; the predefined ones were always there.
    pub(super) created: Option<Timestamp>,
}

/// `TrafficRoutingConfig`. Shares are percent, intervals minutes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Routing {
    AllAtOnce,
    /// So much at first, and all of it after the interval.
    Canary {
        percentage: u32,
        interval: u32,
    },
    /// So much more in each interval.
    Linear {
        percentage: u32,
        interval: u32,
    },
}

/// One step of a traffic shift: so long after the step before it, green gets this share.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Step {
    pub(super) after: Duration,
    pub(super) green_percent: u32,
}

/// What a rollback uses, whatever the group says.
pub(super) const ALL_AT_ONCE: &str = "CodeDeployDefault.ECSAllAtOnce";

/// Nobody else's configuration has a name that begins so.
pub(super) const PREDEFINED: &str = "CodeDeployDefault.";

const KNOWN: [(&str, Routing); 5] = [
    (ALL_AT_ONCE, Routing::AllAtOnce),
    ("CodeDeployDefault.ECSCanary10Percent5Minutes", Routing::Canary { percentage: 10, interval: 5 }),
    ("CodeDeployDefault.ECSCanary10Percent15Minutes", Routing::Canary { percentage: 10, interval: 15 }),
    ("CodeDeployDefault.ECSLinear10PercentEvery1Minutes", Routing::Linear { percentage: 10, interval: 1 }),
    ("CodeDeployDefault.ECSLinear10PercentEvery3Minutes", Routing::Linear { percentage: 10, interval: 3 }),
];

/// Shares and intervals that a step can have.
const LARGEST_PERCENTAGE: u32 = 99;
const LONGEST_INTERVAL: u32 = 2880;

impl Routing {
    /// A canary or a linear shift that AWS takes.
    pub(super) fn check(self) -> Result<Self, AwsError> {
        let (Self::Canary { percentage, interval } | Self::Linear { percentage, interval }) = self else {
            return Ok(self);
        };
        if !(1..=LARGEST_PERCENTAGE).contains(&percentage) {
            return Err(invalid(format!("a step shifts 1 to {LARGEST_PERCENTAGE} percent, and not {percentage}")));
        }
        if !(1..=LONGEST_INTERVAL).contains(&interval) {
            return Err(invalid(format!("an interval has 1 to {LONGEST_INTERVAL} minutes, and not {interval}")));
        }
        Ok(self)
    }

    /// The whole shift: the first step is made at once, the last one ends with all traffic on green.
    pub(super) fn steps(self) -> Vec<Step> {
        let minutes = |minutes: u32| Duration::from_secs(60 * u64::from(minutes));
        let (shares, interval): (Vec<u32>, u32) = match self {
            Self::AllAtOnce => (vec![100], 0),
            Self::Canary { percentage, interval } => (vec![percentage, 100], interval),
            Self::Linear { percentage, interval } => {
                let steps = 100_u32.div_ceil(percentage.max(1));
                ((1..=steps).map(|step| (step * percentage).min(100)).collect(), interval)
            }
        };
        let first = std::iter::once(Duration::ZERO).chain(std::iter::repeat(minutes(interval)));
        shares.into_iter().zip(first).map(|(green_percent, after)| Step { after, green_percent }).collect()
    }
}

/// Whether a configuration can have this name.
pub(super) fn check_name(name: &str) -> Result<(), AwsError> {
    if name.is_empty() || !lookup::well_formed(name) {
        return Err(AwsError::client(
            "InvalidDeploymentConfigNameException",
            "The name of a deployment configuration has 1 to 100 letters, digits and characters of +=,.@_-",
        ));
    }
    Ok(())
}

/// A configuration that is there: one of those that everybody has, or one of the account's own.
pub(super) fn find(world: &World, name: &str) -> Result<Configuration, AwsError> {
    check_name(name)?;
    if let Some((_, routing)) = KNOWN.iter().find(|(known, _)| *known == name) {
        return Ok(Configuration { id: name.to_owned(), routing: *routing, created: None });
    }
    world.codedeploy.configurations.get(name).cloned().ok_or_else(|| {
        let names: Vec<&str> = KNOWN.iter().map(|(name, _)| *name).collect();
        AwsError::client(
            "DeploymentConfigDoesNotExistException",
            format!("No deployment configuration found with name: {name}; predefined for ECS are {}", names.join(", ")),
        )
    })
}

pub(super) fn invalid(what: impl std::fmt::Display) -> AwsError {
    AwsError::client(
        "InvalidTrafficRoutingConfigurationException",
        format!("The traffic routing configuration is not valid: {what}"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shift(routing: Routing) -> Vec<(u32, u64)> {
        routing.steps().iter().map(|step| (step.green_percent, step.after.as_secs() / 60)).collect()
    }

    #[test]
    fn a_shift_begins_at_once_and_ends_with_all_traffic_on_green() {
        for (routing, expected) in [
            (Routing::AllAtOnce, vec![(100, 0)]),
            (Routing::Canary { percentage: 10, interval: 5 }, vec![(10, 0), (100, 5)]),
            (Routing::Linear { percentage: 25, interval: 3 }, vec![(25, 0), (50, 3), (75, 3), (100, 3)]),
            (Routing::Linear { percentage: 40, interval: 1 }, vec![(40, 0), (80, 1), (100, 1)]),
            (Routing::Linear { percentage: 99, interval: 2880 }, vec![(99, 0), (100, 2880)]),
        ] {
            assert_eq!(shift(routing), expected, "{routing:?}");
        }
        assert_eq!(shift(Routing::Linear { percentage: 1, interval: 1 }).len(), 100);
    }

    #[test]
    fn every_predefined_configuration_could_be_made_by_hand() {
        for (name, routing) in KNOWN {
            assert!(name.starts_with(PREDEFINED) && routing.check().is_ok(), "{name}");
        }
    }
}
