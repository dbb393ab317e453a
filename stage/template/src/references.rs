//! Every name in the template exists, in branches that are not taken too: `CloudFormation` refuses the whole template for one.

use crate::intrinsic::{self, Piece};
use crate::node::{Entry, Node};
use crate::problem::{Place, Problem};
use crate::scope::{Reach, Scope, Target};
use crate::suggest;

/// Looks through a value.
pub(crate) fn check(scope: &Scope<'_>, node: &Node, problems: &mut Vec<Problem>) {
    let result = match node.call() {
        Ok(Some(call)) => function(scope, call, problems),
        Ok(None) => {
            node.as_list().unwrap_or_default().iter().for_each(|item| check(scope, item, problems));
            node.as_map().unwrap_or_default().iter().for_each(|entry| check(scope, &entry.value, problems));
            Ok(())
        }
        Err(problem) => Err(problem),
    };
    problems.extend(result.err());
}

fn function(scope: &Scope<'_>, call: &Entry, problems: &mut Vec<Problem>) -> Result<(), Problem> {
    let argument = &call.value;
    match call.key.as_str() {
        "Ref" => match argument.as_text() {
            Some(name) => scope.target(name, argument.place, Reach::Resources).map(|_| ()),
            None => Ok(()),
        },
        "Fn::GetAtt" => {
            let (resource, attribute) = intrinsic::get_att_parts(argument)?;
            attribute_exists(scope, resource, attribute, argument.place)
        }
        "Fn::Sub" => {
            let (text, variables) = intrinsic::sub_template(argument)?;
            for entry in variables {
                check(scope, &entry.value, problems);
            }
            for piece in intrinsic::pieces(text, argument.place)? {
                let Piece::Name(name) = piece else { continue };
                if variables.iter().any(|entry| entry.key == name) {
                    continue;
                }
                match name.split_once('.') {
                    Some((resource, attribute)) => attribute_exists(scope, resource, attribute, argument.place)?,
                    None => scope.target(name, argument.place, Reach::Resources).map(|_| ())?,
                }
            }
            Ok(())
        }
        "Fn::If" => {
            let items = argument.as_list().unwrap_or_default();
            for item in items {
                check(scope, item, problems);
            }
            match items.first().and_then(|node| Some((node.as_text()?, node.place))) {
                Some((name, place)) => condition_exists(scope, name, place),
                None => Ok(()),
            }
        }
        name if intrinsic::is_known(name) => {
            check(scope, argument, problems);
            Ok(())
        }
        _ => Err(intrinsic::unknown(call)),
    }
}

/// Whether there is such a condition.
pub(crate) fn condition_exists(scope: &Scope<'_>, name: &str, place: Place) -> Result<(), Problem> {
    if scope.conditions.contains_key(name) {
        return Ok(());
    }
    let hint = suggest::hint(name, scope.conditions.keys().copied());
    Err(Problem::new(place, format!("there is no condition `{name}`"), hint))
}

fn attribute_exists(scope: &Scope<'_>, resource: &str, attribute: &str, place: Place) -> Result<(), Problem> {
    match scope.target(resource, place, Reach::Resources)? {
        Target::Resource(found) => intrinsic::attribute(found, attribute, place).map(|_| ()),
        _ => Err(intrinsic::no_resource(resource, place)),
    }
}
