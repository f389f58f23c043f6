//! What only this provider has; all else is the suite's.

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use plan::diff::{Rules, plan};
use plan::{Applied, ErrorKind};
use tokio::time::{Duration, Instant};

use super::sim::{ELSEWHERE, Host, LIMITS, SETTINGS};
use super::*;
use crate::client::Answer;
use crate::open::StandIn;
use crate::record::quirks::Quirks;
use crate::sim::{Sim, store};
use crate::suite::{Start, endpoints};
use crate::trial::{Given, state};

const ELB: &str = "lb-1.eu-central-1.elb.amazonaws.com";

fn host(zones: &[(&str, &str)]) -> Sim {
    let zones = zones
        .iter()
        .map(|(name, id)| ((*name).to_owned(), (*id).to_owned()));
    let start = Start {
        zones: zones.collect(),
    };
    Sim::new(store(&start, LIMITS), Host::default())
}

/// One zone, `example.org`.
fn usual() -> Sim {
    host(&[("example.org", "Z1")])
}

fn provider(sim: &Sim, settings: &[(&str, &str)]) -> Box<dyn DynProvider> {
    let given = Given::new(&[SETTINGS, settings].concat());
    let mut setup = given.setup();
    setup.stand_in = Some(StandIn {
        carrier: Arc::new(sim.clone()),
        clock: sim.clock(),
    });
    open(setup).unwrap()
}

/// One pass; tells how much there was to do, and what came of it.
async fn want(provider: &dyn DynProvider, state: &str) -> (usize, Applied) {
    let rules = Rules {
        managed: Quirks::NONE.types.to_vec(),
        ..Rules::default()
    };
    let current = provider.records().await.unwrap();
    let desired = provider
        .adjust(endpoints("example.org", state))
        .await
        .unwrap();
    let changes = plan(current, desired, &rules).changes;
    match changes.is_empty() {
        true => (0, Applied::default()),
        false => (changes.len(), provider.apply(&changes).await.unwrap()),
    }
}

/// As [`want`]; nothing is refused, and nothing is left to do.
pub(super) async fn have(provider: &dyn DynProvider, state: &str) {
    let (_, applied) = want(provider, state).await;
    assert!(applied.refused.is_empty(), "{:?}", applied.refused);
    let (left, _) = want(provider, state).await;
    assert_eq!(left, 0, "a second pass has something to do: {state}");
}

/// What a provider reads, as lines.
pub(super) async fn read(provider: &dyn DynProvider) -> String {
    let mut all = provider.records().await.unwrap();
    for endpoint in &mut all {
        let set = endpoint.set_identifier.to_string();
        if !set.is_empty() {
            endpoint.properties.set("set", &set);
        }
    }
    state(&all)
}

/// Changes that were made, as `zone name type set`, by request.
fn made(sim: &Sim, since: usize) -> Vec<Vec<String>> {
    sim.store(|store| {
        let commits = store.history.iter().skip(since).map(|commit| {
            let changes = commit.changes.iter();
            let lines = changes
                .map(|(key, ..)| format!("{} {} {} {}", commit.zone, key.name, key.rtype, key.set));
            lines.collect()
        });
        commits.collect()
    })
}

fn requests(sim: &Sim, since: usize) -> Vec<String> {
    let log = sim.log().split_off(since);
    let lines = log.iter().map(|seen| {
        let (method, address) = seen.line.split_once(' ').unwrap();
        let path = address.split('?').next().unwrap();
        format!("{method} {}", path.split("/2013-04-01/").nth(1).unwrap())
    });
    lines.collect()
}

#[tokio::test(start_paused = true)]
async fn names_of_load_balancers_are_aliases_in_both_families() {
    let cases = [
        (&[][..], format!("@ CNAME {ELB}"), "A AAAA true"),
        (&[], format!("@ 60 CNAME {ELB}."), "A AAAA true"),
        (&[], format!("a CNAME {ELB} ;; alias=true"), "A AAAA true"),
        (&[], format!("a CNAME {ELB} ;; alias=A"), "A true"),
        (&[], format!("a CNAME {ELB} ;; alias=AAAA"), "AAAA true"),
        (&[], format!("a CNAME {ELB} ;; alias=false"), "CNAME -"),
        (&[], format!("a A {ELB} ;; alias=true"), "A true"),
        (
            &[],
            format!("a CNAME {ELB} ;; aws/evaluate-target-health=false"),
            "A AAAA false",
        ),
        (
            &[("aws-evaluate-target-health", "false")],
            format!("a CNAME {ELB}"),
            "A AAAA false",
        ),
        (
            &[("aws-evaluate-target-health", "false")],
            format!("a CNAME {ELB} ;; aws/evaluate-target-health=true"),
            "A AAAA true",
        ),
        (
            &[("aws-prefer-cname", "true")],
            format!("a CNAME {ELB}"),
            "CNAME -",
        ),
        (
            &[("aws-prefer-cname", "true")],
            format!("a CNAME {ELB} ;; alias=true"),
            "A AAAA true",
        ),
        (&[], "a CNAME elsewhere.example".to_owned(), "CNAME -"),
    ];
    for (settings, line, expected) in cases {
        let sim = usual();
        let provider = provider(&sim, settings);
        have(&*provider, &line).await;
        let all = provider.records().await.unwrap();
        let types: Vec<String> = all.iter().map(|it| it.rtype.to_string()).collect();
        let health = all[0].properties.value("aws/evaluate-target-health");
        let found = format!("{} {}", types.join(" "), health.unwrap_or("-"));
        assert_eq!(found, expected, "{line}");
        have(&*provider, "").await;
    }
}

#[tokio::test(start_paused = true)]
async fn an_alias_is_of_amazons_zone_its_own_or_one_that_is_named() {
    let sim = usual();
    let provider = provider(&sim, &[]);
    let lines = format!(
        "b A 192.0.2.1\n\
         a A b.example.org ;; alias=true\n\
         c A {ELB} ;; alias=true aws/target-hosted-zone=/hostedzone/Z215JYRZR1TBD5\n\
         d A odd.example ;; alias=true aws/target-hosted-zone={ELSEWHERE}\n\
         e A b.example.org ;; alias=true aws/target-hosted-zone=same-zone"
    );
    have(&*provider, &lines).await;
    assert_eq!(
        read(&*provider).await,
        format!(
            "a.example.org 300 A b.example.org ;; alias=true aws/evaluate-target-health=true\n\
             b.example.org 300 A 192.0.2.1\n\
             c.example.org 300 A {ELB} ;; alias=true aws/evaluate-target-health=true\n\
             d.example.org 300 A odd.example ;; alias=true aws/evaluate-target-health=true \
             aws/target-hosted-zone={ELSEWHERE}\n\
             e.example.org 300 A b.example.org ;; alias=true aws/evaluate-target-health=true"
        )
    );
    // What leads nowhere is refused, and stops nothing else.
    let lines = format!("{lines}\nf A gone.example.org ;; alias=true\ng A 192.0.2.1");
    let (_, applied) = want(&*provider, &lines).await;
    let [(name, error)] = &applied.refused[..] else {
        panic!("{:?}", applied.refused);
    };
    assert_eq!(&**name, "f.example.org");
    assert_eq!(
        error.message,
        "HTTP 400: InvalidChangeBatch: Tried to create an alias that targets gone.example.org., type A \
         in zone Z1, but that target was not found"
    );
    assert!(read(&*provider).await.contains("g.example.org"));
}

#[tokio::test(start_paused = true)]
async fn an_address_becomes_an_alias_and_back_in_one_change() {
    let sim = usual();
    let provider = provider(&sim, &[]);
    let alias = format!("a CNAME {ELB}");
    for line in [
        "a 60 A 192.0.2.1",
        &alias,
        "a CNAME b.example",
        &alias,
        "a A 192.0.2.2",
        "",
    ] {
        let before = made(&sim, 0).len();
        have(&*provider, line).await;
        assert_eq!(made(&sim, before).len(), 1, "{line}");
    }
}

#[tokio::test(start_paused = true)]
async fn sets_of_one_name_are_told_apart_by_their_policies() {
    let policies = [
        ("aws/weight=10", "aws/weight=0"),
        ("aws/region=eu-central-1", "aws/region=us-east-1"),
        ("aws/failover=PRIMARY", "aws/failover=SECONDARY"),
        (
            "aws/geolocation-continent-code=EU",
            "aws/geolocation-country-code=*",
        ),
        (
            "aws/geolocation-country-code=US aws/geolocation-subdivision-code=NY",
            "aws/geolocation-country-code=DE",
        ),
        (
            "aws/geoproximity-region=eu-west-1",
            "aws/geoproximity-coordinates=50.1,-8.6 aws/geoproximity-bias=-10",
        ),
        (
            "aws/geoproximity-local-zone-group=us-east-1-bue-1",
            "aws/geoproximity-region=sa-east-1",
        ),
        ("aws/multi-value-answer=true", "aws/multi-value-answer="),
    ];
    let sim = usual();
    let provider = provider(&sim, &[]);
    for (one, other) in policies {
        let lines = format!(
            "a A 192.0.2.1 ;; set=x {one} aws/health-check-id=h-1\na A 192.0.2.2 ;; set=y {other}\n\
             a-a TXT \"heritage\" ;; set=x {one}"
        );
        let before = made(&sim, 0).len();
        have(&*provider, &lines).await;
        // All sets of a name are of one policy: they change it together.
        assert_eq!(made(&sim, before).len(), 1, "{one}");
        let found = read(&*provider).await;
        assert!(found.contains("aws/health-check-id=h-1"), "{found}");
        for word in one.split(' ').filter(|word| !word.contains("multi-value")) {
            assert!(found.contains(word), "{word}: {found}");
        }
    }
    // And back to one without any.
    have(&*provider, "a A 192.0.2.1").await;
    have(
        &*provider,
        &format!("a CNAME {ELB} ;; set=x aws/weight=1\na CNAME {ELB} ;; set=y aws/weight=2"),
    )
    .await;
    have(&*provider, "").await;
}

// external-dns writes each of these in every pass.
#[tokio::test(start_paused = true)]
async fn settings_that_can_be_written_in_two_ways_are_written_once() {
    let sim = usual();
    let provider = provider(&sim, &[]);
    for line in [
        "a A 192.0.2.1 ;; set=x aws/multi-value-answer=true",
        "a A 192.0.2.1 ;; set=x aws/geolocation-continent-code=EU aws/geolocation-country-code=DE",
        "a A 192.0.2.1 ;; set=x aws/weight=lots",
        "a A 192.0.2.1 ;; set=x aws/geoproximity-region=eu-west-1 aws/geoproximity-coordinates=here",
        "a A 192.0.2.1 ;; aws/hosted-zone-id=/hostedzone/Z1",
        "a A 192.0.2.1 ;; aws/evaluate-target-health=true alias=false",
        "a TXT \"x\" ;; alias=true",
    ] {
        have(&*provider, line).await;
    }
}

#[tokio::test(start_paused = true)]
async fn names_are_in_all_private_zones_and_the_nearest_public_one() {
    let sim = host(&[
        ("example.org", "Zpublic"),
        ("sub.example.org", "Zsub"),
        ("example.org", "Zprivate"),
        ("sub.example.org", "Zprivatesub"),
    ]);
    sim.store(|store| {
        for zone in &mut store.zones {
            zone.private = zone.id.contains("private");
        }
    });
    let places = |name: &str| {
        let name = format!("{name}.example.org");
        let lines = made(&sim, 0).concat().into_iter();
        let zones = lines.filter_map(|line| {
            let (zone, rest) = line.split_once(' ')?;
            rest.starts_with(&name).then(|| zone.to_owned())
        });
        let mut zones: Vec<String> = zones.collect();
        zones.sort();
        zones.join(" ")
    };
    let provider = provider(&sim, &[]);
    let lines = "a A 192.0.2.1\nb.sub A 192.0.2.1\n\
                 c A 192.0.2.1 ;; aws/hosted-zone-id=Zprivate\n\
                 d.sub A 192.0.2.1 ;; aws/hosted-zone-id=/hostedzone/Zsub";
    have(&*provider, lines).await;
    assert_eq!(places("a"), "Zprivate Zpublic");
    assert_eq!(places("b.sub"), "Zprivate Zprivatesub Zsub");
    assert_eq!(places("c"), "Zprivate");
    assert_eq!(places("d.sub"), "Zsub");
    // From one zone to the other, and to all.
    have(&*provider, &lines.replace("=Zprivate", "=Zpublic")).await;
    assert_eq!(places("c"), "Zprivate Zprivate Zpublic");
    have(
        &*provider,
        &lines.replace(" ;; aws/hosted-zone-id=Zprivate", ""),
    )
    .await;
    assert_eq!(places("c"), "Zprivate Zprivate Zprivate Zpublic");
    // Zones that do not hold the name are none of its.
    let (_, applied) = want(&*provider, &lines.replace("=Zprivate", "=Zsub")).await;
    assert_eq!(
        applied.refused[0].1.message,
        "\"c.example.org\" A: zone \"Zsub\", which setting \"aws/hosted-zone-id\" names, is none of those \
         that hold it"
    );
    have(&*provider, "").await;
}

#[tokio::test(start_paused = true)]
async fn zones_are_chosen_by_kind_tag_and_account() {
    let start = Start {
        zones: (0..12)
            .map(|at| (format!("z{at}.example"), format!("Z{at}")))
            .collect(),
    };
    let mut host = Host::default();
    let tag = |key: &str, value: &str| (key.to_owned(), value.to_owned());
    host.tags.insert(
        "Z3".to_owned(),
        vec![tag("team", "blue"), tag("env", "prod")],
    );
    host.tags.insert("Z11".to_owned(), vec![tag("team", "red")]);
    let sim = Sim::new(store(&start, LIMITS), host);
    sim.store(|store| store.zones[5].private = true);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("credentials");
    let profile = |name: &str, secret: &str| {
        format!("[{name}]\naws_access_key_id = {name}\naws_secret_access_key = {secret}\n")
    };
    let secret = crate::sim::SECRET;
    std::fs::write(
        &file,
        profile("one", secret) + &profile("two", secret) + &profile("bad", "no"),
    )
    .unwrap();
    let file = file.to_str().unwrap();
    for (settings, zones, asked) in [
        (&[("aws-zone-type", "private")][..], 1, 1),
        (&[("aws-zone-type", "public")], 11, 1),
        (&[("aws-zone-tags", "team")], 2, 3),
        (&[("aws-zone-tags", "team=blue")], 1, 3),
        (&[("aws-zone-tags", "team,env=prod")], 1, 3),
        (&[("aws-zone-tags", "team=blue,env=test")], 0, 3),
        (&[("aws-zone-tags", "")], 12, 1),
        // What both accounts see is read once.
        (
            &[
                ("aws-profile", "one,two"),
                ("AWS_SHARED_CREDENTIALS_FILE", file),
            ],
            12,
            2,
        ),
    ] {
        let before = sim.log().len();
        let provider = provider(&sim, settings);
        provider.records().await.unwrap();
        let log = requests(&sim, before);
        let lists = log.iter().filter(|line| line.ends_with("rrset")).count();
        assert_eq!(
            (lists, log.len() - lists),
            (zones, asked),
            "{settings:?}: {log:?}"
        );
    }
    let settings = [
        ("aws-profile", "bad"),
        ("AWS_SHARED_CREDENTIALS_FILE", file),
    ];
    let error = provider(&sim, &settings).records().await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Auth);
    assert!(
        error.message.contains("SignatureDoesNotMatch") && error.message.contains("--aws-profile")
    );
}

#[tokio::test(start_paused = true)]
async fn batches_are_within_all_limits_and_keep_a_name_together() {
    let sim = usual();
    let line = |at: usize| {
        format!(
            "n{at} A 192.0.2.1 | 192.0.2.2\nt{at} TXT \"{}\"\n",
            "x".repeat(50)
        )
    };
    let lines: String = (0..20).map(line).collect();
    for (limit, value, batches) in [
        ("aws-batch-change-size", "10", 4),
        ("aws-batch-change-size-values", "15", 5),
        ("aws-batch-change-size-bytes", "150", 13),
        ("aws-batch-change-size", "1000", 1),
    ] {
        let before = made(&sim, 0).len();
        let begin = Instant::now();
        let provider = provider(&sim, &[(limit, value)]);
        have(&*provider, &lines).await;
        assert_eq!(made(&sim, before).len(), batches, "{limit}={value}");
        assert!(begin.elapsed() >= Duration::from_secs(batches as u64 - 1));
        have(&*provider, "").await;
    }
    let sets: String = (0..3)
        .map(|at| format!("a A 192.0.2.{at} ;; set=s{at} aws/weight=1\n"))
        .collect();
    let provider = provider(&sim, &[("aws-batch-change-size", "2")]);
    have(&*provider, &sets).await;
    let before = made(&sim, 0).len();
    have(
        &*provider,
        &sets.replace("aws/weight=1", "aws/multi-value-answer="),
    )
    .await;
    assert_eq!(made(&sim, before).len(), 1);
}

/// For nothing to do, one record, a hundred, ten thousand, and nothing again: the zones, the pages, and
/// batches of a thousand changes.
#[tokio::test(start_paused = true)]
async fn calls_are_counted() {
    let sim = usual();
    let provider = provider(&sim, &[]);
    let lines = |count: usize, address: &str| -> String {
        (0..count)
            .map(|at| format!("n{at} A {address}\n"))
            .collect()
    };
    for (state, expected) in [
        (String::new(), (2, 0)),
        (lines(1, "192.0.2.1"), (2, 1)),
        (lines(1, "192.0.2.1"), (2, 0)),
        (lines(100, "192.0.2.1"), (2, 1)),
        (lines(100, "192.0.2.2"), (2, 1)),
        (lines(10_000, "192.0.2.2"), (2, 10)),
        (lines(10_000, "192.0.2.2"), (35, 0)),
    ] {
        let before = sim.log().len();
        want(&*provider, &state).await;
        let log = sim.log().split_off(before);
        let writes = log.iter().filter(|seen| seen.writes).count();
        assert_eq!((log.len() - writes, writes), expected);
    }
}

fn judged(status: u16, body: &'static str) -> (ErrorKind, String, bool) {
    let answer = Answer {
        status: StatusCode::from_u16(status).unwrap(),
        headers: HeaderMap::new(),
        body: Bytes::from_static(body.as_bytes()),
    };
    let refusal = api::judge(&answer).unwrap();
    let message = refusal.message.split("; the credentials").next().unwrap();
    (refusal.kind, message.to_owned(), refusal.renew)
}

#[test]
fn errors_are_told_by_their_code() {
    let fault = |code: &str| {
        let text = format!(
            "<?xml version=\"1.0\"?>\n<ErrorResponse xmlns=\"x\"><Error><Type>Sender</Type><Code>{code}</Code>\
             <Message>why</Message></Error><RequestId>1</RequestId></ErrorResponse>"
        );
        &*Box::leak(text.into_boxed_str())
    };
    for (status, code, kind, renew) in [
        (400, "Throttling", ErrorKind::RateLimited, false),
        (
            400,
            "PriorRequestNotComplete",
            ErrorKind::RateLimited,
            false,
        ),
        (403, "ExpiredToken", ErrorKind::Auth, true),
        (403, "InvalidClientTokenId", ErrorKind::Auth, true),
        (403, "SignatureDoesNotMatch", ErrorKind::Auth, false),
        (403, "AccessDenied", ErrorKind::Auth, false),
        (404, "NoSuchHostedZone", ErrorKind::NotFound, false),
        (400, "InvalidInput", ErrorKind::Rejected, false),
        (503, "ServiceUnavailable", ErrorKind::Unavailable, false),
    ] {
        let message = format!("HTTP {status}: {code}: why");
        assert_eq!(judged(status, fault(code)), (kind, message, renew));
    }
    let batch = "<InvalidChangeBatch xmlns=\"x\"><Messages><Message>Tried to create resource record set \
        [name='a.', type='A'] but it already exists</Message><Message>Tried to delete resource record set \
        [name='b.', type='A'] but it was not found</Message></Messages></InvalidChangeBatch>";
    let (kind, message, _) = judged(400, batch);
    assert_eq!(kind, ErrorKind::Conflict);
    assert!(message.ends_with("already exists; Tried to delete resource record set [name='b.', type='A'] but it was not found"));
    let odd = "<InvalidChangeBatch><Messages><Message>Tried to create resource record set [name='a.', type='A'] \
        but it already exists</Message><Message>RRSet of type CNAME with DNS name b. is not permitted as it \
        conflicts with other records</Message></Messages></InvalidChangeBatch>";
    assert_eq!(judged(400, odd).0, ErrorKind::Rejected);
    assert_eq!(judged(500, "<html>").0, ErrorKind::Unavailable);
}

#[test]
fn each_part_of_amazon_has_its_own_address() {
    for (region, variable, expected) in [
        (
            "eu-central-1",
            "",
            "https://route53.amazonaws.com us-east-1",
        ),
        ("", "", "https://route53.amazonaws.com us-east-1"),
        (
            "cn-north-1",
            "",
            "https://route53.amazonaws.com.cn cn-northwest-1",
        ),
        (
            "us-gov-east-1",
            "",
            "https://route53.us-gov.amazonaws.com us-gov-west-1",
        ),
        (
            "eu-west-1",
            "AWS_USE_FIPS_ENDPOINT",
            "https://route53-fips.amazonaws.com us-east-1",
        ),
        (
            "eu-west-1",
            "AWS_USE_DUALSTACK_ENDPOINT",
            "https://route53.global.api.aws us-east-1",
        ),
    ] {
        let given = |name: &str| (name == variable).then(|| "true".to_owned());
        let (base, region) = endpoint(region, given);
        assert_eq!(format!("{base} {region}"), expected);
    }
}
