//! The names of everything that a rehearsal sets up, in one place: they name one another.

use super::Rehearsal;

/// The account of a rehearsal.
pub(crate) const ACCOUNT: &str = "123456789012";
/// The region of a rehearsal.
pub(crate) const REGION: &str = "us-east-1";

impl Rehearsal {
    /// The function that `CodeDeploy` invokes at `BeforeInstall`.
    pub fn migrate_function(&self) -> String {
        self.hook_function(&super::hooks::HOOKS[0])
    }

    /// The function that ends what a one-off task began.
    pub fn settle_function(&self) -> String {
        format!("{}-settle", self.install)
    }

    /// The log group of a function.
    pub fn log_group(function: &str) -> String {
        format!("/aws/lambda/{function}")
    }

    /// The ARN of a function.
    pub fn function_arn(function: &str) -> String {
        arn("lambda", &format!("function:{function}"))
    }

    /// The topic that carries the news.
    pub fn topic_arn(&self) -> String {
        arn("sns", &format!("{}-notices", self.install))
    }

    /// The ARN of the queue that takes the events which are given up.
    pub(crate) fn dead_letters(&self) -> String {
        arn("sqs", &format!("{}-dead-letters", self.install))
    }

    /// The group of the one-shot deadline schedules.
    pub fn schedule_group(&self) -> &str {
        &self.install
    }

    /// The role in whose name a schedule invokes `settle`.
    pub fn scheduler_role(&self) -> String {
        format!("{}-scheduler", self.install)
    }

    /// The listener that users come through.
    pub fn production_listener(&self) -> String {
        self.listener("production")
    }

    /// The listener through which the new revision is looked at before users see it.
    pub fn test_listener(&self) -> String {
        self.listener("test")
    }

    fn listener(&self, side: &str) -> String {
        let id = if side == "production" { "f2f7dc8efc522ab2" } else { "3dd0a1b2c9e84f67" };
        arn("elasticloadbalancing", &format!("listener/app/{}/50dc6c495c0c9188/{id}", self.load_balancer()))
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

    pub(crate) fn cluster_arn(&self) -> String {
        arn("ecs", &format!("cluster/{}", self.plan.cluster))
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
