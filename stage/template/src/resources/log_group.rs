//! `AWS::Logs::LogGroup`, `AWS::Logs::QueryDefinition`.

use super::{Creation, Kind, Naming, no_effect};
use crate::builder::Builder;
use crate::problem::Problem;

/// The stage's log groups come into being when something is written to them.
pub(super) static KIND: Kind = Kind {
    name: "AWS::Logs::LogGroup",
    properties: &["LogGroupName", "LogGroupClass", "RetentionInDays", "KmsKeyId", "Tags"],
    naming: Naming::Property { key: "LogGroupName", longest: 512, also: "-_/.#" },
    parent: None,
    reference: |group| group.name.clone(),
    attributes: &[("Arn", |group| group.arn("logs", &format!("log-group:{}:*", group.name)))],
    create,
};

/// A query that people keep; nothing runs it.
pub(super) static QUERY: Kind = Kind {
    name: "AWS::Logs::QueryDefinition",
    properties: &["Name", "QueryString", "LogGroupNames", "QueryLanguage"],
    naming: Naming::Uuid,
    parent: None,
    reference: |query| query.name.clone(),
    attributes: &[("QueryDefinitionId", |query| query.name.clone())],
    create: no_effect,
};

/// What AWS takes as days.
const DAYS: [&str; 22] = [
    "1", "3", "5", "7", "14", "30", "60", "90", "120", "150", "180", "365", "400", "545", "731", "1096", "1827",
    "2192", "2557", "2922", "3288", "3653",
];

fn create(_: &mut Builder, creation: &Creation<'_>) -> Result<(), Problem> {
    creation.properties.word("RetentionInDays", &DAYS).map(|_| ())
}
