//! What is wrong with a [`Setup`] before a world is made of it.

use crate::cloudwatch;
use crate::events::pattern::{Pattern, PatternError};
use crate::iam::{Policy, PolicyError};
use crate::scheduler::Definition;
use crate::setup::{Function, RuleTarget, Schedule, Setup};
use std::time::Duration;

/// Why a world made of this setup would not do what its author wants.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SetupError {
    /// A rule's pattern.
    #[error("rule {rule}: {source}")]
    Pattern {
        /// The rule's name.
        rule: String,
        /// What is wrong.
        source: PatternError,
    },
    /// A role's policy.
    #[error("policy of role {role}: {source}")]
    Policy {
        /// The role's name.
        role: String,
        /// What is wrong.
        source: PolicyError,
    },
    /// The policy of a function, a queue or a topic.
    #[error("resource-based policy of {resource}: {source}")]
    ResourcePolicy {
        /// Its ARN, or a function's name.
        resource: String,
        /// What is wrong.
        source: PolicyError,
    },
    /// A retry policy that AWS does not take.
    #[error("retry policy of rule {rule}: {what}")]
    Retry {
        /// The rule's name.
        rule: String,
        /// What is wrong with it.
        what: &'static str,
    },
    /// A schedule that Scheduler does not take.
    #[error("schedule {schedule}: {what}")]
    Schedule {
        /// Its name.
        schedule: String,
        /// What is wrong with it.
        what: String,
    },
    /// Dead letters go to a queue that does not exist.
    #[error("{from} go to {queue}, which is no queue of the stack; add it to the stack, or correct the ARN")]
    DeadLetters {
        /// Whose they are.
        from: String,
        /// The ARN that is named.
        queue: String,
    },
    /// A rule that sends to something else than a function.
    #[error("rule {rule} sends to {target}; on the stage rules send to functions only")]
    NoFunction {
        /// The rule's name.
        rule: String,
        /// The ARN.
        target: String,
    },
    /// A target that does not exist.
    #[error("{from} sends to {target}, which the stack does not have; add it to the stack, or correct the ARN")]
    Target {
        /// The rule or function.
        from: String,
        /// The ARN that it names.
        target: String,
    },
    /// An alarm that the stage cannot watch.
    #[error("alarm {alarm}: {what}")]
    Alarm {
        /// The alarm's name.
        alarm: String,
        /// What is wrong with its definition.
        what: String,
    },
    /// A function whose role does not exist.
    #[error("function {function} has the role {role}, which the stack does not have")]
    Role {
        /// The function's name.
        function: String,
        /// The role's name.
        role: String,
    },
}

impl Setup {
    /// Looks for what a world would silently not do: patterns and conditions that the stage does not understand, and targets
    /// that do not exist.
    pub fn check(&self) -> Result<(), SetupError> {
        for rule in &self.stack.rules {
            Pattern::parse(&rule.pattern).map_err(|source| SetupError::Pattern { rule: rule.name.clone(), source })?;
            rule.targets.iter().try_for_each(|target| self.check_rule_target(&rule.name, target))?;
        }
        self.stack.schedules.iter().try_for_each(|schedule| self.check_schedule(schedule))?;
        for role in &self.stack.roles {
            for policy in &role.policies {
                policy.check().map_err(|source| SetupError::Policy { role: role.name.clone(), source })?;
            }
        }
        let functions = self.stack.functions.iter().map(|function| (&function.name, &function.policies));
        let queues = self.stack.queues.iter().map(|queue| (&queue.arn, &queue.policies));
        let topics =
            self.stack.topics.iter().chain(&self.infrastructure.topics).map(|topic| (&topic.arn, &topic.policies));
        for (resource, policies) in functions.chain(queues).chain(topics) {
            let refused = |source| SetupError::ResourcePolicy { resource: resource.clone(), source };
            policies.iter().try_for_each(Policy::check_of_resource).map_err(refused)?;
        }
        for alarm in self.infrastructure.alarms.iter().chain(&self.stack.alarms) {
            let refused = |what| SetupError::Alarm { alarm: alarm.name.clone(), what };
            alarm.definition.as_ref().map_or(Ok(()), cloudwatch::check).map_err(refused)?;
        }
        self.stack.functions.iter().try_for_each(|function| self.check_function(function))
    }

    fn check_rule_target(&self, rule: &str, target: &RuleTarget) -> Result<(), SetupError> {
        if !target.arn.contains(":function:") {
            return Err(SetupError::NoFunction { rule: rule.to_owned(), target: target.arn.clone() });
        }
        self.check_target(&format!("rule {rule}"), &target.arn)?;
        self.check_dead_letters(&format!("rule {rule}"), target.dead_letters.as_ref())?;
        let refused = |what| Err(SetupError::Retry { rule: rule.to_owned(), what });
        if target.retry.maximum_attempts > 185 {
            return refused("the most attempts are 185; use 0 to 185");
        }
        if !(Duration::from_mins(1)..=Duration::from_hours(24)).contains(&target.retry.maximum_age) {
            return refused("the maximum age of an event is a minute to a day; use 60 to 86400 seconds");
        }
        Ok(())
    }

    fn check_schedule(&self, schedule: &Schedule) -> Result<(), SetupError> {
        let refused = |what: String| SetupError::Schedule { schedule: schedule.name.clone(), what };
        Definition::from(schedule).check_alone().map_err(|error| refused(error.message))?;
        if let Some(group) = schedule.group.as_ref().filter(|group| !self.stack.schedule_groups.contains(group)) {
            return Err(refused(format!("its group {group} is not in the stack; add it, or correct its name")));
        }
        let role = schedule.role_arn.rsplit('/').next().unwrap_or_default();
        if !self.stack.roles.iter().any(|known| known.name == role) {
            return Err(refused(format!(
                "its role {} is not in the stack; add it, or correct the ARN",
                schedule.role_arn
            )));
        }
        let from = format!("schedule {}", schedule.name);
        self.check_target(&from, &schedule.target)?;
        self.check_dead_letters(&from, schedule.dead_letters.as_ref())
    }

    fn check_dead_letters(&self, of: &str, queue: Option<&String>) -> Result<(), SetupError> {
        match queue.filter(|queue| !self.stack.queues.iter().any(|known| known.arn == **queue)) {
            Some(queue) => {
                Err(SetupError::DeadLetters { from: format!("the dead letters of {of}"), queue: queue.clone() })
            }
            None => Ok(()),
        }
    }

    fn check_function(&self, function: &Function) -> Result<(), SetupError> {
        if !self.stack.roles.iter().any(|role| role.name == function.role) {
            return Err(SetupError::Role { function: function.name.clone(), role: function.role.clone() });
        }
        match &function.on_failure {
            Some(target) => self.check_target(&format!("on-failure of function {}", function.name), target),
            None => Ok(()),
        }
    }

    fn check_target(&self, from: &str, target: &str) -> Result<(), SetupError> {
        let function = target.rsplit_once(":function:").map(|(_, name)| name);
        let found = self.stack.functions.iter().any(|known| function == Some(known.name.as_str()))
            || self.stack.topics.iter().any(|known| known.arn == target)
            || self.stack.queues.iter().any(|known| known.arn == target);
        if found { Ok(()) } else { Err(SetupError::Target { from: from.to_owned(), target: target.to_owned() }) }
    }
}

#[cfg(test)]
mod tests {
    use crate::{Rule, RuleTarget, Setup};
    use serde_json::json;

    #[test]
    fn a_rule_that_the_stage_does_not_understand_is_named() {
        let mut setup = Setup::empty();
        assert_eq!(setup.check(), Ok(()));
        let rule = Rule {
            name: "stopped".to_owned(),
            pattern: json!({"a": [{"cidr": "10.0.0.0/8"}]}),
            targets: Vec::new(),
            enabled: true,
        };
        setup.stack.rules.push(rule);
        let error = setup.check().unwrap_err().to_string();
        assert!(error.contains("rule stopped") && error.contains("`cidr`"), "{error}");
        setup.stack.rules[0].pattern = json!({"a": ["b"]});
        setup.stack.rules[0].targets.push(RuleTarget::new("arn:aws:lambda:us-east-1:123456789012:function:none"));
        assert!(setup.check().unwrap_err().to_string().contains("function:none"));
    }
}
