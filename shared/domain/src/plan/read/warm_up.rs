//! `[warm-up]`.

use super::one_off::{ONE_OFF, longer_than_nothing, one_off};
use super::value::{ca, count, headers, server_name, statuses};
use crate::document::{Data, Node, Reader, Table, join};
use crate::plan::{AllowedErrors, Scheme, WarmUp, WarmUpExpect, WarmUpRequests, span};
use std::time::Duration;

const PATH: &str = "warm-up";
const WARM_UP: &[&str] = &[
    "paths",
    "headers",
    "concurrency",
    "rounds",
    "timeout",
    "budget",
    "errors",
    "scheme",
    "server-name",
    "ca",
    "expect",
    "port",
    "command",
    "commands",
    "retry",
];

pub(super) fn warm_up(reader: &mut Reader, node: &Node, longest: Duration) -> Option<WarmUp> {
    let table = reader.table(node, PATH, WARM_UP, &[])?;
    let runs = table.has("command") || table.has("commands");
    if runs && table.has("paths") {
        reader.wrong(node.place, PATH, "has `paths` and a command; keep one of the two");
        return None;
    }
    if !runs && !table.has("paths") {
        let example = "is missing; add paths = [\"/\"], or command = [\"python\", \"manage.py\", \"warm_cache\"]";
        reader.wrong(node.place, "warm-up.paths", example);
        return None;
    }
    for entry in table.entries() {
        let key = entry.key.as_str();
        if runs && !ONE_OFF.contains(&key) && WARM_UP.contains(&key) {
            let message = "is about `paths`, and this warm-up runs a command; take it out";
            reader.wrong(entry.place, &join(PATH, key), message);
        }
        if !runs && key == "retry" {
            let message = "is about a command; with `paths`, say with `errors` how many requests may fail";
            reader.wrong(entry.place, &join(PATH, key), message);
        }
    }
    Some(if runs {
        WarmUp::Commands(one_off(reader, table, PATH, longest))
    } else {
        WarmUp::Requests(requests(reader, table))
    })
}

fn requests(reader: &mut Reader, table: Table<'_>) -> WarmUpRequests {
    let scheme = [("http", Scheme::Http), ("https", Scheme::Https)];
    let scheme = table.get("scheme").and_then(|node| reader.as_word(node, "warm-up.scheme", &scheme));
    let mut duration = |key: &str, default: Duration| {
        table.get(key).map_or(default, |node| longer_than_nothing(reader, node, &join(PATH, key), &span(default)))
    };
    let timeout = duration("timeout", WarmUpRequests::TIMEOUT);
    let budget = duration("budget", WarmUpRequests::BUDGET);
    if budget > WarmUpRequests::LONGEST_BUDGET {
        let place = table.get("budget").and_then(|node| node.place);
        let longest = span(WarmUpRequests::LONGEST_BUDGET);
        let message = format!(
            "is more than {longest}, and Lambda ends a function after 15 minutes; for a longer warm-up use `command`"
        );
        reader.wrong(place, "warm-up.budget", message);
    }
    let requests = WarmUpRequests {
        paths: paths(reader, table),
        headers: headers(reader, table, PATH),
        concurrency: count(reader, table, PATH, "concurrency", WarmUpRequests::CONCURRENCY, 64),
        rounds: count(reader, table, PATH, "rounds", WarmUpRequests::ROUNDS, 100),
        timeout,
        budget,
        errors: table.get("errors").map_or(AllowedErrors::Count(0), |node| errors(reader, node)),
        scheme: scheme.unwrap_or_default(),
        server_name: server_name(reader, table, PATH),
        ca: ca(reader, table, PATH),
        expect: expect(reader, table),
        port: table
            .get("port")
            .and_then(|node| reader.as_integer(node, "warm-up.port", 1, 65535))
            .and_then(|port| u16::try_from(port).ok()),
    };
    for key in ["server-name", "ca"] {
        if requests.scheme == Scheme::Http
            && let Some(node) = table.get(key)
        {
            let message = "is about TLS, and the requests go over plain HTTP; add scheme = \"https\" or take it out";
            reader.wrong(node.place, &join(PATH, key), message);
        }
    }
    requests
}

fn paths(reader: &mut Reader, table: Table<'_>) -> Vec<String> {
    let Some(node) = table.get("paths") else { return Vec::new() };
    let items = reader.as_list(node, "warm-up.paths", "paths");
    if items.is_empty() && matches!(node.data, Data::List(_)) {
        reader.wrong(node.place, "warm-up.paths", "is empty; add a path: [\"/\"], or take out [warm-up]");
    }
    let mut paths = Vec::new();
    for (index, item) in items.iter().enumerate() {
        let key = format!("warm-up.paths[{index}]");
        let Some(path) = reader.as_text(item, &key) else { continue };
        if !path.starts_with('/') || path.contains(|c: char| c.is_control() || c == '#') {
            reader.wrong(item.place, &key, "expected a path that begins with /, such as \"/products/?page=1\"");
        }
        paths.push(path);
    }
    paths
}

fn errors(reader: &mut Reader, node: &Node) -> AllowedErrors {
    match &node.data {
        Data::Integer(value) => match u32::try_from(*value) {
            Ok(count) => return AllowedErrors::Count(count),
            Err(_) => reader.wrong(node.place, "warm-up.errors", "expected how many requests may fail: 3 or \"5%\""),
        },
        Data::Text(text) => {
            let percent = text.strip_suffix('%').and_then(|number| number.trim().parse().ok());
            if let Some(percent) = percent.filter(|percent| *percent <= 100) {
                return AllowedErrors::Percent(percent);
            }
            reader.wrong(node.place, "warm-up.errors", "expected a part of a hundred from 0% to 100%, such as \"5%\"");
        }
        other => {
            let message = format!("expected how many requests may fail, 3 or \"5%\", not {}", other.kind());
            reader.wrong(node.place, "warm-up.errors", message);
        }
    }
    AllowedErrors::Count(0)
}

fn expect(reader: &mut Reader, table: Table<'_>) -> WarmUpExpect {
    let read = table.get("expect").and_then(|node| reader.table(node, "warm-up.expect", &["status"], &[]));
    let status = read.and_then(|table| table.get("status"));
    let status = status.map(|node| statuses(reader, node, "warm-up.expect.status"));
    WarmUpExpect { status: status.unwrap_or_else(WarmUpRequests::statuses) }
}
