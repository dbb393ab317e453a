//! What is run: the plan, with what the command line puts in place of its parts.

use crate::{Error, arguments, file};
use greenlight_domain::directive::Directive;
use greenlight_domain::plan::{Plan, SecretOr, SmokeTest, SmokeTestDefaults};
use greenlight_domain::smoke;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Everything that a run needs, checked.
pub(super) struct Given {
    pub(super) tests: Vec<SmokeTest>,
    pub(super) defaults: SmokeTestDefaults,
    pub(super) base_url: String,
    /// By ARN.
    pub(super) secrets: BTreeMap<String, String>,
    /// Checks that are not wanted, and why.
    pub(super) skip: BTreeMap<String, String>,
}

impl Given {
    pub(super) fn read(options: &arguments::SmokeTest) -> Result<Self, Error> {
        let text = file::text(&options.plan)?;
        let source = options.plan.display().to_string();
        let mut plan = Plan::parse(&text, &source).map_err(|source| Error::Plan { source, text: text.clone() })?;
        if plan.smoke_tests.is_empty() {
            return Err(wrong(format!("{source} has no [[smoke-test]]"), "add one, or name another plan"));
        }
        if let Some(ca) = &options.ca {
            plan.smoke_test_defaults.ca = Some(SecretOr::Plain(authority(ca)?));
        }
        headers(&mut plan.smoke_test_defaults, &options.headers)?;
        let base_url = base_url(options.base_url.as_deref(), &plan.smoke_test_defaults)?;
        let skip = skip(&options.skip, options.reason.as_deref().unwrap_or_default(), &plan)?;
        let secrets = secrets(&plan, options)?;
        Ok(Self { tests: plan.smoke_tests, defaults: plan.smoke_test_defaults, base_url, secrets, skip })
    }
}

fn authority(path: &Path) -> Result<String, Error> {
    let text = file::text(path)?;
    if text.contains("-----BEGIN CERTIFICATE-----") {
        return Ok(text);
    }
    let problem = format!("--ca {}: holds no certificate in PEM", path.display());
    Err(wrong(problem, "name a file with a -----BEGIN CERTIFICATE-----"))
}

fn base_url(given: Option<&str>, defaults: &SmokeTestDefaults) -> Result<String, Error> {
    let Some(url) = given.or(defaults.base_url.as_deref()) else {
        return Err(wrong("nothing says where the checks go", "add --base-url https://host:port"));
    };
    // what is wrong with a URL names its remedy
    let checked = smoke::check_base_url(url);
    checked.map(|()| url.to_owned()).map_err(|problem| Error::BaseUrl { url: url.to_owned(), problem })
}

/// Puts headers in place of the plan's of the same name, whatever their spelling.
fn headers(defaults: &mut SmokeTestDefaults, given: &[String]) -> Result<(), Error> {
    for header in given {
        let name_and_value = header.split_once('=').map(|(name, value)| (name.trim(), value));
        let Some((name, value)) = name_and_value.filter(|(name, _)| is_name(name)) else {
            // the value may be a secret: it is not repeated
            return Err(wrong("a --header is not NAME=VALUE", "write --header Host=shop.example.com"));
        };
        if value.contains(|c: char| c.is_control() && c != '\t') {
            let problem = format!("--header {name}: its value has a line break or another control character");
            return Err(wrong(problem, "take it out"));
        }
        defaults.headers.retain(|other, _| !other.eq_ignore_ascii_case(name));
        defaults.headers.insert(name.to_owned(), SecretOr::Plain(value.to_owned()));
    }
    Ok(())
}

/// What HTTP allows in the name of a header.
fn is_name(name: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    !name.is_empty() && name.bytes().all(allowed)
}

/// A check is given by its name or, as on a deployment, as `smoke-test:NAME`.
fn skip(given: &[String], reason: &str, plan: &Plan) -> Result<BTreeMap<String, String>, Error> {
    let one = |given: &String| {
        let named = |name: &str| plan.smoke_tests.iter().any(|test| test.name == name);
        let name = given.strip_prefix("smoke-test:").filter(|_| !named(given)).unwrap_or(given);
        if !named(name) {
            let known: Vec<&str> = plan.smoke_tests.iter().map(|test| test.name.as_str()).collect();
            return Err(wrong(
                format!("there is no check {name:?} to skip"),
                &format!("use one of {}", known.join(", ")),
            ));
        }
        let directive = Directive::new(&format!("smoke-test:{name}"), reason, plan)?;
        Ok((name.to_owned(), directive.reason))
    };
    given.iter().map(one).collect()
}

/// The values of all secrets that the plan's checks refer to; errors name the secret, never a value.
fn secrets(plan: &Plan, options: &arguments::SmokeTest) -> Result<BTreeMap<String, String>, Error> {
    // an authority from a file takes the place of the plan's
    let wanted: BTreeSet<&str> = plan.smoke_test_secrets();
    let mut values = BTreeMap::new();
    for given in &options.secrets {
        let (arn, value) = referred("--secret", given, &wanted)?;
        values.insert(arn.to_owned(), value.to_owned());
    }
    for given in &options.secret_variables {
        let (arn, variable) = referred("--secret-env", given, &wanted)?;
        let value = std::env::var(variable).map_err(|_| {
            wrong(format!("--secret-env {arn}: {variable} is not set, or no text"), "set it to the secret's value")
        })?;
        values.insert(arn.to_owned(), value);
    }
    match wanted.iter().find(|arn| !values.contains_key(**arn)) {
        None => Ok(values),
        Some(arn) => Err(wrong(
            format!("the checks refer to the secret {arn}, which has no value here"),
            &format!("put it into an environment variable and add --secret-env {arn}=VARIABLE"),
        )),
    }
}

/// Splits `ARN=REST`. A secret's name may hold `=` itself: those that the plan refers to decide.
fn referred<'a>(option: &str, given: &'a str, wanted: &BTreeSet<&'a str>) -> Result<(&'a str, &'a str), Error> {
    let found = wanted.iter().rev().find_map(|arn| Some((*arn, given.strip_prefix(arn)?.strip_prefix('=')?)));
    found.ok_or_else(|| {
        let known = match wanted.len() {
            0 => "leave it out: the checks refer to no secret".to_owned(),
            _ => format!("use one of {}", wanted.iter().copied().collect::<Vec<_>>().join(", ")),
        };
        wrong(format!("a {option} is for no secret that the checks refer to"), &known)
    })
}

fn wrong(problem: impl Into<String>, remedy: &str) -> Error {
    Error::SmokeTest { problem: problem.into(), remedy: remedy.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "arn:aws:secretsmanager:us-east-1:123456789012:secret:a=b";

    #[test]
    fn a_secrets_name_may_hold_an_equals_sign() {
        let shorter = "arn:aws:secretsmanager:us-east-1:123456789012:secret:a";
        let wanted = BTreeSet::from([SECRET, shorter]);
        let given = format!("{SECRET}=c=d");
        assert_eq!(referred("--secret", &given, &wanted).unwrap(), (SECRET, "c=d"));
    }

    #[test]
    fn a_value_is_in_no_error() {
        let message = referred("--secret", "arn:other=hunter2", &BTreeSet::from([SECRET])).unwrap_err().to_string();
        assert!(message.contains(SECRET) && !message.contains("hunter2"), "{message}");
        let message = headers(&mut SmokeTestDefaults::default(), &["hunter2".to_owned()]).unwrap_err().to_string();
        assert!(!message.contains("hunter2"), "{message}");
    }

    #[test]
    fn a_header_takes_the_place_of_the_plans() {
        let mut defaults = SmokeTestDefaults::default();
        defaults.headers.insert("Host".to_owned(), SecretOr::Plain("shop.example.com".to_owned()));
        headers(&mut defaults, &["host=localhost".to_owned(), "X-Query=a=b".to_owned()]).unwrap();
        let expected = [("X-Query", "a=b"), ("host", "localhost")];
        let expected = expected.map(|(name, value)| (name.to_owned(), SecretOr::Plain(value.to_owned())));
        assert_eq!(defaults.headers, BTreeMap::from(expected));
    }
}
