//! Values that a plan refers to: parameters of SSM and secrets of Secrets Manager, by the ARN that a task definition's
//! `valueFrom` takes.

use crate::aws_json::{Call, JsonService};
use crate::{Env, Error, retry};
use futures_util::future::try_join_all;
use jiff::Timestamp;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// Reads every secret of `arns`, by its ARN.
///
/// # Errors
/// For the first that cannot be read: what to allow, or what is wrong with its ARN. Never with a value.
pub async fn read(env: &Env, arns: BTreeSet<&str>, until: Timestamp) -> Result<BTreeMap<String, String>, Error> {
    let one = async |arn: &str| {
        let reference = Reference::parse(arn)?;
        let value = retry::until(env, until, async || reference.read(env).await).await?;
        Ok::<_, Error>((arn.to_owned(), value))
    };
    Ok(try_join_all(arns.into_iter().map(one)).await?.into_iter().collect())
}

/// Where a value is.
#[derive(Debug, PartialEq, Eq)]
struct Reference<'a> {
    arn: &'a str,
    partition: &'a str,
    region: &'a str,
    kind: Kind<'a>,
}

#[derive(Debug, PartialEq, Eq)]
enum Kind<'a> {
    Parameter,
    /// <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/secrets-envvar-secrets-manager.html>:
    /// `secret:name:json-key:version-stage:version-id`, where each of the last three may be empty.
    Secret {
        id: String,
        key: Option<&'a str>,
        stage: Option<&'a str>,
        version: Option<&'a str>,
    },
}

impl<'a> Reference<'a> {
    fn parse(arn: &'a str) -> Result<Self, Error> {
        let unfit = || {
            Error::Unfit(format!(
                "{arn} is neither the ARN of an SSM parameter nor of a secret in Secrets Manager; correct the plan"
            ))
        };
        let parts: Vec<&str> = arn.split(':').collect();
        let ["arn", partition, service, region, account, rest @ ..] = parts.as_slice() else { return Err(unfit()) };
        let kind = match (*service, rest) {
            ("ssm", [parameter]) if parameter.starts_with("parameter/") => Kind::Parameter,
            ("secretsmanager", ["secret", name, rest @ ..]) if rest.len() <= 3 && !name.is_empty() => {
                let part = |index: usize| rest.get(index).copied().filter(|part| !part.is_empty());
                let id = format!("arn:{partition}:secretsmanager:{region}:{account}:secret:{name}");
                Kind::Secret { id, key: part(0), stage: part(1), version: part(2) }
            }
            _ => return Err(unfit()),
        };
        Ok(Self { arn, partition, region, kind })
    }

    async fn read(&self, env: &Env) -> Result<String, Error> {
        match &self.kind {
            Kind::Parameter => {
                let input = json!({ "Name": self.arn, "WithDecryption": true });
                let answer = self.call(env, "GetParameter", &input).await?;
                self.text(answer.pointer("/Parameter/Value"), "has no value")
            }
            Kind::Secret { id, key, stage, version } => {
                let mut input = json!({ "SecretId": id });
                if let Some(stage) = stage {
                    input["VersionStage"] = (*stage).into();
                }
                if let Some(version) = version {
                    input["VersionId"] = (*version).into();
                }
                let answer = self.call(env, "GetSecretValue", &input).await?;
                let text = self.text(answer.get("SecretString"), "is no text")?;
                let Some(key) = key else { return Ok(text) };
                let members: Value = serde_json::from_str(&text).unwrap_or_default();
                match members.get(key) {
                    Some(Value::String(value)) => Ok(value.clone()),
                    Some(value @ (Value::Number(_) | Value::Bool(_))) => Ok(value.to_string()),
                    _ => Err(Error::Unfit(format!("secret {} is no JSON with a text {key}", self.arn))),
                }
            }
        }
    }

    fn text(&self, value: Option<&Value>, problem: &str) -> Result<String, Error> {
        let text = value.and_then(Value::as_str).map(str::to_owned);
        text.ok_or_else(|| Error::Unfit(format!("secret {} {problem}", self.arn)))
    }

    async fn call(&self, env: &Env, operation: &'static str, input: &Value) -> Result<Value, Error> {
        let (service, action) = match self.kind {
            Kind::Parameter => (JsonService { version: "1.1", name: "ssm", target: "AmazonSSM" }, "ssm:GetParameter"),
            Kind::Secret { .. } => {
                let service = JsonService { version: "1.1", name: "secretsmanager", target: "secretsmanager" };
                (service, "secretsmanager:GetSecretValue")
            }
        };
        let (region, partition) = (self.region, self.partition);
        env.call_json(Call { service, operation, action, resource: self.arn, region, partition }, input).await
    }
}

#[cfg(test)]
mod tests {
    use super::{Kind, Reference};

    #[test]
    fn both_kinds_of_arn_are_read() {
        let reference = Reference::parse("arn:aws:ssm:us-east-1:123456789012:parameter/prod/token").unwrap();
        assert_eq!((reference.region, &reference.kind), ("us-east-1", &Kind::Parameter));
        let secret = |id: &str, key, stage| Kind::Secret { id: id.to_owned(), key, stage, version: None };
        let id = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:shop-AbCdEf";
        let table = [
            (id.to_owned(), secret(id, None, None)),
            (format!("{id}:password::"), secret(id, Some("password"), None)),
            (format!("{id}::AWSPREVIOUS:"), secret(id, None, Some("AWSPREVIOUS"))),
        ];
        for (arn, expected) in table {
            assert_eq!(Reference::parse(&arn).unwrap().kind, expected, "{arn}");
        }
    }

    #[test]
    fn another_arn_is_refused_by_name() {
        for arn in ["", "token", "arn:aws:s3:::bucket/key", "arn:aws:ssm:us-east-1:123456789012:document/x"] {
            let message = Reference::parse(arn).unwrap_err().to_string();
            assert!(message.contains("neither"), "{message}");
        }
    }
}
