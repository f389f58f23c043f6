//! The provider before moto, which reads requests as Amazon's own description of them says.

use serde_json::json;

use super::tests::Place;
use super::*;
use crate::moto::Moto;
use crate::trial::Given;

#[tokio::test]
async fn moto_has_what_is_asked_for() {
    let Some(moto) = Moto::start().await else {
        return;
    };
    let target = "Route53AutoNaming_v20170314.CreatePublicDnsNamespace";
    let body = json!({"Name": "example.org", "CreatorRequestId": "1"});
    moto.ask("servicediscovery", target, &body).await;
    let target = "Route53AutoNaming_v20170314.CreateHttpNamespace";
    let body = json!({"Name": "http.example", "CreatorRequestId": "2"});
    moto.ask("servicediscovery", target, &body).await;

    let settings = [sim::SETTINGS, &moto.settings()].concat();
    let given = Given::new(&settings);
    let mut place = Place::of("suite", open(given.setup()).unwrap());
    let all = "a.example.org 60 A 192.0.2.1 | 192.0.2.2\n\
               b.x.example.org - AAAA 2001:db8::1\n\
               c.example.org - CNAME t.example\n\
               lb.example.org - CNAME lb-1.eu-central-1.elb.amazonaws.com";
    place.have(all).await;
    let list = "Route53AutoNaming_v20170314.ListServices";
    let told = moto.ask("servicediscovery", list, &json!({})).await;
    let services = told["Services"].as_array().unwrap();
    assert_eq!(services.len(), 4, "{told}");
    let of =
        "heritage=external-dns,external-dns/owner=suite,external-dns/resource=service/default/web";
    assert!(services.iter().all(|it| it["Description"] == of), "{told}");
    let state = "a.example.org 90 A 192.0.2.2 | 192.0.2.3\nc.example.org - A 192.0.2.4\n\
                 lb.example.org - CNAME u.example";
    place.have(state).await;
    let records = place.provider.records().await.unwrap();
    let lines: Vec<String> = crate::trial::state(&records)
        .lines()
        .map(str::to_owned)
        .collect();
    assert_eq!(
        lines,
        [
            "a.example.org 90 A 192.0.2.2 | 192.0.2.3",
            "c.example.org 300 A 192.0.2.4",
            "lb.example.org 300 CNAME u.example",
        ]
    );
    place.have("").await;
    assert!(place.provider.records().await.unwrap().is_empty());
}
