//! `AWS::Lambda::Function`.

use super::{Creation, Identity, Kind, Naming};
use crate::DeployedFunction;
use crate::builder::Builder;
use crate::problem::Problem;
use greenlight_world::Function;
use std::time::Duration;

pub(super) static KIND: Kind = Kind {
    name: "AWS::Lambda::Function",
    properties: &[
        "FunctionName",
        "Role",
        "Code",
        "Handler",
        "Runtime",
        "Description",
        "MemorySize",
        "Timeout",
        "Environment",
        "VpcConfig",
        "ReservedConcurrentExecutions",
        "TracingConfig",
        "KmsKeyArn",
        "Architectures",
        "EphemeralStorage",
        "LoggingConfig",
        "RecursiveLoop",
        "Tags",
    ],
    naming: Naming::Property { key: "FunctionName", longest: 64, also: "-_" },
    parent: None,
    reference: |function| function.name.clone(),
    attributes: &[("Arn", arn)],
    create,
};

/// Lambda's own, where a template gives none.
const TIMEOUT: u32 = 3;
const MEMORY: u32 = 128;
const RETRIES: u32 = 2;
const EVENT_AGE: Duration = Duration::from_hours(6);
/// What the environment may hold, in bytes.
const ENVIRONMENT: usize = 4096;
const SERVICE: &str = "lambda.amazonaws.com";

fn arn(function: &Identity) -> String {
    function.arn("lambda", &format!("function:{}", function.name))
}

fn create(builder: &mut Builder, creation: &Creation<'_>) -> Result<(), Problem> {
    let Creation { resource, identity, properties } = creation;
    let role_at = properties.required("Role")?.place;
    let role = builder.role(properties.required_text("Role")?, role_at)?.name.clone();
    if !builder.trusted.get(&role).is_some_and(|services| services.iter().any(|service| service == SERVICE)) {
        let what = format!("Lambda may not assume the role of {}", resource.logical_id);
        let remedy = format!("let {SERVICE} sts:AssumeRole in its AssumeRolePolicyDocument");
        return Err(Problem::new(role_at, what, remedy));
    }
    properties.table("VpcConfig", &["SubnetIds", "SecurityGroupIds", "Ipv6AllowedForDualStack"])?;
    properties.table("EphemeralStorage", &["Size"])?;
    if let Some(tracing) = properties.table("TracingConfig", &["Mode"])? {
        tracing.word("Mode", &["Active", "PassThrough"])?;
    }
    let environment = match properties.table("Environment", &["Variables"])? {
        Some(table) => table.text_map("Variables")?,
        None => std::collections::BTreeMap::new(),
    };
    let size: usize = environment.iter().map(|(key, value)| key.len() + value.len()).sum();
    if size > ENVIRONMENT {
        let what =
            format!("the environment of {} has {size} bytes, and Lambda takes {ENVIRONMENT}", resource.logical_id);
        return Err(Problem::new(properties.place, what, "shorten its values"));
    }
    builder.stack.functions.push(Function {
        name: identity.name.clone(),
        role,
        environment,
        timeout: Duration::from_secs(properties.integer("Timeout", 1, 900)?.unwrap_or(TIMEOUT).into()),
        memory: properties.integer("MemorySize", 128, 10240)?.unwrap_or(MEMORY),
        maximum_retry_attempts: RETRIES,
        maximum_event_age: EVENT_AGE,
        on_failure: None,
        log_group: log_group(creation)?,
        reserved_concurrency: properties.integer("ReservedConcurrentExecutions", 0, 100_000)?,
        policies: Vec::new(),
    });
    builder.functions.push(DeployedFunction {
        logical_id: resource.logical_id.clone(),
        name: identity.name.clone(),
        binary: resource.binary.clone(),
        place: resource.place,
    });
    Ok(())
}

fn log_group(creation: &Creation<'_>) -> Result<String, Problem> {
    let known = ["LogGroup", "LogFormat", "ApplicationLogLevel", "SystemLogLevel"];
    let given = match creation.properties.table("LoggingConfig", &known)? {
        Some(logging) => {
            let levels = ["TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"];
            logging.word("LogFormat", &["JSON", "Text"])?;
            logging.word("ApplicationLogLevel", &levels)?;
            logging.word("SystemLogLevel", &["DEBUG", "INFO", "WARN"])?;
            logging.text("LogGroup")?
        }
        None => None,
    };
    Ok(given.map_or_else(|| format!("/aws/lambda/{}", creation.identity.name), str::to_owned))
}
