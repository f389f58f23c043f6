//! Runs queries against a fleet and reports what is wrong.

use std::collections::BTreeMap;
use std::time::Duration;

use peers::{Kind, Server};

use super::aspect::aspects;
use super::split::{Shown, Split};
use super::verdict::{Finding, judge};
use crate::client::{Query, Transport, exchange_all};
use crate::fleet::Fleet;

/// Sends all queries of a group; an error is the report of what is wrong.
pub(crate) fn run(
    group: &str,
    fleet: &Fleet,
    queries: &[String],
    splits: &[Split],
) -> Result<(), String> {
    let mut occurred: BTreeMap<String, usize> = BTreeMap::new();
    let mut wrong: Vec<(String, Finding)> = Vec::new();
    for line in queries {
        let shown = ask(fleet, line, WAIT, |_| true)?;
        let verdict = judge(group, line, &shown, splits);
        for name in verdict.splits {
            *occurred.entry(name).or_default() += 1;
        }
        let findings = verdict.findings.into_iter();
        wrong.extend(findings.map(|finding| (line.clone(), finding)));
    }
    let gone: Vec<&str> = splits
        .iter()
        .filter(|split| split.groups.iter().any(|name| name == group))
        .map(|split| split.name.as_str())
        .filter(|name| !occurred.contains_key(*name))
        .collect();
    if wrong.is_empty() && gone.is_empty() {
        return Ok(());
    }
    let mut report = report(&wrong);
    for name in gone {
        report += &format!("split {name} is listed for {group} and does not occur\n");
    }
    Err(report)
}

/// Sends packets about which servers may differ: an error is the report of where the others agree,
/// and we do otherwise.
pub(crate) fn run_where_others_agree(fleet: &Fleet, queries: &[String]) -> Result<(), String> {
    let mut wrong: Vec<(String, Finding)> = Vec::new();
    for line in queries {
        let shown = ask(fleet, line, SHORT_WAIT, |kind| kind == Kind::Zonewright)?;
        let verdict = judge("", line, &shown, &[]);
        let others = |finding: &Finding| finding.values.len() - 1;
        let findings = verdict.findings.into_iter();
        let findings = findings.filter(|finding| finding.agreed && others(finding) > 1);
        wrong.extend(findings.map(|finding| (line.clone(), finding)));
    }
    if wrong.is_empty() {
        Ok(())
    } else {
        Err(report(&wrong))
    }
}

/// What each server of a fleet shows for a query; `again` says whose silence is doubted.
fn ask(
    fleet: &Fleet,
    line: &str,
    wait: Duration,
    again: fn(Kind) -> bool,
) -> Result<Vec<(Kind, Shown)>, String> {
    let query = Query::parse(line)?;
    let limit = match query.transport {
        Transport::Tcp => 65_535,
        Transport::Udp => query.udp_limit,
    };
    let addresses = fleet.addresses();
    let mut replies =
        exchange_all(&addresses, &query, wait).map_err(|error| format!("{line}: {error}"))?;
    // A busy machine can be late; where another server found the packet good, silence is asked again.
    if replies
        .iter()
        .flatten()
        .any(|reply| !is_format_error(reply))
    {
        let servers = fleet.servers().iter().map(Server::kind).zip(&addresses);
        for (reply, (kind, address)) in replies.iter_mut().zip(servers) {
            if reply.is_none() && again(kind) {
                let answered = exchange_all(&[*address], &query, LONG_WAIT);
                *reply = answered
                    .map_err(|error| format!("{line}: {error}"))?
                    .pop()
                    .flatten();
            }
        }
    }
    let shown = replies.iter().map(|reply| {
        aspects(reply.as_deref(), query.id, limit)
            .into_iter()
            .collect()
    });
    Ok(fleet.kinds().into_iter().zip(shown).collect())
}

/// Whether an answer says that the packet could not be understood.
fn is_format_error(reply: &[u8]) -> bool {
    reply.get(3).is_some_and(|byte| byte & 15 == 1)
}

/// The findings, those alike together, the first few of each in full.
fn report(wrong: &[(String, Finding)]) -> String {
    let mut alike: BTreeMap<(&str, &str), Vec<&(String, Finding)>> = BTreeMap::new();
    for entry in wrong {
        let key = (entry.1.what.as_str(), entry.1.aspect);
        alike.entry(key).or_default().push(entry);
    }
    let shown = std::env::var("CONFORMANCE_SHOW")
        .ok()
        .and_then(|text| text.parse().ok());
    let mut text = String::new();
    for ((what, aspect), entries) in alike {
        let count = entries.len();
        text += &format!("\n{aspect}: {what} ({count} queries)\n");
        for (query, finding) in entries.into_iter().take(shown.unwrap_or(SHOWN)) {
            text += &format!("  {query}\n");
            for (kind, value) in &finding.values {
                let value = value.replace('\n', &format!("\n{:15}", ""));
                text += &format!("    {:10} {value}\n", kind.name());
            }
        }
    }
    text
}

/// Answers on loopback come in less than a millisecond; silence is found out after this long.
const WAIT: Duration = Duration::from_millis(200);

/// Where another server's silence is no finding.
const SHORT_WAIT: Duration = Duration::from_millis(40);

/// And that it is no silence but a busy machine, after this long.
const LONG_WAIT: Duration = Duration::from_secs(2);

/// How many of the queries that show the same are printed; `CONFORMANCE_SHOW` changes it.
const SHOWN: usize = 4;
