//! What is wrong with a [`Setup`] before a world is made of it.

use crate::events::pattern::{Pattern, PatternError};
use crate::iam::PolicyError;
use crate::setup::{Function, Setup};

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
    /// A target that does not exist.
    #[error("{from} sends to {target}, which the stack does not have; add it to the stack, or correct the ARN")]
    Target {
        /// The rule or function.
        from: String,
        /// The ARN that it names.
        target: String,
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
            for target in &rule.targets {
                self.check_target(&format!("rule {}", rule.name), &target.arn)?;
            }
        }
        for role in &self.stack.roles {
            for policy in &role.policies {
                policy.check().map_err(|source| SetupError::Policy { role: role.name.clone(), source })?;
            }
        }
        self.stack.functions.iter().try_for_each(|function| self.check_function(function))
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
