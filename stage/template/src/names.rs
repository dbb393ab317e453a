//! Physical names: those that a template gives, and those that `CloudFormation` makes.

use crate::Deployment;
use crate::problem::Problem;
use crate::resources::{Identity, Naming, Resource};
use crate::scope::{Reach, Scope};
use sha2::{Digest, Sha256};

/// What made names end in.
const SUFFIX: usize = 12;

/// The names of a resource.
pub(crate) fn identity(scope: &Scope<'_>, resource: &Resource) -> Result<Identity, Problem> {
    let id = &resource.logical_id;
    let Deployment { stack_name, account, region, .. } = scope.deployment;
    let name = match resource.kind.naming {
        Naming::Property { key, longest, also } => match given(scope, resource, key)? {
            Some((name, place)) => {
                let fits = |character: char| character.is_ascii_alphanumeric() || also.contains(character);
                if name.is_empty() || name.len() > longest || !name.chars().all(fits) {
                    let what = format!("AWS does not take `{name}` as the {key} of {id}");
                    let remedy =
                        format!("use at most {longest} letters, digits and {also}; a shorter stack name may do");
                    return Err(Problem::new(place, what, remedy));
                }
                name
            }
            None => made(scope.deployment, id, longest),
        },
        Naming::Uuid => uuid(scope.deployment, id),
        Naming::Made => made(scope.deployment, id, 255),
    };
    let path = given(scope, resource, "Path")?.map_or("/".to_owned(), |(path, _)| path);
    let parent = match resource.kind.parent {
        Some(key) => given(scope, resource, key)?.map(|(text, _)| text).unwrap_or_default(),
        None => String::new(),
    };
    Ok(Identity {
        name,
        path,
        parent,
        account: account.clone(),
        region: region.clone(),
        id: format!("{stack_name}/{id}"),
    })
}

/// The text of a property, if the template gives it.
fn given(
    scope: &Scope<'_>,
    resource: &Resource,
    key: &str,
) -> Result<Option<(String, crate::problem::Place)>, Problem> {
    let Some(node) = resource.properties.get(key) else { return Ok(None) };
    let Some(node) = scope.choose(node)? else { return Ok(None) };
    let of = format!("the {key} of {}", resource.logical_id);
    Ok(Some((scope.text(node, Reach::Resources, &of)?, node.place)))
}

/// `STACK-LOGICALID-SUFFIX`, with the two names cut where AWS allows less.
fn made(deployment: &Deployment, logical_id: &str, longest: usize) -> String {
    let suffix: String = digest(deployment, logical_id).into_iter().take(SUFFIX).map(character).collect();
    let room = longest.saturating_sub(SUFFIX + 2);
    let id = cut(logical_id, room / 2);
    let stack = cut(&deployment.stack_name, room - id.len());
    format!("{stack}-{id}-{suffix}")
}

fn cut(text: &str, longest: usize) -> &str {
    text.char_indices().nth(longest).map_or(text, |(end, _)| &text[..end])
}

/// An id that is the same whenever the same stack is deployed.
pub(crate) fn uuid(deployment: &Deployment, logical_id: &str) -> String {
    let hex: Vec<String> = digest(deployment, logical_id).iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    let hex = hex.concat();
    let part = |from: usize, to: usize| hex.get(from..to).unwrap_or_default();
    format!("{}-{}-4{}-8{}-{}", part(0, 8), part(8, 12), part(13, 16), part(17, 20), part(20, 32))
}

/// The access key id of a role on the stage.
pub(crate) fn access_key(account: &str, region: &str, role: &str) -> String {
    let digest = Sha256::digest(format!("{account}/{region}/role/{role}"));
    std::iter::once("ASIA".to_owned()).chain(digest.iter().take(16).map(|byte| character(*byte).to_string())).collect()
}

fn digest(deployment: &Deployment, logical_id: &str) -> Vec<u8> {
    let Deployment { stack_name, account, region, .. } = deployment;
    Sha256::digest(format!("{account}/{region}/{stack_name}/{logical_id}")).to_vec()
}

/// A capital letter or a digit from 2 to 7.
fn character(byte: u8) -> char {
    match byte % 32 {
        letter @ 0..26 => char::from(b'A' + letter),
        digit => char::from(b'2' + digit - 26),
    }
}
