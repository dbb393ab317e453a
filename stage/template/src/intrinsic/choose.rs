//! `Fn::If`.

use super::arguments;
use crate::conditions;
use crate::node::{Entry, Node};
use crate::problem::Problem;
use crate::scope::{Reach, Scope};

pub(super) fn evaluate(scope: &Scope<'_>, argument: &Node, reach: Reach) -> Result<Option<Node>, Problem> {
    scope.resolve(chosen(scope, argument)?, reach)
}

/// The branch that the condition chooses, as it stands there.
pub(crate) fn branch<'n>(scope: &Scope<'_>, call: &'n Entry) -> Result<&'n Node, Problem> {
    chosen(scope, &call.value)
}

fn chosen<'n>(scope: &Scope<'_>, argument: &'n Node) -> Result<&'n Node, Problem> {
    let [condition, then, otherwise] = arguments("Fn::If", argument)?;
    let Some(name) = condition.as_text() else {
        return Err(Problem::new(condition.place, "Fn::If wants the name of a condition first", "write its name"));
    };
    Ok(if conditions::holds(scope, name, condition.place)? { then } else { otherwise })
}
