//! The sections of a template.

use crate::node::{Entry, Node};
use crate::parameters::{self, Parameter};
use crate::problem::{Place, Problem, TemplateError};
use crate::resources;
use crate::sam;
use crate::suggest;
use crate::table::Table;
use crate::{Deployed, Deployment, deploy, yaml};
use std::collections::BTreeMap;

const SECTIONS: &[&str] = &[
    "AWSTemplateFormatVersion",
    "Transform",
    "Description",
    "Metadata",
    "Parameters",
    "Mappings",
    "Conditions",
    "Globals",
    "Resources",
    "Outputs",
];
const TRANSFORM: &str = "AWS::Serverless-2016-10-31";
const RESOURCE: &[&str] =
    &["Type", "Properties", "Condition", "DependsOn", "Metadata", "DeletionPolicy", "UpdateReplacePolicy"];

/// A template that was read.
#[derive(Debug, Clone)]
pub struct Template {
    source_name: String,
    root: Node,
    parameters: Vec<Parameter>,
}

impl Template {
    /// Reads a template from YAML, of which JSON is a part; `source_name` is how errors speak of it, such as its file.
    ///
    /// # Errors
    /// What is wrong with it whatever its parameters are: its form, its sections, the types of its resources.
    pub fn parse(text: &str, source_name: &str) -> Result<Self, TemplateError> {
        let mut problems = Vec::new();
        let root = yaml::read(text).map_err(|problem| TemplateError::new(source_name, vec![problem]))?;
        let parameters = match check(&root, &mut problems) {
            Ok(()) => parameters::read(root.get("Parameters"), &mut problems),
            Err(problem) => return Err(TemplateError::new(source_name, vec![problem])),
        };
        interface(&root, &parameters, &mut problems);
        if problems.is_empty() {
            Ok(Self { source_name: source_name.to_owned(), root, parameters })
        } else {
            Err(TemplateError::new(source_name, problems))
        }
    }

    /// Its parameters, in the order of the template.
    pub fn parameters(&self) -> &[Parameter] {
        &self.parameters
    }

    /// Makes of it what AWS would, with no trace of a deployment before.
    ///
    /// # Errors
    /// What is wrong with the parameters or, with these parameters, with the template.
    pub fn deploy(&self, deployment: &Deployment) -> Result<Deployed, TemplateError> {
        deploy::deploy(self, deployment).map_err(|problems| TemplateError::new(&self.source_name, problems))
    }

    pub(crate) fn section(&self, name: &str) -> Option<&Node> {
        self.root.get(name)
    }

    pub(crate) fn conditions(&self) -> BTreeMap<&str, &Node> {
        let entries = self.section("Conditions").and_then(Node::as_map).unwrap_or_default();
        entries.iter().map(|entry| (entry.key.as_str(), &entry.value)).collect()
    }

    pub(crate) fn resources(&self) -> &[Entry] {
        self.section("Resources").and_then(Node::as_map).unwrap_or_default()
    }
}

/// The form of the sections. A template whose sections are wrong is not read further.
fn check(root: &Node, problems: &mut Vec<Problem>) -> Result<(), Problem> {
    let table = Table::open(root, "the template", SECTIONS)?;
    table.word("AWSTemplateFormatVersion", &["2010-09-09"])?;
    table.word("Transform", &[TRANSFORM])?;
    for section in ["Metadata", "Mappings", "Conditions", "Globals", "Outputs"] {
        table.get(section).map(|node| Table::any(node, section)).transpose()?;
    }
    let resources = Table::any(table.required("Resources")?, "Resources")?;
    for entry in resources.entries() {
        let result = entry_of(entry, table.get("Transform").is_some());
        problems.extend(result.err());
    }
    for entry in table.get("Outputs").and_then(Node::as_map).unwrap_or_default() {
        let known = ["Value", "Description", "Export", "Condition"];
        let output = Table::open(&entry.value, format!("Outputs.{}", entry.key), &known);
        problems.extend(output.and_then(|output| output.required("Value").map(|_| ())).err());
    }
    Ok(())
}

fn entry_of(entry: &Entry, transformed: bool) -> Result<(), Problem> {
    if entry.key.is_empty() || !entry.key.chars().all(|character| character.is_ascii_alphanumeric()) {
        let what = format!("`{}` cannot be the name of a resource", entry.key);
        return Err(Problem::new(entry.place, what, "use letters and digits only"));
    }
    let table = Table::open(&entry.value, entry.key.as_str(), RESOURCE)?;
    let kind = table.required_text("Type")?;
    if resources::kind(kind).is_none() && kind != sam::FUNCTION {
        let place = table.required("Type")?.place;
        let what = format!("{}: the stage knows no type `{kind}`", entry.key);
        let names = resources::names().chain([sam::FUNCTION]);
        let remedy = suggest::nearest(kind, names).map(|near| format!("did you mean `{near}`?"));
        return Err(Problem::new(place, what, remedy.unwrap_or("take it out of what the stage deploys".to_owned())));
    }
    if kind == sam::FUNCTION && !transformed {
        let what = format!("{} is of a type of SAM, and the template has no Transform", entry.key);
        return Err(Problem::new(entry.place, what, format!("add Transform: {TRANSFORM}")));
    }
    table.get("Properties").map(|node| Table::any(node, table.join("Properties"))).transpose().map(|_| ())
}

/// What the console shows speaks of parameters that exist.
fn interface(root: &Node, parameters: &[Parameter], problems: &mut Vec<Problem>) {
    let Some(interface) = root.get("Metadata").and_then(|node| node.get("AWS::CloudFormation::Interface")) else {
        return;
    };
    let groups = interface.get("ParameterGroups").and_then(Node::as_list).unwrap_or_default();
    let grouped = groups.iter().filter_map(|group| group.get("Parameters")?.as_list()).flatten();
    let grouped = grouped.filter_map(|node| Some((node.as_text()?, node.place)));
    let labels = interface.get("ParameterLabels").and_then(Node::as_map).unwrap_or_default();
    let named: Vec<(&str, Place)> =
        grouped.chain(labels.iter().map(|entry| (entry.key.as_str(), entry.place))).collect();
    for (name, place) in named {
        if !parameters.iter().any(|parameter| parameter.name == name) {
            let hint = suggest::hint(name, parameters.iter().map(|parameter| parameter.name.as_str()));
            problems.push(Problem::new(place, format!("there is no parameter `{name}`"), hint));
        }
    }
}
