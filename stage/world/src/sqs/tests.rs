use super::dead_letter;
use super::delete_message::DeleteMessage;
use super::receive_message::ReceiveMessage;
use crate::operation::Operation;
use crate::value::Value;
use crate::{AwsError, Input, Queue, Setup, World};
use serde_json::json;

const QUEUE: &str = "arn:aws:sqs:us-east-1:123456789012:dead";
const URL: &str = "https://sqs.us-east-1.amazonaws.com/123456789012/dead";

fn world() -> World {
    let mut setup = Setup::empty();
    setup.stack.queues = vec![Queue::new(QUEUE)];
    let mut world = World::new(setup, Setup::EPOCH);
    for body in ["one", "two"] {
        dead_letter(&mut world, QUEUE, "arn:aws:lambda:…", "a test", body.to_owned());
    }
    world
}

/// Body and receipt handle.
fn receive(world: &mut World, more: &serde_json::Value) -> Result<Vec<(String, String)>, AwsError> {
    let mut input = json!({ "QueueUrl": URL });
    input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let answer = ReceiveMessage::call(Value::serialized(&input).unwrap().deserialized().unwrap(), world)?;
    let answer = serde_json::to_value(answer).unwrap();
    let messages = answer["Messages"].as_array().cloned().unwrap_or_default();
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    Ok(messages.iter().map(|message| (text(&message["Body"]), text(&message["ReceiptHandle"]))).collect())
}

fn delete(world: &mut World, receipt: &str) -> Result<(), AwsError> {
    let input = json!({ "QueueUrl": URL, "ReceiptHandle": receipt });
    DeleteMessage::call(Value::serialized(&input).unwrap().deserialized().unwrap(), world).map(|_| ())
}

#[test]
fn what_was_received_is_hidden_for_a_while_and_what_was_deleted_is_gone() {
    let mut world = world();
    let first = receive(&mut world, &json!({})).unwrap();
    assert_eq!(first[0].0, "one");
    let second = receive(&mut world, &json!({ "MaxNumberOfMessages": 10, "VisibilityTimeout": 60 })).unwrap();
    assert_eq!((second.len(), second[0].0.as_str()), (1, "two"));
    assert!(receive(&mut world, &json!({})).unwrap().is_empty());
    delete(&mut world, &second[0].1).unwrap();
    world.handle(Setup::EPOCH + jiff::SignedDuration::from_secs(60), Input::Tick);
    let again = receive(&mut world, &json!({ "MaxNumberOfMessages": 10 })).unwrap();
    assert_eq!((again.len(), again[0].0.as_str()), (1, "one"));
    delete(&mut world, &first[0].1).unwrap();
    assert_eq!(world.messages(QUEUE), ["one"], "an old handle deletes nothing");
    delete(&mut world, &again[0].1).unwrap();
    assert!(world.messages(QUEUE).is_empty());
}

#[test]
fn what_the_model_refuses_is_refused() {
    let mut world = world();
    for (more, code) in [
        (json!({ "MaxNumberOfMessages": 11 }), "ValidationException"),
        (json!({ "VisibilityTimeout": -1 }), "ValidationException"),
        (json!({ "WaitTimeSeconds": 21 }), "ValidationException"),
        (json!({ "QueueUrl": "https://sqs.us-east-1.amazonaws.com/123456789012/other" }), "QueueDoesNotExist"),
        (json!({ "QueueUrl": "" }), "QueueDoesNotExist"),
    ] {
        assert_eq!(receive(&mut world, &more).unwrap_err().code, code, "{more}");
    }
    assert_eq!(delete(&mut world, "").unwrap_err().code, "ReceiptHandleIsInvalid");
}
