//! SAM and `CloudFormation` templates, as the stack that the stage's world is made of.
//!
//! [`Template::parse`] reads the text, [`Template::deploy`] gives it parameters and makes of it what AWS would: SAM's types
//! become those of `CloudFormation`, functions such as `Ref` and `Fn::Sub` are carried out, and every resource is put into a
//! [`Stack`]. What the stage would not do as AWS does is refused, with its line: a property that it does not know, a name that
//! does not exist, a pattern that no event fits.
//!
//! The crate knows AWS only. Types that the stage has no notion of (log groups, KMS keys, subscriptions of people) are read and
//! have no effect.

mod builder;
mod conditions;
mod deploy;
mod event_pattern;
mod intrinsic;
mod names;
mod node;
mod parameters;
mod policy;
mod problem;
mod references;
mod resources;
mod sam;
mod scope;
mod suggest;
mod table;
mod template;
#[cfg(test)]
mod tests;
mod yaml;

pub use parameters::Parameter;
pub use problem::{Place, Problem, TemplateError};
pub use template::Template;

use greenlight_world::Stack;
use std::collections::BTreeMap;

/// Under which names a template is deployed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deployment {
    /// The stack's name.
    pub stack_name: String,
    /// The account id, twelve digits.
    pub account: String,
    /// The region's name.
    pub region: String,
    /// Values of parameters; those that are not here have their defaults.
    pub parameters: BTreeMap<String, String>,
}

/// What a template comes to.
#[derive(Debug, Clone)]
pub struct Deployed {
    /// What the world is made of.
    pub stack: Stack,
    /// The functions of the stack, in its order, with what a program is needed for.
    pub functions: Vec<DeployedFunction>,
    /// The template's outputs.
    pub outputs: BTreeMap<String, String>,
    /// Where each statement of the stack's policies stands in the template.
    pub statements: Vec<StatementPlace>,
}

/// A function and where its program comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeployedFunction {
    /// Its name in the template.
    pub logical_id: String,
    /// Its name in AWS.
    pub name: String,
    /// The name of the program: `Metadata.BuildProperties.Binary`.
    pub binary: Option<String>,
    /// Where it stands.
    pub place: Place,
}

/// Where a statement of a policy stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatementPlace {
    /// The name of the role, or the ARN of the resource, that has the policy.
    pub owner: String,
    /// The index of the policy in [`greenlight_world::Role::policies`] (or those of the resource).
    pub policy: usize,
    /// The index of the statement in the policy.
    pub statement: usize,
    /// The statement's name.
    pub sid: Option<String>,
    /// The resource of the template that the statement stands in: a role, or a managed policy that several roles have.
    pub logical_id: String,
    /// The name of the policy if AWS manages it; the place is then where it is named.
    pub managed: Option<String>,
    /// Where it stands.
    pub place: Place,
    /// Its actions, in order.
    pub actions: Vec<ActionPlace>,
}

/// Where an action of a statement stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActionPlace {
    /// The action, as the template writes it.
    pub action: String,
    /// Where it stands.
    pub place: Place,
}
