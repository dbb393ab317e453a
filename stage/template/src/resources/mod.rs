//! The types of resources that the stage knows, one file each (or one for a few that belong together).

mod alarm;
mod dashboard;
mod event_invoke_config;
mod function;
mod key;
mod log_group;
mod managed_policy;
mod permission;
mod queue;
mod role;
mod rule;
mod schedule;
mod schedule_group;
mod topic;

use crate::builder::Builder;
use crate::node::Node;
use crate::problem::{Place, Problem};
use crate::table::Table;

pub(crate) use managed_policy::{AWS_MANAGED, AwsManaged};

/// What a name or an ARN is made of.
pub(crate) type Of = fn(&Identity) -> String;

/// A type of resource.
#[derive(Debug)]
pub(crate) struct Kind {
    /// `AWS::SQS::Queue`.
    pub(crate) name: &'static str,
    /// The properties that the stage knows.
    pub(crate) properties: &'static [&'static str],
    pub(crate) naming: Naming,
    /// A property with the ARN that this resource's own ARN begins with.
    pub(crate) parent: Option<&'static str>,
    /// What `Ref` gives.
    pub(crate) reference: Of,
    /// What `Fn::GetAtt` gives.
    pub(crate) attributes: &'static [(&'static str, Of)],
    /// Puts it into the stack, or into what is there already.
    pub(crate) create: fn(&mut Builder, &Creation<'_>) -> Result<(), Problem>,
}

/// Where the physical name comes from.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Naming {
    /// From a property, or else made: so long at most, of letters, digits and `also`.
    Property { key: &'static str, longest: usize, also: &'static str },
    /// AWS makes a UUID.
    Uuid,
    /// Always made of the names of stack and resource.
    Made,
}

/// The names of a resource that exists.
#[derive(Debug, Clone)]
pub(crate) struct Identity {
    pub(crate) name: String,
    /// The IAM path.
    pub(crate) path: String,
    /// What [`Kind::parent`] says.
    pub(crate) parent: String,
    pub(crate) account: String,
    pub(crate) region: String,
    /// Stack and logical id: what else has to be unique is made of it.
    pub(crate) id: String,
}

impl Identity {
    pub(crate) fn arn(&self, service: &str, resource: &str) -> String {
        format!("arn:aws:{service}:{}:{}:{resource}", self.region, self.account)
    }

    /// Of IAM, which has no regions: `TYPE` with path and name.
    pub(crate) fn iam_arn(&self, resource: &str) -> String {
        format!("arn:aws:iam::{}:{resource}{}{}", self.account, self.path, self.name)
    }
}

/// A resource as it stands in the template, after SAM's own types were turned into it.
#[derive(Debug, Clone)]
pub(crate) struct Resource {
    pub(crate) logical_id: String,
    pub(crate) kind: &'static Kind,
    pub(crate) place: Place,
    /// A map, with its functions.
    pub(crate) properties: Node,
    /// The name of its condition.
    pub(crate) condition: Option<(String, Place)>,
    pub(crate) depends_on: Vec<(String, Place)>,
    /// `Metadata.BuildProperties.Binary`.
    pub(crate) binary: Option<String>,
}

/// A resource that is being made.
#[derive(Debug)]
pub(crate) struct Creation<'a> {
    pub(crate) resource: &'a Resource,
    pub(crate) identity: &'a Identity,
    /// Without functions.
    pub(crate) properties: Table<'a>,
}

const KINDS: [&Kind; 20] = [
    &alarm::KIND,
    &dashboard::KIND,
    &event_invoke_config::KIND,
    &function::KIND,
    &key::ALIAS,
    &key::KIND,
    &log_group::KIND,
    &managed_policy::INLINE,
    &managed_policy::KIND,
    &permission::KIND,
    &queue::KIND,
    &queue::POLICY,
    &role::KIND,
    &rule::KIND,
    &schedule::KIND,
    &schedule_group::KIND,
    &topic::KIND,
    &topic::POLICY,
    &topic::SUBSCRIPTION,
    &log_group::QUERY,
];

/// The type with this name.
pub(crate) fn kind(name: &str) -> Option<&'static Kind> {
    KINDS.into_iter().find(|kind| kind.name == name)
}

/// The names of all types.
pub(crate) fn names() -> impl Iterator<Item = &'static str> + Clone {
    KINDS.into_iter().map(|kind| kind.name)
}

/// For types that the stage has no notion of: their properties are known, and nothing comes of them.
#[expect(clippy::unnecessary_wraps, reason = "one of the functions that a kind may have here")]
fn no_effect(_: &mut Builder, _: &Creation<'_>) -> Result<(), Problem> {
    Ok(())
}
