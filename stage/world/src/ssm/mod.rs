//! AWS Systems Manager Parameter Store: parameters of [`crate::Setup::secrets`], each a `SecureString` with one version.

mod get_parameter;
#[cfg(test)]
mod tests;

use crate::operation::{Entry, entry};
use crate::value::Time;
use crate::{Permission, Setup, World};
use serde::Serialize;

pub(crate) const OPERATIONS: &[Entry] = &[entry::<get_parameter::GetParameter>()];

/// `Parameter`.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Parameter {
    name: String,
    r#type: &'static str,
    value: String,
    version: u32,
    last_modified_date: Time,
    #[serde(rename = "ARN")]
    arn: String,
    data_type: &'static str,
}

/// A parameter by its name or ARN.
fn find(world: &World, name_or_arn: &str, with_decryption: bool) -> Option<Parameter> {
    let arn = arn(world, name_or_arn);
    let mut secrets = world.setup.secrets.iter();
    // a key that is no ARN is the name of a parameter or of a secret
    let (key, value) = secrets.find(|(key, _)| self::arn(world, key) == arn)?;
    Some(Parameter {
        name: name(key).to_owned(),
        r#type: "SecureString",
        value: if with_decryption { value.clone() } else { "not decrypted".to_owned() },
        version: 1,
        last_modified_date: Time(Setup::EPOCH),
        arn,
        data_type: "text",
    })
}

/// The ARN of a parameter: a slash at the beginning of its name is not repeated.
fn arn(world: &World, name_or_arn: &str) -> String {
    if name_or_arn.starts_with("arn:") {
        return name_or_arn.to_owned();
    }
    world.arn("ssm", &format!("parameter/{}", name_or_arn.trim_start_matches('/')))
}

/// The name of a parameter: one that is made of several parts begins with a slash.
fn name(name_or_arn: &str) -> &str {
    match name_or_arn.split_once(":parameter") {
        Some((_, name)) if name.matches('/').count() > 1 => name,
        Some((_, name)) => name.trim_start_matches('/'),
        None => name_or_arn,
    }
}

fn permission(world: &World, action: &str, name_or_arn: &str) -> Permission {
    Permission::new(action, arn(world, name_or_arn))
}
