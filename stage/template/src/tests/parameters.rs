//! What parameters take.

use super::{outputs, refused, try_deploy};
use crate::Template;

#[track_caller]
fn given(declaration: &str, value: &str) -> Result<String, String> {
    let reference = if declaration.contains("List") { "!Join ['|', !Ref P]" } else { "!Ref P" };
    let text = format!(
        "Parameters:\n  P: {declaration}\nResources: {{Q: {{Type: AWS::SQS::Queue}}}}\nOutputs: {{X: {{Value: {reference}}}}}\n"
    );
    match try_deploy(&text, &[("P", value)]) {
        Ok(deployed) => Ok(deployed.outputs["X"].clone()),
        Err(error) => {
            assert_eq!(error.problems[0].place.line, 2, "{error}");
            Err(error.to_string())
        }
    }
}

#[test]
fn values_that_will_do() {
    for (declaration, value, expected) in [
        ("{Type: String}", "", ""),
        ("{Type: String, AllowedPattern: '[a-z]+'}", "abc", "abc"),
        ("{Type: String, AllowedPattern: '^a|b$'}", "b", "b"),
        ("{Type: String, AllowedValues: [1, two]}", "1", "1"),
        ("{Type: String, MinLength: 2, MaxLength: 3}", "äöü", "äöü"),
        ("{Type: Number, MinValue: 0, MaxValue: 1.5}", "1.5", "1.5"),
        ("{Type: CommaDelimitedList}", " a ,b", "a|b"),
        ("{Type: CommaDelimitedList}", "", ""),
        ("{Type: List<Number>, MaxValue: 3}", "1,2", "1|2"),
        ("{Type: AWS::EC2::VPC::Id}", "vpc-1", "vpc-1"),
        ("{Type: List<AWS::EC2::Subnet::Id>}", "subnet-1", "subnet-1"),
    ] {
        assert_eq!(given(declaration, value).as_deref(), Ok(expected), "{declaration} {value}");
    }
}

#[test]
fn values_that_will_not_do() {
    for (declaration, value, part) in [
        (
            "{Type: String, AllowedPattern: '[a-z]+'}",
            "abc1",
            "`abc1` of the parameter P does not fit the pattern [a-z]+; give another",
        ),
        ("{Type: String, AllowedPattern: a, ConstraintDescription: an a}", "b", "; give an a"),
        ("{Type: String, AllowedValues: [one, two]}", "three", "is none of one, two"),
        ("{Type: String, MinLength: 2}", "a", "has 1 characters"),
        ("{Type: Number}", "x", "is no number"),
        ("{Type: Number}", "NaN", "is no number"),
        ("{Type: Number, MaxValue: 5}", "6", "is no number from -inf to 5"),
        ("{Type: CommaDelimitedList, AllowedPattern: a}", "a,b", "`b` of the parameter P does not fit"),
        ("{Type: List<AWS::EC2::Subnet::Id>}", "", "is empty, which AWS refuses for List<AWS::EC2::Subnet::Id>"),
        ("{Type: String, NoEcho: true, AllowedPattern: a}", "secret", "the value `****` of"),
    ] {
        let error = given(declaration, value).unwrap_err();
        assert!(error.contains(part) && !error.contains("secret"), "{declaration} {value}: {error}");
    }
    assert!(given("{Type: String}", &"x".repeat(4097)).unwrap_err().contains("at most 4096"));
}

#[test]
fn declarations_that_are_wrong() {
    for (declaration, part) in [
        ("{Type: Sting}", "unknown type `Sting`; did you mean `String`?"),
        ("{Type: 'AWS::SSM::Parameter::Value<String>'}", "unknown type"),
        ("{Default: a}", "parameter P has no `Type`"),
        (
            "{Type: String, Defalt: a}",
            "`Defalt` is no key of parameter P that the stage knows; did you mean `Default`?",
        ),
        (
            "{Type: String, AllowedPattern: '('}",
            "not a pattern that the stage can read: found open group without closing",
        ),
        ("{Type: String, AllowedPattern: '(?!a)'}", "look-around"),
        ("{Type: Number, MinValue: x}", "has to be a number, not `x`"),
    ] {
        assert!(given(declaration, "a").unwrap_err().contains(part), "{declaration}");
    }
}

#[test]
fn missing_and_unknown_parameters_are_all_told_at_once() {
    let text =
        "Parameters:\n  A: {Type: String}\n  Bucket: {Type: String, Description: where it lies}\nResources: {}\n";
    let error = try_deploy(text, &[("Buckt", "x")]).unwrap_err().to_string();
    let expected = "template.yaml:2: the parameter A has no default, and no value was given; give A: String\n\
                    template.yaml:2: the template has no parameter `Buckt`; did you mean `Bucket`?\n\
                    template.yaml:3: the parameter Bucket has no default, and no value was given; give Bucket: where it lies";
    assert_eq!(error, expected);
}

#[test]
fn a_default_is_taken_and_checked_too() {
    let lines = "Parameters: {P: {Type: String, Default: 5}}\nOutputs: {X: {Value: !Ref P}}";
    assert_eq!(outputs(lines, &[])["X"], "5");
    let text = "Parameters:\n  P: {Type: String, Default: b, AllowedPattern: a}\nResources: {}\n";
    refused(text, &[], 2, &["the value `b` of the parameter P does not fit the pattern a"]);
}

#[test]
fn what_the_console_shows_are_parameters() {
    let text = "
Metadata:
  AWS::CloudFormation::Interface:
    ParameterGroups:
      - Parameters: [Name, Nmae]
    ParameterLabels:
      Nam: {default: x}
Parameters: {Name: {Type: String}}
Resources: {}
";
    let error = Template::parse(text, "t").unwrap_err();
    let lines: Vec<usize> = error.problems.iter().map(|problem| problem.place.line).collect();
    assert_eq!(lines, [5, 7], "{error}");
}
