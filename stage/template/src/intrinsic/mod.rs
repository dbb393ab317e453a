//! Intrinsic functions, one file each.

mod choose;
mod find_in_map;
mod get_att;
mod join;
mod reference;
mod select;
mod split;
mod sub;

pub(crate) use choose::branch;
pub(crate) use get_att::{find as attribute, no_resource, parts as get_att_parts};
pub(crate) use sub::{Piece, pieces, template as sub_template};

use crate::conditions;
use crate::node::{Entry, Node};
use crate::problem::Problem;
use crate::scope::{Reach, Scope};
use crate::suggest;

type Evaluate = fn(&Scope<'_>, &Node, Reach) -> Result<Option<Node>, Problem>;

const FUNCTIONS: [(&str, Evaluate); 8] = [
    ("Ref", reference::evaluate),
    ("Fn::FindInMap", find_in_map::evaluate),
    ("Fn::GetAtt", get_att::evaluate),
    ("Fn::If", choose::evaluate),
    ("Fn::Join", join::evaluate),
    ("Fn::Select", select::evaluate),
    ("Fn::Split", split::evaluate),
    ("Fn::Sub", sub::evaluate),
];

/// Carries a function out.
pub(crate) fn call(scope: &Scope<'_>, call: &Entry, reach: Reach) -> Result<Option<Node>, Problem> {
    match FUNCTIONS.iter().find(|(name, _)| *name == call.key) {
        Some((_, evaluate)) => {
            let value = evaluate(scope, &call.value, reach)?;
            value.as_ref().map_or(Ok(()), |value| scope.spend(value))?;
            Ok(value)
        }
        None => Err(unknown(call)),
    }
}

/// Whether the stage has the function.
pub(crate) fn is_known(name: &str) -> bool {
    FUNCTIONS.iter().any(|(known, _)| *known == name)
}

pub(crate) fn unknown(call: &Entry) -> Problem {
    if conditions::FUNCTIONS.contains(&call.key.as_str()) {
        let what = format!("`{}` stands outside of Conditions", call.key);
        return Problem::new(call.place, what, "give the condition a name under Conditions and use Fn::If");
    }
    let what = format!("the stage knows no function `{}`", call.key);
    Problem::new(call.place, what, suggest::hint(&call.key, FUNCTIONS.iter().map(|(name, _)| *name)))
}

/// The arguments of a function that wants a list.
fn arguments<'n, const N: usize>(name: &str, argument: &'n Node) -> Result<&'n [Node; N], Problem> {
    argument.as_list().and_then(|items| items.try_into().ok()).ok_or_else(|| {
        Problem::new(argument.place, format!("{name} wants a list of {N} arguments"), "correct the arguments")
    })
}
