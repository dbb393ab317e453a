//! `Fn::GetAtt`.

use crate::node::Node;
use crate::problem::{Place, Problem};
use crate::resources::{Of, Resource};
use crate::scope::{Reach, Scope, Target};
use crate::suggest;

pub(super) fn evaluate(scope: &Scope<'_>, argument: &Node, reach: Reach) -> Result<Option<Node>, Problem> {
    let (resource, attribute) = parts(argument)?;
    Ok(Some(Node::text(argument.place, value(scope, resource, attribute, argument.place, reach)?)))
}

/// The resource and the attribute that are asked for.
pub(crate) fn parts(argument: &Node) -> Result<(&str, &str), Problem> {
    let parts = match argument.as_list() {
        Some([resource, attribute]) => resource.as_text().zip(attribute.as_text()),
        Some(_) => None,
        None => argument.as_text().and_then(|text| text.split_once('.')),
    };
    parts.ok_or_else(|| {
        Problem::new(argument.place, "Fn::GetAtt wants a resource and an attribute", "write !GetAtt Resource.Attribute")
    })
}

/// An attribute of a resource.
pub(super) fn value(
    scope: &Scope<'_>,
    name: &str,
    attribute: &str,
    place: Place,
    reach: Reach,
) -> Result<String, Problem> {
    let Target::Resource(resource) = scope.target(name, place, reach)? else { return Err(no_resource(name, place)) };
    let of = find(resource, attribute, place)?;
    Ok(of(&scope.refer(resource, place)?))
}

/// How an attribute is made of a resource's names.
pub(crate) fn find(resource: &Resource, attribute: &str, place: Place) -> Result<Of, Problem> {
    let attributes = resource.kind.attributes;
    attributes.iter().find(|(known, _)| *known == attribute).map(|(_, of)| *of).ok_or_else(|| {
        let what = format!("{} has no attribute `{attribute}` that the stage knows", resource.kind.name);
        Problem::new(place, what, suggest::hint(attribute, attributes.iter().map(|(name, _)| *name)))
    })
}

pub(crate) fn no_resource(name: &str, place: Place) -> Problem {
    Problem::new(place, format!("`{name}` is no resource and has no attributes"), "use Ref")
}
