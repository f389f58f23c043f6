//! What only this provider has; all else is the suite's.

use std::sync::Arc;
use std::time::Duration;

use plan::ErrorKind;
use serde_json::{Value, json};
use wire::{Rtype, Ttl};

use super::*;
use crate::auth::Clock;
use crate::exec::Edit;
use crate::open::StandIn;
use crate::record::{Found, Key, Record, Rrset, gather};
use crate::sim::Sim;
use crate::suite::Start;
use crate::trial::{Given, have, state, want};

const TOOLS: [(&str, &str); 2] = [
    ("HOME", env!("CARGO_MANIFEST_DIR")),
    ("OCI_CLI_CONFIG_FILE", sim::CREDENTIALS),
];

fn host(zones: &[(&str, &str)]) -> Sim {
    let zones = zones.iter();
    let zones = zones.map(|(name, id)| ((*name).to_owned(), (*id).to_owned()));
    let zones = zones.collect();
    sim::host_of(&Start { zones }, true)
}

fn org() -> Sim {
    host(&[("example.org", "ocid1.dns-zone.oc1..org")])
}

fn provider(sim: &Sim, clock: Clock, settings: &[(&str, &str)]) -> Box<dyn DynProvider> {
    let given = Given::new(&[&TOOLS[..], &[("oci-compartment-ocid", "c-1")], settings].concat());
    let mut setup = given.setup();
    let carrier = Arc::new(sim.clone());
    setup.stand_in = Some(StandIn { carrier, clock });
    open(setup).unwrap()
}

fn usual(sim: &Sim) -> Box<dyn DynProvider> {
    provider(sim, sim.clock(), &[("oci-zone-scope", "GLOBAL")])
}

/// Requests since then, as `METHOD path`, with what is asked of zones.
fn calls(sim: &Sim, since: usize) -> Vec<String> {
    let log = sim.log().split_off(since);
    let lines = log.iter().map(|seen| {
        let (method, address) = seen.line.split_once(' ').unwrap();
        let (_, path) = address.split_once("/20180115/").unwrap();
        let path = path.replace("compartmentId=c-1&zoneType=PRIMARY&", "");
        format!("{method} {path}")
    });
    lines.collect()
}

#[tokio::test(start_paused = true)]
async fn zones_are_those_of_the_scope_and_are_kept_for_a_while() {
    let sim = host(&[("example.org", "global"), ("example.org", "private")]);
    sim.store(|store| store.zones[1].private = true);
    let (global, private) = ("GET zones?scope=GLOBAL", "GET zones?scope=PRIVATE");
    let (one, other) = ("GET zones/global/records", "GET zones/private/records");
    for (scope, asked) in [
        ("GLOBAL", &[global, one][..]),
        ("PRIVATE", &[private, other]),
        ("", &[global, private, one, other]),
    ] {
        let settings = [
            ("oci-zone-scope", scope),
            ("oci-zones-cache-duration", "60"),
        ];
        let settings: Vec<_> = settings
            .into_iter()
            .filter(|(_, it)| !it.is_empty())
            .collect();
        let provider = provider(&sim, sim.clock(), &settings);
        let before = sim.log().len();
        provider.records().await.unwrap();
        assert_eq!(calls(&sim, before), asked);
        let before = sim.log().len();
        provider.records().await.unwrap();
        let lists = calls(&sim, before)
            .into_iter()
            .filter(|call| call.contains("scope="));
        assert_eq!(lists.count(), 0);
        tokio::time::advance(Duration::from_secs(61)).await;
        let before = sim.log().len();
        provider.records().await.unwrap();
        assert_eq!(calls(&sim, before), asked);
    }
}

#[tokio::test(start_paused = true)]
async fn name_servers_have_the_ttl_that_the_host_gives_them() {
    let sim = org();
    let provider = usual(&sim);
    let wanted = "sub.example.org 60 NS ns1.example.net";
    want(&*provider, wanted).await.unwrap();
    let there = state(&provider.records().await.unwrap());
    assert_eq!(there, "sub.example.org 86400 NS ns1.example.net");
    let (changes, _) = want(&*provider, wanted).await.unwrap();
    assert_eq!(changes, 0);
    have(&*provider, "sub.example.org 60 NS ns2.example.net").await;
}

/// A set as it was listed: data as it was told.
fn found(data: &[&str], ttl: u32) -> Found {
    let key = Key::new("a.example.org", Rtype::CNAME);
    let ttl = Some(Ttl::from_secs(ttl));
    let records = data.iter().map(|data| {
        let value = api::QUIRKS.value(Rtype::CNAME, data);
        Record::found(key.clone(), ttl, value, data)
    });
    gather(records).pop().unwrap()
}

#[test]
fn an_edit_says_what_has_to_be_there_what_goes_and_what_comes() {
    let set = |data: &[&str], ttl: u32| {
        let key = Key::new("a.example.org", Rtype::CNAME);
        Some(Rrset::new(key, Some(Ttl::from_secs(ttl)), data))
    };
    let whole = |text: &str| -> Value {
        let words: Vec<&str> = text.split(' ').collect();
        let mut item = json!({"domain": "a.example.org", "rtype": "CNAME", "operation": words[0]});
        if let [_, rdata, ttl] = words[..] {
            item["rdata"] = rdata.into();
            item["ttl"] = ttl.parse::<u32>().unwrap().into();
        }
        item
    };
    for (old, new, said) in [
        (None, set(&["t."], 60), &["PROHIBIT", "ADD t. 60"][..]),
        (
            Some(found(&["T.Example.", "u."], 60)),
            set(&["t.example.", "v."], 60),
            &[
                "REQUIRE T.Example. 60",
                "REQUIRE u. 60",
                "REMOVE u. 60",
                "ADD v. 60",
            ],
        ),
        (
            Some(found(&["T."], 60)),
            set(&["t."], 90),
            &["REQUIRE T. 60", "REMOVE T. 60", "ADD t. 90"],
        ),
        (
            Some(found(&["T."], 60)),
            None,
            &["REQUIRE T. 60", "REMOVE T. 60"],
        ),
    ] {
        let owns = false;
        let edit = Edit { old, new, owns };
        let told = serde_json::to_value(api::operations(&edit)).unwrap();
        let wanted: Vec<Value> = said.iter().map(|text| whole(text)).collect();
        assert_eq!(told, Value::from(wanted));
    }
}

#[tokio::test(start_paused = true)]
async fn who_we_are_and_when_is_verified() {
    let sim = org();
    let late = Clock::fixed(sim.clock().now().as_second() + 600);
    let error = provider(&sim, late, &[]).records().await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Auth);
    assert_eq!(
        error.to_string(),
        "provider \"oci\": list zones: HTTP 401: The required information to complete authentication was \
         not provided or was incorrect. (NotAuthenticated); the key is that of --oci-config-file; our \
         clock is 10 minutes ahead of that of the host"
    );
    let other = provider(&sim, sim.clock(), &[("oci-compartment-ocid", "c-2")]);
    let error = other.records().await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "provider \"oci\": list zones: HTTP 404: Authorization failed or requested resource not found. \
         (NotAuthorizedOrNotFound); a policy has to let its user manage dns in the compartment"
    );
}

#[tokio::test]
async fn settings_say_who_and_where_or_what_is_missing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("oci.yaml");
    let named = path.to_str().unwrap();
    let key = include_str!("../auth/vectors.key.pem").replace('\n', "\n    ");
    let who = format!(
        "auth:\n  region: fra\n  tenancy: t\n  user: u\n  fingerprint: f\n  key: |\n    {key}\n"
    );
    let whole = format!("{who}compartment: c-1\n");
    let session = |name: &str| format!("auth:\n  region: fra\n  {name}: true\ncompartment: c-1\n");
    let both = "auth:\n  useInstancePrincipal: true\n  useWorkloadIdentity: true\n";
    let flag = ("oci-compartment-ocid", "c-1");
    let said = |text: &str, settings: &[(&str, &str)]| {
        std::fs::write(&path, text).unwrap();
        let given = Given::new(&[&[("oci-config-file", named)][..], settings].concat());
        open(given.setup())
            .map(drop)
            .map_err(|error| error.to_string())
    };
    for (text, settings, wanted) in [
        (&*whole, &[][..], None),
        (&who, &[flag], None),
        (
            &who,
            &[],
            Some("the compartment of the zones is not named; set --oci-compartment-ocid"),
        ),
        (
            &whole.replace("fra", "''"),
            &[],
            Some("\"auth.region\" is missing, as us-phoenix-1"),
        ),
        (
            &whole,
            &[("oci-auth-instance-principal", "true")],
            Some(SESSION),
        ),
        (&session("useInstancePrincipal"), &[], Some(SESSION)),
        (&session("useWorkloadIdentity"), &[], Some(SESSION)),
        (
            both,
            &[],
            Some("only one of useInstancePrincipal and useWorkloadIdentity can be on"),
        ),
    ] {
        let error = said(text, settings).err();
        let wanted = wanted.map(|what| format!("provider \"oci\": {what}"));
        assert_eq!(error, wanted);
    }
    let error = said(&whole.replace("user: u", ""), &[]).unwrap_err();
    assert_eq!(
        error,
        "provider \"oci\": say who we are: \"auth.user\" is missing"
    );
    let given = Given::new(&[
        ("oci-config-file", "/nowhere/oci.yaml"),
        ("HOME", "/nowhere"),
    ]);
    let error = open(given.setup()).map(drop).unwrap_err().to_string();
    assert!(
        error.starts_with(
            "provider \"oci\": there is no file of settings at \"/nowhere/oci.yaml\" (--oci-config-file), nor one \
             of Oracle's tools: read \"/nowhere/.oci/config\": "
        ),
        "{error}"
    );
}

// external-dns sends what comes before what goes, and on no condition: of two who write, one is lost.
#[tokio::test(start_paused = true)]
async fn what_somebody_else_has_changed_is_read_again() {
    let sim = org();
    let provider = usual(&sim);
    have(&*provider, "a.example.org 300 A 192.0.2.1").await;
    let there = provider.records().await.unwrap();
    let key = crate::sim::SetKey::new("a.example.org", Rtype::A);
    sim.store(|store| {
        store.plant("ocid1.dns-zone.oc1..org", |draft| {
            let row = |last| crate::sim::Row::new(300, vec![192, 0, 2, last]);
            draft.put(key.clone(), vec![row(1), row(9)], None);
        });
    });
    let changes = plan::ChangeSet {
        delete: there,
        ..plan::ChangeSet::default()
    };
    let applied = provider.apply(&changes).await.unwrap();
    assert!(applied.refused.is_empty(), "{:?}", applied.refused);
    let left = state(&provider.records().await.unwrap());
    assert_eq!(left, "a.example.org 300 A 192.0.2.9");
}

#[tokio::test(start_paused = true)]
async fn calls_are_few() {
    let sim = org();
    let provider = usual(&sim);
    let lines = |count: usize, ttl: u32| -> String {
        let lines = (0..count).map(|at| format!("n{at}.example.org {ttl} A 192.0.2.1\n"));
        lines.collect()
    };
    // Reads, of which one is that of zones and the others are of a hundred records each; and changes.
    for (state, reads, changes) in [
        (String::new(), 2, 0),
        (lines(1, 300), 2, 1),
        (lines(1, 300), 2, 0),
        (lines(90, 300), 2, 1),
        (lines(90, 60), 2, 1),
        (lines(2000, 60), 2, 2),
        (lines(2000, 60), 22, 0),
        (String::new(), 22, 2),
    ] {
        let before = sim.log().len();
        want(&*provider, &state).await.unwrap();
        let made = calls(&sim, before);
        let patches = made.iter().filter(|call| call.starts_with("PATCH")).count();
        assert_eq!((made.len() - patches, patches), (reads, changes));
    }
}
