//! The names of everything that a rehearsal sets up, in one place: they name one another.

use super::{Controller, Rehearsal};
use greenlight_domain::plan::TestRule;

/// The account of a rehearsal.
pub(crate) const ACCOUNT: &str = "123456789012";
/// The region of a rehearsal.
pub(crate) const REGION: &str = "us-east-1";

impl Rehearsal {
    /// The ARN of a function.
    pub fn function_arn(function: &str) -> String {
        arn("lambda", &format!("function:{function}"))
    }

    /// The listener that users come through.
    pub fn production_listener(&self) -> String {
        self.listener("production")
    }

    /// The listener through which the new revision is looked at before users see it.
    pub fn test_listener(&self) -> String {
        self.listener("test")
    }

    /// What is turned to let test traffic in, by its ARN: a rule of the production listener, or the test listener.
    pub(crate) fn test_entrance(&self) -> String {
        match self.test_rule() {
            Some(_) => greenlight_world::rule_arn(&self.production_listener(), "9683b2d02a6cabee"),
            None => self.test_listener(),
        }
    }

    /// The ARN of the rule by which ECS turns test traffic.
    pub(crate) fn test_traffic_rule(&self) -> String {
        let entrance = self.test_entrance();
        if self.test_rule().is_some() { entrance } else { Self::default_rule(&entrance) }
    }

    /// What tells test traffic from users'. `CodeDeploy` knows listeners only.
    pub(crate) fn test_rule(&self) -> Option<&TestRule> {
        self.script.test_rule.as_ref().filter(|_| self.controller == Controller::Ecs)
    }

    fn listener(&self, side: &str) -> String {
        let id = if side == "production" { "f2f7dc8efc522ab2" } else { "3dd0a1b2c9e84f67" };
        arn("elasticloadbalancing", &format!("listener/app/{}/50dc6c495c0c9188/{id}", self.load_balancer()))
    }

    /// The ARN of a listener's default rule.
    pub(crate) fn default_rule(listener: &str) -> String {
        greenlight_world::default_rule(listener)
    }

    pub(crate) fn load_balancer(&self) -> String {
        short(&self.plan.service).to_owned()
    }

    /// The two target groups: the first is blue's at the start.
    pub fn target_groups(&self) -> [String; 2] {
        ["blue", "green"].map(|colour| format!("{}-{colour}", short(&self.plan.service)))
    }

    /// The ARN of a target group.
    pub fn target_group_arn(name: &str) -> String {
        arn("elasticloadbalancing", &format!("targetgroup/{name}/73e2d6bc24d8a067"))
    }
}

/// `arn:aws:SERVICE:REGION:ACCOUNT:RESOURCE`.
pub(crate) fn arn(service: &str, resource: &str) -> String {
    format!("arn:aws:{service}:{REGION}:{ACCOUNT}:{resource}")
}

/// The ARN of a role.
pub(crate) fn role_arn(name: &str) -> String {
    format!("arn:aws:iam::{ACCOUNT}:role/{name}")
}

/// Load balancers and target groups have names of at most 32 characters; a colour needs six of them.
fn short(service: &str) -> &str {
    match service.char_indices().nth(26) {
        Some((end, _)) => service[..end].trim_end_matches('-'),
        None => service,
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_long_service_name_still_makes_a_valid_target_group() {
        assert_eq!(super::short("shop-web"), "shop-web");
        assert_eq!(super::short("a-service-with-a-very-long-name").len(), 26);
    }
}
