//! `Fn::Sub`.

use super::{arguments, get_att};
use crate::node::{Entry, Node};
use crate::problem::{Place, Problem};
use crate::scope::{Reach, Scope, Target};

/// A part of the text.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Piece<'a> {
    Text(&'a str),
    /// `${Name}`, and `${Resource.Attribute}` which has a dot in it.
    Name(&'a str),
    /// `${!Name}`, which stands for `${Name}`.
    Literal(&'a str),
}

pub(super) fn evaluate(scope: &Scope<'_>, argument: &Node, reach: Reach) -> Result<Option<Node>, Problem> {
    let (text, variables) = template(argument)?;
    let place = argument.place;
    let mut out = String::new();
    for piece in pieces(text, place)? {
        match piece {
            Piece::Text(text) => out.push_str(text),
            Piece::Literal(name) => {
                out.push_str("${");
                out.push_str(name);
                out.push('}');
            }
            Piece::Name(name) => match variables.iter().find(|entry| entry.key == name) {
                Some(entry) => {
                    out.push_str(&scope.text(&entry.value, reach, &format!("the variable {name} of Fn::Sub"))?);
                }
                None => out.push_str(&named(scope, name, place, reach)?),
            },
        }
        scope.spend(&Node::text(place, ""))?;
    }
    Ok(Some(Node::text(place, out)))
}

/// The text and the variables of its own.
pub(crate) fn template(argument: &Node) -> Result<(&str, &[Entry]), Problem> {
    let (text, variables) = match argument.as_list() {
        Some(_) => {
            let [text, variables]: &[Node; 2] = arguments("Fn::Sub", argument)?;
            (text.as_text(), variables.as_map())
        }
        None => (argument.as_text(), Some([].as_slice())),
    };
    text.zip(variables).ok_or_else(|| {
        Problem::new(argument.place, "Fn::Sub wants a text, or a text and a map of variables", "correct the arguments")
    })
}

fn named(scope: &Scope<'_>, name: &str, place: Place, reach: Reach) -> Result<String, Problem> {
    if let Some((resource, attribute)) = name.split_once('.') {
        return get_att::value(scope, resource, attribute, place, reach);
    }
    match scope.target(name, place, reach)? {
        Target::Nothing => Err(Problem::new(place, "AWS::NoValue is no text", "use Fn::If around Fn::Sub")),
        Target::Text(text) => Ok(text),
        Target::Parameter(value) => match value.as_text() {
            Some(text) => Ok(text.to_owned()),
            None => Err(Problem::new(place, format!("`{name}` is a list and cannot stand in Fn::Sub"), "use Fn::Join")),
        },
        Target::Resource(resource) => Ok((resource.kind.reference)(&scope.refer(resource, place)?)),
    }
}

/// Takes the text apart.
pub(crate) fn pieces(text: &str, place: Place) -> Result<Vec<Piece<'_>>, Problem> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        let Some((name, after)) = after.split_once('}') else {
            return Err(Problem::new(
                place,
                "a `${` in Fn::Sub has no `}`",
                "close it, or write `${!…}` for the characters",
            ));
        };
        pieces.push(Piece::Text(before));
        pieces.push(name.strip_prefix('!').map_or(Piece::Name(name), Piece::Literal));
        rest = after;
    }
    pieces.push(Piece::Text(rest));
    Ok(pieces)
}
