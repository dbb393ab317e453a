//! `Fn::Split`.

use super::arguments;
use crate::node::Node;
use crate::problem::Problem;
use crate::scope::{Reach, Scope};

pub(super) fn evaluate(scope: &Scope<'_>, argument: &Node, reach: Reach) -> Result<Option<Node>, Problem> {
    let [delimiter, text] = arguments("Fn::Split", argument)?;
    let by = scope.text(delimiter, reach, "the delimiter of Fn::Split")?;
    if by.is_empty() {
        return Err(Problem::new(
            delimiter.place,
            "the delimiter of Fn::Split is empty",
            "write the text between two parts",
        ));
    }
    let text = scope.text(text, reach, "what Fn::Split splits")?;
    let parts = text.split(by.as_str()).map(|part| Node::text(argument.place, part)).collect();
    Ok(Some(Node::list(argument.place, parts)))
}
