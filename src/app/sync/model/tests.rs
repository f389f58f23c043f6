//! What the model keeps of objects, and what it says of their watches.

use source::object::{Key, Kind, Trim};
use source::{Event, Health};

use super::super::testing::{Settings, service};

#[tokio::test]
async fn an_object_that_could_never_be_read_is_remembered_while_it_is_there() {
    let settings = Settings::of(["--source=service", "--zone=example.org"]);
    let (model, _) = settings.parts().await;
    let kind = Kind::Service;
    let odd = |name: &str| {
        let error = kind.decode(b"[]", &Trim::default()).unwrap_err();
        Event::Unreadable(kind, Key::new("default", name), error)
    };
    let unknown = |model: &super::Model| {
        let inner = model.read();
        let all = inner.engine.unknown().all();
        let all: Vec<String> = all.map(|(_, key)| key.to_string()).collect();
        assert_eq!(all.is_empty(), inner.doubts().is_empty());
        all.join(" ")
    };
    model.take([
        Event::Begin(kind),
        odd("a"),
        odd("b"),
        odd("c"),
        Event::End(kind),
    ]);
    assert_eq!(unknown(&model), "default/a default/b default/c");
    model.take([Event::Apply(service("a", "192.0.2.1"))]);
    model.take([Event::Delete(kind, Key::new("default", "b"))]);
    assert_eq!(unknown(&model), "default/c");
    model.take([Event::Begin(kind), Event::End(kind)]);
    assert_eq!(unknown(&model), "");
}

#[tokio::test]
async fn files_that_become_unreadable_are_told_of() {
    let settings = Settings::of(["--source=service", "--zone=example.org"]);
    let (model, _) = settings.parts().await;
    let kind = Kind::Service;
    model.take([Event::Begin(kind), Event::End(kind)]);
    // Kinds that Services may need are not listed by this test.
    let before = model.ailments().len();
    model.take([Event::Begin(kind), Event::Partial(kind)]);
    let told = model.ailments().join(" ");
    assert!(
        told.contains("manifests: not all of them can be read"),
        "{told}"
    );
    model.take([Event::Begin(kind), Event::End(kind)]);
    assert_eq!(model.ailments().len(), before);
}

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
