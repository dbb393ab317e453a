//! What takes a release back where ECS itself deploys: what somebody gets who does it by hand, and what an alarm does.
//!
//! A service deployment says nothing about what it was made for. So what is a rollback is read from what was deployed: a revision
//! that comes back takes back everything that came between.

mod by_alarm;

use jiff::Timestamp;

pub use by_alarm::decide_on_ecs;

/// A service deployment, as far as the decision needs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceDeployment {
    /// Its ARN.
    pub arn: String,
    /// As ECS writes it: `IN_PROGRESS`, `SUCCESSFUL` and the like.
    pub status: String,
    /// Why it has this status, in ECS's words.
    pub reason: String,
    /// When it was created.
    pub created: Timestamp,
    /// When it ended, if it has.
    pub finished: Option<Timestamp>,
    /// ARN of the task definition that it deploys; empty if that is not known any more.
    pub task_definition: String,
}

/// What there is to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OnEcs {
    /// The deployment in progress is stopped, and ECS brings back what served.
    Stop {
        /// Its ARN.
        deployment: String,
        /// The task definition that comes back.
        to: String,
    },
    /// A rollback is in progress already: it is followed to its end.
    Follow {
        /// The ARN of the deployment.
        deployment: String,
        /// The task definition that comes back.
        to: String,
    },
    /// The last release was taken back already, and this task definition came back.
    Done {
        /// The ARN of the last deployment.
        deployment: String,
        /// The task definition.
        to: String,
    },
    /// The last good revision is deployed again.
    Deploy {
        /// The ARN of the deployment that is taken back.
        deployment: String,
        /// The task definition.
        to: String,
    },
    /// Nothing was ever deployed.
    NoDeployment,
    /// There is no revision to go back to.
    NoGoodRevision {
        /// The ARN of the deployment that nothing takes back.
        deployment: String,
    },
}

/// Decides. `deployments` are those of one service, the newest first.
pub fn on_ecs(deployments: &[ServiceDeployment]) -> OnEcs {
    let Some((newest, earlier)) = deployments.split_first() else { return OnEcs::NoDeployment };
    let deployment = || newest.arn.clone();
    let past = history(earlier);
    let serves = past.good.last();
    let first = || OnEcs::NoGoodRevision { deployment: deployment() };
    let comes_back = past.is_behind(&newest.task_definition);
    match (newest.status.as_str(), serves) {
        ("SUCCESSFUL", _) if comes_back => OnEcs::Done { deployment: deployment(), to: newest.task_definition.clone() },
        ("SUCCESSFUL", _) => {
            let differs = |one: &&&str| **one != newest.task_definition;
            let to = past.good.iter().rev().find(differs);
            to.map_or_else(first, |to| OnEcs::Deploy { deployment: deployment(), to: (*to).to_owned() })
        }
        (_, None) => first(),
        ("PENDING" | "IN_PROGRESS", Some(_)) if comes_back => {
            OnEcs::Follow { deployment: deployment(), to: newest.task_definition.clone() }
        }
        ("PENDING" | "IN_PROGRESS", Some(serves)) => OnEcs::Stop { deployment: deployment(), to: (*serves).to_owned() },
        ("ROLLBACK_SUCCESSFUL", Some(serves)) => OnEcs::Done { deployment: deployment(), to: (*serves).to_owned() },
        // what serves now is anybody's guess: the last revision that is known to be good
        ("STOPPED" | "ROLLBACK_FAILED", Some(serves)) => {
            OnEcs::Deploy { deployment: deployment(), to: (*serves).to_owned() }
        }
        // whatever else there is goes back
        (_, Some(serves)) => OnEcs::Follow { deployment: deployment(), to: (*serves).to_owned() },
    }
}

/// The task definitions that can be gone back to, the newest first, without those that were taken back.
pub fn good_on_ecs(deployments: &[ServiceDeployment]) -> Vec<&str> {
    let mut good = history(deployments).good;
    good.reverse();
    good
}

/// Whether the newest of these deployments brings a revision back that was good before, and that another one came after.
/// `deployments` are those of one service, the newest first.
pub fn comes_back(deployments: &[ServiceDeployment]) -> bool {
    deployments.split_first().is_some_and(|(newest, earlier)| was_followed(&newest.task_definition, earlier))
}

/// Whether this task definition was good, and another one came after it, in these deployments of one service, the newest first.
pub fn was_followed(task_definition: &str, deployments: &[ServiceDeployment]) -> bool {
    history(deployments).is_behind(task_definition)
}

/// Which task definitions were good, the last of them served last.
struct History<'a> {
    good: Vec<&'a str>,
}

impl History<'_> {
    /// Whether another one came after this one.
    fn is_behind(&self, task_definition: &str) -> bool {
        self.good.split_last().is_some_and(|(_, behind)| behind.contains(&task_definition))
    }
}

fn history(deployments: &[ServiceDeployment]) -> History<'_> {
    let mut good: Vec<&str> = Vec::new();
    let succeeded =
        deployments.iter().rev().filter(|one| one.status == "SUCCESSFUL" && !one.task_definition.is_empty());
    for one in succeeded {
        let name = one.task_definition.as_str();
        match good.iter().position(|good| *good == name) {
            Some(place) => good.truncate(place + 1),
            None => good.push(name),
        }
    }
    History { good }
}

#[cfg(test)]
mod tests {
    use super::{OnEcs, ServiceDeployment, comes_back, good_on_ecs, on_ecs};
    use jiff::Timestamp;

    /// `a+` succeeded, `a?` is in progress, `a-` was rolled back, and so on; the oldest first.
    fn deployments(text: &str) -> Vec<ServiceDeployment> {
        let one = |(number, word): (usize, &str)| {
            let (task_definition, status) = word.split_at(1);
            let status = match status {
                "+" => "SUCCESSFUL",
                "?" => "IN_PROGRESS",
                "." => "PENDING",
                "<" => "ROLLBACK_IN_PROGRESS",
                "-" => "ROLLBACK_SUCCESSFUL",
                "x" => "STOPPED",
                "!" => "ROLLBACK_FAILED",
                other => panic!("{other}"),
            };
            ServiceDeployment {
                arn: number.to_string(),
                status: status.to_owned(),
                reason: String::new(),
                created: Timestamp::UNIX_EPOCH,
                finished: None,
                task_definition: task_definition.to_owned(),
            }
        };
        let mut all: Vec<_> = text.split_whitespace().enumerate().map(one).collect();
        all.reverse();
        all
    }

    fn said(text: &str) -> String {
        match on_ecs(&deployments(text)) {
            OnEcs::Stop { deployment, to } => format!("stop {deployment} for {to}"),
            OnEcs::Follow { deployment, to } => format!("follow {deployment} to {to}"),
            OnEcs::Done { deployment, to } => format!("{deployment} has brought {to}"),
            OnEcs::Deploy { deployment, to } => format!("take {deployment} back to {to}"),
            OnEcs::NoDeployment => "nothing was deployed".to_owned(),
            OnEcs::NoGoodRevision { deployment } => format!("nothing before {deployment}"),
        }
    }

    #[test]
    fn a_person_gets_what_was_good() {
        let table = [
            ("", "nothing was deployed"),
            ("a+", "nothing before 0"),
            ("a?", "nothing before 0"),
            ("a!", "nothing before 0"),
            ("a+ b?", "stop 1 for a"),
            ("a+ b.", "stop 1 for a"),
            ("a+ a?", "stop 1 for a"),
            ("a+ b+", "take 1 back to a"),
            ("a+ b+ b+", "take 2 back to a"),
            ("a+ b- c+", "take 2 back to a"),
            ("a+ b<", "follow 1 to a"),
            ("a+ b-", "1 has brought a"),
            ("a+ bx", "take 1 back to a"),
            ("a+ b!", "take 1 back to a"),
            // somebody goes back, and is not sent forward again
            ("a+ b+ a?", "follow 2 to a"),
            ("a+ b+ a+", "2 has brought a"),
            ("a+ b+ a-", "2 has brought b"),
            ("a+ b+ a+ c+", "take 3 back to a"),
            ("a+ b+ a+ b+", "take 3 back to a"),
            ("a+ b+ c+ a+", "3 has brought a"),
            ("a+ b+ c+ b+", "3 has brought b"),
            ("a+ b+ c+ b+ d+", "take 4 back to b"),
        ];
        for (deployments, expected) in table {
            assert_eq!(said(deployments), expected, "{deployments}");
        }
    }

    #[test]
    fn what_comes_back_was_good_and_was_followed() {
        let table = [
            ("", false),
            ("a+", false),
            ("a+ b?", false),
            ("a+ a?", false),
            ("a+ b- a?", false),
            ("a+ b+ a.", true),
            ("a+ b+ a?", true),
            ("a+ b+ a-", true),
            ("a+ b+ a+", true),
            ("a+ b+ a+ b?", false),
            ("a+ b+ c+ a?", true),
        ];
        for (text, expected) in table {
            assert_eq!(comes_back(&deployments(text)), expected, "{text}");
        }
    }

    #[test]
    fn what_was_taken_back_is_not_good() {
        for (text, expected) in [("a+ b+ c-", "ba"), ("a+ b+ a+ c+", "ca"), ("a+ a+ b? c+", "ca"), ("", "")] {
            assert_eq!(good_on_ecs(&deployments(text)).concat(), expected, "{text}");
        }
    }

    #[test]
    fn a_revision_that_is_forgotten_is_not_gone_back_to() {
        let mut all = deployments("a+ b+ c+");
        all[1].task_definition.clear();
        assert_eq!(on_ecs(&all), OnEcs::Deploy { deployment: "2".to_owned(), to: "a".to_owned() });
    }
}
