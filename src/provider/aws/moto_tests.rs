//! The provider before moto, which reads requests as Amazon's own description of them says.

use super::tests::{have, read};
use super::*;
use crate::client::Call;
use crate::moto::Moto;
use crate::trial::Given;

const XMLNS: &str = "https://route53.amazonaws.com/doc/2013-04-01/";

async fn xml(call: Call<'_>, root: &str, body: &str) -> String {
    let body = format!("<{root} xmlns=\"{XMLNS}\">{body}</{root}>");
    call.body("application/xml", body).text().await.unwrap()
}

#[tokio::test]
async fn moto_has_what_is_asked_for() {
    let Some(moto) = Moto::start().await else {
        return;
    };
    let web = moto.service("route53");
    let zone = "<Name>example.org.</Name><CallerReference>1</CallerReference>";
    let call = web.post("make zone", &["2013-04-01", "hostedzone"]);
    let made = xml(call, "CreateHostedZoneRequest", zone).await;
    let id = crate::auth::aws::element(&made, "Id").unwrap();
    let id = id.rsplit('/').next().unwrap();
    let tags = "<AddTags><Tag><Key>team</Key><Value>blue</Value></Tag></AddTags>";
    let call = web.post("tag zone", &["2013-04-01", "tags", "hostedzone", id]);
    xml(call, "ChangeTagsForResourceRequest", tags).await;

    let settings = [
        sim::SETTINGS,
        &moto.settings(),
        &[
            ("aws-zone-tags", "team=blue"),
            ("aws-zones-cache-duration", "60"),
        ],
    ];
    let settings = settings.concat();
    let given = Given::new(&settings);
    let provider = open(given.setup()).unwrap();
    let all = "a 60 A 192.0.2.1 | 192.0.2.2\n\
               a AAAA 2001:db8::1\n\
               *.w A 192.0.2.3\n\
               c CNAME a.example.org\n\
               @ MX 10 mail.example.net\n\
               t TXT \"say \\\"hi\\\"\" | \"b\\195\\188cher\"\n\
               _sip._tcp SRV 1 2 5060 a.example.org.\n\
               @ CAA 0 issue \"ca.example\"\n\
               lb CNAME lb-1.eu-central-1.elb.amazonaws.com\n\
               own A a.example.org ;; alias=true aws/evaluate-target-health=false\n\
               set A 192.0.2.4 ;; set=one aws/weight=10\n\
               set A 192.0.2.5 ;; set=two aws/weight=20\n\
               geo A 192.0.2.6 ;; set=eu aws/geolocation-continent-code=EU\n\
               geo A 192.0.2.7 ;; set=us aws/geolocation-country-code=US aws/geolocation-subdivision-code=NY\n\
               fast A 192.0.2.8 ;; set=here aws/region=eu-central-1\n\
               many A 192.0.2.9 ;; set=x aws/multi-value-answer=true\n\
               down A 192.0.2.10 ;; set=first aws/failover=PRIMARY aws/health-check-id=h-1";
    have(&*provider, all).await;
    let found = read(&*provider).await;
    assert_eq!(found.lines().count(), all.lines().count() + 1, "{found}");
    for line in [
        "lb.example.org 300 AAAA lb-1.eu-central-1.elb.amazonaws.com ;; alias=true aws/evaluate-target-health=true",
        "own.example.org 300 A a.example.org ;; alias=true aws/evaluate-target-health=false",
        "set.example.org 300 A 192.0.2.4 ;; aws/weight=10 set=one",
    ] {
        assert!(found.contains(line), "{line}: {found}");
    }
    // Others of each, in several pages.
    let more: String = (0..310).map(|at| format!("n{at} A 192.0.2.1\n")).collect();
    have(&*provider, &more).await;
    have(
        &*provider,
        "n1 90 A 192.0.2.2\nlb A 192.0.2.1\nset CNAME a.example.net",
    )
    .await;
    have(&*provider, "").await;
}
