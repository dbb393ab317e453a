//! Least privilege: what rehearsals were never seen to use, and what they were denied.

use crate::rehearse::stack::Permission;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// Services that the stage does not have: whether their permissions are needed cannot be seen in a rehearsal.
pub const NOT_JUDGED: [(&str, &str); 2] = [
    ("kms:", "the stage has no keys: AWS asks for it when something encrypted is read or published"),
    ("ec2:", "the stage has no network interfaces: Lambda makes them for functions in a VPC"),
];

/// What a set of rehearsals says about the permissions of a template.
#[derive(Debug, Default)]
pub struct Findings {
    /// Permissions that the template gives, in all the rehearsals together.
    pub given: usize,
    /// Rehearsals that were read.
    pub rehearsals: usize,
    /// Permissions that no rehearsal used, in the order of their places.
    pub unused: Vec<Permission>,
    /// Permissions that the stage cannot judge.
    pub not_judged: Vec<Permission>,
    /// Calls that were denied: who, what, on what.
    pub denied: BTreeSet<(String, String, String)>,
}

/// The lines of a rehearsal that say something about permissions.
#[derive(Deserialize)]
#[serde(tag = "event")]
enum Event {
    #[serde(rename = "stack.deployed")]
    Deployed { permissions: Vec<Permission> },
    #[serde(rename = "permission.used")]
    Used(Used),
    #[serde(rename = "call.denied")]
    Denied { role: String, action: String, resource: String },
    #[serde(other)]
    Other,
}

/// Which statement of a rehearsal's own was of use.
#[derive(Deserialize, PartialEq, Eq, PartialOrd, Ord)]
struct Used {
    role: String,
    policy: usize,
    statement: usize,
    action: String,
}

impl Used {
    fn of(permission: &Permission) -> Self {
        let Permission { role, policy, statement, action, .. } = permission.clone();
        Self { role, policy, statement, action }
    }
}

/// What tells a permission from others, in the order in which they are told.
type Place = (usize, String, Option<String>, String);

fn place(permission: &Permission) -> Place {
    let Permission { role, sid, action, line, .. } = permission.clone();
    (line, role, sid, action)
}

// === impl Findings ===

impl Findings {
    /// What these lines of rehearsals say, one rehearsal behind the other; lines about other things say nothing.
    pub fn of<'a>(events: impl IntoIterator<Item = &'a Value>) -> Self {
        let mut findings = Self::default();
        // two rehearsals may have other parameters, and so other statements: each is counted in its own, and told apart by place
        let mut deployed: BTreeMap<Used, Permission> = BTreeMap::new();
        let (mut given, mut used) = (BTreeMap::new(), BTreeSet::new());
        for event in events.into_iter().filter_map(|event| Event::deserialize(event).ok()) {
            match event {
                Event::Deployed { permissions } => {
                    findings.rehearsals += 1;
                    given.extend(permissions.iter().map(|permission| (place(permission), permission.clone())));
                    deployed = permissions.into_iter().map(|permission| (Used::of(&permission), permission)).collect();
                }
                Event::Used(one) => used.extend(deployed.get(&one).map(place)),
                Event::Denied { role, action, resource } => {
                    findings.denied.insert((role, action, resource));
                }
                Event::Other => {}
            }
        }
        findings.given = given.len();
        let unused = given.into_iter().filter(|(place, _)| !used.contains(place)).map(|(_, permission)| permission);
        (findings.not_judged, findings.unused) =
            unused.partition(|permission| why_not_judged(&permission.action).is_some());
        findings
    }

    /// Whether there is nothing to mend.
    pub fn is_empty(&self) -> bool {
        self.unused.is_empty() && self.denied.is_empty()
    }

    pub(super) fn text(&self) -> String {
        let mut lines = Vec::new();
        for (role, action, resource) in &self.denied {
            lines.push(format!("denied      {role} may not {action} on {resource}; allow it in the template"));
        }
        for permission in &self.unused {
            lines.push(format!("never used  {permission}; take it out, or rehearse what needs it"));
        }
        let actions: BTreeSet<(&str, &str)> = self
            .not_judged
            .iter()
            .filter_map(|permission| Some((permission.action.as_str(), why_not_judged(&permission.action)?)))
            .collect();
        lines.extend(actions.iter().map(|(action, why)| format!("not judged  {action}: {why}")));
        let seen = self.given - self.unused.len() - self.not_judged.len();
        lines.push(format!(
            "{} permissions: {seen} used in {} rehearsals, {} never used, {} not judged; {} calls denied",
            self.given,
            self.rehearsals,
            self.unused.len(),
            self.not_judged.len(),
            self.denied.len()
        ));
        each_on_a_line(&lines)
    }

    pub(super) fn json(&self) -> String {
        let mut lines: Vec<Value> = Vec::new();
        for (role, action, resource) in &self.denied {
            lines.push(json!({ "event": "permission.denied", "role": role, "action": action, "resource": resource }));
        }
        let told = |event: &'static str| move |permission: &Permission| json!(Told { event, permission });
        lines.extend(self.unused.iter().map(told("permission.unused")));
        lines.extend(self.not_judged.iter().map(told("permission.not-judged")));
        lines.push(json!({
            "event": "outcome",
            "rehearsals": self.rehearsals,
            "permissions": self.given,
            "unused": self.unused.len(),
            "not_judged": self.not_judged.len(),
            "denied": self.denied.len(),
        }));
        each_on_a_line(&lines.iter().map(Value::to_string).collect::<Vec<_>>())
    }
}

#[derive(Serialize)]
struct Told<'a> {
    event: &'static str,
    #[serde(flatten)]
    permission: &'a Permission,
}

fn why_not_judged(action: &str) -> Option<&'static str> {
    NOT_JUDGED.iter().find(|(prefix, _)| action.starts_with(prefix)).map(|(_, why)| *why)
}

fn each_on_a_line(lines: &[String]) -> String {
    lines.iter().flat_map(|line| [line.as_str(), "\n"]).collect()
}
