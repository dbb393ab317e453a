//! Updates a service that ECS deploys, and finds the service deployment that begins.

use crate::Error;
use crate::aws::calmly;
use crate::rollback::POLL;
use greenlight_aws::Env;
use greenlight_aws::service_deployments::{self, Deploy, Listed};
use jiff::{SignedDuration, Timestamp};

/// How long a service deployment may take to appear.
const APPEARS: SignedDuration = SignedDuration::from_mins(2);

/// Makes the update; the ARN of the deployment that was not there `before`, or `None` if none has appeared.
pub(crate) async fn begin(env: &Env, deploy: Deploy<'_>, before: &[Listed]) -> Result<Option<String>, Error> {
    let said = service_deployments::deploy(env, deploy).await?;
    let is_new = |arn: &String| !before.iter().any(|one| one.arn == *arn);
    if let Some(arn) = said.filter(is_new) {
        return Ok(Some(arn));
    }
    let until = env.clock.now().checked_add(APPEARS).unwrap_or(Timestamp::MAX);
    loop {
        let list = async || service_deployments::list(env, deploy.cluster, deploy.service).await;
        let listed = calmly(env, list).await?;
        if let Some(found) = listed.into_iter().map(|one| one.arn).find(&is_new) {
            return Ok(Some(found));
        }
        if env.clock.now() >= until {
            return Ok(None);
        }
        env.clock.sleep(POLL).await;
    }
}
