//! The end-to-end suites, in one test binary.
//!
//! | Module | What it holds |
//! |---|---|
//! | `scenarios` | one table of deployments, each played on the virtual clock and with real processes |
//! | `hooks` | what each hook does to a deployment: one table per hook, played by both shells |
//! | `controllers` | one plan under both controllers, `CodeDeploy` and ECS itself: virtual clock only |
//! | `deploy` | `greenlight deploy` under both controllers: virtual clock only |
//! | `deployment_group` | deployment groups with waits, without rollback, with a configuration of their own: virtual clock only |
//! | `deployments` | deployments that need a script which real processes cannot play: virtual clock only |
//! | `alarms` | alarms that take a release back, with real processes |
//! | `approve_program` | `greenlight approve` and `greenlight reject` as processes, under both controllers, and `greenlight rollback` where ECS deploys |
//! | `faults` | every fault of `rehearse` with every traffic configuration on the virtual clock; some with real processes |
//! | `jobs` | what runs by the clock: overlaps, deadlines, retries, redelivery, a thousand at once: virtual clock only |
//! | `jobs_program` | `greenlight jobs` as a process, against a stage with its functions |
//! | `killed` | functions that die at any moment of their work: virtual clock only |
//! | `news` | what the team hears, by event, by schedule, by webhook; of every fault, held as text: virtual clock only |
//! | `operations` | who calls each operation of the stage, and that `docs/operations.md` says so |
//! | `permissions` | each function may do what it does, and nothing else: virtual clock only |
//! | `payloads` | every sample in `events/`, handed to its function: virtual clock only |
//! | `plan_program` | `greenlight plan` as a process |
//! | `repeatable` | one seed gives one sequence of facts |
//! | `program` | the program's contract: last line, exit codes, what it leaves behind |
//! | `rollback` | what an alarm does to a release, while it is deployed and after: virtual clock only |
//! | `rollback_program` | `greenlight rollback` and `greenlight doctor --alarms` as processes, against a stage |
//! | `secrets` | what nobody may read stands nowhere |
//! | `smoke_test` | `greenlight smoke-test` as a process, against a small server |
//! | `migrations` | `greenlight doctor --migrations` as a process |
//! | `wire` | real SDK clients against the stage over HTTP |
//! | `watch_program` | `greenlight why`, `greenlight watch` and `greenlight deploy` as processes, against a stage |
//! | `why` | what `greenlight why` says of every fault, held as text; how many calls it makes: virtual clock only |
//! | `django` | the Django example; needs Django, so `.ci/run` asks for it with `--ignored` |
//!
//! Assertions speak of what AWS would show: deployments, lifecycle events, tasks, listeners, notices. Nothing here sleeps
//! in real time or measures it.

#[cfg(test)]
mod alarms;
#[cfg(test)]
mod approve_program;
#[cfg(test)]
mod controllers;
#[cfg(test)]
mod deploy;
#[cfg(test)]
mod deployment_group;
#[cfg(test)]
mod deployments;
#[cfg(test)]
mod django;
#[cfg(test)]
mod faults;
#[cfg(test)]
mod hooks;
#[cfg(test)]
mod jobs;
#[cfg(test)]
mod jobs_program;
#[cfg(test)]
mod killed;
#[cfg(test)]
mod migrations;
#[cfg(test)]
mod native;
#[cfg(test)]
mod news;
#[cfg(test)]
mod operations;
#[cfg(test)]
mod payloads;
#[cfg(test)]
mod permissions;
#[cfg(test)]
mod plan_program;
#[cfg(test)]
mod played;
#[cfg(test)]
mod processes;
#[cfg(test)]
mod program;
#[cfg(test)]
mod repeatable;
#[cfg(test)]
mod rollback;
#[cfg(test)]
mod rollback_program;
#[cfg(test)]
mod scenarios;
#[cfg(test)]
mod secrets;
#[cfg(test)]
mod shell;
#[cfg(test)]
mod shop;
#[cfg(test)]
mod simulated;
#[cfg(test)]
mod site;
#[cfg(test)]
mod smoke_test;
#[cfg(test)]
mod snapshots;
#[cfg(test)]
mod template;
#[cfg(test)]
mod watch_program;
#[cfg(test)]
mod why;
#[cfg(test)]
mod wire;
