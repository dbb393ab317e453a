//! `AWS::SNS::Topic`, `AWS::SNS::TopicPolicy`, `AWS::SNS::Subscription`.

use super::{Creation, Identity, Kind, Naming};
use crate::builder::Builder;
use crate::policy::{self, Of};
use crate::problem::{Place, Problem};
use crate::table::Table;
use greenlight_world::Topic;

pub(super) static KIND: Kind = Kind {
    name: "AWS::SNS::Topic",
    properties: &[
        "TopicName",
        "DisplayName",
        "KmsMasterKeyId",
        "Subscription",
        "SignatureVersion",
        "TracingConfig",
        "Tags",
    ],
    naming: Naming::Property { key: "TopicName", longest: 256, also: "-_" },
    parent: None,
    reference: arn,
    attributes: &[("TopicArn", arn), ("TopicName", |topic| topic.name.clone())],
    create,
};

/// Adds to the policies of topics.
pub(super) static POLICY: Kind = Kind {
    name: "AWS::SNS::TopicPolicy",
    properties: &["PolicyDocument", "Topics"],
    naming: Naming::Made,
    parent: None,
    reference: |policy| policy.name.clone(),
    attributes: &[("Id", |policy| policy.name.clone())],
    create: create_policy,
};

/// Nobody reads what is sent to people; the stage keeps every publication.
pub(super) static SUBSCRIPTION: Kind = Kind {
    name: "AWS::SNS::Subscription",
    properties: &["TopicArn", "Protocol", "Endpoint", "FilterPolicy", "FilterPolicyScope"],
    naming: Naming::Uuid,
    parent: Some("TopicArn"),
    reference: subscription_arn,
    attributes: &[("Arn", subscription_arn)],
    create: create_subscription,
};

fn arn(topic: &Identity) -> String {
    topic.arn("sns", &topic.name)
}

fn subscription_arn(subscription: &Identity) -> String {
    format!("{}:{}", subscription.parent, subscription.name)
}

fn create(builder: &mut Builder, creation: &Creation<'_>) -> Result<(), Problem> {
    builder.stack.topics.push(Topic { arn: arn(creation.identity), policies: Vec::new() });
    let subscriptions = creation.properties.tables("Subscription", &["Protocol", "Endpoint"])?;
    subscriptions.iter().try_for_each(protocol)
}

fn create_policy(builder: &mut Builder, creation: &Creation<'_>) -> Result<(), Problem> {
    let properties = &creation.properties;
    let read = policy::read(properties.required("PolicyDocument")?, &properties.join("PolicyDocument"), Of::Resource)?;
    for (arn, place) in properties.texts("Topics")? {
        let topic = topic(builder, arn, place)?;
        let index = topic.policies.len();
        topic.policies.push(read.policy.clone());
        builder.note(arn, index, &read, &creation.resource.logical_id, None);
    }
    Ok(())
}

fn create_subscription(builder: &mut Builder, creation: &Creation<'_>) -> Result<(), Problem> {
    let place = creation.properties.required("TopicArn")?.place;
    topic(builder, creation.properties.required_text("TopicArn")?, place)?;
    creation.properties.required("Protocol")?;
    protocol(&creation.properties)
}

fn topic<'b>(builder: &'b mut Builder, arn: &str, place: Place) -> Result<&'b mut Topic, Problem> {
    builder.stack.topics.iter_mut().find(|topic| topic.arn == arn).ok_or_else(|| {
        Problem::new(
            place,
            format!("no topic `{arn}` is made before this"),
            "refer to a topic of the template with !Ref",
        )
    })
}

/// Those that reach people or systems outside; the stage does not deliver to functions and queues.
fn protocol(table: &Table<'_>) -> Result<(), Problem> {
    table.required("Endpoint")?;
    table.word("Protocol", &["email", "email-json", "http", "https", "sms", "application"]).map(|_| ())
}
