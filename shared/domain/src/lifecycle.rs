//! The lifecycle events of a `CodeDeploy` deployment to ECS.
//!
//! See <https://docs.aws.amazon.com/codedeploy/latest/userguide/reference-appspec-file-structure-hooks.html>.

use std::fmt;
use std::str::FromStr;

/// A lifecycle event, in the order in which they come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum LifecycleEvent {
    /// Before the green task set is created.
    BeforeInstall,
    /// The green task set is created and becomes steady.
    Install,
    /// Green is there, without traffic.
    AfterInstall,
    /// The test listener goes to green.
    AllowTestTraffic,
    /// Green serves the test listener.
    AfterAllowTestTraffic,
    /// Before production traffic shifts.
    BeforeAllowTraffic,
    /// Production traffic shifts to green.
    AllowTraffic,
    /// Green serves production.
    AfterAllowTraffic,
}

impl LifecycleEvent {
    /// All of them, in their order.
    pub const ALL: [Self; 8] = [
        Self::BeforeInstall,
        Self::Install,
        Self::AfterInstall,
        Self::AllowTestTraffic,
        Self::AfterAllowTestTraffic,
        Self::BeforeAllowTraffic,
        Self::AllowTraffic,
        Self::AfterAllowTraffic,
    ];

    /// Its name as AWS writes it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::BeforeInstall => "BeforeInstall",
            Self::Install => "Install",
            Self::AfterInstall => "AfterInstall",
            Self::AllowTestTraffic => "AllowTestTraffic",
            Self::AfterAllowTestTraffic => "AfterAllowTestTraffic",
            Self::BeforeAllowTraffic => "BeforeAllowTraffic",
            Self::AllowTraffic => "AllowTraffic",
            Self::AfterAllowTraffic => "AfterAllowTraffic",
        }
    }

    /// Whether an `AppSpec` may name a function for it; the others are `CodeDeploy`'s own work.
    pub const fn hookable(self) -> bool {
        !matches!(self, Self::Install | Self::AllowTestTraffic | Self::AllowTraffic)
    }
}

impl fmt::Display for LifecycleEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A text that names no lifecycle event.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no lifecycle event of a deployment to ECS")]
pub struct UnknownLifecycleEvent(pub String);

impl FromStr for LifecycleEvent {
    type Err = UnknownLifecycleEvent;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let found = Self::ALL.into_iter().find(|event| event.name() == text);
        found.ok_or_else(|| UnknownLifecycleEvent(text.to_owned()))
    }
}
