//! Everything a function needs from outside, built once per process.

use crate::http::Http;
use crate::{Clock, Error, Settings, sdk, telemetry};
use aws_types::SdkConfig;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, OnceLock};

/// Takes the lines of a function's log.
pub type Log = Arc<dyn Fn(String) + Send + Sync>;

/// A function's surroundings. Clients are built when they are first used, and kept.
#[derive(Clone)]
pub struct Env {
    /// The clock.
    pub clock: Clock,
    /// What the template says.
    pub settings: Settings,
    pub(crate) sdk: SdkConfig,
    log: Log,
    pub(crate) http: Http,
    ecs: OnceLock<aws_sdk_ecs::Client>,
    codedeploy: OnceLock<aws_sdk_codedeploy::Client>,
    scheduler: OnceLock<aws_sdk_scheduler::Client>,
    sns: OnceLock<aws_sdk_sns::Client>,
    logs: OnceLock<aws_sdk_cloudwatchlogs::Client>,
    cloudwatch: OnceLock<aws_sdk_cloudwatch::Client>,
    elb: OnceLock<aws_sdk_elasticloadbalancingv2::Client>,
}

/// A client with a retry partition of its own: the default one is shared by the whole process, which makes one simulated
/// function's failures slow down another's.
macro_rules! client {
    ($env:ident, $field:ident, $sdk:ident) => {
        $env.$field.get_or_init(|| {
            use $sdk::config::retry::{RetryPartition, TokenBucket};
            let partition = RetryPartition::custom(stringify!($field)).token_bucket(TokenBucket::new(500)).build();
            $sdk::Client::from_conf($sdk::config::Builder::from(&$env.sdk).retry_partition(partition).build())
        })
    };
}

impl Env {
    /// Surroundings made of their parts. Log lines go to standard output.
    pub fn new(sdk: SdkConfig, clock: Clock, settings: Settings) -> Self {
        Self {
            clock,
            settings,
            sdk,
            log: Arc::new(|line| telemetry::to_standard_output(&line)),
            http: Http::real(),
            ecs: OnceLock::new(),
            codedeploy: OnceLock::new(),
            scheduler: OnceLock::new(),
            sns: OnceLock::new(),
            logs: OnceLock::new(),
            cloudwatch: OnceLock::new(),
            elb: OnceLock::new(),
        }
    }

    /// The surroundings that the environment variables of a Lambda function describe.
    ///
    /// # Errors
    /// [`Error::Setting`] with the variable that is missing or wrong.
    pub fn from_environment() -> Result<Self, Error> {
        let text = |(name, value): (std::ffi::OsString, std::ffi::OsString)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        };
        let variables: BTreeMap<String, String> = std::env::vars_os().filter_map(text).collect();
        let clock = Clock::from_environment()?;
        let settings = Settings::from_map(&variables)?;
        let sdk = sdk::from_environment(&settings.region, &clock)?;
        Ok(Self::new(sdk, clock, settings))
    }

    /// The same with its log lines going elsewhere.
    #[must_use]
    pub fn with_log(mut self, log: Log) -> Self {
        self.log = log;
        self
    }

    pub(crate) fn write(&self, line: String) {
        (self.log)(line);
    }

    /// Amazon ECS.
    pub fn ecs(&self) -> &aws_sdk_ecs::Client {
        client!(self, ecs, aws_sdk_ecs)
    }

    /// AWS `CodeDeploy`.
    pub fn codedeploy(&self) -> &aws_sdk_codedeploy::Client {
        client!(self, codedeploy, aws_sdk_codedeploy)
    }

    /// `EventBridge` Scheduler.
    pub fn scheduler(&self) -> &aws_sdk_scheduler::Client {
        client!(self, scheduler, aws_sdk_scheduler)
    }

    /// Amazon SNS.
    pub fn sns(&self) -> &aws_sdk_sns::Client {
        client!(self, sns, aws_sdk_sns)
    }

    /// `CloudWatch` Logs.
    pub fn logs(&self) -> &aws_sdk_cloudwatchlogs::Client {
        client!(self, logs, aws_sdk_cloudwatchlogs)
    }

    /// Amazon `CloudWatch`.
    pub fn cloudwatch(&self) -> &aws_sdk_cloudwatch::Client {
        client!(self, cloudwatch, aws_sdk_cloudwatch)
    }

    /// Elastic Load Balancing.
    pub fn elb(&self) -> &aws_sdk_elasticloadbalancingv2::Client {
        client!(self, elb, aws_sdk_elasticloadbalancingv2)
    }
}

impl fmt::Debug for Env {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Env").field("clock", &self.clock).field("settings", &self.settings).finish_non_exhaustive()
    }
}
