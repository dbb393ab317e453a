//! Values of secrets, by what `valueFrom` says.

use crate::World;

/// The value that `valueFrom` names: the ARN or name of an SSM parameter, the ARN of a Secrets Manager secret, or such an
/// ARN with a key of the secret's JSON behind it (`…:secret:NAME:KEY:STAGE:VERSION`).
pub(super) fn value(world: &World, value_from: &str) -> Option<String> {
    let secrets = &world.setup.secrets;
    if let Some(value) = secrets.get(value_from) {
        return Some(value.clone());
    }
    if let Some((_, name)) = value_from.split_once(":parameter")
        && let Some(value) = secrets.get(name).or_else(|| secrets.get(name.trim_start_matches('/')))
    {
        return Some(value.clone());
    }
    let parts: Vec<&str> = value_from.split(':').collect();
    let (arn, rest) = parts.split_at_checked(7)?;
    let whole = secrets.get(&arn.join(":"))?;
    match rest.first() {
        None | Some(&"") => Some(whole.clone()),
        Some(key) => match serde_json::from_str::<serde_json::Value>(whole).ok()?.get(key)? {
            serde_json::Value::String(text) => Some(text.clone()),
            other => Some(other.to_string()),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::value;
    use crate::{Setup, World};

    #[test]
    fn a_secret_is_found_by_arn_by_name_and_by_json_key() {
        let mut setup = Setup::empty();
        let secret = "arn:aws:secretsmanager:us-east-1:123456789012:secret:shop-AbCdEf";
        setup.secrets.insert(secret.to_owned(), r#"{"user":"shop","port":5432}"#.to_owned());
        setup.secrets.insert("/shop/key".to_owned(), "k".to_owned());
        let world = World::new(setup, Setup::EPOCH);
        let get = |from: &str| value(&world, from);
        assert_eq!(get(&format!("{secret}:user::")).as_deref(), Some("shop"));
        assert_eq!(get(&format!("{secret}:port::")).as_deref(), Some("5432"));
        assert_eq!(get(&format!("{secret}:nothing::")), None);
        assert!(get(secret).is_some());
        assert_eq!(get("arn:aws:ssm:us-east-1:123456789012:parameter/shop/key").as_deref(), Some("k"));
        assert_eq!(get("elsewhere"), None);
    }
}
