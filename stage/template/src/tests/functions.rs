//! Intrinsic functions and conditions: what each comes to, and what each refuses.

use super::{outputs, refused};

const PARAMETERS: &str = "
Parameters:
  Name: {Type: String, Default: web}
  Empty: {Type: String, Default: ''}
  Count: {Type: Number, Default: 3}
  List: {Type: CommaDelimitedList, Default: 'a, b,c'}
Mappings:
  Sizes: {us-east-1: {cpu: 256, zones: [x, y]}}
Conditions:
  Yes: !Equals [!Ref Name, web]
  No: !Not [!Condition Yes]
";

/// The value of an output with this expression.
#[track_caller]
fn value(expression: &str) -> String {
    let lines = format!("{PARAMETERS}Outputs: {{X: {{Value: {expression}}}}}");
    outputs(&lines, &[])["X"].clone()
}

#[track_caller]
fn wrong(expression: &str, part: &str) {
    let text =
        format!("Resources: {{Q: {{Type: AWS::SQS::Queue}}}}{PARAMETERS}Outputs:\n  X:\n    Value: {expression}\n");
    let line = text.lines().count();
    refused(&text, &[], line, &[part]);
}

#[test]
fn ref_gives_parameters_resources_and_pseudo_parameters() {
    for (expression, expected) in [
        ("!Ref Name", "web"),
        ("!Ref Count", "3"),
        ("{Ref: Name}", "web"),
        ("!Ref AWS::AccountId", "123456789012"),
        ("!Ref AWS::Region", "us-east-1"),
        ("!Ref AWS::Partition", "aws"),
        ("!Ref AWS::StackName", "app"),
        ("!Ref AWS::URLSuffix", "amazonaws.com"),
    ] {
        assert_eq!(value(expression), expected, "{expression}");
    }
    let stack = value("!Ref AWS::StackId");
    assert!(stack.starts_with("arn:aws:cloudformation:us-east-1:123456789012:stack/app/"), "{stack}");
    let queue = value("!Ref Q");
    assert!(queue.starts_with("https://sqs.us-east-1.amazonaws.com/123456789012/app-Q-"), "{queue}");
    assert_eq!(queue, value("!Ref Q"));
    wrong("!Ref Nmae", "there is no parameter or resource `Nmae`; did you mean `Name`?");
    wrong("!Ref AWS::Acount", "no pseudo parameter `AWS::Acount`");
    wrong("!Ref List", "has to be a text, not a list; use Fn::Join");
    wrong("!Ref AWS::NoValue", "not AWS::NoValue");
    wrong("!Ref [a]", "Ref wants a name");
}

#[test]
fn get_att_gives_attributes() {
    let arn = value("!GetAtt Q.Arn");
    assert!(arn.starts_with("arn:aws:sqs:us-east-1:123456789012:app-Q-"), "{arn}");
    assert_eq!(value("{Fn::GetAtt: [Q, Arn]}"), arn);
    assert_eq!(value("{Fn::GetAtt: Q.Arn}"), arn);
    assert!(arn.ends_with(&value("!GetAtt Q.QueueName")));
    wrong("!GetAtt Q.Anr", "AWS::SQS::Queue has no attribute `Anr` that the stage knows; did you mean `Arn`?");
    wrong("!GetAtt Name.Arn", "`Name` is no resource");
    wrong("!GetAtt Q", "wants a resource and an attribute");
    wrong("!GetAtt P.Arn", "there is no parameter or resource `P`");
}

#[test]
fn sub_fills_in() {
    for (expression, expected) in [
        ("!Sub plain", "plain"),
        ("!Sub '${Name}-${AWS::Region}-${Count}'", "web-us-east-1-3"),
        ("!Sub '${!Name} costs $5 {x}'", "${Name} costs $5 {x}"),
        ("!Sub ['${a}/${Name}/${a}', {a: !Select [1, !Ref List]}]", "b/web/b"),
        ("!Sub ['${Name}', {Name: other}]", "other"),
        ("{Fn::Sub: '${Empty}'}", ""),
    ] {
        assert_eq!(value(expression), expected, "{expression}");
    }
    assert_eq!(value("!Sub '${Q.Arn}'"), value("!GetAtt Q.Arn"));
    wrong("!Sub '${Nmae}'", "did you mean `Name`?");
    wrong("!Sub '${Q.Anr}'", "did you mean `Arn`?");
    wrong("!Sub '${Name'", "has no `}`");
    wrong("!Sub '${List}'", "is a list and cannot stand in Fn::Sub; use Fn::Join");
    wrong("!Sub [a]", "wants a list of 2 arguments");
}

#[test]
fn lists_are_joined_split_and_selected_from() {
    for (expression, expected) in [
        ("!Join ['-', [a, !Ref Name, 3]]", "a-web-3"),
        ("!Join ['', !Ref List]", "abc"),
        ("!Join [',', [a, !Ref AWS::NoValue, b]]", "a,b"),
        ("!Join ['-', !Split ['/', 'a/b/c']]", "a-b-c"),
        ("!Select [2, !Split ['/', !Sub 'x/y/${Name}']]", "web"),
        ("!Select ['0', !Ref List]", "a"),
        ("!FindInMap [Sizes, !Ref AWS::Region, cpu]", "256"),
        ("!Join ['', !FindInMap [Sizes, us-east-1, zones]]", "xy"),
    ] {
        assert_eq!(value(expression), expected, "{expression}");
    }
    wrong("!Join [a]", "wants a list of 2 arguments");
    wrong("!Join [',', text]", "what Fn::Join joins has to be a list");
    wrong("!Select [3, !Ref List]", "no value at `3`: there are 3, counted from 0");
    wrong("!Select [-1, !Ref List]", "no value at `-1`");
    wrong("!Split ['', a]", "delimiter of Fn::Split is empty");
    wrong("!FindInMap [Sizes, us-east-2, cpu]", "the mapping has no `us-east-2`; did you mean `us-east-1`?");
}

#[test]
fn if_chooses() {
    for (expression, expected) in [
        ("!If [Yes, a, b]", "a"),
        ("!If [No, a, b]", "b"),
        ("!If [No, a, !If [Yes, !Ref Name, c]]", "web"),
        ("!Join [',', [a, !If [No, b, !Ref AWS::NoValue]]]", "a"),
    ] {
        assert_eq!(value(expression), expected, "{expression}");
    }
    wrong("!If [Yess, a, b]", "there is no condition `Yess`; did you mean `Yes`?");
    wrong("!If [Yes, a]", "wants a list of 3 arguments");
    wrong("!If [Yes, a, !Ref Nmae]", "did you mean `Name`?");
}

#[test]
fn what_is_no_function_here_is_named() {
    wrong("{'Fn::Subb': x}", "the stage knows no function `Fn::Subb`; did you mean `Fn::Sub`?");
    wrong("!ImportValue x", "the stage knows no function `Fn::ImportValue`");
    wrong("!Equals [a, b]", "`Fn::Equals` stands outside of Conditions");
    wrong("{Ref: Name, Other: x}", "`Ref` stands beside other keys");
}

/// Which output there is of two with opposite conditions.
#[track_caller]
fn holds(condition: &str, parameters: &[(&str, &str)]) -> bool {
    let lines = format!(
        "Parameters: {{P: {{Type: String, Default: p}}, N: {{Type: Number, Default: 0}}}}\n\
         Conditions: {{C: {condition}, D: !Not [!Condition C]}}\n\
         Outputs: {{T: {{Condition: C, Value: x}}, F: {{Condition: D, Value: x}}}}"
    );
    let outputs = outputs(&lines, parameters);
    assert_eq!(outputs.len(), 1);
    outputs.contains_key("T")
}

#[test]
fn conditions_decide() {
    for (condition, expected) in [
        ("!Equals [!Ref P, p]", true),
        ("!Equals [!Ref P, q]", false),
        ("!Equals [!Ref N, 0]", true),
        ("!Equals [!Join ['', [!Ref P, x]], px]", true),
        ("!Not [!Equals [a, a]]", false),
        ("!And [!Equals [a, a], !Equals [b, b]]", true),
        ("!And [!Equals [a, a], !Equals [b, c]]", false),
        ("!Or [!Equals [a, b], !Equals [b, b]]", true),
        ("!Or [!Equals [a, b], !Equals [b, c]]", false),
        ("{Fn::Not: [{Fn::Equals: [a, b]}]}", true),
    ] {
        assert_eq!(holds(condition, &[]), expected, "{condition}");
    }
    assert!(holds("!Equals [!Ref P, other]", &[("P", "other")]));
}

#[test]
fn wrong_conditions_are_refused_with_their_line() {
    for (condition, part) in [
        ("!Equals [a]", "Fn::Equals wants two values"),
        ("!Equals [!Ref Q, a]", "there is no parameter `Q`"),
        ("!Equals [!GetAtt Q.Arn, a]", "there is no parameter `Q`"),
        ("!And [!Equals [a, a]]", "`Fn::And` wants a list of 2 to 10 conditions"),
        ("!Condition D", "there is no condition `D`"),
        ("!Condition C", "`C` depends on itself"),
        ("!Sub a", "`Fn::Sub` is no function of conditions"),
        ("{Fn::Eqals: [a, b]}", "did you mean `Fn::Equals`?"),
        ("yes", "a condition has to be one function"),
    ] {
        let text = format!("Resources: {{Q: {{Type: AWS::SQS::Queue}}}}\nConditions:\n  C: {condition}\n");
        refused(&text, &[], 3, &[part]);
    }
}

#[test]
fn what_a_condition_leaves_out_cannot_be_referred_to() {
    let text = "
Conditions: {No: !Equals [a, b]}
Resources:
  Q: {Type: AWS::SQS::Queue, Condition: No}
Outputs:
  X: {Value: !Ref Q}
";
    refused(text, &[], 6, &["`Q` does not exist in this deployment: its condition does not hold"]);
}

#[test]
fn circles_are_found() {
    let names = "
Resources:
  A: {Type: AWS::SQS::Queue, Properties: {QueueName: !Sub '${B.QueueName}-a'}}
  B: {Type: AWS::SQS::Queue, Properties: {QueueName: !Sub '${A.QueueName}-b'}}
";
    refused(names, &[], 4, &["`A` depends on itself"]);
    let properties = "
Resources:
  A: {Type: AWS::SNS::Topic, Properties: {DisplayName: !Ref B}}
  B: {Type: AWS::SNS::Topic, DependsOn: A}
";
    refused(properties, &[], 3, &["`A` depends on itself, by way of `B`"]);
}
