//! `AWS::SNS::Topic`, `AWS::SNS::TopicPolicy`, `AWS::SNS::Subscription`.

use super::{Creation, Identity, Kind, Naming};
use crate::builder::Builder;
use crate::policy::{self, Of};
use crate::problem::{Place, Problem};
use crate::table::Table;
use greenlight_world::{Subscription, Topic};

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

/// Nobody reads what is sent to people; the stage keeps every publication. What is sent to functions is delivered.
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
    let properties = &creation.properties;
    let place = properties.required("TopicArn")?.place;
    let arn = properties.required_text("TopicArn")?;
    let to_function = properties.required_text("Protocol")? == "lambda";
    // a function may listen to what others made
    if !(to_function && arn.starts_with("arn:")) {
        topic(builder, arn, place)?;
    }
    if !to_function {
        return protocol(properties);
    }
    let place = properties.required("Endpoint")?.place;
    let function = properties.required_text("Endpoint")?;
    builder.function(function, place)?;
    let subscription = Subscription { topic: arn.to_owned(), function: function.to_owned() };
    builder.stack.subscriptions.push(subscription);
    Ok(())
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

/// Those that reach people or systems outside; the stage does not deliver to queues, nor from a topic's own list to functions.
fn protocol(table: &Table<'_>) -> Result<(), Problem> {
    table.required("Endpoint")?;
    table.word("Protocol", &["email", "email-json", "http", "https", "sms", "application"]).map(|_| ())
}
