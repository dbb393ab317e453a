//! Conditions: what of the template exists in a deployment.

use crate::node::{Entry, Node};
use crate::problem::{Place, Problem};
use crate::scope::{Reach, Scope};
use crate::suggest;

/// The functions that a condition is made of.
pub(crate) const FUNCTIONS: [&str; 5] = ["Fn::And", "Fn::Equals", "Fn::Not", "Fn::Or", "Condition"];

/// Whether the condition with this name holds.
pub(crate) fn holds(scope: &Scope<'_>, name: &str, place: Place) -> Result<bool, Problem> {
    let Some(node) = scope.conditions.get(name).copied() else {
        let hint = suggest::hint(name, scope.conditions.keys().copied());
        return Err(Problem::new(place, format!("there is no condition `{name}`"), hint));
    };
    if let Some(known) = scope.decided.borrow().get(name) {
        return known.clone().unwrap_or_else(|| Err(crate::scope::circle(name, "", place)));
    }
    scope.decided.borrow_mut().insert(name.to_owned(), None);
    let value = decide(scope, node);
    scope.decided.borrow_mut().insert(name.to_owned(), Some(value.clone()));
    value
}

fn decide(scope: &Scope<'_>, node: &Node) -> Result<bool, Problem> {
    let Some([Entry { key, place, value }]) = node.as_map() else {
        return Err(Problem::new(node.place, "a condition has to be one function", suggest::hint("", FUNCTIONS)));
    };
    // named conditions are followed with the depth of those that name them
    let _level = scope.enter(*place)?;
    match key.as_str() {
        "Condition" => match value.as_text() {
            Some(name) => holds(scope, name, value.place),
            None => Err(Problem::new(value.place, "Condition wants the name of a condition", "write its name")),
        },
        "Fn::Not" => Ok(!operands(scope, key, value, 1, 1)?.contains(&true)),
        "Fn::And" => Ok(operands(scope, key, value, 2, 10)?.iter().all(|value| *value)),
        "Fn::Or" => Ok(operands(scope, key, value, 2, 10)?.contains(&true)),
        "Fn::Equals" => match value.as_list() {
            Some([left, right]) => {
                let text = |node| scope.text(node, Reach::Parameters, "what Fn::Equals compares");
                Ok(text(left)? == text(right)?)
            }
            _ => Err(Problem::new(value.place, "Fn::Equals wants two values", "write a list of two")),
        },
        _ => {
            let what = format!("`{key}` is no function of conditions");
            Err(Problem::new(*place, what, suggest::hint(key, FUNCTIONS)))
        }
    }
}

/// All of them are decided, even where the first says enough: a mistake in the last is found too.
fn operands(scope: &Scope<'_>, key: &str, node: &Node, least: usize, most: usize) -> Result<Vec<bool>, Problem> {
    let Some(items) = node.as_list().filter(|items| (least..=most).contains(&items.len())) else {
        let what = format!("`{key}` wants a list of {least} to {most} conditions");
        return Err(Problem::new(node.place, what, "correct the number of conditions"));
    };
    items.iter().map(|item| decide(scope, item)).collect()
}
