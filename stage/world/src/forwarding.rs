//! What a listener does with a request: for the shells, which carry requests as [`crate::Effect::Route`] says.

use crate::glob::Glob;
use crate::rotation::{Choice, Rotation};
use crate::{ListenerFault, Route};
use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddrV4;

/// What a rule of a listener wants of a request, as `RuleCondition` of Elastic Load Balancing has it. One of the values is
/// enough. In a value `*` is any text and `?` any one character.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Condition {
    /// `http-header`: a header has one of these values, whatever their case is.
    HttpHeader {
        /// The header's name, whatever its case is.
        name: String,
        /// Its values.
        values: Vec<String>,
    },
    /// `host-header`: the host is one of these, whatever their case is.
    HostHeader(Vec<String>),
    /// `path-pattern`: the path is one of these, in just this case.
    PathPattern(Vec<String>),
}

/// What the conditions of rules look at in a request.
#[derive(Debug, Clone, Default)]
pub struct Asked {
    /// The value of `Host`.
    pub host: String,
    /// The path, without the query.
    pub path: String,
    /// Names and values.
    pub headers: Vec<(String, String)>,
}

/// A listener's rules, and where their turns stand.
#[derive(Debug, Default)]
pub struct Forwarding {
    /// In the order in which they are tried.
    rules: Vec<Rule>,
    default: Rule,
    erring: BTreeSet<SocketAddrV4>,
}

#[derive(Debug, Default)]
struct Rule {
    /// None for the default rule.
    arn: Option<String>,
    conditions: Vec<Condition>,
    rotation: Rotation,
    fault: Option<ListenerFault>,
}

/// Where a request goes through a listener.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Way {
    /// The ARN of the rule whose conditions it meets; none for the default rule.
    pub rule: Option<String>,
    /// None if nothing has a weight.
    pub choice: Option<Choice>,
    /// What the listener answers by itself.
    pub fault: Option<ListenerFault>,
    /// Whether the target's answer is handed out with status 500, whatever it says.
    pub errs: bool,
}

impl Condition {
    fn is_met(&self, asked: &Asked) -> bool {
        let fits = |value: &str, text: &str| Glob::policy(value).matches(text);
        let fits_in_any_case = |value: &str, text: &str| fits(&value.to_lowercase(), &text.to_lowercase());
        match self {
            Self::HttpHeader { name, values } => {
                let mut found = asked.headers.iter().filter(|(header, _)| header.eq_ignore_ascii_case(name));
                found.any(|(_, text)| values.iter().any(|value| fits_in_any_case(value, text)))
            }
            Self::HostHeader(values) => {
                // the name of the host, without its port
                let host = asked.host.rsplit_once(':').map_or(asked.host.as_str(), |(host, _)| host);
                values.iter().any(|value| fits_in_any_case(value, host))
            }
            Self::PathPattern(values) => values.iter().any(|value| fits(value, &asked.path)),
        }
    }
}

impl Forwarding {
    /// From now on, forwards like this. Turns go on where they were as far as they can.
    pub fn set(&mut self, route: Route) {
        let rules = std::mem::take(&mut self.rules).into_iter();
        let mut before: BTreeMap<_, _> = rules.map(|rule| (rule.arn, rule.rotation)).collect();
        let rule = |of: crate::RuleRoute| {
            let arn = Some(of.rule);
            let mut rotation = before.remove(&arn).unwrap_or_default();
            rotation.set(of.backends);
            Rule { arn, conditions: of.conditions, rotation, fault: of.fault }
        };
        self.rules = route.rules.into_iter().map(rule).collect();
        self.default.rotation.set(route.backends);
        self.default.fault = route.fault;
        self.erring = route.erring;
    }

    /// A request's way: by the first rule whose conditions it meets all, or else by the default rule.
    pub fn choose(&mut self, asked: &Asked) -> Way {
        let rule = self.rules.iter_mut().find(|rule| rule.conditions.iter().all(|condition| condition.is_met(asked)));
        let rule = rule.unwrap_or(&mut self.default);
        let choice = rule.rotation.choose();
        let target = choice.as_ref().and_then(|choice| choice.target);
        let errs = target.is_some_and(|target| self.erring.contains(&target));
        Way { rule: rule.arn.clone(), choice, fault: rule.fault, errs }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Backend, RuleRoute};

    fn texts(values: &[&str]) -> Vec<String> {
        values.iter().map(|value| (*value).to_owned()).collect()
    }

    fn asked(host: &str, path: &str, headers: &[(&str, &str)]) -> Asked {
        let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Asked { host: host.to_owned(), path: path.to_owned(), headers }
    }

    #[test]
    fn conditions_are_met_as_the_service_compares() {
        let header = |values: &[&str]| Condition::HttpHeader { name: "X-Ecs-Test".to_owned(), values: texts(values) };
        let host = |values: &[&str]| Condition::HostHeader(texts(values));
        let path = |values: &[&str]| Condition::PathPattern(texts(values));
        let green = [("accept", "*/*"), ("x-ecs-test", "blue"), ("X-ECS-TEST", "Green")];
        for (condition, expected) in [
            (header(&["green"]), true),
            (header(&["1", "gr?en"]), true),
            (header(&["g*"]), true),
            (header(&["gr"]), false),
            (header(&[]), false),
            (Condition::HttpHeader { name: "x-other".to_owned(), values: texts(&["*"]) }, false),
            (host(&["test.example.com"]), true),
            (host(&["*.EXAMPLE.com"]), true),
            (host(&["example.com"]), false),
            (path(&["/products/*"]), true),
            (path(&["/Products/*"]), false),
            (path(&["/", "/products/?"]), true),
        ] {
            let asked = asked("Test.example.com:8443", "/products/1", &green);
            assert_eq!(condition.is_met(&asked), expected, "{condition:?}");
        }
    }

    #[test]
    fn the_first_rule_whose_conditions_are_all_met_counts() {
        let to = |group: &str| vec![Backend { target_group: group.to_owned(), weight: 1, targets: Vec::new() }];
        let header = |value: &str| Condition::HttpHeader { name: "x-test".to_owned(), values: texts(&[value]) };
        let rule = |arn: &str, conditions| RuleRoute {
            rule: arn.to_owned(),
            conditions,
            backends: to(arn),
            fault: (arn == "broken").then_some(ListenerFault::Status(500)),
        };
        let mut forwarding = Forwarding::default();
        forwarding.set(Route {
            listener: "listener".to_owned(),
            backends: to("default"),
            rules: vec![
                rule("both", vec![header("1"), Condition::PathPattern(texts(&["/a"]))]),
                rule("one", vec![header("1")]),
                rule("broken", vec![header("2")]),
            ],
            fault: None,
            erring: BTreeSet::new(),
        });
        for (path, value, expected) in [("/a", "1", "both"), ("/b", "1", "one"), ("/a", "2", "broken"), ("/a", "3", "")]
        {
            let way = forwarding.choose(&asked("", path, &[("x-test", value)]));
            assert_eq!(way.rule.as_deref().unwrap_or_default(), expected, "{path} {value}");
            let group = if expected.is_empty() { "default" } else { expected };
            assert_eq!(way.choice.unwrap().target_group, group);
            assert_eq!(way.fault.is_some(), expected == "broken", "a rule may be broken alone");
        }
    }
}
