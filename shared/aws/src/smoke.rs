//! Runs smoke tests: sends what the plan asks for, and hands the answers to the judgement in `greenlight_domain::smoke`.

mod of_release;

pub use of_release::{of_release, summary, told};

use crate::clock::Clock;
use crate::http::{self, Http, Tls, is_own_machine};
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use greenlight_domain::plan::{SecretOr, SmokeTest, SmokeTestDefaults};
use greenlight_domain::smoke::{
    CheckResult, Failure, Next, Outcome, Queue, Report, Request, Response, Values, capture, evaluate, redirect, resolve,
};
use jiff::Timestamp;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::time::Instant;

/// What is run, and against what.
#[derive(Debug)]
pub struct Run<'a> {
    /// How requests are sent.
    pub http: &'a Http,
    /// By which the waits between attempts go.
    pub clock: &'a Clock,
    /// The checks.
    pub tests: &'a [SmokeTest],
    /// What they share.
    pub defaults: &'a SmokeTestDefaults,
    /// Where paths are requested.
    pub base_url: &'a str,
    /// Values of all secrets that the checks refer to, by ARN.
    pub secrets: &'a BTreeMap<String, String>,
    /// Checks that are not wanted, by name, and why.
    pub skip: &'a BTreeMap<String, String>,
    /// When everything must be done. What is not done then has failed.
    pub until: Timestamp,
}

/// Runs every check: independent ones at once, the others behind those whose values they use.
pub async fn run(run: &Run<'_>) -> Report {
    let began = Instant::now();
    let values = &RefCell::new(Values::new(run.secrets.clone()));
    let mut queue = Queue::new(run.tests, run.defaults.concurrency, |name| run.skip.get(name).cloned());
    let mut results: BTreeMap<usize, CheckResult> = BTreeMap::new();
    let mut running = FuturesUnordered::new();
    loop {
        while let Some(next) = queue.pick() {
            let (index, skipped) = match next {
                Next::Run(index) => (index, None),
                Next::Skip(index, reason) => (index, Some(reason)),
            };
            let Some(test) = run.tests.get(index) else { continue };
            match skipped {
                Some(reason) => drop(results.insert(index, unsent(test, Outcome::Skipped(reason)))),
                None => running.push(async move { (index, check(run, test, values).await) }),
            }
        }
        let Some((index, result)) = running.next().await else { break };
        queue.done(index, result.outcome == Outcome::Passed);
        results.insert(index, result);
    }
    Report { results: results.into_values().collect(), took: began.elapsed() }
}

fn unsent(test: &SmokeTest, outcome: Outcome) -> CheckResult {
    CheckResult { name: test.name.clone(), request: String::new(), outcome, attempts: 0, took: Duration::ZERO }
}

/// One check with all its attempts.
async fn check(run: &Run<'_>, test: &SmokeTest, values: &RefCell<Values>) -> CheckResult {
    let began = Instant::now();
    let mut result = unsent(test, Outcome::Passed);
    loop {
        result.attempts += 1;
        let failures = attempt(run, test, values, &mut result.request).await;
        result.took = began.elapsed();
        result.outcome = if failures.is_empty() { Outcome::Passed } else { Outcome::Failed(failures) };
        let every = test.retry.as_ref().map(|retry| retry.every).unwrap_or_default();
        let late = run.clock.real_duration_until(run.until) <= run.clock.real_duration(every);
        if result.outcome == Outcome::Passed || result.attempts >= test.attempts() || late {
            return result;
        }
        run.clock.sleep(every).await;
    }
}

/// One attempt: what did not hold. `line` becomes the request, masked.
async fn attempt(run: &Run<'_>, test: &SmokeTest, values: &RefCell<Values>, line: &mut String) -> Vec<Failure> {
    let resolved = resolve(test, run.defaults, run.base_url, &values.borrow());
    let answered = match resolved {
        Ok(request) => {
            *line = request.line(&values.borrow());
            follow(run, request).await
        }
        Err(reason) => Err(reason),
    };
    let response = match answered {
        Ok(response) => response,
        Err(reason) => return vec![Failure::no_answer(&reason, &values.borrow())],
    };
    let failures = evaluate(test, &response, &values.borrow());
    if failures.is_empty() { capture(test, &response, &mut values.borrow_mut()) } else { failures }
}

/// Sends a request, and those that its redirects ask for.
async fn follow(run: &Run<'_>, mut request: Request) -> Result<Response, String> {
    let mut took = Duration::ZERO;
    loop {
        let mut response = exchange(run, &request).await?;
        took = took.saturating_add(response.took);
        response.took = took;
        let Some(next) = redirect(&request, &response)? else { return Ok(response) };
        if is_own_machine(&next.url) && !is_own_machine(&request.url) {
            return Err("a redirect leads to the machine that asks; it is not followed".to_owned());
        }
        request = next;
    }
}

async fn exchange(run: &Run<'_>, request: &Request) -> Result<Response, String> {
    let left = run.clock.real_duration_until(run.until);
    if left.is_zero() {
        return Err("the time of all checks was over before it was asked".to_owned());
    }
    let ca = run.defaults.ca.as_ref().and_then(|ca| SecretOr::resolve(ca, run.secrets));
    let sent = http::Request {
        method: request.method.name().to_owned(),
        url: request.url.clone(),
        headers: request.headers.clone(),
        body: request.body.clone().unwrap_or_default(),
        timeout: request.timeout.min(left),
        max_body: usize::try_from(request.max_body).unwrap_or(usize::MAX),
        tls: Tls { server_name: request.server_name.clone(), ca: ca.map(str::to_owned) },
    };
    let http::Response { status, headers, body, truncated, took } =
        run.http.send(sent).await.map_err(|error| error.to_string())?;
    Ok(Response { status, headers, body, cut: truncated, took })
}
