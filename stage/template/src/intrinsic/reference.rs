//! `Ref`.

use crate::node::Node;
use crate::problem::Problem;
use crate::scope::{Reach, Scope, Target};

pub(super) fn evaluate(scope: &Scope<'_>, argument: &Node, reach: Reach) -> Result<Option<Node>, Problem> {
    let place = argument.place;
    let Some(name) = argument.as_text() else {
        return Err(Problem::new(place, "Ref wants a name", "write the name of a parameter or resource"));
    };
    Ok(match scope.target(name, place, reach)? {
        Target::Nothing => None,
        Target::Text(text) => Some(Node::text(place, text)),
        Target::Parameter(value) => {
            let mut value = value.clone();
            value.place = place;
            Some(value)
        }
        Target::Resource(resource) => {
            let identity = scope.refer(resource, place)?;
            Some(Node::text(place, (resource.kind.reference)(&identity)))
        }
    })
}
