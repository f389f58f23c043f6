//! What only Cloud Map has, and the defects of external-dns's provider for it.

use std::time::Duration;

use plan::diff::Rules;
use plan::registry::{Registry, Shadow};
use plan::{Applied, DynProvider, Endpoint, Labels, ProviderError};
use wire::Rtype;

use super::service::{instance_id, is_load_balancer};
use super::sim::{Host, LATE, SUBJECT};
use crate::exec::Scope;
use crate::sim::{Sim, store};
use crate::suite::Start;
use crate::trial::{Staged, endpoints};

/// A provider before a namespace, and what is known of it, for one owner.
pub(super) struct Place {
    pub(super) provider: Box<dyn DynProvider>,
    shadow: Shadow,
    owner: &'static str,
}

impl Place {
    pub(super) fn of(owner: &'static str, provider: Box<dyn DynProvider>) -> Self {
        let registry = Registry::Kept {
            owner: owner.into(),
            texts: None,
        };
        Self {
            provider,
            shadow: Shadow::new(registry),
            owner,
        }
    }

    /// One pass.
    async fn want(&mut self, state: &str) -> Result<Applied, ProviderError> {
        let records = self.provider.records().await?;
        self.shadow.load(records);
        let mut wanted = endpoints(state);
        for endpoint in &mut wanted {
            let resource = "service/default/web";
            endpoint.labels.set(Labels::RESOURCE, resource);
        }
        let wanted = self.provider.adjust(wanted).await?;
        let rules = Rules {
            owner: Some(self.owner.into()),
            managed: vec![Rtype::A, Rtype::AAAA, Rtype::CNAME, Rtype::TXT],
            ..Rules::default()
        };
        let current = self.shadow.endpoints().collect();
        let changes = plan::diff::plan(current, wanted, &rules).changes;
        if changes.is_empty() {
            return Ok(Applied::default());
        }
        self.provider.apply(&self.shadow.write(changes)).await
    }

    /// One pass of which nothing is refused.
    pub(super) async fn have(&mut self, state: &str) {
        let applied = self.want(state).await.unwrap();
        assert!(applied.refused.is_empty(), "{:?}", applied.refused);
    }
}

/// What is refused, in words.
fn refused(applied: &Applied) -> Vec<String> {
    let refused = applied.refused.iter();
    refused.map(|(_, error)| error.message.clone()).collect()
}

/// A host whose services can be looked at, and settings on top of those of the suite.
async fn staged(settings: &[(&str, &str)]) -> (Staged, Place) {
    let stage = Staged::with(SUBJECT, settings).await;
    let provider = stage.open(settings);
    (stage, Place::of("suite", provider))
}

/// What services there are, as `name types policy instances description`.
async fn services(stage: &Staged) -> Vec<String> {
    let told = super::sim::look(&stage.sim).await;
    let mut lines: Vec<String> = told.iter().map(super::sim::line).collect();
    lines.sort_unstable();
    lines
}

#[test]
fn load_balancers_are_known_by_their_names_as_in_external_dns() {
    for (name, expected) in [
        ("lb-1.us-east-1.elb.amazonaws.com", true),
        ("a.lb-1.us-east-1.elb.amazonaws.com.", true),
        ("lb-1.elb.us-east-1.amazonaws.com", true),
        ("us-east-1.elb.amazonaws.com", false),
        ("elb.us-east-1.amazonaws.com", false),
        ("lb-1.us-east-1.elb.amazonaws.com.cn", false),
        ("lb-1.us-east-1.elb.amazonaws.com.example", false),
        ("t.example", false),
    ] {
        assert_eq!(is_load_balancer(name), expected, "{name}");
    }
}

#[test]
fn identifiers_of_instances_are_those_of_external_dns() {
    let long = "A".repeat(65);
    for (data, expected) in [
        ("192.0.2.1", "192.0.2.1"),
        ("T.Example", "t.example"),
        (
            &*long,
            "635361c48bb9eab14198e76ea8ab7f1a41685d6ad62aa9146d301d4f17eb0ae0",
        ),
    ] {
        assert_eq!(instance_id(data), expected);
    }
}

#[tokio::test(start_paused = true)]
async fn services_are_what_external_dns_makes_of_them_to_the_byte() {
    let (stage, mut place) = staged(&[]).await;
    place
        .have(
            "a.example.org 60 A 192.0.2.1 | 192.0.2.2\n\
             b.x.example.org - AAAA 2001:db8::1\n\
             c.example.org - CNAME t.example\n\
             lb.example.org - CNAME lb-1.eu-central-1.elb.amazonaws.com",
        )
        .await;
    let of =
        "heritage=external-dns,external-dns/owner=suite,external-dns/resource=service/default/web";
    assert_eq!(
        services(&stage).await,
        [
            format!("a A 60 MULTIVALUE 192.0.2.1 192.0.2.2 {of} by=zonewright"),
            format!("b.x AAAA 300 MULTIVALUE 2001:db8::1 {of} by=zonewright"),
            format!("c CNAME 300 WEIGHTED t.example {of} by=zonewright"),
            format!("lb A 300 WEIGHTED lb-1.eu-central-1.elb.amazonaws.com {of} by=zonewright"),
        ]
    );
}

/// External-dns takes a service without a description for one that is not there, and registers its own
/// values in it; and any service that is empty.
#[tokio::test(start_paused = true)]
async fn services_of_strangers_are_left_alone_with_instances_and_without() {
    let (stage, mut place) = staged(&[("aws-sd-service-cleanup", "true")]).await;
    stage.plant("foreign A 192.0.2.9").await;
    let own = stage.open(&[]);
    let mut other = Place::of("other", own);
    other.have("theirs.example.org - A 192.0.2.8").await;
    other.have("").await;
    let before = services(&stage).await;
    assert_eq!(before.len(), 2, "{before:?}");
    let state = "foreign.example.org - A 192.0.2.1\n\
                 theirs.example.org - A 192.0.2.1\nours.example.org - A 192.0.2.1";
    for _ in 0..2 {
        let applied = place.want(state).await.unwrap();
        let said = refused(&applied);
        assert_eq!(said.len(), 1, "{said:?}");
        assert!(said[0].contains("is of \"other\""), "{said:?}");
    }
    place.want("").await.unwrap();
    place.want("").await.unwrap();
    assert_eq!(services(&stage).await, before);
}

/// External-dns compares the beginning of descriptions, so the owner `suite` deletes empty services of
/// the owner `suite-2`; and none whose labels have one before the owner.
#[tokio::test(start_paused = true)]
async fn empty_services_are_deleted_by_their_owner_and_only_if_users_want_that() {
    let (stage, mut place) = staged(&[]).await;
    let mut near = Place::of("suite-2", stage.open(&[]));
    near.have("near.example.org - A 192.0.2.1").await;
    near.have("").await;
    place.have("a.example.org - A 192.0.2.1").await;
    place.have("").await;
    place.have("").await;
    let names = |lines: Vec<String>| -> Vec<String> {
        let names = lines.iter().map(|line| line.split(' ').next().unwrap());
        names.map(str::to_owned).collect()
    };
    assert_eq!(names(services(&stage).await), ["a", "near"]);
    let dry = Scope {
        dry_run: true,
        ..Scope::default()
    };
    let settings = [("aws-sd-service-cleanup", "true")];
    SUBJECT
        .open_with(&settings, (&stage.sim, dry))
        .records()
        .await
        .unwrap();
    assert_eq!(names(services(&stage).await), ["a", "near"]);
    let mut place = Place::of("suite", stage.open(&settings));
    place.have("").await;
    assert_eq!(names(services(&stage).await), ["near"]);
}

/// External-dns registers values of the new type in a service of the old one, which is refused for
/// ever, and with it all that comes after.
#[tokio::test(start_paused = true)]
async fn a_name_of_another_type_gets_a_service_of_that_type() {
    let (stage, mut place) = staged(&[]).await;
    let lb = "lb-1.eu-central-1.elb.amazonaws.com";
    for (value, expected) in [
        ("A 192.0.2.1".to_owned(), "a A 300 MULTIVALUE 192.0.2.1 "),
        (
            "CNAME t.example".to_owned(),
            "a CNAME 300 WEIGHTED t.example ",
        ),
        (format!("CNAME {lb}"), "a A 300 WEIGHTED lb-1."),
        (
            "A 192.0.2.1 | 192.0.2.2".to_owned(),
            "a A 300 MULTIVALUE 192.0.2.1 192.0.2.2 ",
        ),
        (
            "AAAA 2001:db8::1".to_owned(),
            "a AAAA 300 MULTIVALUE 2001:db8::1 ",
        ),
    ] {
        place.have(&format!("a.example.org - {value}")).await;
        let lines = services(&stage).await;
        assert!(
            lines.len() == 1 && lines[0].starts_with(expected),
            "{lines:?}"
        );
        // A service that was left empty is no obstacle.
        place.have("").await;
    }
}

/// External-dns stops at the first endpoint of a type that Cloud Map does not have.
#[tokio::test(start_paused = true)]
async fn what_cannot_be_there_stops_nothing_else() {
    let (stage, mut place) = staged(&[]).await;
    let state = "a.example.org - TXT \"x\"\n*.w.example.org - A 192.0.2.1\n\
                 example.org - A 192.0.2.1\nd.example.org - A 192.0.2.1\n\
                 d.example.org - AAAA 2001:db8::1\nz.example.org - A 192.0.2.1";
    let applied = place.want(state).await.unwrap();
    let said = refused(&applied).join("\n");
    assert_eq!(applied.refused.len(), 4, "{said}");
    for part in [
        "\"a.example.org\" TXT: records of this type",
        "wildcards are not taken",
        "records of the zone's own name",
        "\"d.example.org\" AAAA: a service is of one type",
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }
    let held = stage.held();
    assert_eq!(
        held,
        [
            "d.example.org A 300 192.0.2.1",
            "z.example.org A 300 192.0.2.1"
        ]
    );
}

/// External-dns sends an update without the health check of the service, which takes it away, and
/// registers all values anew, which takes away whatever others have put on them.
#[tokio::test(start_paused = true)]
async fn what_others_have_put_on_our_service_stays() {
    let (stage, mut place) = staged(&[]).await;
    place.have("a.example.org 60 A 192.0.2.1 | 192.0.2.2").await;
    super::sim::call(&stage.sim, "UpdateService", |service| {
        serde_json::json!({"Id": service, "Service": {
            "DnsConfig": {"DnsRecords": [{"Type": "A", "TTL": 60}]},
            "HealthCheckConfig": {"Type": "TCP", "FailureThreshold": 3},
        }})
    })
    .await;
    let before = stage.sim.log().len();
    place.have("a.example.org 90 A 192.0.2.1 | 192.0.2.3").await;
    let writes = stage.sim.log().split_off(before);
    let writes = writes.iter().filter(|seen| seen.writes).count();
    assert_eq!(
        writes, 3,
        "an update, one value that comes and one that goes"
    );
    let told = super::sim::look(&stage.sim).await;
    assert_eq!(told[0]["HealthCheckConfig"]["Type"], "TCP");
    assert_eq!(
        stage.held(),
        [
            "a.example.org A 90 192.0.2.1",
            "a.example.org A 90 192.0.2.3"
        ]
    );
}

/// External-dns never asks what has become of a change, so one that came to nothing counts as made.
#[tokio::test(start_paused = true)]
async fn a_change_that_comes_to_nothing_is_told_and_made_again() {
    let stage = Staged::with(LATE, &[]).await;
    let mut place = Place::of("suite", stage.open(&[]));
    stage.sim.store(|store| store.late = Some((1, true)));
    place.have("a.example.org - A 192.0.2.1").await;
    let busy = place.want("a.example.org - A 192.0.2.1").await.unwrap();
    assert!(refused(&busy)[0].contains("not made yet"), "{busy:?}");
    let failed = place.want("a.example.org - A 192.0.2.1").await.unwrap();
    assert!(
        refused(&failed)[0].contains("INTERNAL_FAILURE: it came to nothing"),
        "{failed:?}"
    );
    stage.sim.store(|store| store.late = Some((0, false)));
    place.have("a.example.org - A 192.0.2.1").await;
    assert_eq!(stage.held(), ["a.example.org A 300 192.0.2.1"]);
}

/// External-dns lists a hundred instances of a service, and only those that are healthy.
#[tokio::test(start_paused = true)]
async fn all_instances_of_a_service_are_listed() {
    let (_stage, mut place) = staged(&[]).await;
    let values = (1..=150).map(|at| format!("192.0.2.{at}"));
    let state = values.collect::<Vec<_>>().join(" | ");
    place.have(&format!("a.example.org - A {state}")).await;
    let records = place.provider.records().await.unwrap();
    assert_eq!(records[0].targets.len(), 150);
}

#[tokio::test(start_paused = true)]
async fn namespaces_are_chosen_by_their_kind_and_those_without_dns_are_not() {
    let names = ["public.example", "private.example", "http.example"];
    for (kind, expected) in [
        ("", &["private.example", "public.example"][..]),
        ("public", &["public.example"]),
        ("private", &["private.example"]),
    ] {
        let mut store = store(&Start::zones(&names), crate::sim::Limits::default());
        store.zones[1].private = true;
        store.zones[2].extra.insert("http".to_owned(), true.into());
        let sim = Sim::new(store, Host::default());
        let settings = [("aws-zone-type", kind)];
        let provider = SUBJECT.open_with(&settings, (&sim, Scope::default()));
        let wanted: Vec<Endpoint> = names
            .iter()
            .map(|name| Endpoint::new(&format!("a.{name}"), Rtype::A, ["192.0.2.1"]))
            .collect();
        let create = wanted;
        let changes = plan::ChangeSet {
            create,
            ..plan::ChangeSet::default()
        };
        provider.records().await.unwrap();
        provider.apply(&changes).await.unwrap();
        let records = provider.records().await.unwrap();
        let names = records.iter().filter_map(|it| it.name.strip_prefix("a."));
        let made: Vec<&str> = names.collect();
        assert_eq!(made, expected, "{kind}");
    }
}

/// The policy that external-dns's users have does not permit to ask for operations.
#[tokio::test(start_paused = true)]
async fn who_may_not_ask_for_operations_goes_by_what_is_listed() {
    let mut store = store(
        &Start::zones(&["example.org"]),
        crate::sim::Limits::default(),
    );
    store.late = Some((5, true));
    let host = Host::without("GetOperation");
    let sim = Sim::new(store, host);
    let mut place = Place::of("suite", SUBJECT.open(&sim, Scope::default()));
    place.have("a.example.org - A 192.0.2.1").await;
    sim.store(|store| {
        store.late = None;
        store.later.clear();
    });
    tokio::time::sleep(Duration::from_secs(60)).await;
    let again = place.want("a.example.org - A 192.0.2.1").await;
    assert!(again.is_ok(), "{again:?}");
}

#[tokio::test(start_paused = true)]
async fn who_may_not_list_instances_looks_them_up_as_clients_do() {
    let store = store(
        &Start::zones(&["example.org"]),
        crate::sim::Limits::default(),
    );
    let sim = Sim::new(store, Host::without("ListInstances"));
    let mut place = Place::of("suite", SUBJECT.open(&sim, Scope::default()));
    let values = (1..=150).map(|at| format!("192.0.2.{at}"));
    let state = values.collect::<Vec<_>>().join(" | ");
    place.have(&format!("a.example.org - A {state}")).await;
    place.have("a.example.org - A 192.0.2.1").await;
    let before = sim.log().len();
    let records = place.provider.records().await.unwrap();
    assert_eq!(records[0].targets, ["192.0.2.1".into()]);
    let log = sim.log().split_off(before);
    assert_eq!(log.len(), 3, "it is not tried again: {log:?}");
    assert!(
        log[2]
            .line
            .contains("//data-servicediscovery.eu-central-1."),
        "{log:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn without_a_registry_all_is_ours_and_descriptions_stay() {
    let (stage, mut place) = staged(&[]).await;
    place.have("a.example.org - A 192.0.2.1").await;
    stage.plant("foreign A 192.0.2.9").await;
    let state = "a.example.org 60 A 192.0.2.2\nforeign.example.org 60 A 192.0.2.8\n\
                 new.example.org - A 192.0.2.1";
    let provider = stage.open(&[("registry", "noop")]);
    crate::trial::have(&*provider, state).await;
    let of =
        "heritage=external-dns,external-dns/owner=suite,external-dns/resource=service/default/web";
    assert_eq!(
        services(&stage).await,
        [
            format!("a A 60 MULTIVALUE 192.0.2.2 {of} by=zonewright"),
            "foreign A 60 MULTIVALUE 192.0.2.8 ".to_owned(),
            "new A 300 MULTIVALUE 192.0.2.1  by=zonewright".to_owned(),
        ]
    );
    crate::trial::have(&*provider, "").await;
    assert_eq!(stage.held(), Vec::<String>::new());
}
