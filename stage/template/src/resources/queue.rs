//! `AWS::SQS::Queue`, `AWS::SQS::QueuePolicy`.

use super::{Creation, Identity, Kind, Naming};
use crate::builder::Builder;
use crate::policy::{self, Of};
use crate::problem::Problem;
use greenlight_world::Queue;

pub(super) static KIND: Kind = Kind {
    name: "AWS::SQS::Queue",
    properties: &[
        "QueueName",
        "MessageRetentionPeriod",
        "VisibilityTimeout",
        "DelaySeconds",
        "MaximumMessageSize",
        "ReceiveMessageWaitTimeSeconds",
        "KmsMasterKeyId",
        "KmsDataKeyReusePeriodSeconds",
        "SqsManagedSseEnabled",
        "Tags",
    ],
    naming: Naming::Property { key: "QueueName", longest: 80, also: "-_" },
    parent: None,
    reference: url,
    attributes: &[("Arn", arn), ("QueueName", |queue| queue.name.clone()), ("QueueUrl", url)],
    create,
};

/// Adds to the policies of queues.
pub(super) static POLICY: Kind = Kind {
    name: "AWS::SQS::QueuePolicy",
    properties: &["PolicyDocument", "Queues"],
    naming: Naming::Made,
    parent: None,
    reference: |policy| policy.name.clone(),
    attributes: &[("Id", |policy| policy.name.clone())],
    create: create_policy,
};

fn arn(queue: &Identity) -> String {
    queue.arn("sqs", &queue.name)
}

fn url(queue: &Identity) -> String {
    format!("https://sqs.{}.amazonaws.com/{}/{}", queue.region, queue.account, queue.name)
}

#[expect(clippy::unnecessary_wraps, reason = "one of the functions that a kind may have here")]
fn create(builder: &mut Builder, creation: &Creation<'_>) -> Result<(), Problem> {
    builder.stack.queues.push(Queue { arn: arn(creation.identity), policies: Vec::new() });
    Ok(())
}

fn create_policy(builder: &mut Builder, creation: &Creation<'_>) -> Result<(), Problem> {
    let properties = &creation.properties;
    let read = policy::read(properties.required("PolicyDocument")?, &properties.join("PolicyDocument"), Of::Resource)?;
    for (url, place) in properties.texts("Queues")? {
        let name = url.rsplit('/').next().unwrap_or(url);
        let suffix = format!(":{name}");
        let Some(queue) = builder.stack.queues.iter_mut().find(|queue| queue.arn.ends_with(&suffix)) else {
            let what = format!("no queue `{url}` is made before this");
            return Err(Problem::new(place, what, "refer to a queue of the template with !Ref"));
        };
        let (owner, index) = (queue.arn.clone(), queue.policies.len());
        queue.policies.push(read.policy.clone());
        builder.note(&owner, index, &read, &creation.resource.logical_id, None);
    }
    Ok(())
}
