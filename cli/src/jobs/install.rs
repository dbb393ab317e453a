//! An install of the functions, as its function `launch-job` is set up.

use crate::Error;
use greenlight_aws::{Env, Settings, function, retry};
use std::sync::Arc;

/// An install.
#[derive(Debug, Clone)]
pub struct Install {
    /// What calls are made with, and what the install calls its things.
    pub env: Env,
    /// The log group of its functions.
    pub log_group: String,
}

impl Install {
    /// Finds the install whose functions' names begin so: one call.
    ///
    /// # Errors
    /// If there is none, or it cannot be read.
    pub async fn find(mut env: Env, name: &str) -> Result<Self, Error> {
        let function = format!("{name}-launch-job");
        let until = super::schedules::until(&env);
        let found = retry::until(&env, until, async || function::configuration(&env, &function).await).await?;
        let Some(found) = found else {
            return Err(Error::usage(
                format!("there is no function {function} in {}", env.settings.region),
                "deploy the functions' template (docs/install.md), name its stack with --install, or correct AWS_REGION",
            ));
        };
        let mut variables = found.variables;
        variables.insert("AWS_REGION".to_owned(), env.settings.region.clone());
        env.settings = Settings::from_map(&variables)?;
        // what goes wrong is an error here, and not a line of a log
        Ok(Self { env: env.with_log(Arc::new(|_| {})), log_group: found.log_group })
    }

    /// The function that starts jobs.
    pub(super) fn launch_job(&self) -> Result<&str, Error> {
        self.env.settings.launch_job_arn.as_deref().ok_or_else(|| {
            Error::usage(
                format!("{} does not say what its function launch-job is", self.env.settings.install),
                "deploy the functions' template in its present version",
            )
        })
    }
}
