//! `AWS::Lambda::Permission`.

use super::{Creation, Kind, Naming};
use crate::builder::Builder;
use crate::policy::{Places, ReadPolicy};
use crate::problem::Problem;
use greenlight_world::{Policy, Statement};
use serde_json::json;
use std::collections::BTreeMap;

pub(super) static KIND: Kind = Kind {
    name: "AWS::Lambda::Permission",
    properties: &["Action", "FunctionName", "Principal", "SourceArn", "SourceAccount"],
    naming: Naming::Made,
    parent: None,
    reference: |permission| permission.name.clone(),
    attributes: &[("Id", |permission| permission.name.clone())],
    create,
};

fn create(builder: &mut Builder, creation: &Creation<'_>) -> Result<(), Problem> {
    let Creation { resource, identity, properties } = creation;
    let action = properties.required_text("Action")?;
    let action_at = properties.required("Action")?.place;
    let principal = properties.required_text("Principal")?;
    let mut condition = BTreeMap::new();
    let mut require = |operator: &str, key: &str, value: Option<&str>| {
        if let Some(value) = value {
            condition.insert(operator.to_owned(), BTreeMap::from([(key.to_owned(), json!(value))]));
        }
    };
    require("ArnLike", "aws:SourceArn", properties.text("SourceArn")?);
    require("StringEquals", "aws:SourceAccount", properties.text("SourceAccount")?);
    let at = properties.required("FunctionName")?.place;
    let function = builder.function(properties.required_text("FunctionName")?, at)?;
    let owner = identity.arn("lambda", &format!("function:{}", function.name));
    let service = principal.ends_with(".amazonaws.com");
    let statement = Statement {
        sid: Some(identity.name.clone()),
        principal: Some(if service { json!({ "Service": principal }) } else { json!({ "AWS": principal }) }),
        effect: "Allow".to_owned(),
        action: json!(action),
        resource: json!(owner),
        condition,
    };
    let policy = Policy { version: Some("2012-10-17".to_owned()), statement: vec![statement] };
    let index = function.policies.len();
    function.policies.push(policy.clone());
    let places = Places { statement: resource.place, actions: vec![(action.to_owned(), action_at)] };
    builder.note(&owner, index, &ReadPolicy { policy, statements: vec![places] }, &resource.logical_id, None);
    Ok(())
}
