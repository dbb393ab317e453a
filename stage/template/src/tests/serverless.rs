//! What SAM makes of functions.

use super::{deploy, refused};
use serde_json::json;
use std::time::Duration;

const FUNCTION: &str = "
Transform: AWS::Serverless-2016-10-31
Conditions: {Yes: !Equals [a, a], No: !Equals [a, b]}
Globals:
  Function: {Timeout: 30, MemorySize: 256, Environment: {Variables: {A: global, B: global}}}
Resources:
  T: {Type: AWS::SNS::Topic, Properties: {TopicName: news}}
  F:
    Type: AWS::Serverless::Function
    Metadata: {BuildProperties: {Binary: worker}}
    Properties:
      FunctionName: worker
      Timeout: 60
      Environment: {Variables: {B: own, C: !Ref T}}
      VpcConfig: !If [No, {SubnetIds: [a]}, !Ref AWS::NoValue]
      Policies:
        - SNSPublishMessagePolicy: {TopicName: !GetAtt T.TopicName}
        - Statement: [{Sid: Inline, Effect: Allow, Action: ecs:RunTask, Resource: '*'}]
        - !If [No, {Statement: []}, !Ref AWS::NoValue]
        - AWSXRayDaemonWriteAccess
      EventInvokeConfig:
        MaximumRetryAttempts: 1
        DestinationConfig: {OnFailure: {Type: SNS, Destination: !Ref T}}
      Events:
        Stopped:
          Type: EventBridgeRule
          Properties:
            Pattern: {source: [aws.ecs]}
            DeadLetterConfig: {Type: SQS}
            State: DISABLED
        Never: !If [No, {Type: EventBridgeRule}, !Ref AWS::NoValue]
";

#[test]
fn a_function_has_its_settings_and_those_of_all() {
    let deployed = deploy(FUNCTION, &[]);
    let function = &deployed.stack.functions[0];
    assert_eq!(function.name, "worker");
    assert_eq!((function.timeout, function.memory), (Duration::from_mins(1), 256));
    let environment: Vec<_> = function.environment.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
    let topic = "arn:aws:sns:us-east-1:123456789012:news";
    assert_eq!(environment, [("A", "global"), ("B", "own"), ("C", topic)]);
    assert_eq!(function.maximum_retry_attempts, 1);
    assert_eq!(function.maximum_event_age, Duration::from_hours(6));
    assert_eq!(function.on_failure.as_deref(), Some(topic));
    assert_eq!(function.log_group, "/aws/lambda/worker");
    assert_eq!(deployed.functions[0].binary.as_deref(), Some("worker"));
    assert_eq!(deployed.functions[0].logical_id, "F");
}

#[test]
fn a_function_without_a_role_gets_one() {
    let deployed = deploy(FUNCTION, &[]);
    let role = &deployed.stack.roles[0];
    assert_eq!(role.name, deployed.stack.functions[0].role);
    assert!(role.name.starts_with("app-FRole-"), "{}", role.name);
    let statements = || role.policies.iter().flat_map(|policy| &policy.statement);
    let actions: Vec<_> = statements().map(|statement| statement.action.clone()).take(3).collect();
    assert_eq!(actions, [json!("sns:publish"), json!(["sns:Publish"]), json!("ecs:RunTask")]);
    assert_eq!(statements().nth(1).unwrap().resource, json!(["arn:aws:sns:us-east-1:123456789012:news"]));
    let managed: Vec<_> = deployed.statements.iter().filter_map(|place| place.managed.as_deref()).collect();
    // SAM gives the permissions for a VPC whatever the condition says
    let expected = ["AWSLambdaBasicExecutionRole", "AWSLambdaVPCAccessExecutionRole", "AWSXRayDaemonWriteAccess"];
    assert_eq!(managed, expected);
    let inline = deployed.statements.iter().find(|place| place.sid.as_deref() == Some("Inline")).unwrap();
    assert_eq!((inline.policy, inline.statement, inline.place.line), (2, 0, 18));
}

#[test]
fn a_rule_comes_with_its_permission_and_its_queue() {
    let stack = deploy(FUNCTION, &[]).stack;
    let rule = &stack.rules[0];
    assert!(rule.name.starts_with("app-FStopped-") && !rule.enabled, "{rule:?}");
    let target = &rule.targets[0];
    assert_eq!(target.arn, "arn:aws:lambda:us-east-1:123456789012:function:worker");
    assert_eq!((target.retry.maximum_attempts, target.retry.maximum_age), (185, Duration::from_hours(24)));
    let queue = &stack.queues[0];
    assert_eq!(target.dead_letters.as_ref(), Some(&queue.arn));
    let source = json!(format!("arn:aws:events:us-east-1:123456789012:rule/{}", rule.name));
    for (statement, operator) in
        [(&queue.policies[0].statement[0], "ArnEquals"), (&stack.functions[0].policies[0].statement[0], "ArnLike")]
    {
        assert_eq!(statement.principal, Some(json!({"Service": "events.amazonaws.com"})));
        assert_eq!(statement.condition[operator]["aws:SourceArn"], source);
    }
}

#[test]
fn what_is_generated_can_be_referred_to() {
    let text = format!("{FUNCTION}Outputs: {{X: {{Value: !Ref FStopped}}, Y: {{Value: !GetAtt FRole.Arn}}}}\n");
    let deployed = deploy(&text, &[]);
    assert_eq!(deployed.outputs["X"], deployed.stack.rules[0].name);
    assert_eq!(deployed.outputs["Y"], format!("arn:aws:iam::123456789012:role/{}", deployed.stack.roles[0].name));
}

#[test]
fn a_function_that_does_not_exist_leaves_nothing_behind() {
    let text = FUNCTION.replace("    Metadata:", "    Condition: No\n    Metadata:");
    let stack = deploy(&text, &[]).stack;
    assert!(stack.functions.is_empty() && stack.roles.is_empty() && stack.rules.is_empty() && stack.queues.is_empty());
    assert_eq!(stack.topics.len(), 1);
}

#[test]
fn lambda_has_to_be_allowed_to_assume_the_role() {
    let role = |service: &str| {
        format!(
            "Transform: AWS::Serverless-2016-10-31
Resources:
  R:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Statement: [{{Effect: Allow, Principal: {{Service: {service}}}, Action: sts:AssumeRole}}]
  F:
    Type: AWS::Serverless::Function
    Properties:
      Role: !GetAtt R.Arn
"
        )
    };
    deploy(&role("[lambda.amazonaws.com]"), &[]);
    let parts = ["Lambda may not assume the role of F", "let lambda.amazonaws.com sts:AssumeRole"];
    refused(&role("scheduler.amazonaws.com"), &[], 11, &parts);
}

#[test]
fn plain_cloudformation_will_do() {
    let text = "
Resources:
  R:
    Type: AWS::IAM::Role
    Properties:
      Path: /service/
      AssumeRolePolicyDocument:
        Statement: {Effect: Allow, Principal: {Service: lambda.amazonaws.com}, Action: ['sts:AssumeRole']}
  P: {Type: AWS::IAM::Policy, Properties: {PolicyName: p, Roles: [!Ref R], PolicyDocument: {Statement: {Effect: Allow, Action: a:b, Resource: '*'}}}}
  F: {Type: AWS::Lambda::Function, Properties: {Role: !GetAtt R.Arn, Code: {ZipFile: x}}}
  A:
    Type: AWS::CloudWatch::Alarm
    Properties: {Namespace: Shop, MetricName: Errors, Statistic: Sum, Period: 60, ComparisonOperator: GreaterThanThreshold, EvaluationPeriods: 1, Threshold: 0}
  I:
    Type: AWS::Lambda::Permission
    Properties:
      FunctionName: !GetAtt F.Arn
      Action: lambda:InvokeFunction
      Principal: lambda.alarms.cloudwatch.amazonaws.com
      SourceAccount: !Ref AWS::AccountId
      SourceArn: !GetAtt A.Arn
Outputs: {X: {Value: !GetAtt R.Arn}}
";
    let deployed = deploy(text, &[]);
    let stack = &deployed.stack;
    assert_eq!(deployed.outputs["X"], format!("arn:aws:iam::123456789012:role/service/{}", stack.roles[0].name));
    assert_eq!(stack.functions[0].role, stack.roles[0].name);
    assert_eq!(stack.roles[0].policies[0].statement[0].action, json!("a:b"));
    let invoke = &stack.functions[0].policies[0].statement[0];
    assert_eq!(invoke.condition["StringEquals"]["aws:SourceAccount"], "123456789012");
}
