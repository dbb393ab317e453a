//! The name of a service deployment.

/// `arn:aws:ecs:REGION:ACCOUNT:service-deployment/CLUSTER/SERVICE/ID`, and what stands in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceDeploymentArn {
    /// The whole ARN.
    pub arn: String,
    /// The cluster's name.
    pub cluster: String,
    /// The service's name.
    pub service: String,
    /// The last part: it names the deployment in everything that is written about it.
    pub id: String,
}

impl ServiceDeploymentArn {
    /// Reads an ARN; `None` if it is none of a service deployment.
    pub fn parse(arn: &str) -> Option<Self> {
        let mut parts = arn.splitn(6, ':');
        let is_ecs = parts.next() == Some("arn") && parts.nth(1) == Some("ecs");
        let mut names = parts.nth(2)?.strip_prefix("service-deployment/")?.split('/');
        let mut name = || names.next().filter(|name| !name.is_empty()).map(str::to_owned);
        let (cluster, service, id) = (name()?, name()?, name()?);
        (is_ecs && names.next().is_none()).then(|| Self { arn: arn.to_owned(), cluster, service, id })
    }
}

#[cfg(test)]
mod tests {
    use super::ServiceDeploymentArn;

    #[test]
    fn an_arn_names_cluster_service_and_deployment() {
        let arn =
            "arn:aws-cn:ecs:cn-north-1:123456789012:service-deployment/production-cluster/shop-web/Hq3Zt7L_x0bV-2";
        let read = ServiceDeploymentArn::parse(arn).unwrap();
        let names = (read.cluster.as_str(), read.service.as_str(), read.id.as_str());
        assert_eq!(names, ("production-cluster", "shop-web", "Hq3Zt7L_x0bV-2"));
        assert_eq!(read.arn, arn);
    }

    #[test]
    fn another_arn_is_none() {
        for text in [
            "",
            "Hq3Zt7Lx",
            "arn:aws:ecs:us-east-1:123456789012:service/c/s",
            "arn:aws:ecs:us-east-1:123456789012:service-deployment/c/s",
            "arn:aws:ecs:us-east-1:123456789012:service-deployment/c/s/i/more",
            "arn:aws:ecs:us-east-1:123456789012:service-deployment/c//i",
            "arn:aws:s3:us-east-1:123456789012:service-deployment/c/s/i",
        ] {
            assert_eq!(ServiceDeploymentArn::parse(text), None, "{text}");
        }
    }
}
