//! CoreDNS's keys on an etcd of the tests' own. What external-dns gets wrong is named here.

use plan::filter::DomainFilter;
use plan::{Applied, ChangeSet, DynProvider, Endpoint, ErrorKind, Update};
use serde_json::{Value, json};
use wire::{Rtype, Ttl};

use crate::keyed::stub::StubEtcd;
use crate::trial::Given;

/// A provider on an etcd.
async fn started(etcd: &StubEtcd, more: &[(&'static str, &str)]) -> Box<dyn DynProvider> {
    let mut settings = vec![("ETCD_URLS", etcd.url())];
    settings.extend_from_slice(more);
    let given = Given::new(&settings);
    let mut setup = given.setup();
    let domain = more.iter().find(|(name, _)| *name == "domain-filter");
    if let Some((_, domain)) = domain {
        setup.scope.zones.domains = DomainFilter::lists(&[*domain], &[]);
    }
    super::open(setup).unwrap()
}

fn endpoint(name: &str, rtype: Rtype, targets: &[&str]) -> Endpoint {
    Endpoint::new(name, rtype, targets)
}

fn a(name: &str, targets: &[&str]) -> Endpoint {
    endpoint(name, Rtype::A, targets)
}

/// Makes endpoints of others, and takes them over: what a pass does.
async fn change(
    provider: &dyn DynProvider,
    before: &[Endpoint],
    after: &[Endpoint],
) -> Result<Applied, plan::ProviderError> {
    let after = provider.adjust(after.to_vec()).await?;
    let key = |it: &Endpoint| (it.name.clone(), it.rtype);
    let mut changes = ChangeSet::default();
    for new in &after {
        match before.iter().find(|old| key(old) == key(new)) {
            None => changes.create.push(new.clone()),
            Some(old) => changes.update.push(Update {
                old: old.clone(),
                new: new.clone(),
            }),
        }
    }
    let gone = before
        .iter()
        .filter(|old| !after.iter().any(|new| key(new) == key(old)));
    changes.delete.extend(gone.cloned());
    provider.apply(&changes).await
}

async fn read(provider: &dyn DynProvider) -> Vec<String> {
    let records = provider.records().await.unwrap();
    let lines = records.iter().map(|it| {
        let ttl = it
            .ttl
            .map_or_else(String::new, |ttl| format!(" {}", ttl.as_secs()));
        format!("{}{ttl} {} {}", it.name, it.rtype, it.targets.join(" "))
    });
    lines.collect()
}

#[tokio::test]
async fn each_value_is_a_key_and_goes_with_its_value() {
    let etcd = StubEtcd::start().await;
    let provider = started(&etcd, &[]).await;
    let mut web = a("web.example.org", &["192.0.2.1", "192.0.2.2"]);
    web.ttl = Some(Ttl::from_secs(60));
    web.properties.set("coredns/group", "blue");
    let text = endpoint("text.example.org", Rtype::TXT, &["v=spf1  -all"]);
    let alias = endpoint("alias.example.org", Rtype::CNAME, &["web.example.org"]);
    let pointer = endpoint("1.2.0.192.in-addr.arpa", Rtype::PTR, &["web.example.org"]);
    let all = [web.clone(), text, alias, pointer];
    assert!(
        change(&*provider, &[], &all)
            .await
            .unwrap()
            .refused
            .is_empty()
    );
    let service = |host: &str| json!({"host": host, "ttl": 60, "targetstrip": 1, "group": "blue"});
    let mut values = etcd.values("/skydns/org/example/web/");
    values.sort_by_key(ToString::to_string);
    assert_eq!(values, [service("192.0.2.1"), service("192.0.2.2")]);
    assert_eq!(
        etcd.values("/skydns/org/example/text/"),
        [json!({"text": "v=spf1  -all", "targetstrip": 1})]
    );
    assert_eq!(
        etcd.values("/skydns/org/example/alias/"),
        [json!({"host": "web.example.org", "targetstrip": 1})]
    );
    let exact = (
        "/skydns/arpa/in-addr/192/0/2/1".to_owned(),
        json!({"host": "web.example.org"}),
    );
    assert!(etcd.keys().contains(&exact));
    assert_eq!(
        read(&*provider).await,
        [
            "1.2.0.192.in-addr.arpa PTR web.example.org",
            "alias.example.org CNAME web.example.org",
            "text.example.org TXT \"v=spf1  -all\"",
            "web.example.org 60 A 192.0.2.1 192.0.2.2",
        ]
    );
    let before = provider.records().await.unwrap();
    // What is read is what is wanted.
    let again = provider.adjust(all.to_vec()).await.unwrap();
    for wanted in again {
        assert!(before.iter().any(|it| it.name == wanted.name
            && it.targets == wanted.targets
            && it.ttl == wanted.ttl
            && it.properties == wanted.properties));
    }
    let mut less = web;
    less.targets = [Box::from("192.0.2.2")].into();
    change(&*provider, &before, &[less]).await.unwrap();
    assert_eq!(etcd.keys().len(), 1);
    assert_eq!(
        etcd.values("/skydns/org/example/web/"),
        [service("192.0.2.2")]
    );
    let before = provider.records().await.unwrap();
    change(&*provider, &before, &[]).await.unwrap();
    assert_eq!(etcd.keys(), []);
}

/// One request for a listing, and one for a hundred changes; external-dns makes one a key.
#[tokio::test]
async fn a_listing_is_a_request_and_so_are_many_changes() {
    let etcd = StubEtcd::start().await;
    let provider = started(&etcd, &[]).await;
    let names: Vec<String> = (0..60).map(|at| format!("n{at}.example.org")).collect();
    let all: Vec<Endpoint> = names.iter().map(|name| a(name, &["192.0.2.1"])).collect();
    provider.records().await.unwrap();
    assert_eq!(etcd.asked(), ["range"]);
    change(&*provider, &[], &all).await.unwrap();
    assert_eq!(etcd.asked(), ["range", "txn"]);
    let before = provider.records().await.unwrap();
    assert_eq!(before.len(), 60);
    // What we have written ourselves need not be read first.
    change(&*provider, &before, &[]).await.unwrap();
    assert_eq!(etcd.asked(), ["range", "txn", "range", "txn"]);
    assert_eq!(etcd.keys(), []);
}

#[tokio::test]
async fn a_name_of_more_values_than_a_transaction_holds_is_made_in_several() {
    let etcd = StubEtcd::start().await;
    let provider = started(&etcd, &[]).await;
    let targets: Vec<String> = (0..300)
        .map(|at| format!("10.0.{}.{}", at / 250, at % 250))
        .collect();
    let targets: Vec<&str> = targets.iter().map(String::as_str).collect();
    let applied = change(&*provider, &[], &[a("web.example.org", &targets)])
        .await
        .unwrap();
    assert!(applied.refused.is_empty(), "{applied:?}");
    assert_eq!(etcd.keys().len(), 300);
    assert_eq!(etcd.asked(), ["range", "txn", "txn", "txn"]);
}

/// external-dns gives both the type of the one that comes first.
#[tokio::test]
async fn addresses_of_both_families_at_a_name_keep_their_types() {
    let etcd = StubEtcd::start().await;
    etcd.put(
        "/skydns/org/example/web/x1",
        &json!({"host": "192.0.2.1", "targetstrip": 1}),
    );
    etcd.put(
        "/skydns/org/example/web/x2",
        &json!({"host": "2001:db8::1", "targetstrip": 1}),
    );
    let provider = started(&etcd, &[]).await;
    assert_eq!(
        read(&*provider).await,
        [
            "web.example.org A 192.0.2.1",
            "web.example.org AAAA 2001:db8::1"
        ]
    );
}

/// external-dns lists a name once for each of its values.
#[tokio::test]
async fn a_name_of_several_keys_is_listed_once() {
    let etcd = StubEtcd::start().await;
    for key in ["x1", "x2", "x3"] {
        let host = format!("192.0.2.{}", key.len());
        etcd.put(
            &format!("/skydns/org/example/web/{key}"),
            &json!({"host": host, "targetstrip": 1}),
        );
    }
    let provider = started(&etcd, &[]).await;
    assert_eq!(read(&*provider).await, ["web.example.org A 192.0.2.2"]);
    // All that say so go together.
    let before = provider.records().await.unwrap();
    change(&*provider, &before, &[]).await.unwrap();
    assert_eq!(etcd.keys(), []);
}

/// external-dns takes away all keys that begin with the letters of the one that is meant.
#[tokio::test]
async fn what_only_begins_with_the_same_letters_stays() {
    let etcd = StubEtcd::start().await;
    etcd.put("/skydns/org/example/foo", &json!({"host": "192.0.2.1"}));
    etcd.put(
        "/skydns/org/example/foobar/x1",
        &json!({"host": "192.0.2.2", "targetstrip": 1}),
    );
    etcd.put(
        "/skydns/org/example/foo/sub/x1",
        &json!({"host": "192.0.2.3", "targetstrip": 1}),
    );
    let provider = started(&etcd, &[]).await;
    provider.records().await.unwrap();
    let old = [a("foo.example.org", &["192.0.2.1"])];
    change(&*provider, &old, &[]).await.unwrap();
    let left: Vec<String> = etcd.keys().into_iter().map(|(key, _)| key).collect();
    assert_eq!(
        left,
        [
            "/skydns/org/example/foo/sub/x1",
            "/skydns/org/example/foobar/x1"
        ]
    );
}

/// CoreDNS answers no name that has a text beside it; external-dns puts them into one key.
#[tokio::test]
async fn a_text_has_a_key_of_its_own() {
    let etcd = StubEtcd::start().await;
    let provider = started(&etcd, &[]).await;
    let texts = endpoint("web.example.org", Rtype::TXT, &["one", "two"]);
    change(
        &*provider,
        &[],
        &[a("web.example.org", &["192.0.2.1"]), texts],
    )
    .await
    .unwrap();
    let mut values = etcd.values("/skydns/org/example/web/");
    values.sort_by_key(ToString::to_string);
    assert_eq!(
        values,
        [
            json!({"host": "192.0.2.1", "targetstrip": 1}),
            json!({"text": "one", "targetstrip": 1}),
            json!({"text": "two", "targetstrip": 1}),
        ]
    );
}

#[tokio::test]
async fn what_others_say_in_a_key_stays() {
    let etcd = StubEtcd::start().await;
    let odd =
        json!({"host": "192.0.2.1", "text": "hello", "port": 8080, "weight": 3, "targetstrip": 1});
    etcd.put("/skydns/org/example/web/x1", &odd);
    etcd.put(
        "/skydns/org/example/mail/x1",
        &json!({"host": "mx.example.org", "mail": true, "targetstrip": 1}),
    );
    let provider = started(&etcd, &[]).await;
    assert_eq!(
        read(&*provider).await,
        [
            "web.example.org A 192.0.2.1",
            "web.example.org TXT \"hello\""
        ]
    );
    let before = provider.records().await.unwrap();
    let mut slow = a("web.example.org", &["192.0.2.1"]);
    slow.ttl = Some(Ttl::from_secs(90));
    let hello = before[1].clone();
    change(&*provider, &before, &[slow, hello.clone()])
        .await
        .unwrap();
    let mut with_ttl = odd.clone();
    with_ttl["ttl"] = json!(90);
    assert_eq!(etcd.values("/skydns/org/example/web/"), [with_ttl]);
    let before = provider.records().await.unwrap();
    change(&*provider, &before, &[hello]).await.unwrap();
    let text = &etcd.values("/skydns/org/example/web/")[0];
    assert_eq!(
        (&text["host"], &text["text"]),
        (&Value::Null, &json!("hello"))
    );
    assert_eq!(etcd.values("/skydns/org/example/mail/").len(), 1);
}

/// external-dns reads nothing at all where one value is no JSON, and panics at one that strips too much.
#[tokio::test]
async fn keys_that_make_no_sense_are_left_alone() {
    let etcd = StubEtcd::start().await;
    etcd.put_text("/skydns/org/example/bad", "{no");
    etcd.put(
        "/skydns/org/example/deep",
        &json!({"host": "192.0.2.9", "targetstrip": 7}),
    );
    etcd.put(
        "/skydns/org/example/web/x1",
        &json!({"host": "192.0.2.1", "targetstrip": 1}),
    );
    let provider = started(&etcd, &[]).await;
    assert_eq!(read(&*provider).await, ["web.example.org A 192.0.2.1"]);
    let before = provider.records().await.unwrap();
    change(&*provider, &before, &[]).await.unwrap();
    assert_eq!(etcd.keys().len(), 2);
}

/// What others change between a listing and a write is not lost, and the write is made on what is there.
#[tokio::test]
async fn a_key_that_was_changed_meanwhile_is_read_again() {
    let etcd = StubEtcd::start().await;
    etcd.put(
        "/skydns/org/example/web/x1",
        &json!({"host": "192.0.2.1", "targetstrip": 1}),
    );
    let provider = started(&etcd, &[]).await;
    let before = provider.records().await.unwrap();
    etcd.put(
        "/skydns/org/example/web/x1",
        &json!({"host": "192.0.2.1", "weight": 7, "targetstrip": 1}),
    );
    etcd.put(
        "/skydns/org/example/web/x2",
        &json!({"host": "192.0.2.66", "targetstrip": 1}),
    );
    let applied = change(&*provider, &before, &[a("web.example.org", &["192.0.2.5"])])
        .await
        .unwrap();
    assert!(applied.refused.is_empty(), "{applied:?}");
    // Ours is changed; the value that somebody has added is theirs.
    assert_eq!(
        read(&*provider).await,
        ["web.example.org A 192.0.2.5 192.0.2.66"]
    );
    assert_eq!(etcd.asked(), ["range", "txn", "range", "txn", "range"]);
}

/// Two that make a name at once: the second one finds it made.
#[tokio::test]
async fn a_name_that_somebody_else_has_made_meanwhile_is_theirs() {
    let etcd = StubEtcd::start().await;
    let provider = started(&etcd, &[]).await;
    provider.records().await.unwrap();
    etcd.put(
        "/skydns/org/example/web/x1",
        &json!({"host": "192.0.2.66", "targetstrip": 1}),
    );
    let all = [
        a("web.example.org", &["192.0.2.1"]),
        a("other.example.org", &["192.0.2.1"]),
    ];
    let applied = change(&*provider, &[], &all).await.unwrap();
    let [(name, error)] = &applied.refused[..] else {
        panic!("{applied:?}");
    };
    assert_eq!(
        (&**name, error.kind),
        ("web.example.org", ErrorKind::Conflict)
    );
    assert_eq!(
        read(&*provider).await,
        [
            "other.example.org A 192.0.2.1",
            "web.example.org A 192.0.2.66"
        ]
    );
}

#[tokio::test]
async fn what_is_strictly_owned_is_all_that_is_seen() {
    let etcd = StubEtcd::start().await;
    let theirs = json!({"host": "192.0.2.1", "targetstrip": 1, "owner": "them"});
    etcd.put("/skydns/org/example/web/x1", &theirs);
    let strict = [("coredns-strictly-owned", "true"), ("txt-owner-id", "us")];
    let provider = started(&etcd, &strict).await;
    assert_eq!(read(&*provider).await, [""; 0]);
    change(
        &*provider,
        &[],
        &[a("web.example.org", &["192.0.2.1", "192.0.2.2"])],
    )
    .await
    .unwrap();
    assert_eq!(
        read(&*provider).await,
        ["web.example.org A 192.0.2.1 192.0.2.2"]
    );
    let values = etcd.values("/skydns/org/example/web/");
    assert_eq!(values.iter().filter(|it| it["owner"] == "us").count(), 2);
    let before = provider.records().await.unwrap();
    change(&*provider, &before, &[]).await.unwrap();
    assert_eq!(etcd.values("/skydns/"), [theirs]);
}

#[tokio::test]
async fn names_are_seen_and_made_in_the_domains_that_are_ours_only() {
    let etcd = StubEtcd::start().await;
    etcd.put(
        "/skydns/org/example/web/x1",
        &json!({"host": "192.0.2.1", "targetstrip": 1}),
    );
    etcd.put(
        "/skydns/org/example2/web/x1",
        &json!({"host": "192.0.2.2", "targetstrip": 1}),
    );
    etcd.put(
        "/skydns/org/other/web/x1",
        &json!({"host": "192.0.2.3", "targetstrip": 1}),
    );
    let provider = started(&etcd, &[("domain-filter", "example.org")]).await;
    assert_eq!(read(&*provider).await, ["web.example.org A 192.0.2.1"]);
    // external-dns makes the record, and leaves its ownership out.
    let owner = endpoint("a-example.org", Rtype::TXT, &["heritage=external-dns"]);
    let applied = change(&*provider, &[], &[owner]).await.unwrap();
    let said = applied.refused[0].1.to_string();
    assert!(
        said.contains("--txt-prefix=%{record_type}-owner."),
        "{said}"
    );
}

#[tokio::test]
async fn what_coredns_cannot_answer_is_refused_in_words() {
    let etcd = StubEtcd::start().await;
    let provider = started(&etcd, &[]).await;
    for (wanted, words) in [
        (
            endpoint(
                "1.2.0.192.in-addr.arpa",
                Rtype::PTR,
                &["a.example.org", "b.example.org"],
            ),
            "one PTR record",
        ),
        (
            // external-dns makes a host of the whole text.
            endpoint(
                "_sip._tcp.example.org",
                Rtype::SRV,
                &["0 5 5060 web.example.org."],
            ),
            "not taken there",
        ),
        (
            // RFC 2317 §4: a slash is a border of labels in a key.
            endpoint(
                "1.0/25.2.0.192.in-addr.arpa",
                Rtype::PTR,
                &["a.example.org"],
            ),
            "slash",
        ),
    ] {
        let good = a("good.example.org", &["192.0.2.1"]);
        let applied = change(&*provider, &[], &[good.clone(), wanted])
            .await
            .unwrap();
        assert_eq!(applied.refused.len(), 1);
        let said = applied.refused[0].1.to_string();
        assert!(said.contains(words), "{said}");
        assert_eq!(etcd.values("/skydns/org/example/good/").len(), 1);
        change(&*provider, &[good], &[]).await.unwrap();
    }
}

/// external-dns takes the prefix for a part of the first label, and CoreDNS finds nothing.
#[tokio::test]
async fn a_prefix_without_a_slash_is_a_folder() {
    let etcd = StubEtcd::start().await;
    for prefix in ["/dns", "dns/", "/dns/"] {
        let provider = started(&etcd, &[("coredns-prefix", prefix)]).await;
        change(&*provider, &[], &[a("web.example.org", &["192.0.2.1"])])
            .await
            .unwrap();
        assert_eq!(etcd.values("/dns/org/example/web/").len(), 1);
        assert_eq!(etcd.keys().len(), 1);
    }
}

/// What external-dns has written is read without its quotes, and not written again for them.
#[tokio::test]
async fn texts_of_external_dns_are_the_same_texts() {
    let etcd = StubEtcd::start().await;
    let text = "\"heritage=external-dns,external-dns/owner=us\"";
    etcd.put(
        "/skydns/org/example/a-web/x1",
        &json!({"text": text, "targetstrip": 1}),
    );
    let provider = started(&etcd, &[]).await;
    let line = format!("a-web.example.org TXT {text}");
    assert_eq!(read(&*provider).await, [line]);
}

#[tokio::test]
async fn a_token_is_kept_and_renewed_when_it_is_refused() {
    let etcd = StubEtcd::start().await;
    etcd.demand("open-sesame");
    let user = [("ETCD_USERNAME", "us"), ("ETCD_PASSWORD", "open-sesame")];
    let provider = started(&etcd, &user).await;
    provider.records().await.unwrap();
    change(&*provider, &[], &[a("web.example.org", &["192.0.2.1"])])
        .await
        .unwrap();
    assert_eq!(etcd.asked(), ["authenticate", "range", "txn"]);
    etcd.demand("open-sesame");
    provider.records().await.unwrap();
    assert_eq!(etcd.asked()[3..], ["range", "authenticate", "range"]);
    assert_eq!(etcd.seen()[1].header("authorization"), "token-1");

    let wrong = [("ETCD_USERNAME", "us"), ("ETCD_PASSWORD", "open-barley")];
    for user in [&wrong[..], &[]] {
        let error = started(&etcd, user).await.records().await.unwrap_err();
        let said = error.to_string();
        assert_eq!(error.kind, ErrorKind::Auth, "{said}");
        assert!(said.contains("ETCD_USERNAME"), "{said}");
        assert!(!said.contains("barley"), "{said}");
    }
}

/// The request that was lost may have been made: it is made again, and found made.
#[tokio::test]
async fn another_server_stands_in_for_one_that_is_away() {
    let etcd = StubEtcd::start().await;
    let urls = format!("http://127.0.0.1:1,{}", etcd.url());
    let provider = started(&etcd, &[("ETCD_URLS", &urls)]).await;
    change(&*provider, &[], &[a("web.example.org", &["192.0.2.1"])])
        .await
        .unwrap();
    assert_eq!(read(&*provider).await, ["web.example.org A 192.0.2.1"]);
    etcd.remove("/skydns/nothing");
    let nobody = started(&etcd, &[("ETCD_URLS", "http://127.0.0.1:1")]).await;
    let error = nobody.records().await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Unavailable);
}
