//! The services that the stack was given.

use greenlight_aws::Error;
use std::fmt;

/// A service that ECS itself deploys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Service {
    pub(crate) region: String,
    pub(crate) account: String,
    pub(crate) cluster: String,
    pub(crate) name: String,
}

impl Service {
    /// Reads ARNs: `arn:aws:ecs:REGION:ACCOUNT:service/CLUSTER/NAME`.
    pub(crate) fn all(arns: &[String]) -> Result<Vec<Self>, Error> {
        let service = |arn: &String| {
            Self::read(arn).ok_or_else(|| Error::Setting {
                name: "GREENLIGHT_SERVICES",
                reason: format!("has {arn:?}; expected arn:aws:ecs:REGION:ACCOUNT:service/CLUSTER/NAME"),
            })
        };
        arns.iter().map(service).collect()
    }

    fn read(arn: &str) -> Option<Self> {
        let mut parts = arn.splitn(6, ':');
        if (parts.next(), parts.nth(1)) != (Some("arn"), Some("ecs")) {
            return None;
        }
        let (region, account) = (parts.next()?.to_owned(), parts.next()?.to_owned());
        let (cluster, name) = parts.next()?.strip_prefix("service/")?.split_once('/')?;
        let is_name = |name: &str| !name.is_empty() && !name.contains('/');
        (is_name(cluster) && is_name(name)).then(|| Self {
            region,
            account,
            cluster: cluster.to_owned(),
            name: name.to_owned(),
        })
    }
}

impl fmt::Display for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.cluster, self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::Service;

    #[test]
    fn arns_of_services() {
        let arn = "arn:aws:ecs:us-east-1:123456789012:service/production-cluster/shop-web".to_owned();
        let services = Service::all(&[arn]).unwrap();
        assert_eq!(services[0].to_string(), "production-cluster/shop-web");
        assert_eq!((services[0].region.as_str(), services[0].account.as_str()), ("us-east-1", "123456789012"));
        for wrong in [
            "",
            "production-cluster/shop-web",
            "arn:aws:ecs:us-east-1:123456789012:service/shop-web",
            "arn:aws:ecs:us-east-1:123456789012:service/c/s/more",
            "arn:aws:ecs:us-east-1:123456789012:cluster/c/s",
            "arn:aws:codedeploy:us-east-1:123456789012:service/c/s",
        ] {
            let message = Service::all(&[wrong.to_owned()]).unwrap_err().to_string();
            assert!(message.contains("GREENLIGHT_SERVICES has"), "{message}");
        }
    }
}
