//! The deployment groups that the stack was given.

use greenlight_aws::Error;
use std::fmt;

/// A deployment group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Group {
    pub(crate) region: String,
    pub(crate) account: String,
    pub(crate) application: String,
    pub(crate) name: String,
}

impl Group {
    /// Reads ARNs: `arn:aws:codedeploy:REGION:ACCOUNT:deploymentgroup:APPLICATION/GROUP`.
    pub(crate) fn all(arns: &[String]) -> Result<Vec<Self>, Error> {
        let group = |arn: &String| {
            Self::read(arn).ok_or_else(|| Error::Setting {
                name: "GREENLIGHT_DEPLOYMENT_GROUPS",
                reason: format!(
                    "has {arn:?}; expected arn:aws:codedeploy:REGION:ACCOUNT:deploymentgroup:APPLICATION/GROUP"
                ),
            })
        };
        arns.iter().map(group).collect()
    }

    fn read(arn: &str) -> Option<Self> {
        let mut parts = arn.splitn(7, ':');
        if (parts.next(), parts.nth(1)) != (Some("arn"), Some("codedeploy")) {
            return None;
        }
        let (region, account) = (parts.next()?.to_owned(), parts.next()?.to_owned());
        let (application, name) = parts.nth(1)?.split_once('/')?;
        Some(Self { region, account, application: application.to_owned(), name: name.to_owned() })
    }
}

impl fmt::Display for Group {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.application, self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::Group;

    #[test]
    fn arns_of_deployment_groups() {
        let arn = "arn:aws:codedeploy:us-east-1:123456789012:deploymentgroup:shop/production".to_owned();
        let groups = Group::all(&[arn]).unwrap();
        assert_eq!(groups[0].to_string(), "shop/production");
        assert_eq!((groups[0].region.as_str(), groups[0].account.as_str()), ("us-east-1", "123456789012"));
        for wrong in
            ["", "shop/production", "arn:aws:codedeploy:us-east-1:1:deploymentgroup:shop", "arn:aws:ecs:r:a:x:y/z"]
        {
            let message = Group::all(&[wrong.to_owned()]).unwrap_err().to_string();
            assert!(message.contains("GREENLIGHT_DEPLOYMENT_GROUPS has"), "{message}");
        }
    }
}
