//! `GetSecretValue`.

use crate::operation::Operation;
use crate::value::Time;
use crate::{AwsError, Permission, Setup, World};
use serde::{Deserialize, Serialize};

/// A secret's ARN ends in a hyphen and six characters, which its name does not have.
const SUFFIX: usize = 7;
const CURRENT: &str = "AWSCURRENT";
/// The one version that a secret has here.
const VERSION: &str = "00000000-0000-4000-8000-000000000001";

pub(crate) struct GetSecretValue;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct Input {
    secret_id: String,
    version_id: Option<String>,
    version_stage: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Output {
    #[serde(rename = "ARN")]
    arn: String,
    name: String,
    version_id: &'static str,
    secret_string: String,
    version_stages: [&'static str; 1],
    created_date: Time,
}

impl Operation for GetSecretValue {
    const SERVICE: &'static str = "secretsmanager";
    const NAME: &'static str = "GetSecretValue";
    const CALLERS: &'static [&'static str] = &["warm-up", "smoke-test", "validate", "notify"];
    type Input = Input;
    type Output = Output;

    fn authorize(input: &Input, world: &World) -> Vec<Permission> {
        let arn = match find(world, &input.secret_id) {
            Some(secret) => secret.arn,
            None if input.secret_id.starts_with("arn:") => input.secret_id.clone(),
            None => world.arn("secretsmanager", &format!("secret:{}", input.secret_id)),
        };
        vec![Permission::new("secretsmanager:GetSecretValue", arn)]
    }

    fn call(input: Input, world: &mut World) -> Result<Output, AwsError> {
        let secret = find(world, &input.secret_id).ok_or_else(not_found)?;
        let is_current = input.version_stage.is_none_or(|stage| stage == CURRENT);
        if !is_current || input.version_id.is_some_and(|version| version != VERSION) {
            return Err(not_found());
        }
        Ok(Output {
            arn: secret.arn,
            name: secret.name,
            version_id: VERSION,
            secret_string: secret.value,
            version_stages: [CURRENT],
            created_date: Time(Setup::EPOCH),
        })
    }
}

struct Secret {
    arn: String,
    name: String,
    value: String,
}

/// A secret by its ARN, with or without the suffix, or by its name.
fn find(world: &World, id: &str) -> Option<Secret> {
    let secrets = world.setup.secrets.iter().filter_map(|(key, value)| {
        let arn = match key.split_once(":secretsmanager:") {
            Some(_) => key.clone(),
            None if key.starts_with("arn:") => return None,
            // a key that is no ARN is the name of a secret or of a parameter
            None => world.arn("secretsmanager", &format!("secret:{key}-AbCdEf")),
        };
        let (_, named) = arn.split_once(":secret:")?;
        let name = named.len().checked_sub(SUFFIX).and_then(|end| named.split_at_checked(end));
        let name = name.filter(|(_, suffix)| suffix.starts_with('-')).map_or(named, |(name, _)| name).to_owned();
        Some(Secret { arn, name, value: value.clone() })
    });
    let without_suffix = world.arn("secretsmanager", "secret:");
    let is_it = |secret: &Secret| {
        secret.arn == id || secret.name == id || id.strip_prefix(&without_suffix) == Some(secret.name.as_str())
    };
    let mut secrets = secrets;
    secrets.find(is_it)
}

fn not_found() -> AwsError {
    AwsError::client("ResourceNotFoundException", "Secrets Manager can't find the specified secret.")
}

#[cfg(test)]
mod tests {
    use crate::testing::Shell;
    use crate::{Policy, Role, Setup};
    use serde_json::json;

    const ARN: &str = "arn:aws:secretsmanager:us-east-1:123456789012:secret:shop/token-AbCdEf";

    fn shell() -> Shell {
        let mut setup = Setup::empty();
        setup.secrets.insert(ARN.to_owned(), "hush".to_owned());
        setup.secrets.insert("plain".to_owned(), "by name".to_owned());
        let policy: Policy = serde_json::from_value(json!({"Statement": [
            {"Effect": "Allow", "Action": "secretsmanager:GetSecretValue", "Resource": ARN},
        ]}))
        .unwrap();
        setup.stack.roles = vec![Role {
            name: "smoke".to_owned(),
            access_key: "SMOKE".to_owned(),
            policies: vec![policy],
            ..Role::default()
        }];
        Shell::new(setup)
    }

    #[test]
    fn a_secret_is_found_by_its_name_and_by_its_arn() {
        let mut shell = shell();
        for id in [ARN, "shop/token", ARN.trim_end_matches("-AbCdEf")] {
            let secret = shell.call("secretsmanager", "GetSecretValue", json!({"SecretId": id})).unwrap();
            assert_eq!((&secret["SecretString"], &secret["Name"]), (&json!("hush"), &json!("shop/token")));
            assert_eq!(secret["ARN"], ARN);
        }
        let by = json!({"SecretId": "plain", "VersionStage": "AWSCURRENT"});
        assert_eq!(shell.call("secretsmanager", "GetSecretValue", by).unwrap()["SecretString"], "by name");
        for by in [json!({"SecretId": "none"}), json!({"SecretId": ARN, "VersionStage": "AWSPREVIOUS"})] {
            let error = shell.call("secretsmanager", "GetSecretValue", by).unwrap_err();
            assert_eq!(error.code, "ResourceNotFoundException");
        }
    }

    #[test]
    fn a_secret_is_told_to_those_only_who_may_know_it() {
        let mut shell = shell();
        let mut get = |id: &str| shell.call_as("SMOKE", "secretsmanager", "GetSecretValue", json!({"SecretId": id}));
        assert!(get("shop/token").is_ok());
        assert_eq!(get("plain").unwrap_err().code, "AccessDeniedException");
    }
}
