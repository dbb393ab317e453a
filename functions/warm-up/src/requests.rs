//! Asks every green task for the plan's paths.

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use greenlight_aws::hook::{Context, Told};
use greenlight_aws::http::{Request, Tls};
use greenlight_aws::{Env, Error, green, secrets};
use greenlight_domain::plan::{Scheme, SecretOr, WarmUpRequests};
use greenlight_domain::verdict::Verdict;
use greenlight_domain::warm_up::{Schedule, TaskSummary, Turn, judge};
use serde_json::json;
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::Duration;
use tokio::time::Instant;

/// A function has 1024 files: from this many tasks on, no connection is kept for the next request.
const KEEP_ALIVE: usize = 100;
/// How little of an answer is read: it is the asking that warms.
const MAX_BODY: usize = 64 * 1024;
/// Tasks that a note names.
const NAMED: usize = 20;

/// Warms every running task of green. The order is the domain's; here are the requests, and the time.
pub(crate) async fn warm(env: &Env, context: &Context, requests: &WarmUpRequests) -> Result<Told, Error> {
    let tasks = green::running(env, context).await?;
    let secrets = secrets::read(env, requests.secrets().into_iter().collect(), context.until).await?;
    let ids: Vec<String> = tasks.iter().map(|(task, _)| task.id().to_owned()).collect();
    let asked = Asked {
        env,
        requests,
        addresses: tasks.iter().map(|(_, address)| *address).collect(),
        port: requests.port.unwrap_or(context.release.plan.port),
        headers: headers(requests, &secrets, tasks.len()),
        tls: tls(requests, &secrets),
    };
    // the requests are real work: Lambda's time bounds them, whatever the clock shows
    let budget = requests.budget.min(env.clock.real_duration_until(context.until));
    let mut schedule = Schedule::new(&ids, requests);
    run(&asked, &mut schedule, budget).await;
    let summaries = schedule.tasks();
    for summary in &summaries {
        write(env, context, summary);
    }
    Ok(match schedule.reason(budget) {
        Some(reason) => Verdict::Failed(reason).into(),
        None => Told::succeeded(Some(note(&summaries))),
    })
}

/// What every request needs.
struct Asked<'a> {
    env: &'a Env,
    requests: &'a WarmUpRequests,
    addresses: Vec<IpAddr>,
    port: u16,
    headers: Vec<(String, String)>,
    tls: Tls,
}

async fn run(asked: &Asked<'_>, schedule: &mut Schedule, budget: Duration) {
    let began = Instant::now();
    let mut running = FuturesUnordered::new();
    loop {
        while let Some(turn) = schedule.pick(began.elapsed()) {
            running.push(async move { (turn, ask(asked, turn).await) });
        }
        let next = tokio::time::timeout(budget.saturating_sub(began.elapsed()), running.next()).await;
        let Ok(Some((turn, outcome))) = next else { return };
        schedule.done(turn, began.elapsed(), outcome);
    }
}

async fn ask(asked: &Asked<'_>, turn: Turn) -> Result<(), String> {
    let (Some(address), Some(path)) = (asked.addresses.get(turn.task), asked.requests.paths.get(turn.path)) else {
        return Err("there is no such request; this is a defect in the function".to_owned());
    };
    let request = Request {
        headers: asked.headers.clone(),
        timeout: asked.requests.timeout,
        max_body: MAX_BODY,
        tls: asked.tls.clone(),
        ..Request::get(url(asked.requests.scheme, *address, asked.port, path))
    };
    let response = asked.env.http().send(request).await.map_err(|error| format!("{path}: {error}"))?;
    judge(asked.requests, path, response.status)
}

fn url(scheme: Scheme, address: IpAddr, port: u16, path: &str) -> String {
    let host = if address.is_ipv6() { format!("[{address}]") } else { address.to_string() };
    format!("{}://{host}:{port}{path}", scheme.name())
}

fn headers(requests: &WarmUpRequests, secrets: &BTreeMap<String, String>, tasks: usize) -> Vec<(String, String)> {
    let resolved = |(name, value): (&String, &SecretOr)| Some((name.clone(), value.resolve(secrets)?.to_owned()));
    let mut headers: Vec<(String, String)> = requests.headers.iter().filter_map(resolved).collect();
    if tasks > KEEP_ALIVE {
        headers.push(("connection".to_owned(), "close".to_owned()));
    }
    headers
}

/// The name that the certificate must have is the plan's, or the one that the `Host` header asks for.
fn tls(requests: &WarmUpRequests, secrets: &BTreeMap<String, String>) -> Tls {
    let host = requests.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("host"));
    let host = host.and_then(|(_, value)| value.resolve(secrets)).map(without_port);
    let server_name = requests.server_name.clone().or_else(|| host.map(str::to_owned));
    let ca = requests.ca.as_ref().and_then(|ca| ca.resolve(secrets)).map(str::to_owned);
    Tls { server_name, ca }
}

fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if port.chars().all(|c| c.is_ascii_digit()) => name,
        _ => host,
    }
}

fn write(env: &Env, context: &Context, summary: &TaskSummary) {
    let milliseconds = |took: Duration| u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
    env.emit(
        "warm-up.task",
        json!({
            "deployment_id": context.release.deployment_id,
            "task": summary.name,
            "first_round_ms": summary.first_round.map(milliseconds),
            "last_round_ms": summary.last_round.map(milliseconds),
            "requests": summary.made,
            "failed": summary.failed,
            "failure": summary.failure,
        }),
    );
}

fn note(summaries: &[TaskSummary]) -> String {
    let mut lines: Vec<String> = summaries.iter().take(NAMED).map(TaskSummary::describe).collect();
    if summaries.len() > NAMED {
        lines.push(format!("and {} more tasks", summaries.len() - NAMED));
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::{Scheme, url, without_port};

    #[test]
    fn tasks_are_asked_by_their_address() {
        assert_eq!(url(Scheme::Http, "10.0.0.7".parse().unwrap(), 8000, "/a?b"), "http://10.0.0.7:8000/a?b");
        assert_eq!(url(Scheme::Https, "fd00::7".parse().unwrap(), 8443, "/"), "https://[fd00::7]:8443/");
    }

    #[test]
    fn a_host_may_have_a_port() {
        for (host, name) in [("shop.example.com", "shop.example.com"), ("shop:8443", "shop"), ("[::1]", "[::1]")] {
            assert_eq!(without_port(host), name);
        }
    }
}
