//! What is there before anything happens: plain data, however it was written down.

use crate::{AlarmDefinition, AlarmState, Fault, Policy};
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet};
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

/// The world before its first input.
#[derive(Debug, Clone)]
#[expect(clippy::struct_excessive_bools, reason = "each answers a question of its own")]
pub struct Setup {
    /// The account id, twelve digits.
    pub account: String,
    /// The region's name.
    pub region: String,
    /// How the world's time goes against real work.
    pub pace: Pace,
    /// Seeds ids and everything else that is random.
    pub seed: u64,
    /// Tasks get addresses in this /16: `127.x.0.0`.
    pub network: Ipv4Addr,
    /// What the functions' template deploys.
    pub stack: Stack,
    /// What the application's own infrastructure has beside ECS and CodeDeploy (those come by API).
    pub infrastructure: Infrastructure,
    /// Values of SSM parameters and Secrets Manager secrets by ARN (or name).
    pub secrets: BTreeMap<String, String>,
    /// Images that stand for a real process; a container with another image is kept running as a stub.
    pub images: BTreeSet<String>,
    /// What goes wrong.
    pub faults: Vec<Fault>,
    /// So many deployments come first to which nothing happens that happens at a point of a deployment.
    pub spared_deployments: u64,
    /// Whether `CodeDeploy` invokes hooks in a rollback deployment: AWS does not say, so both can be had.
    pub hooks_in_rollback: bool,
    /// Whether automatic rollback makes a rollback deployment for one that ended before `Install`. AWS says that no rollback is
    /// possible at that point, and not what becomes of one that is configured: both can be had.
    pub rollback_before_install: bool,
    /// Whether events that AWS delivers to `EventBridge` by best effort only, those of `CodeDeploy`, are lost: nothing that has
    /// to happen may depend on them.
    pub loses_best_effort_events: bool,
    /// Whether ECS throttles requests as AWS documents it. The limits are those of an account: what runs beside needs its part
    /// of them.
    pub throttles_requests: bool,
}

/// How the world's time goes against the real work of processes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pace {
    /// World seconds per real second.
    pub speed: f64,
}

impl Pace {
    /// The world time that passes during `real` time: for limits on real work, which does not get faster when time is compressed.
    pub fn real(self, real: Duration) -> Duration {
        real.mul_f64(self.speed.max(1.0))
    }
}

/// Functions and what invokes them.
#[derive(Debug, Clone, Default)]
pub struct Stack {
    /// Lambda functions.
    pub functions: Vec<Function>,
    /// `EventBridge` rules of the default bus.
    pub rules: Vec<Rule>,
    /// Names of Scheduler schedule groups beside `default`.
    pub schedule_groups: Vec<String>,
    /// Scheduler schedules.
    pub schedules: Vec<Schedule>,
    /// SNS topics.
    pub topics: Vec<Topic>,
    /// Functions that SNS topics send to.
    pub subscriptions: Vec<Subscription>,
    /// SQS queues that take dead letters.
    pub queues: Vec<Queue>,
    /// IAM roles, those of the functions among them.
    pub roles: Vec<Role>,
    /// CloudWatch alarms that watch the stack itself.
    pub alarms: Vec<Alarm>,
}

/// A Lambda function.
#[derive(Debug, Clone)]
pub struct Function {
    /// Its name; its ARN follows from it.
    pub name: String,
    /// The name of the role in whose name it calls.
    pub role: String,
    /// Its environment variables.
    pub environment: BTreeMap<String, String>,
    /// Its timeout, in real time.
    pub timeout: Duration,
    /// Megabytes.
    pub memory: u32,
    /// Asynchronous invocation: retries after an error, 0 to 2.
    pub maximum_retry_attempts: u32,
    /// Asynchronous invocation: events older than this are given up.
    pub maximum_event_age: Duration,
    /// Asynchronous invocation: the ARN of the function, topic or queue that hears of events given up.
    pub on_failure: Option<String>,
    /// The log group that its lines go to.
    pub log_group: String,
    /// How many invocations of it run at once at most; without it as many as come.
    pub reserved_concurrency: Option<u32>,
    /// Its resource-based policy: who may invoke it beside the roles whose own policies say so.
    pub policies: Vec<Policy>,
}

/// An `EventBridge` rule.
#[derive(Debug, Clone)]
pub struct Rule {
    /// Its name.
    pub name: String,
    /// Its event pattern.
    pub pattern: serde_json::Value,
    /// What it sends events to.
    pub targets: Vec<RuleTarget>,
    /// Whether it is `ENABLED`.
    pub enabled: bool,
}

/// A target of a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleTarget {
    /// The ARN of a function.
    pub arn: String,
    /// How long an event is tried that cannot be handed over.
    pub retry: RetryPolicy,
    /// The ARN of the queue that takes events which are given up.
    pub dead_letters: Option<String>,
}

/// A schedule of `EventBridge` Scheduler.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schedule {
    /// Its name.
    pub name: String,
    /// The name of its group, if that is not `default`.
    pub group: Option<String>,
    /// `rate(…)`, `cron(…)` or `at(…)`.
    pub expression: String,
    /// The name of the time zone of its clock, if that is not UTC.
    pub time_zone: Option<String>,
    /// When it begins.
    pub start: Option<Timestamp>,
    /// When it ends.
    pub end: Option<Timestamp>,
    /// The flexible time window in minutes, if there is one.
    pub flexible_window: Option<u32>,
    /// Whether it is `ENABLED`.
    pub enabled: bool,
    /// The ARN of a function.
    pub target: String,
    /// The ARN of the role in whose name it invokes.
    pub role_arn: String,
    /// What the function is given; without it an event of Scheduler's own.
    pub input: Option<String>,
    /// How long a firing is tried that cannot be handed over.
    pub retry: RetryPolicy,
    /// The ARN of the queue that takes firings which are given up.
    pub dead_letters: Option<String>,
}

/// How long `EventBridge` tries to hand an event to a target.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetryPolicy {
    /// Retries after the first attempt, 0 to 185.
    pub maximum_attempts: u32,
    /// Events older than this are given up: a minute to a day.
    pub maximum_age: Duration,
}

/// An SQS queue.
#[derive(Debug, Clone)]
pub struct Queue {
    /// Its ARN.
    pub arn: String,
    /// Its resource-based policy: which services may send to it.
    pub policies: Vec<Policy>,
}

/// An SNS topic.
#[derive(Debug, Clone)]
pub struct Topic {
    /// Its ARN.
    pub arn: String,
    /// Its resource-based policy.
    pub policies: Vec<Policy>,
}

/// A function that hears what is published to an SNS topic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subscription {
    /// The topic's ARN, which need not be of the stack.
    pub topic: String,
    /// The function's ARN. Its policy has to let `sns.amazonaws.com` invoke it.
    pub function: String,
}

/// An IAM role.
#[derive(Debug, Clone, Default)]
pub struct Role {
    /// Its name.
    pub name: String,
    /// Its access key id on the stage: who signs with it acts as this role.
    pub access_key: String,
    /// What it may do.
    pub policies: Vec<Policy>,
    /// The services that may act in its name, as its trust policy has them: `ecs.amazonaws.com`.
    pub trusted: Vec<String>,
}

/// Load balancers and their parts.
#[derive(Debug, Clone, Default)]
pub struct Infrastructure {
    /// Application Load Balancers.
    pub load_balancers: Vec<LoadBalancer>,
    /// Where a shell really listens for a listener, by the listener's ARN: what is told of a listener can then be requested.
    /// Without it a listener has the port of its setup, and its load balancer a name that leads nowhere.
    pub addresses: BTreeMap<String, SocketAddr>,
    /// CloudWatch alarms.
    pub alarms: Vec<Alarm>,
    /// SNS topics that the stack does not make.
    pub topics: Vec<Topic>,
    /// Objects in S3: (bucket, key) to text.
    pub objects: BTreeMap<(String, String), String>,
}

/// A CloudWatch alarm.
#[derive(Debug, Clone)]
pub struct Alarm {
    /// Its name.
    pub name: String,
    /// Its ARN; without one, that of its name in the setup's account and region.
    pub arn: Option<String>,
    /// The state that it begins in.
    pub state: AlarmState,
    /// What it watches, and what it does when its state changes. Without it nothing evaluates the alarm: it keeps its state until
    /// `SetAlarmState`.
    pub definition: Option<AlarmDefinition>,
}

/// An Application Load Balancer.
#[derive(Debug, Clone)]
pub struct LoadBalancer {
    /// Its name.
    pub name: String,
    /// Its listeners.
    pub listeners: Vec<Listener>,
    /// Target groups that its listeners may forward to.
    pub target_groups: Vec<TargetGroup>,
}

/// A listener.
#[derive(Debug, Clone)]
pub struct Listener {
    /// Its ARN.
    pub arn: String,
    /// Its port, as AWS would show it; the shell chooses the real one.
    pub port: u16,
    /// The name of the target group it forwards to at first.
    pub target_group: String,
    /// Rules that are tried before its default rule.
    pub rules: Vec<ListenerRule>,
}

/// A rule of a listener that is not its default rule.
#[derive(Debug, Clone)]
pub struct ListenerRule {
    /// Its ARN.
    pub arn: String,
    /// The rule with the lowest is tried first; each of a listener's rules has another one.
    pub priority: u32,
    /// All of them must be met.
    pub conditions: Vec<crate::Condition>,
    /// The name of the target group it forwards to at first.
    pub target_group: String,
}

/// A target group of target type `ip`.
#[derive(Debug, Clone)]
pub struct TargetGroup {
    /// Its name.
    pub name: String,
    /// Its ARN.
    pub arn: String,
    /// The port of its targets.
    pub port: u16,
    /// Health check: the path.
    pub health_check_path: String,
    /// Health check: time between two checks.
    pub health_check_interval: Duration,
    /// Health check: no answer within this (real) time is a failure.
    pub health_check_timeout: Duration,
    /// Health check: successes in a row until healthy.
    pub healthy_threshold: u32,
    /// Health check: failures in a row until unhealthy.
    pub unhealthy_threshold: u32,
    /// Health check: status codes that count as healthy: `200`, `200-299`, `200,302`.
    pub matcher: String,
    /// How long a target that is taken out finishes its requests.
    pub deregistration_delay: Duration,
}

impl Listener {
    /// The ARN of its default rule.
    pub fn default_rule(&self) -> String {
        crate::elb::default_rule(&self.arn)
    }
}

impl Function {
    /// A function with the settings that AWS gives it when nobody says anything.
    pub fn new(name: impl Into<String>, role: impl Into<String>) -> Self {
        let name = name.into();
        Self {
            log_group: format!("/aws/lambda/{name}"),
            name,
            role: role.into(),
            environment: BTreeMap::new(),
            timeout: Duration::from_secs(3),
            memory: 128,
            maximum_retry_attempts: 2,
            maximum_event_age: Duration::from_hours(6),
            on_failure: None,
            reserved_concurrency: None,
            policies: Vec::new(),
        }
    }
}

impl Alarm {
    /// An alarm that watches nothing.
    pub fn new(name: impl Into<String>, state: AlarmState) -> Self {
        Self { name: name.into(), arn: None, state, definition: None }
    }
}

impl RuleTarget {
    /// A target with the retry policy that AWS gives it when nobody says anything, and no dead-letter queue.
    pub fn new(arn: impl Into<String>) -> Self {
        Self { arn: arn.into(), retry: RetryPolicy::default(), dead_letters: None }
    }
}

impl Default for RetryPolicy {
    /// What AWS does when nobody says anything: 185 retries in a day.
    fn default() -> Self {
        Self { maximum_attempts: 185, maximum_age: Duration::from_hours(24) }
    }
}

impl Queue {
    /// A queue that no service may send to by itself.
    pub fn new(arn: impl Into<String>) -> Self {
        Self { arn: arn.into(), policies: Vec::new() }
    }
}

impl Topic {
    /// A topic that no service may publish to by itself.
    pub fn new(arn: impl Into<String>) -> Self {
        Self { arn: arn.into(), policies: Vec::new() }
    }
}

impl Setup {
    /// An empty account at real speed.
    pub fn empty() -> Self {
        Self {
            account: "123456789012".to_owned(),
            region: "us-east-1".to_owned(),
            pace: Pace { speed: 1.0 },
            seed: 0,
            network: Ipv4Addr::new(127, 100, 0, 0),
            stack: Stack::default(),
            infrastructure: Infrastructure::default(),
            secrets: BTreeMap::new(),
            images: BTreeSet::new(),
            faults: Vec::new(),
            spared_deployments: 0,
            hooks_in_rollback: false,
            rollback_before_install: true,
            loses_best_effort_events: false,
            throttles_requests: false,
        }
    }

    /// The host under which a load balancer is found: that of a real address of one of its listeners, or else a name as AWS
    /// gives it.
    pub fn dns_name(&self, balancer: &LoadBalancer) -> String {
        let real = balancer.listeners.iter().find_map(|listener| self.infrastructure.addresses.get(&listener.arn));
        let given = || format!("{}-1234567890.{}.elb.amazonaws.com", balancer.name, self.region);
        real.map_or_else(given, |address| address.ip().to_string())
    }

    /// The port under which a listener is found there.
    pub fn port(&self, listener: &Listener) -> u16 {
        self.infrastructure.addresses.get(&listener.arn).map_or(listener.port, SocketAddr::port)
    }

    /// The time at which a simulated world begins, unless it is told otherwise.
    pub const EPOCH: Timestamp = Timestamp::constant(1_767_225_600, 0);
}
