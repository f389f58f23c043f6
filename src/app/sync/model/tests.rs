//! Events as watches send them, and what is made of them.

use source::object::{Key, Kind, Trim};
use source::{Event, Health};

use crate::app::sync::testing::{Settings, service};

#[tokio::test]
async fn an_object_that_cannot_be_read_keeps_its_records_and_has_a_problem() {
    let settings = Settings::of(["--source=service", "--zone=example.org"]);
    let (model, _) = settings.parts().await;
    let kind = Kind::Service;
    let odd = || {
        let error = kind.decode(b"[]", &Trim::default()).unwrap_err();
        Event::Unreadable(kind, Key::new("default", "b"), error)
    };
    let kept = |model: &super::Model| {
        let names = model.read().desired.names();
        let problems = model.watches().problems;
        let problems = problems.get("Unreadable").copied().unwrap_or_default();
        (names.len(), problems)
    };
    model.take([
        Event::Begin(kind),
        Event::Apply(service("a", "192.0.2.1")),
        Event::Apply(service("b", "192.0.2.2")),
        Event::End(kind),
        Event::Health(kind, Health::Following),
    ]);
    assert_eq!(kept(&model), (2, 0));
    let list = || {
        [
            Event::Begin(kind),
            Event::Apply(service("a", "192.0.2.1")),
            odd(),
            Event::End(kind),
        ]
    };
    let told = model.take(list());
    assert_eq!(kept(&model), (2, 1));
    let told: Vec<String> = told.iter().map(|touched| touched.key.to_string()).collect();
    assert_eq!(told, ["default/b"]);
    // Said once, however often it is listed.
    let again = model.take(list());
    assert!(again.iter().all(|touched| touched.problems.is_empty()));
    // As it was before.
    model.take([Event::Apply(service("b", "192.0.2.2"))]);
    assert_eq!(kept(&model), (2, 0));
    model.take([Event::Begin(kind), Event::End(kind)]);
    assert_eq!(kept(&model), (0, 0));
}
