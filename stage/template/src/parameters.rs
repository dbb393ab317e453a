//! The template's parameters: what a deployment may or must give, and whether what it gives will do.
//!
//! Rules: `CloudFormation` user guide, "Parameters section structure".

use crate::node::Node;
use crate::problem::{Place, Problem};
use crate::suggest;
use crate::table::{Table, expected};
use regex_lite::{Regex, RegexBuilder};
use std::collections::BTreeMap;

const KEYS: &[&str] = &[
    "Type",
    "Default",
    "Description",
    "NoEcho",
    "AllowedPattern",
    "AllowedValues",
    "ConstraintDescription",
    "MinLength",
    "MaxLength",
    "MinValue",
    "MaxValue",
];
/// Types whose values AWS looks up in the account, so that no value may be empty. Lists of them exist too.
const LOOKED_UP: [&str; 10] = [
    "AWS::EC2::AvailabilityZone::Name",
    "AWS::EC2::Image::Id",
    "AWS::EC2::Instance::Id",
    "AWS::EC2::KeyPair::KeyName",
    "AWS::EC2::SecurityGroup::GroupName",
    "AWS::EC2::SecurityGroup::Id",
    "AWS::EC2::Subnet::Id",
    "AWS::EC2::VPC::Id",
    "AWS::EC2::Volume::Id",
    "AWS::Route53::HostedZone::Id",
];
/// What AWS takes as one value, in bytes.
const LONGEST: usize = 4096;

/// A parameter of a template.
#[derive(Debug, Clone)]
pub struct Parameter {
    /// Its name.
    pub name: String,
    /// Its type, as the template writes it: `String`, `Number`, `CommaDelimitedList`, `List<…>`, `AWS::…`.
    pub type_name: String,
    /// The value it has if the deployment gives none.
    pub default: Option<String>,
    /// What it is for.
    pub description: Option<String>,
    /// Whether AWS hides its value.
    pub no_echo: bool,
    /// Where it stands.
    pub place: Place,
    list: bool,
    element: Element,
    pattern: Option<Regex>,
    values: Option<Vec<String>>,
    length: (u32, u32),
    bounds: (f64, f64),
    constraint: Option<String>,
}

/// What one value of a parameter is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Element {
    Text,
    Number,
    /// Something of the account, which AWS looks up.
    LookedUp,
}

/// Reads the section `Parameters`.
pub(crate) fn read(section: Option<&Node>, problems: &mut Vec<Problem>) -> Vec<Parameter> {
    let Some(section) = section else { return Vec::new() };
    let table = match Table::any(section, "Parameters") {
        Ok(table) => table,
        Err(problem) => {
            problems.push(problem);
            return Vec::new();
        }
    };
    let read = table.entries().iter().map(|entry| parameter(&entry.key, entry.place, &entry.value));
    read.filter_map(|parameter| parameter.map_err(|problem| problems.push(problem)).ok()).collect()
}

fn parameter(name: &str, place: Place, node: &Node) -> Result<Parameter, Problem> {
    let table = Table::open(node, format!("parameter {name}"), KEYS)?;
    let type_name = table.required_text("Type")?;
    let element = type_name.strip_prefix("List<").and_then(|rest| rest.strip_suffix('>'));
    let single = element.unwrap_or(type_name);
    let looked_up = LOOKED_UP.contains(&single);
    let known = match element {
        Some(element) => looked_up || element == "Number",
        None => looked_up || matches!(single, "String" | "Number" | "CommaDelimitedList" | "AWS::SSM::Parameter::Name"),
    };
    if !known {
        let at = table.required("Type")?.place;
        let types = ["String", "Number", "CommaDelimitedList", "List<Number>", "AWS::SSM::Parameter::Name"];
        let hint = suggest::hint(type_name, types.into_iter().chain(LOOKED_UP));
        return Err(Problem::new(at, format!("parameter {name} has the unknown type `{type_name}`"), hint));
    }
    Ok(Parameter {
        name: name.to_owned(),
        type_name: type_name.to_owned(),
        default: table.text("Default")?.map(str::to_owned),
        description: table.text("Description")?.map(str::to_owned),
        no_echo: table.word("NoEcho", &["true", "false"])? == Some("true"),
        place,
        list: element.is_some() || single == "CommaDelimitedList",
        element: match single {
            "Number" => Element::Number,
            _ if looked_up => Element::LookedUp,
            _ => Element::Text,
        },
        pattern: pattern(&table)?,
        values: match table.get("AllowedValues") {
            Some(_) => Some(table.texts("AllowedValues")?.into_iter().map(|(text, _)| text.to_owned()).collect()),
            None => None,
        },
        length: (
            table.integer("MinLength", 0, u32::MAX)?.unwrap_or(0),
            table.integer("MaxLength", 0, u32::MAX)?.unwrap_or(u32::MAX),
        ),
        bounds: (
            bound(&table, "MinValue")?.unwrap_or(f64::NEG_INFINITY),
            bound(&table, "MaxValue")?.unwrap_or(f64::INFINITY),
        ),
        constraint: table.text("ConstraintDescription")?.map(str::to_owned),
    })
}

fn bound(table: &Table<'_>, key: &str) -> Result<Option<f64>, Problem> {
    let Some(node) = table.get(key) else { return Ok(None) };
    let number = node.as_text().and_then(number);
    number.map(Some).ok_or_else(|| expected(node, &table.join(key), "a number"))
}

fn number(text: &str) -> Option<f64> {
    text.parse().ok().filter(|number: &f64| number.is_finite())
}

/// A pattern has to fit the whole value.
fn pattern(table: &Table<'_>) -> Result<Option<Regex>, Problem> {
    let Some(text) = table.text("AllowedPattern")? else { return Ok(None) };
    RegexBuilder::new(&format!("^(?:{text})$")).size_limit(1 << 20).build().map(Some).map_err(|error| {
        let place = table.required("AllowedPattern").map_or(table.place, |node| node.place);
        let reason = error.to_string();
        let reason = reason.lines().last().unwrap_or_default().trim_start_matches("error: ");
        let what = format!("{}.AllowedPattern is not a pattern that the stage can read: {reason}", table.path);
        Problem::new(place, what, "write it without look-around and back references")
    })
}

impl Parameter {
    /// The value it has in a deployment that gives `given`.
    fn value(&self, given: Option<&String>) -> Result<Node, Problem> {
        let Some(text) = given.or(self.default.as_ref()) else {
            let what = format!("the parameter {} has no default, and no value was given", self.name);
            let example = self.constraint.as_deref().or(self.description.as_deref()).unwrap_or(&self.type_name);
            return Err(Problem::new(self.place, what, format!("give {}: {example}", self.name)));
        };
        if text.len() > LONGEST {
            return Err(self.refused("…", &format!("has {} bytes, at most {LONGEST} are allowed", text.len())));
        }
        if !self.list {
            self.check(text)?;
            return Ok(Node::text(self.place, text));
        }
        let items: Vec<&str> = text.split(',').map(str::trim).collect();
        items.iter().try_for_each(|item| self.check(item))?;
        Ok(Node::list(self.place, items.into_iter().map(|item| Node::text(self.place, item)).collect()))
    }

    fn check(&self, value: &str) -> Result<(), Problem> {
        if self.element == Element::LookedUp && value.is_empty() {
            return Err(self.refused(value, &format!("is empty, which AWS refuses for {}", self.type_name)));
        }
        if let Some(values) = self.values.as_ref().filter(|values| !values.iter().any(|known| known == value)) {
            return Err(self.refused(value, &format!("is none of {}", values.join(", "))));
        }
        if let Some(pattern) = self.pattern.as_ref().filter(|pattern| !pattern.is_match(value)) {
            let pattern = pattern.as_str().trim_start_matches("^(?:").trim_end_matches(")$");
            return Err(self.refused(value, &format!("does not fit the pattern {pattern}")));
        }
        let length = u32::try_from(value.chars().count()).unwrap_or(u32::MAX);
        if !(self.length.0..=self.length.1).contains(&length) {
            return Err(
                self.refused(value, &format!("has {length} characters, not {} to {}", self.length.0, self.length.1))
            );
        }
        if self.element == Element::Number {
            let fits = number(value).is_some_and(|number| (self.bounds.0..=self.bounds.1).contains(&number));
            if !fits {
                return Err(self.refused(value, &format!("is no number from {} to {}", self.bounds.0, self.bounds.1)));
            }
        }
        Ok(())
    }

    fn refused(&self, value: &str, why: &str) -> Problem {
        let value = if self.no_echo { "****".to_owned() } else { value.chars().take(60).collect() };
        let what = format!("the value `{value}` of the parameter {} {why}", self.name);
        let remedy = self.constraint.as_ref().map_or("give another value".to_owned(), |text| format!("give {text}"));
        Problem::new(self.place, what, remedy)
    }
}

/// The value of every parameter.
pub(crate) fn values(
    parameters: &[Parameter],
    given: &BTreeMap<String, String>,
    section: Place,
    problems: &mut Vec<Problem>,
) -> BTreeMap<String, Node> {
    for name in given.keys().filter(|name| !parameters.iter().any(|parameter| parameter.name == **name)) {
        let hint = suggest::hint(name, parameters.iter().map(|parameter| parameter.name.as_str()));
        problems.push(Problem::new(section, format!("the template has no parameter `{name}`"), hint));
    }
    let mut values = BTreeMap::new();
    for parameter in parameters {
        match parameter.value(given.get(&parameter.name)) {
            Ok(value) => {
                values.insert(parameter.name.clone(), value);
            }
            Err(problem) => problems.push(problem),
        }
    }
    values
}
