//! `AWS::Serverless::Function`.

use super::{Serverless, allow, events, invoke_config, map_of, pass, policies};
use crate::node::{Entry, Node};
use crate::problem::Problem;
use crate::resources::{AWS_MANAGED, AwsManaged, Resource};
use crate::scope::Scope;
use crate::table::Table;

pub(crate) const NAME: &str = "AWS::Serverless::Function";

/// The properties that the stage knows.
pub(super) const PROPERTIES: &[&str] = &[
    "FunctionName",
    "Handler",
    "Runtime",
    "CodeUri",
    "Description",
    "MemorySize",
    "Timeout",
    "VpcConfig",
    "Role",
    "AssumeRolePolicyDocument",
    "Policies",
    "RolePath",
    "Environment",
    "Events",
    "Tags",
    "Tracing",
    "KmsKeyArn",
    "ReservedConcurrentExecutions",
    "EventInvokeConfig",
    "EphemeralStorage",
    "Architectures",
    "LoggingConfig",
    "RecursiveLoop",
];
/// Properties that Lambda has under the same name.
const SAME: [&str; 13] = [
    "FunctionName",
    "Handler",
    "Runtime",
    "Description",
    "MemorySize",
    "Timeout",
    "VpcConfig",
    "Environment",
    "KmsKeyArn",
    "ReservedConcurrentExecutions",
    "EphemeralStorage",
    "Architectures",
    "LoggingConfig",
];

pub(super) fn expand(
    scope: &Scope<'_>,
    serverless: &Serverless<'_>,
    properties: &Node,
) -> Result<Vec<Resource>, Problem> {
    let id = serverless.logical_id;
    let table = Table::open(properties, id, PROPERTIES)?;
    let invoke = invoke_config::read(scope, serverless, &table)?;
    let mut made = Vec::new();
    let given = match table.get("Role") {
        Some(role) => scope.choose(role)?.cloned(),
        None => None,
    };
    let own_role = given.is_none();
    let role = if let Some(role) = given {
        role
    } else {
        let policies = invoke.as_ref().and_then(|config| config.policy.clone());
        made.push(role(scope, serverless, &table, policies)?);
        Node::attribute(serverless.place, &format!("{id}Role"), "Arn")
    };
    if let Some(node) = table.get("Policies").filter(|_| !own_role) {
        let what = format!("{id} has a Role and Policies: SAM leaves the Policies out");
        return Err(Problem::new(node.place, what, "put them into the role"));
    }
    made.push(function(serverless, &table, role)?);
    made.extend(invoke.map(|config| config.resource));
    made.extend(events::expand(scope, serverless, &table)?);
    Ok(made)
}

fn function(serverless: &Serverless<'_>, table: &Table<'_>, role: Node) -> Result<Resource, Problem> {
    let mut properties = Vec::new();
    for key in SAME {
        pass(table.entries(), key, key, &mut properties);
    }
    pass(table.entries(), "RecursiveLoop", "RecursiveLoop", &mut properties);
    pass(table.entries(), "CodeUri", "Code", &mut properties);
    if let Some(mode) = table.get("Tracing") {
        let value = Node::map(mode.place, vec![("Mode", mode.clone())]);
        properties.push(Entry { key: "TracingConfig".to_owned(), place: mode.place, value });
    }
    properties.push(Entry { key: "Role".to_owned(), place: role.place, value: role });
    let mut resource = serverless.generated("AWS::Lambda::Function", "", serverless.place, Vec::new())?;
    resource.properties = map_of(table.place, properties);
    resource.depends_on.clone_from(&serverless.depends_on);
    resource.binary.clone_from(&serverless.binary);
    Ok(resource)
}

/// The role that SAM makes for a function without one.
fn role(
    scope: &Scope<'_>,
    serverless: &Serverless<'_>,
    table: &Table<'_>,
    destination: Option<Node>,
) -> Result<Resource, Problem> {
    let id = serverless.logical_id;
    let place = serverless.place;
    let policies = policies::read(scope, table, &format!("{id}RolePolicy"))?;
    let managed = |name: &str| {
        let arn = AWS_MANAGED.iter().find(|policy| policy.name == name).map(AwsManaged::arn);
        Node::text(place, arn.unwrap_or_default())
    };
    let mut arns = vec![managed("AWSLambdaBasicExecutionRole")];
    if let Some(tracing) = table.get("Tracing").filter(|node| node.as_text() != Some("Disabled")) {
        arns.push(Node { place: tracing.place, ..managed("AWSXrayWriteOnlyAccess") });
    }
    // whatever a condition in it says: SAM looks at the key alone
    if let Some(config) = table.get("VpcConfig") {
        arns.push(Node { place: config.place, ..managed("AWSLambdaVPCAccessExecutionRole") });
    }
    arns.extend(policies.managed);
    let inline = destination.into_iter().chain(policies.inline).collect();
    let service = Node::map(place, vec![("Service", Node::text(place, "lambda.amazonaws.com"))]);
    let trust = allow(place, vec![("Principal", service), ("Action", Node::text(place, "sts:AssumeRole"))]);
    let trust = table.get("AssumeRolePolicyDocument").cloned().unwrap_or(trust);
    let mut properties = vec![
        ("AssumeRolePolicyDocument", trust),
        ("ManagedPolicyArns", Node::list(place, arns)),
        ("Policies", Node::list(place, inline)),
    ];
    if let Some(path) = table.get("RolePath") {
        properties.push(("Path", path.clone()));
    }
    serverless.generated("AWS::IAM::Role", "Role", place, properties)
}
