//! What the stage cannot deploy is refused, with the line and what to do.

use super::{refused, try_deploy};

fn indented(text: &str, by: usize) -> String {
    let lines: Vec<String> = text.trim().lines().map(|line| format!("{}{line}\n", " ".repeat(by))).collect();
    lines.concat()
}

#[track_caller]
fn wrong_pattern(pattern: &str, offset: usize, parts: &[&str]) {
    let pattern = indented(pattern, 6);
    let text = format!("Resources:\n  R:\n    Type: AWS::Events::Rule\n    Properties:\n     EventPattern:\n{pattern}");
    refused(&text, &[], 5 + offset, parts);
}

#[test]
fn typos_in_event_patterns() {
    wrong_pattern(
        "source: [aws.ecs]\ndetial-type: [x]",
        2,
        &["`detial-type` is no key of R.EventPattern", "did you mean `detail-type`?"],
    );
    wrong_pattern("source: [aws.esc]", 1, &["no event has the source `aws.esc`; did you mean `aws.ecs`?"]);
    wrong_pattern(
        "source: [aws.ecs]\ndetail-type: [ECS Task State Chnage]",
        2,
        &["did you mean `ECS Task State Change`?"],
    );
    let of_tasks = |detail: &str| format!("source: [aws.ecs]\ndetail-type: [ECS Task State Change]\ndetail:\n{detail}");
    wrong_pattern(
        &of_tasks(" lastStatsu: [STOPPED]"),
        4,
        &["`lastStatsu` is no field of such an event; did you mean `lastStatus`?"],
    );
    wrong_pattern(&of_tasks(" lastStatus: [STOPED]"), 4, &["`STOPED` does not exist; did you mean `STOPPED`?"]);
    wrong_pattern(&of_tasks(" lastStatus:\n  - prefxi: STOP"), 4, &["does not know the operator `prefxi`"]);
    wrong_pattern(
        &of_tasks(" $or:\n  - lastStatus: [STOPPED]\n  - group: [a]\n  - grop: [a]"),
        7,
        &["did you mean `group`?"],
    );
    wrong_pattern("source: aws.ecs", 1, &["expected an object or an array"]);
    wrong_pattern("source: []", 1, &["empty arrays are not allowed"]);
    let of_codedeploy = "source: [aws.codedeploy]\ndetail-type: [CodeDeploy Deployment State-change Notification]\ndetail: {deploymentGrup: [x]}";
    wrong_pattern(of_codedeploy, 3, &["did you mean `deploymentGroup`?"]);
}

#[test]
fn patterns_of_events_that_nobody_lists_are_taken() {
    let text = "Resources: {R: {Type: AWS::Events::Rule, Properties: {EventPattern: {source: [my.app], detail-type: [x], detail: {any: [1]}}}}}";
    try_deploy(text, &[]).unwrap();
}

/// A template of one resource `X`, wrong in its last line.
#[track_caller]
fn wrong(resource: &str, parts: &[&str]) {
    let resource = indented(resource, 4);
    let text = format!("Transform: AWS::Serverless-2016-10-31\nResources:\n  X:\n{resource}");
    refused(&text, &[], text.lines().count(), parts);
}

#[test]
fn unknown_types_properties_and_values() {
    wrong("Type: AWS::SQS::Qeue", &["X: the stage knows no type `AWS::SQS::Qeue`; did you mean `AWS::SQS::Queue`?"]);
    wrong("Type: AWS::DynamoDB::Table", &["no type `AWS::DynamoDB::Table`"]);
    wrong("Type: AWS::SQS::Queue\nPropertis: {}", &["did you mean `Properties`?"]);
    wrong(
        "Type: AWS::SQS::Queue\nProperties:\n  QueueNmae: a",
        &["`QueueNmae` is no key of X that the stage knows; did you mean `QueueName`?"],
    );
    wrong("Type: AWS::SQS::Queue\nProperties:\n  QueueName: a b", &["AWS does not take `a b` as the QueueName of X"]);
    wrong("Type: AWS::SQS::Queue\nDependsOn: Y", &["X depends on `Y`, which does not exist"]);
    wrong("Type: AWS::SQS::Queue\nCondition: C", &["there is no condition `C`"]);
    wrong("Type: AWS::Logs::LogGroup\nProperties:\n  RetentionInDays: 31", &["`31` does not exist"]);
    wrong("Type: AWS::Serverless::Function\nProperties:\n  Timeot: 3", &["did you mean `Timeout`?"]);
    wrong(
        "Type: AWS::Serverless::Function\nProperties:\n  Timeout: 901",
        &["X.Timeout has to be a whole number from 1 to 900, not `901`"],
    );
    wrong(
        "Type: AWS::Serverless::Function\nProperties:\n  LoggingConfig:\n    LogLevel: INFO",
        &["`LogLevel` is no key of X.LoggingConfig"],
    );
    wrong(
        "Type: AWS::Serverless::Function\nProperties:\n  Role: arn:aws:iam::1:role/other",
        &["no role `other` is made before this"],
    );
    wrong(
        "Type: AWS::Serverless::Function\nProperties:\n  Policies: [AWSLambda_FullAccess]",
        &["does not know the managed policy"],
    );
    wrong(
        "Type: AWS::Serverless::Function\nProperties:\n  Policies:\n    - SNSPublishPolicy: {TopicName: t}",
        &["no policy template `SNSPublishPolicy`; did you mean `SNSPublishMessagePolicy`?"],
    );
    wrong(
        "Type: AWS::Serverless::Function\nProperties:\n  Policies:\n    - SNSPublishMessagePolicy: {}",
        &["SNSPublishMessagePolicy has no `TopicName`"],
    );
    wrong(
        "Type: AWS::Serverless::Function\nProperties:\n  Events:\n    E:\n      Type: Schedule",
        &["X.Events.E is a rule with a schedule, which the stage has not got", "make a ScheduleV2 of it"],
    );
    wrong(
        "Type: AWS::Serverless::Function\nProperties:\n  Events:\n    E:\n      Type: EventBrideRule",
        &["did you mean `EventBridgeRule`?"],
    );
    wrong(
        "Type: AWS::Serverless::Function\nProperties:\n  EventInvokeConfig:\n    DestinationConfig:\n      OnFailure:\n        Destination: arn:aws:sqs:us-east-1:123456789012:q",
        &["which the template does not make"],
    );
}

#[test]
fn policies_that_the_stage_cannot_evaluate() {
    let policy = |statement: &str| {
        format!(
            "Type: AWS::IAM::ManagedPolicy\nProperties:\n  PolicyDocument:\n    Version: '2012-10-17'\n    Statement:\n      - {statement}"
        )
    };
    for (statement, part) in [
        ("{Effect: Allow, Action: a:b}", "has no `Resource`"),
        ("{Effect: allow, Action: a:b, Resource: '*'}", "`allow` does not exist; did you mean `Allow`?"),
        ("{Effect: Allow, NotAction: a:b, Resource: '*'}", "`NotAction` is no key of X.PolicyDocument.Statement[0]"),
        ("{Effect: Allow, Action: ecs, Resource: '*'}", "`ecs` is no action; write the service before it"),
        ("{Effect: Allow, Action: a:b, Resource: '*', Principal: '*'}", "`Principal` is no key"),
        (
            "{Effect: Allow, Action: a:b, Resource: '*', Condition: {StringEqual: {a: b}}}",
            "condition operator `StringEqual`",
        ),
    ] {
        wrong(&policy(statement), &[part]);
    }
}

#[test]
fn sections_and_documents() {
    for (text, line, part) in [
        ("a: 1", 1, "`a` is no key of the template that the stage knows"),
        ("Resource: {}", 1, "did you mean `Resources`?"),
        ("Description: x", 1, "the template has no `Resources`"),
        ("Resources: []", 1, "Resources has to be a map, not a list"),
        ("Transform: AWS::LanguageExtensions\nResources: {}", 1, "`AWS::LanguageExtensions` does not exist"),
        ("Resources:\n  A-B: {Type: AWS::SQS::Queue}", 2, "`A-B` cannot be the name of a resource"),
        ("Resources:\n  F: {Type: AWS::Serverless::Function}", 2, "the template has no Transform"),
        ("Resources: {}\nOutputs:\n  X: {Vale: a}", 3, "did you mean `Value`?"),
        (
            "Transform: AWS::Serverless-2016-10-31\nGlobals:\n  Function: {Timeot: 3}\nResources: {F: {Type: AWS::Serverless::Function}}",
            3,
            "did you mean `Timeout`?",
        ),
        ("- a", 1, "the template has to be a map, not a list"),
        ("Resources: {}\n  x: 1", 2, "not valid YAML"),
    ] {
        refused(text, &[], line, &[part]);
    }
}

#[test]
fn names_are_given_once() {
    let text = "Resources:\n  A: {Type: AWS::SQS::Queue, Properties: {QueueName: q}}\n  B: {Type: AWS::SQS::Queue, Properties: {QueueName: q}}\n";
    refused(text, &[], 3, &["a second AWS::SQS::Queue has the name `q`; give each a name of its own"]);
}

#[test]
fn all_that_is_wrong_is_told_and_nothing_twice() {
    let text = "
Resources:
  A: {Type: AWS::SQS::Queue, Properties: {QueueNmae: q}}
  B: {Type: AWS::SNS::Topic, Properties: {DisplayName: !Ref C}}
  D: {Type: AWS::SNS::Topic, Properties: {DisplayName: !GetAtt A.Nothing}}
";
    let error = try_deploy(text, &[]).unwrap_err();
    let lines: Vec<usize> = error.problems.iter().map(|problem| problem.place.line).collect();
    assert_eq!(lines, [3, 4, 5], "{error}");
}

#[test]
fn dashboards_that_nobody_could_open() {
    let with = |body: &str| {
        format!(
            "Resources:\n  D:\n    Type: AWS::CloudWatch::Dashboard\n    Properties:\n      DashboardBody: '{body}'"
        )
    };
    refused(&with("{\"widgets\":[}"), &[], 5, &["D.DashboardBody is no JSON", "column"]);
    refused(&with("{}"), &[], 5, &["D.DashboardBody has no list of widgets"]);
    refused(&with("{\"widgets\":[{\"type\":\"metric\"}]}"), &[], 5, &["a widget without type or properties"]);
    assert!(try_deploy(&with("{\"widgets\":[{\"type\":\"metric\",\"properties\":{}}]}"), &[]).is_ok());
}
