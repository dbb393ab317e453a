//! Schedules: plain ones, and those that SAM makes of a function's events.

use super::{deploy, refused};
use serde_json::json;
use std::time::Duration;

const PLAIN: &str = "
Resources:
  Q: {Type: AWS::SQS::Queue, Properties: {QueueName: dead}}
  G: {Type: AWS::Scheduler::ScheduleGroup, Properties: {Name: jobs}}
  R:
    Type: AWS::IAM::Role
    Properties:
      RoleName: invoker
      AssumeRolePolicyDocument:
        Statement: [{Effect: Allow, Principal: {Service: [scheduler.amazonaws.com, lambda.amazonaws.com]}, Action: sts:AssumeRole}]
  F: {Type: AWS::Lambda::Function, Properties: {FunctionName: launch, Role: !GetAtt R.Arn, Code: {ZipFile: x}}}
  S:
    Type: AWS::Scheduler::Schedule
    Properties:
      Name: nightly
      GroupName: !Ref G
      ScheduleExpression: cron(30 2 * * ? *)
      ScheduleExpressionTimezone: Europe/Berlin
      StartDate: '2026-01-01T00:00:00Z'
      EndDate: '2027-01-01T00:00:00Z'
      State: DISABLED
      FlexibleTimeWindow: {Mode: FLEXIBLE, MaximumWindowInMinutes: 15}
      Target:
        Arn: !GetAtt F.Arn
        RoleArn: !GetAtt R.Arn
        Input: '{\"job\":\"nightly\"}'
        DeadLetterConfig: {Arn: !GetAtt Q.Arn}
        RetryPolicy: {MaximumRetryAttempts: 3, MaximumEventAgeInSeconds: 600}
Outputs: {X: {Value: !Ref S}, Y: {Value: !GetAtt S.Arn}}
";

const SERVERLESS: &str = "
Transform: AWS::Serverless-2016-10-31
Resources:
  F:
    Type: AWS::Serverless::Function
    Properties:
      FunctionName: launch
      Events:
        A: {Type: ScheduleV2, Properties: {ScheduleExpression: rate(1 day)}}
        B:
          Type: ScheduleV2
          Properties:
            ScheduleExpression: cron(0 3 ? * MON *)
            OmitName: true
            Input: '{}'
            DeadLetterConfig: {Type: SQS}
";

#[test]
fn a_schedule_has_what_the_template_says() {
    let deployed = deploy(PLAIN, &[]);
    assert_eq!(deployed.stack.roles[0].trusted, ["scheduler.amazonaws.com", "lambda.amazonaws.com"]);
    let [schedule] = &deployed.stack.schedules[..] else { panic!("{:?}", deployed.stack.schedules) };
    assert_eq!((schedule.name.as_str(), schedule.group.as_deref()), ("nightly", Some("jobs")));
    assert_eq!(schedule.expression, "cron(30 2 * * ? *)");
    assert_eq!((schedule.time_zone.as_deref(), schedule.flexible_window), (Some("Europe/Berlin"), Some(15)));
    assert_eq!(schedule.start.map(|at| at.to_string()).as_deref(), Some("2026-01-01T00:00:00Z"));
    assert_eq!(schedule.end.map(|at| at.to_string()).as_deref(), Some("2027-01-01T00:00:00Z"));
    assert!(!schedule.enabled);
    assert_eq!(schedule.target, "arn:aws:lambda:us-east-1:123456789012:function:launch");
    assert_eq!(schedule.role_arn, "arn:aws:iam::123456789012:role/invoker");
    assert_eq!(schedule.input.as_deref(), Some("{\"job\":\"nightly\"}"));
    assert_eq!((schedule.retry.maximum_attempts, schedule.retry.maximum_age), (3, Duration::from_mins(10)));
    assert_eq!(schedule.dead_letters.as_deref(), Some("arn:aws:sqs:us-east-1:123456789012:dead"));
    assert_eq!(deployed.outputs["X"], "nightly");
    assert_eq!(deployed.outputs["Y"], "arn:aws:scheduler:us-east-1:123456789012:schedule/jobs/nightly");
}

#[test]
fn sam_makes_a_role_for_a_schedule() {
    let stack = deploy(SERVERLESS, &[]).stack;
    let [first, second] = &stack.schedules[..] else { panic!("{:?}", stack.schedules) };
    assert_eq!((first.name.as_str(), first.group.as_deref(), first.flexible_window), ("FA", None, None));
    assert!(second.name.starts_with("app-FB-"), "{}", second.name);
    assert_eq!((first.input.as_deref(), second.input.as_deref()), (None, Some("{}")));
    assert!(first.enabled && first.dead_letters.is_none());
    assert_eq!(second.dead_letters.as_ref(), Some(&stack.queues[0].arn));
    for (schedule, actions) in
        [(first, vec!["lambda:InvokeFunction"]), (second, vec!["lambda:InvokeFunction", "sqs:SendMessage"])]
    {
        let role = stack.roles.iter().find(|role| schedule.role_arn.ends_with(&format!("/{}", role.name))).unwrap();
        let statements: Vec<_> = role.policies.iter().flat_map(|policy| &policy.statement).collect();
        let found: Vec<_> = statements.iter().map(|statement| statement.action.clone()).collect();
        assert_eq!(found, actions.iter().map(|action| json!(action)).collect::<Vec<_>>());
        assert_eq!(statements[0].resource, json!(schedule.target));
    }
}

#[test]
fn what_is_wrong_with_a_schedule_is_said_in_its_line() {
    for (from, to, line, part) in [
        ("cron(30 2 * * ? *)", "cron(30 2 * * *)", 17, "has 5 fields and needs six"),
        ("Europe/Berlin", "Europe/Berln", 18, "there is no time zone `Europe/Berln`"),
        ("'2026-01-01T00:00:00Z'", "tomorrow", 19, "`tomorrow` is no time with a zone"),
        ("{Mode: FLEXIBLE, MaximumWindowInMinutes: 15}", "{Mode: FLEXIBLE}", 22, "has no `MaximumWindowInMinutes`"),
        ("Mode: FLEXIBLE, ", "Mode: 'OFF', ", 22, "has a window and the Mode OFF"),
        ("MaximumWindowInMinutes: 15", "MaximumWindowInMinutes: 1441", 22, "from 1 to 1440"),
        ("GroupName: !Ref G", "GroupName: other", 16, "`other`, which the template does not make"),
        ("[scheduler.amazonaws.com, lambda", "[lambda", 24, "Scheduler may not assume the role of S"),
        ("Arn: !GetAtt F.Arn", "Arn: !GetAtt Q.Arn", 24, "hands events to functions only"),
        (
            "      FlexibleTimeWindow: {Mode: FLEXIBLE, MaximumWindowInMinutes: 15}\n",
            "",
            15,
            "has no `FlexibleTimeWindow`",
        ),
    ] {
        assert!(PLAIN.contains(from), "{from}");
        refused(&PLAIN.replace(from, to), &[], line, &[part]);
    }
}
