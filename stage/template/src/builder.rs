//! The stack while its resources are made, one after the other.

use crate::policy::ReadPolicy;
use crate::problem::{Place, Problem};
use crate::{ActionPlace, DeployedFunction, StatementPlace};
use greenlight_world::{Function, Role, Stack};
use std::collections::{BTreeMap, BTreeSet};

/// What was made so far.
#[derive(Debug, Default)]
pub(crate) struct Builder {
    pub(crate) stack: Stack,
    pub(crate) functions: Vec<DeployedFunction>,
    pub(crate) statements: Vec<StatementPlace>,
    /// Managed policies of the template, by ARN.
    pub(crate) managed: BTreeMap<String, (String, ReadPolicy)>,
    /// The services that may assume a role, by the role's name.
    pub(crate) trusted: BTreeMap<String, Vec<String>>,
    /// ARNs that something sends to, which have to exist when all is made.
    pub(crate) destinations: Vec<(Place, String, String)>,
    names: BTreeSet<(&'static str, String)>,
}

impl Builder {
    /// Takes a name, which no other resource of the type may have.
    pub(crate) fn claim(&mut self, kind: &'static str, name: &str, place: Place) -> Result<(), Problem> {
        if self.names.insert((kind, name.to_owned())) {
            return Ok(());
        }
        let what = format!("a second {kind} has the name `{name}`");
        Err(Problem::new(place, what, "give each a name of its own"))
    }

    /// The role with this ARN.
    pub(crate) fn role(&mut self, arn: &str, place: Place) -> Result<&mut Role, Problem> {
        let name = arn.split_once(":role/").and_then(|(_, path)| path.rsplit('/').next());
        self.role_named(name.unwrap_or(arn), place)
    }

    pub(crate) fn role_named(&mut self, name: &str, place: Place) -> Result<&mut Role, Problem> {
        self.stack.roles.iter_mut().find(|role| role.name == name).ok_or_else(|| {
            Problem::new(
                place,
                format!("no role `{name}` is made before this"),
                "refer to a role of the template with !GetAtt Role.Arn",
            )
        })
    }

    /// The function that is meant by a name or an ARN.
    pub(crate) fn function(&mut self, name: &str, place: Place) -> Result<&mut Function, Problem> {
        let short = name.rsplit_once("function:").map_or(name, |(_, name)| name);
        let short = short.strip_suffix(":$LATEST").unwrap_or(short);
        self.stack.functions.iter_mut().find(|function| function.name == short).ok_or_else(|| {
            Problem::new(
                place,
                format!("no function `{short}` is made before this"),
                "refer to a function of the template with !Ref",
            )
        })
    }

    /// Adds a policy to a role, and remembers where its statements stand.
    pub(crate) fn grant(
        &mut self,
        role: &str,
        read: &ReadPolicy,
        logical_id: &str,
        managed: Option<&str>,
        place: Place,
    ) -> Result<(), Problem> {
        let role = self.role_named(role, place)?;
        let policy = role.policies.len();
        role.policies.push(read.policy.clone());
        let owner = role.name.clone();
        self.note(&owner, policy, read, logical_id, managed);
        Ok(())
    }

    /// Remembers where the statements of a policy stand.
    pub(crate) fn note(
        &mut self,
        owner: &str,
        policy: usize,
        read: &ReadPolicy,
        logical_id: &str,
        managed: Option<&str>,
    ) {
        for (statement, (places, written)) in read.statements.iter().zip(&read.policy.statement).enumerate() {
            let action = |(action, place): &(String, Place)| ActionPlace { action: action.clone(), place: *place };
            self.statements.push(StatementPlace {
                owner: owner.to_owned(),
                policy,
                statement,
                sid: written.sid.clone(),
                logical_id: logical_id.to_owned(),
                managed: managed.map(str::to_owned),
                place: places.statement,
                actions: places.actions.iter().map(action).collect(),
            });
        }
    }

    /// What sends to something that does not exist.
    pub(crate) fn check_destinations(&self) -> Vec<Problem> {
        let exists = |arn: &str| {
            let function = arn.rsplit_once(":function:").map(|(_, name)| name);
            self.stack.functions.iter().any(|known| function == Some(known.name.as_str()))
                || self.stack.queues.iter().any(|known| known.arn == arn)
                || self.stack.topics.iter().any(|known| known.arn == arn)
        };
        let missing = self.destinations.iter().filter(|(_, _, arn)| !exists(arn));
        let problem = |(place, from, arn): &(Place, String, String)| {
            let what = format!("{from} is `{arn}`, which the template does not make");
            Problem::new(*place, what, "refer to a resource of the template with !GetAtt Resource.Arn")
        };
        missing.map(problem).collect()
    }
}
