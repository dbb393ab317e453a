//! A queue of SQS: what whoever looks after an install takes out, and what functions leave there.

use crate::aws_json::{Call, JsonService};
use crate::{Env, Error};
use serde_json::{Value, json};

/// So long nobody else receives what was received, in seconds.
pub const HIDDEN: u32 = 120;

/// As many messages come at once at most.
const MOST: u32 = 10;
/// So long SQS waits for a first message, in seconds: a short look may miss what is there.
const WAIT: u32 = 2;

/// A message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Its text.
    pub body: String,
    /// What it is deleted by.
    receipt: String,
}

/// A queue, by its ARN.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Queue {
    arn: String,
    url: String,
    region: String,
    partition: String,
}

impl Queue {
    /// The queue that an ARN names; `None` if it names none.
    pub fn of(arn: &str) -> Option<Self> {
        let parts: Vec<&str> = arn.split(':').collect();
        let ["arn", partition, "sqs", region, account, name] = parts[..] else { return None };
        let suffix = if partition == "aws-cn" { "amazonaws.com.cn" } else { "amazonaws.com" };
        Some(Self {
            arn: arn.to_owned(),
            url: format!("https://sqs.{region}.{suffix}/{account}/{name}"),
            region: region.to_owned(),
            partition: partition.to_owned(),
        })
    }

    /// Its name.
    pub fn name(&self) -> &str {
        self.arn.rsplit(':').next().unwrap_or(&self.arn)
    }

    /// Some of the messages, hidden from everybody for [`HIDDEN`] seconds; none if there are none.
    ///
    /// # Errors
    /// If they cannot be received.
    pub async fn receive(&self, env: &Env) -> Result<Vec<Message>, Error> {
        let input = json!({
            "QueueUrl": self.url, "MaxNumberOfMessages": MOST, "VisibilityTimeout": HIDDEN, "WaitTimeSeconds": WAIT,
        });
        let answer = self.call(env, "ReceiveMessage", "sqs:ReceiveMessage", &input).await?;
        let messages = answer.get("Messages").and_then(Value::as_array).cloned().unwrap_or_default();
        let text = |message: &Value, name: &str| message.get(name)?.as_str().map(str::to_owned);
        let message =
            |message: &Value| Some(Message { body: text(message, "Body")?, receipt: text(message, "ReceiptHandle")? });
        Ok(messages.iter().filter_map(message).collect())
    }

    /// Leaves a message.
    ///
    /// # Errors
    /// If it is not known to lie there.
    pub async fn send(&self, env: &Env, body: &str) -> Result<(), Error> {
        let input = json!({ "QueueUrl": self.url, "MessageBody": body });
        self.call(env, "SendMessage", "sqs:SendMessage", &input).await.map(|_| ())
    }

    /// Deletes a message that was received.
    ///
    /// # Errors
    /// If it cannot be deleted: it comes again.
    pub async fn delete(&self, env: &Env, message: &Message) -> Result<(), Error> {
        let input = json!({ "QueueUrl": self.url, "ReceiptHandle": message.receipt });
        self.call(env, "DeleteMessage", "sqs:DeleteMessage", &input).await.map(|_| ())
    }

    async fn call(
        &self,
        env: &Env,
        operation: &'static str,
        action: &'static str,
        input: &Value,
    ) -> Result<Value, Error> {
        let service = JsonService { version: "1.0", name: "sqs", target: "AmazonSQS" };
        let (region, partition) = (self.region.as_str(), self.partition.as_str());
        env.call_json(Call { service, operation, action, resource: &self.arn, region, partition }, input).await
    }
}

#[cfg(test)]
mod tests {
    use super::Queue;

    #[test]
    fn an_arn_says_where_a_queue_is() {
        let queue = Queue::of("arn:aws:sqs:eu-west-1:123456789012:dead").unwrap();
        assert_eq!(
            (queue.name(), queue.url.as_str()),
            ("dead", "https://sqs.eu-west-1.amazonaws.com/123456789012/dead")
        );
        for arn in ["", "dead", "arn:aws:sns:eu-west-1:123456789012:dead", "arn:aws:sqs:eu-west-1:123456789012"] {
            assert_eq!(Queue::of(arn), None, "{arn}");
        }
    }
}
