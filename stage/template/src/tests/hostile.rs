//! No text makes the reader panic, run for long or run out of memory.

use super::try_deploy;
use proptest::prelude::*;
use std::fmt::Write as _;

const SEED: &str = include_str!("../../../../template.yaml");

/// Pieces that templates are made of, in any order.
fn pieces() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "Resources:\n",
        "  Q:\n",
        "    Type: AWS::SQS::Queue\n",
        "    Properties:\n",
        "      QueueName: ",
        "!Ref Q\n",
        "!Sub '${Q.Arn}'\n",
        "!GetAtt Q.Arn\n",
        "!If [C, a, b]\n",
        "Conditions:\n  C: !Equals [a, a]\n",
        "[",
        "]",
        "{",
        "}",
        "a: ",
        "- ",
        "\n",
        "      ",
        "'",
        "${",
        "Fn::Join: ",
        "Transform: AWS::Serverless-2016-10-31\n",
        "    Type: AWS::Serverless::Function\n",
        "      Policies: ",
        "      Events: ",
        "Globals: {Function: {Timeout: 3}}\n",
        "é",
        "&a ",
        "*a ",
        "!Select [0, []]\n",
        "Parameters: {P: {Type: Number, Default: 1}}\n",
        "!Ref P\n",
        "Outputs: {X: {Value: 1}}\n",
    ]);
    prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn any_text_is_answered(text in pieces()) {
        let _ = try_deploy(&text, &[]);
    }

}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_damaged_template_is_answered(at in 0..SEED.len(), length in 0..200_usize, piece in pieces()) {
        let end = at.saturating_add(length).min(SEED.len());
        if let (Some(before), Some(after)) = (SEED.get(..at), SEED.get(end..)) {
            let parameters = [
                ("ApplicationArns", "arn:aws:codedeploy:r:a:application:x"),
                ("DeploymentGroupArns", "arn:aws:codedeploy:r:a:deploymentgroup:x/y"),
                ("ClusterArns", "arn:aws:ecs:r:a:cluster/c"),
                ("PassableRoleArns", "arn:aws:iam::a:role/r"),
            ];
            let _ = try_deploy(&format!("{before}{piece}{after}"), &parameters);
        }
    }
}

#[test]
fn names_that_need_names_end_somewhere() {
    let mut text = "Resources:\n  Q0: {Type: AWS::SQS::Queue}\n".to_owned();
    for number in 1..500 {
        let name = format!("!Select [0, !Split ['!', !Sub '${{Q{0}.QueueName}}!${{Q{0}}}']]", number - 1);
        writeln!(text, "  Q{number}: {{Type: AWS::SQS::Queue, Properties: {{QueueName: {name}}}}}").unwrap();
    }
    try_deploy(&text, &[]).unwrap_err();
    let mut text = "Resources: {}\nConditions:\n  C0: !Equals [a, a]\n".to_owned();
    for number in 1..20_000 {
        let before = number - 1;
        writeln!(text, "  C{number}: !And [!Condition C{before}, !Condition C{before}]").unwrap();
    }
    // in the order of their names the first are decided before those that need them
    let _ = try_deploy(&text, &[]);
}

#[test]
fn what_grows_is_stopped() {
    let mut text = "Parameters: {P: {Type: String}}\nResources: {}\nOutputs:\n".to_owned();
    for number in 0..200 {
        let value = "${P}".repeat(1000);
        writeln!(text, "  X{number}: {{Value: !Sub '{value}'}}").unwrap();
    }
    let error = try_deploy(&text, &[("P", &"x".repeat(4096))]).unwrap_err().to_string();
    assert!(error.contains("more text than the stage takes"), "{}", &error[..200]);
}

#[test]
fn deep_values_are_refused() {
    let deep = |levels: usize| {
        format!("Resources: {{}}\nOutputs: {{X: {{Value: {}a{}}}}}", "!Join ['', [".repeat(levels), "]]".repeat(levels))
    };
    try_deploy(&deep(5), &[]).unwrap();
    for levels in [20, 30, 1000] {
        let _ = try_deploy(&deep(levels), &[]);
    }
    try_deploy(&deep(1000), &[]).unwrap_err();
}
