mod bad_input;
mod functions;
mod hostile;
mod parameters;
mod real;
mod schedules;
mod serverless;

use crate::{Deployed, Deployment, Template, TemplateError};
use std::collections::BTreeMap;

/// A deployment of the stack `app` with these parameters.
fn deployment(parameters: &[(&str, &str)]) -> Deployment {
    let parameters = parameters.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Deployment {
        stack_name: "app".to_owned(),
        account: "123456789012".to_owned(),
        region: "us-east-1".to_owned(),
        parameters,
    }
}

fn try_deploy(text: &str, parameters: &[(&str, &str)]) -> Result<Deployed, TemplateError> {
    Template::parse(text, "template.yaml")?.deploy(&deployment(parameters))
}

#[track_caller]
fn deploy(text: &str, parameters: &[(&str, &str)]) -> Deployed {
    try_deploy(text, parameters).unwrap_or_else(|error| panic!("{error}"))
}

/// The template is refused in this line of it, and each part is said.
#[track_caller]
fn refused(text: &str, parameters: &[(&str, &str)], line: usize, parts: &[&str]) {
    let error = try_deploy(text, parameters).unwrap_err();
    let said = error.to_string();
    assert_eq!(error.problems[0].place.line, line, "{said}");
    assert!(said.starts_with(&format!("template.yaml:{line}: ")), "{said}");
    for part in parts {
        assert!(said.contains(part), "{said}\nlacks {part}");
    }
}

/// The outputs of a template that is nothing but these lines beside a queue `Q`.
#[track_caller]
fn outputs(lines: &str, parameters: &[(&str, &str)]) -> BTreeMap<String, String> {
    deploy(&format!("Resources: {{Q: {{Type: AWS::SQS::Queue}}}}\n{lines}"), parameters).outputs
}
