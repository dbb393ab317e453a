//! `Fn::Join`.

use super::arguments;
use crate::node::Node;
use crate::problem::Problem;
use crate::scope::{Reach, Scope};

pub(super) fn evaluate(scope: &Scope<'_>, argument: &Node, reach: Reach) -> Result<Option<Node>, Problem> {
    let [delimiter, values] = arguments("Fn::Join", argument)?;
    let delimiter = scope.text(delimiter, Reach::Parameters, "the delimiter of Fn::Join")?;
    let values = scope.list(values, reach, "what Fn::Join joins")?;
    let texts: Vec<String> =
        values.iter().map(|value| scope.text(value, reach, "what Fn::Join joins")).collect::<Result<_, _>>()?;
    Ok(Some(Node::text(argument.place, texts.join(&delimiter))))
}
