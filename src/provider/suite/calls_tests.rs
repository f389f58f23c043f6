//! How many calls providers need is held, and shown beside what external-dns needs.

use super::calls::{MANY, head, measure};
use super::world::Subject;
use super::{reference, subjects};

/// `SUITE_TABLE=1` shows the table, with 10 000 records; `SUITE_ONLY=@NAME` is one provider.
#[expect(clippy::print_stdout, reason = "the table is what is asked for")]
#[tokio::test(start_paused = true)]
async fn no_provider_makes_more_calls_than_external_dns_or_than_its_host_takes() {
    let is_shown = std::env::var_os("SUITE_TABLE").is_some();
    let only = std::env::var("SUITE_ONLY").unwrap_or_default();
    let only = only.split_once('@').map_or("", |(_, subject)| subject);
    let mut work = vec![Some(0), Some(1), Some(100), None];
    if is_shown {
        work.push(Some(MANY));
        println!("{}", head(&work));
    }
    let plain: Vec<&str> = reference::subjects().iter().map(|it| it.name()).collect();
    let hosted = subjects().into_iter().filter(|it| {
        // What exists nowhere is in no version of external-dns.
        !plain.contains(&it.name()) && it.name().contains(only)
    });
    let hosted: Vec<Box<dyn Subject>> = hosted.collect();
    let mut excess = Vec::new();
    for subject in &hosted {
        let calls = match measure(&**subject, &work).await {
            Ok(Some(calls)) => calls,
            Ok(None) => continue,
            Err(wrong) => {
                excess.push(wrong);
                continue;
            }
        };
        if is_shown {
            println!("{}", calls.line(subject.family()));
        }
        excess.extend(calls.excess(subject.family()));
    }
    assert!(excess.is_empty(), "{}", excess.join("\n"));
}
