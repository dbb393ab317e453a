//! `[warm-up]`: what is asked of green before it has traffic.

use super::{OneOffCommands, Scheme, SecretOr, Statuses, as_text};
use serde::{Serialize, Serializer};
use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

/// `[warm-up]`.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum WarmUp {
    /// Paths that are requested from every green task.
    Requests(WarmUpRequests),
    /// Commands that run as one-off tasks.
    Commands(OneOffCommands),
}

/// Requests to every green task.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct WarmUpRequests {
    /// The paths, in their order. At least one; each begins with `/`.
    pub paths: Vec<String>,
    /// Headers of every request.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, SecretOr>,
    /// Requests to one task at once, at most.
    pub concurrency: u32,
    /// How often all paths are requested.
    pub rounds: u32,
    /// How long one request may take.
    #[serde(serialize_with = "as_text")]
    pub timeout: Duration,
    /// How long everything may take.
    #[serde(serialize_with = "as_text")]
    pub budget: Duration,
    /// Requests that may fail, of those to all tasks.
    pub errors: AllowedErrors,
    /// Plain HTTP, or TLS.
    pub scheme: Scheme,
    /// The name in TLS, which the certificate must have. Without one it is the `Host` header's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub server_name: Option<String>,
    /// Certificates of authorities to trust besides the public ones, as PEM.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ca: Option<SecretOr>,
    /// What an answer must be.
    pub expect: WarmUpExpect,
    /// The port; without one it is the plan's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub port: Option<u16>,
}

/// `[warm-up.expect]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WarmUpExpect {
    /// Status codes that are no failure.
    pub status: Statuses,
}

impl WarmUpRequests {
    /// Requests to one task at once, if the plan does not say.
    pub const CONCURRENCY: u32 = 4;
    /// Rounds, if the plan does not say: a first that warms and a second that shows it.
    pub const ROUNDS: u32 = 2;
    /// How long one request may take, if the plan does not say.
    pub const TIMEOUT: Duration = Duration::from_secs(5);
    /// How long everything may take, if the plan does not say.
    pub const BUDGET: Duration = Duration::from_mins(2);
    /// The longest budget: the requests are made in the function, which Lambda ends after 15 minutes.
    pub const LONGEST_BUDGET: Duration = Duration::from_mins(13);

    /// Status codes that are no failure, if the plan does not say.
    pub fn statuses() -> Statuses {
        Statuses::range(200, 399)
    }

    /// ARNs of all secrets that the requests need.
    pub fn secrets(&self) -> Vec<&str> {
        self.headers.values().chain(&self.ca).filter_map(SecretOr::reference).collect()
    }
}

/// How many requests may fail: `3` or `"5%"`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AllowedErrors {
    /// This many.
    Count(u32),
    /// This many of a hundred.
    Percent(u32),
}

impl AllowedErrors {
    /// How many of `total` requests may fail.
    pub fn of(self, total: usize) -> usize {
        match self {
            Self::Count(count) => usize::try_from(count).unwrap_or(usize::MAX),
            Self::Percent(percent) => {
                usize::try_from(percent).map_or(total, |percent| total.saturating_mul(percent) / 100)
            }
        }
    }
}

impl fmt::Display for AllowedErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Count(count) => write!(f, "{count}"),
            Self::Percent(percent) => write!(f, "{percent}%"),
        }
    }
}

impl Serialize for AllowedErrors {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Count(count) => serializer.serialize_u32(*count),
            Self::Percent(_) => serializer.collect_str(self),
        }
    }
}
