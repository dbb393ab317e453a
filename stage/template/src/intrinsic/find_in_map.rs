//! `Fn::FindInMap`.

use super::arguments;
use crate::node::Node;
use crate::problem::Problem;
use crate::scope::{Reach, Scope};
use crate::suggest;

pub(super) fn evaluate(scope: &Scope<'_>, argument: &Node, _: Reach) -> Result<Option<Node>, Problem> {
    let path: &[Node; 3] = arguments("Fn::FindInMap", argument)?;
    let Some(mut found) = scope.mappings else {
        return Err(Problem::new(argument.place, "the template has no Mappings", "add the section"));
    };
    for part in path {
        // a mapping is looked up before any resource is made
        let key = scope.text(part, Reach::Parameters, "an argument of Fn::FindInMap")?;
        found = found.get(&key).ok_or_else(|| {
            let known = found.as_map().unwrap_or_default().iter().map(|entry| entry.key.as_str());
            Problem::new(part.place, format!("the mapping has no `{key}`"), suggest::hint(&key, known))
        })?;
    }
    let mut value = found.clone();
    value.place = argument.place;
    Ok(Some(value))
}
