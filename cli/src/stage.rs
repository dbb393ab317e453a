//! `greenlight stage`: the stage of the built-in example, for AWS's own tools and SDKs, until it is told to stop.

use crate::rehearse::verb::{Signals, functions, images};
use crate::rehearse::{Options, Rehearsal, setup};
use crate::{Error, arguments};
use greenlight_aws::Clock;
use greenlight_host::{HostClock, Stage};
use std::io::Write as _;
use std::process::ExitCode;

/// In real time: whoever types commands needs it.
const SPEED: f64 = 1.0;

/// Signs the calls of whoever may do everything.
const OPERATOR: [(&str, &str); 2] = [("AWS_ACCESS_KEY_ID", "AKIAOPERATOR"), ("AWS_SECRET_ACCESS_KEY", "stage")];

/// Runs the verb.
pub(crate) fn run(options: &arguments::Stage) -> Result<ExitCode, Error> {
    let rehearsal = Rehearsal::built_in(&Options::default())?;
    let start = |what| move |source| Error::Start { what, source };
    let program = std::env::current_exe().map_err(start("find the program itself"))?;
    let scratch = tempfile::Builder::new().prefix("greenlight-").tempdir();
    let scratch = scratch.map_err(start("make a scratch directory"))?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.map_err(start("start the runtime"))?.block_on(async {
        let mut signals = Signals::listen()?;
        let origin = Clock::real().now();
        let stage = Stage::start(greenlight_host::Options {
            setup: setup(&rehearsal, origin, SPEED),
            images: images(&rehearsal, None, &program, &scratch)?,
            functions: functions(&rehearsal, None, &program)?,
            scratch: scratch.path().to_owned(),
            clock: HostClock { origin, speed: SPEED },
            port: Some(options.port),
        });
        let stage = stage.await?;
        // a reader that has gone away does not end the stage
        let _ = std::io::stdout().write_all(exports(&stage.endpoint()).as_bytes());
        signals.next().await;
        stage.stop().await;
        Ok(ExitCode::SUCCESS)
    })
}

/// What a shell has to be told, so that AWS's tools find the stage.
fn exports(endpoint: &str) -> String {
    let region = [("AWS_ENDPOINT_URL", endpoint), ("AWS_REGION", "us-east-1"), ("AWS_DEFAULT_REGION", "us-east-1")];
    let lines = region.into_iter().chain(OPERATOR).map(|(name, value)| format!("export {name}={value}\n"));
    lines.chain(["# the stage runs until Ctrl-C\n".to_owned()]).collect()
}
