//! What only Azure has: settings, tags, sets that others keep, what external-dns gets wrong.

use std::sync::Arc;

use plan::{Applied, ChangeSet, DynProvider, Endpoint, ErrorKind};
use serde_json::{Map, Value};
use wire::Rtype;

use super::sim::{SUBJECT, SUBJECT_PRIVATE};
use crate::client::stub::{Stub, reply};
use crate::exec::Scope;
use crate::open::SetupError;
use crate::sim::{Fault, Faults, Rule, SetKey, Sim};
use crate::suite::{Hosted, Start, Subject};
use crate::trial::{Given, endpoints, have, want};

/// A service with a zone, and the provider before it.
async fn begin(subject: &Hosted) -> (Sim, Box<dyn DynProvider>) {
    let start = subject.zones(&Start::zones(&["example.org"]));
    let world = subject.start(&start).await;
    let sim = world.sim().unwrap().clone();
    let provider = subject.open(&sim, Scope::default());
    (sim, provider)
}

/// What is kept with a set.
fn metadata(sim: &Sim, name: &str) -> Map<String, Value> {
    let key = SetKey::new(name, Rtype::A);
    sim.store(|store| store.zones[0].sets[&key].extra.clone())
}

fn bodies(sim: &Sim) -> Vec<String> {
    let log = sim.log().into_iter().filter(|seen| seen.writes);
    log.map(|seen| seen.line).collect()
}

/// external-dns sends neither CAA nor PTR nor SRV, and the first text only; it takes no errors of the
/// API for its own.
#[tokio::test(start_paused = true)]
async fn all_types_and_all_texts_are_kept() {
    let state = "a.example.org 60 A 192.0.2.1 | 192.0.2.2\n\
                 c.example.org 60 CAA 0 issue \"ca.example\"\n\
                 p.example.org 60 PTR a.example.org\n\
                 s.example.org 60 SRV 1 2 3 a.example.org.\n\
                 t.example.org 60 TXT \"one\" | \"two\"";
    let (_, provider) = begin(&SUBJECT).await;
    have(&*provider, state).await;
    let (sim, provider) = begin(&SUBJECT).await;
    sim.fail(Faults::of([Rule::write(Fault::Status(400)).times(9)]));
    let (_, applied) = want(&*provider, "a.example.org 60 A 192.0.2.1")
        .await
        .unwrap();
    assert_eq!(applied.refused[0].1.kind, ErrorKind::Rejected);
}

/// external-dns takes tags for metadata of public zones, and in private ones finds them missing for
/// ever.
#[tokio::test(start_paused = true)]
async fn tags_are_metadata_beside_that_of_others() {
    for subject in [&SUBJECT, &SUBJECT_PRIVATE] {
        let (sim, provider) = begin(subject).await;
        let line = "a.example.org 60 A 192.0.2.1 ;; azure/tags=";
        have(&*provider, &format!("{line}team=web,cost=5")).await;
        let key = SetKey::new("a.example.org", Rtype::A);
        sim.store(|store| {
            let set = store.zones[0].sets.get_mut(&key).unwrap();
            set.extra.insert("theirs".to_owned(), "kept".into());
        });
        for (tags, wanted) in [
            (
                "cost=6,,odd,=x,y=",
                r#"{"cost":"6","theirs":"kept","zonewright-tags":"cost"}"#,
            ),
            (
                "team=web",
                r#"{"team":"web","theirs":"kept","zonewright-tags":"team"}"#,
            ),
            ("", r#"{"theirs":"kept"}"#),
        ] {
            have(&*provider, &format!("{line}{tags}")).await;
            let is = Value::Object(metadata(&sim, "a.example.org"));
            assert_eq!(is, serde_json::from_str::<Value>(wanted).unwrap());
        }
    }
}

/// What another process has made of the same annotation is left as it is but for whose it is.
#[test]
fn tags_are_read_as_external_dns_reads_them() {
    for (settings, wanted) in [
        ("azure/tags=b=2,a=1", Some("a=1,b=2")),
        ("azure/tags=a=1,a=2", Some("a=2")),
        ("azure/tags=a=x=y", Some("a=x=y")),
        ("azure/tags=a", None),
        ("azure/metadata-keys=a,b azure/metadata-a=1", Some("a=1")),
    ] {
        let [endpoint] = &endpoints(&format!("a.example.org - A 192.0.2.1 ;; {settings}"))[..]
        else {
            panic!("one line is one endpoint");
        };
        let tags = super::form::asked_tags(&endpoint.properties);
        assert_eq!(tags.as_deref(), wanted, "{settings}");
    }
}

/// An alias of a resource and what a machine has registered are listed as nothing, and never written
/// to, whoever asks for their names.
#[tokio::test(start_paused = true)]
async fn sets_that_others_keep_are_left_alone() {
    for (subject, why) in [
        (&SUBJECT, "it is an alias of \\\"/profiles/front\\\""),
        (&SUBJECT_PRIVATE, "a virtual machine has registered it"),
    ] {
        let (sim, provider) = begin(subject).await;
        have(&*provider, "vm.example.org 60 A 192.0.2.9").await;
        let key = SetKey::new("vm.example.org", Rtype::A);
        sim.store(|store| {
            let set = store.zones[0].sets.get_mut(&key).unwrap();
            set.extra
                .insert("target-resource".to_owned(), "/profiles/front".into());
        });
        let before = bodies(&sim).len();
        assert!(provider.records().await.unwrap().is_empty());
        let (_, applied) = want(&*provider, "vm.example.org 60 A 192.0.2.1")
            .await
            .unwrap();
        let said = format!("{:?}", applied.refused);
        assert!(
            said.contains(why) && said.contains("vm.example.org"),
            "{said}"
        );
        // Nor when it was ours as it was read.
        let stale = subject.open(&sim, Scope::default());
        sim.store(|store| {
            let set = store.zones[0].sets.get_mut(&key).unwrap();
            set.extra.remove("target-resource");
        });
        let listed = stale.records().await.unwrap();
        sim.store(|store| {
            let set = store.zones[0].sets.get_mut(&key).unwrap();
            set.extra
                .insert("target-resource".to_owned(), "/profiles/front".into());
            set.version += 1;
        });
        let delete = ChangeSet {
            delete: listed,
            ..ChangeSet::default()
        };
        let _refused: Result<Applied, _> = stale.apply(&delete).await;
        assert!(sim.store(|store| store.zones[0].sets.contains_key(&key)));
        assert!(bodies(&sim).len() <= before + 1);
    }
}

/// external-dns sends the quotes of its ownership records along.
#[tokio::test(start_paused = true)]
async fn ownership_records_of_external_dns_are_read() {
    let (sim, provider) = begin(&SUBJECT).await;
    let heritage = "heritage=external-dns,external-dns/owner=x";
    let encrypted = "0123456789ABCDEFabcdefghijklmnopqrstuvwxyz+/AA==";
    for (name, text) in [
        ("a-own.example.org", format!(r#""\"{heritage}\"""#)),
        ("b-own.example.org", format!(r#""\"{encrypted}\"""#)),
        ("c.example.org", r#""\"said\"""#.to_owned()),
    ] {
        let rdata = crate::sim::form::parse(Rtype::TXT, &text).unwrap();
        let id = sim.store(|store| store.zones[0].id.clone());
        sim.store(|store| {
            store.plant(&id, |draft| {
                let rows = vec![crate::sim::Row::new(300, rdata)];
                draft.put(SetKey::new(name, Rtype::TXT), rows, None);
            });
        });
    }
    let listed = provider.records().await.unwrap();
    let texts: Vec<&str> = listed.iter().map(|it| &*it.targets[0]).collect();
    let [heritage, encrypted] = [heritage, encrypted].map(|text| format!("\"{text}\""));
    assert_eq!(texts, [&*heritage, &*encrypted, r#""\"said\"""#]);
}

#[tokio::test(start_paused = true)]
async fn what_was_changed_meanwhile_is_not_overwritten() {
    let (sim, provider) = begin(&SUBJECT).await;
    have(&*provider, "a.example.org 60 A 192.0.2.1").await;
    let id = sim.store(|store| store.zones[0].id.clone());
    let add = |name: &'static str| {
        let rdata = crate::sim::form::parse(Rtype::A, "192.0.2.66").unwrap();
        sim.store(|store| {
            store.plant(&id, |draft| {
                let key = SetKey::new(name, Rtype::A);
                let mut rows = draft
                    .get(&key)
                    .map(|set| set.rows.clone())
                    .unwrap_or_default();
                rows.push(crate::sim::Row::new(60, rdata));
                draft.put(key, rows, None);
            });
        });
    };
    ["a.example.org", "b.example.org"].into_iter().for_each(add);
    let changes = ChangeSet {
        create: vec![Endpoint::new("b.example.org", Rtype::A, ["192.0.2.1"])],
        update: vec![plan::Update {
            old: Endpoint::new("a.example.org", Rtype::A, ["192.0.2.1"]),
            new: Endpoint::new("a.example.org", Rtype::A, ["192.0.2.2"]),
        }],
        ..ChangeSet::default()
    };
    let applied = provider.apply(&changes).await.unwrap();
    let refused: Vec<&str> = applied.refused.iter().map(|(name, _)| &**name).collect();
    assert_eq!(refused, ["b.example.org"]);
    let of = |name: &str| {
        let key = SetKey::new(name, Rtype::A);
        sim.store(|store| store.zones[0].sets[&key].rows.len())
    };
    assert_eq!((of("a.example.org"), of("b.example.org")), (2, 1));
}

/// A file of `azure.json`, by its text.
fn file(text: &str) -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("azure.json");
    std::fs::write(&path, text).unwrap();
    let path = path.to_str().unwrap().to_owned();
    (folder, path)
}

#[tokio::test]
async fn a_cloud_of_ones_own_is_asked_by_a_file_and_flags_over_it() {
    let stub = Stub::start(|seen| match &*seen.method {
        "POST" => reply(200, r#"{"access_token":"t0ken-t0ken","expires_in":3599}"#),
        _ if seen.header("authorization") != "Bearer t0ken-t0ken" => reply(401, ""),
        _ => reply(200, r#"{"value":[]}"#)
            .header("x-ms-ratelimit-remaining-subscription-reads", "199"),
    })
    .await;
    let url = &stub.url;
    let (_folder, path) = file(&format!(
        r#"{{"cloud":"AzureStackCloud","tenantId":"t","subscriptionId":"s","resourceGroup":"g",
            "aadClientId":"c","aadClientSecret":"open-sesame","activeDirectoryAuthorityHost":"{url}",
            "resourceManagerAudience":"https://a.local","resourceManagerEndpoint":"{url}"}}"#
    ));
    let zones = "providers/Microsoft.Network";
    for (private, more, line) in [
        (
            false,
            &[][..],
            format!(
                "GET /subscriptions/s/resourceGroups/g/{zones}/dnsZones?api-version=2018-05-01"
            ),
        ),
        (
            true,
            &[
                ("azure-subscription-id", "s2"),
                ("azure-resource-group", "g2"),
            ],
            format!(
                "GET /subscriptions/s2/resourceGroups/g2/{zones}/privateDnsZones?api-version=2024-06-01"
            ),
        ),
    ] {
        let settings = [&[("azure-config-file", &*path)], more].concat();
        let given = Given::new(&settings);
        let provider = match private {
            true => super::open_private(given.setup()),
            false => super::open(given.setup()),
        };
        assert!(provider.unwrap().records().await.unwrap().is_empty());
        assert_eq!(stub.lines().last().unwrap(), &line);
    }
}

#[test]
fn what_is_missing_is_told() {
    let (_folder, path) = file("{}");
    let (_other, moon) = file(r#"{"cloud":"Moon","subscriptionId":"s"}"#);
    let say = |settings: &[(&str, &str)]| {
        let error: SetupError = super::open(Given::new(settings).setup()).err().unwrap();
        error.to_string()
    };
    for (settings, wanted) in [
        (
            &[("azure-config-file", "/nowhere")][..],
            "read \"/nowhere\"",
        ),
        (
            &[("azure-config-file", &*path)],
            "set --azure-subscription-id",
        ),
        (
            &[("azure-config-file", &*moon)],
            "cloud \"Moon\" is none of",
        ),
    ] {
        let said = say(settings);
        assert!(
            said.starts_with("provider \"azure\"") && said.contains(wanted),
            "{said}"
        );
    }
}

#[test]
fn the_number_of_retries_is_read_as_it_is_there() {
    for (count, attempts) in [(-1, 1), (0, 4), (3, 4), (7, 8)] {
        assert_eq!(super::retry(count).attempts, attempts);
    }
}

/// external-dns gives up a pass at the first 429; here it waits as long as it is told.
#[tokio::test(start_paused = true)]
async fn a_limit_is_waited_for() {
    let (sim, provider) = begin(&SUBJECT_PRIVATE).await;
    let wait = std::time::Duration::from_secs(10);
    sim.fail(Faults::of([Rule::write(Fault::Limited(Some(wait)))]));
    let begin = tokio::time::Instant::now();
    have(&*provider, "a.example.org 60 A 192.0.2.1").await;
    assert!(begin.elapsed() >= wait);
}

#[tokio::test(start_paused = true)]
async fn errors_are_told_in_azures_words_and_without_secrets() {
    let (sim, provider) = begin(&SUBJECT).await;
    sim.fail(Faults::of([Rule::read(Fault::Status(403)).after(1)]));
    let error = provider.records().await.unwrap_err();
    let said = format!("{error} {error:?}");
    assert_eq!(error.kind, ErrorKind::Auth);
    assert!(said.contains("DNS Zone Contributor"), "{said}");
    assert!(!said.contains(crate::sim::SECRET), "{said}");
    let _shown = Arc::new(sim);
}
