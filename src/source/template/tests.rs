//! The engine against Go's own, and against templates that mean harm.

use std::collections::{BTreeSet, HashMap};

use proptest::prelude::*;
use serde_json::{Map, Value as Json, json};

use super::{Engine, Kind, Mask, Subject, Templates};

/// What Go's own engine gave; see conformance/templates/generate.
const CASES: &str = include_str!("../../../conformance/templates/cases.jsonl");
const OBJECTS: &str = include_str!("../../../conformance/templates/objects.json");

/// A template, the name of its object, and Go's output.
fn cases() -> Vec<(String, String, Option<String>)> {
    let text = |json: &Json| json.as_str().map(str::to_owned);
    let case = |line: &str| {
        let case: Json = serde_json::from_str(line).unwrap();
        (
            text(&case["template"]).unwrap(),
            text(&case["object"]).unwrap(),
            text(&case["output"]),
        )
    };
    CASES.lines().map(case).collect()
}

fn objects() -> HashMap<String, Json> {
    serde_json::from_str(OBJECTS).unwrap()
}

fn kind_of(object: &Json) -> &'static Kind {
    let text = |name: &str| object[name].as_str().unwrap_or_default();
    Kind::typed(text("apiVersion"), text("kind")).unwrap_or_else(Kind::untyped)
}

fn engine(template: &str) -> Result<Engine, super::SyntaxError> {
    Engine::new(Templates {
        fqdn: &[template.to_owned()],
        ..Templates::default()
    })
}

/// What a template gives for an object, as one text.
fn text(template: &str, name: &str, object: &Json) -> Result<String, String> {
    let engine = engine(template).map_err(|error| error.to_string())?;
    let source = name.split('-').next().unwrap_or_default();
    let output = engine.text(Subject {
        object,
        kind: kind_of(object),
        source,
    });
    output.map_err(|error| error.to_string())
}

#[test]
fn go_gives_the_same() {
    let objects = objects();
    let mut wrong = Vec::new();
    for (template, name, theirs) in cases() {
        let ours = text(&template, &name, &objects[&name]);
        if ours.as_ref().ok() != theirs.as_ref() {
            wrong.push(format!(
                "{name}: {template}\n  ours {ours:?}\n  Go   {theirs:?}"
            ));
        }
    }
    assert!(
        wrong.is_empty(),
        "{} cases differ:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

#[test]
fn numbers_may_be_asked_for_in_any_length() {
    let objects = objects();
    for (verb, operand, length) in [
        ("%.60000d", "7", Some(60_000)),
        ("%060000d", "-7", Some(60_000)),
        ("%060000f", "1.5", Some(60_000)),
        ("%.60000f", "1.5", Some(60_002)),
        ("%.60000U", "7", Some(60_002)),
        // Longer than any text may be, and than the standard library takes.
        ("%.70000d", "7", None),
        ("%070000d", "-7", None),
        ("%070000f", "1.5", None),
        ("%.70000f", "1.5", None),
        ("%.70000U", "7", None),
    ] {
        let template = format!("{{{{len (printf \"{verb}\" {operand})}}}}");
        let found = text(&template, "service", &objects["service"]);
        let length = length.map(|length: usize| length.to_string());
        assert_eq!(found.ok(), length, "{verb}");
    }
}

#[test]
fn masked_objects_give_the_same() {
    let objects = objects();
    let mut masked = 0;
    for (template, name, theirs) in cases() {
        let object = &objects[&name];
        let Ok(engine) = engine(&template) else {
            continue;
        };
        if let Mask::Paths(paths) = engine.fields(kind_of(object)) {
            masked += 1;
            let ours = text(&template, &name, &keep(object, &paths));
            assert_eq!(
                ours.as_ref().ok(),
                theirs.as_ref(),
                "{name}: {template}: {paths:?}"
            );
        }
    }
    assert!(masked > 500, "only {masked} templates are masked");
}

/// What paths leave of an object, beside what tells it from others.
fn keep(object: &Json, paths: &BTreeSet<Vec<String>>) -> Json {
    let mut kept = json!({ "apiVersion": object["apiVersion"], "kind": object["kind"] });
    let identity = ["name", "namespace"].map(|part| vec!["metadata".into(), part.into()]);
    for path in paths.iter().chain(&identity) {
        copy(object, &mut kept, path);
    }
    kept
}

fn copy(from: &Json, to: &mut Json, path: &[String]) {
    let Some((first, rest)) = path.split_first() else {
        return *to = from.clone();
    };
    // What is no object is kept as it is, like a list on the way.
    let Some(inner) = from.get(first) else { return };
    if !to.is_object() {
        *to = Json::Object(Map::new());
    }
    copy(inner, &mut to[first], rest);
}

#[test]
fn masks_name_what_is_read() {
    let service = Kind::typed("v1", "Service").unwrap();
    let cases: [(&str, &Kind, Option<&[&str]>); 12] = [
        (
            "{{.Name}}.{{.ObjectMeta.Namespace}}",
            service,
            Some(&["metadata.name", "metadata.namespace"]),
        ),
        (
            "{{range .Spec.Ports}}{{.Name}}{{end}}",
            service,
            Some(&["spec.Ports", "spec.ports"]),
        ),
        (
            "{{.Labels.app}}{{.GetAnnotations}}",
            service,
            Some(&["metadata.annotations", "metadata.labels"]),
        ),
        (
            "{{with .Spec.Type}}{{$.Kind}}{{end}}",
            service,
            Some(&["kind", "spec.Type", "spec.type"]),
        ),
        (
            "{{.Object.spec.clusterIP}}",
            service,
            Some(&["spec.clusterIP"]),
        ),
        (
            "{{define \"x\"}}{{.Name}}{{end}}{{template \"x\" .}}",
            service,
            Some(&["metadata.name"]),
        ),
        (
            "{{define \"x\"}}{{.Foo}}{{end}}{{template \"x\" .Spec.Selector}}",
            service,
            Some(&["spec.Selector", "spec.selector"]),
        ),
        ("plain.example.org", service, Some(&[])),
        ("{{.Spec.DNSNames}}", Kind::untyped(), Some(&["spec"])),
        (
            "{{.Object.data.host}}",
            Kind::untyped(),
            Some(&["data.host"]),
        ),
        ("{{print .}}", service, None),
        ("{{$x := $}}{{$x.Name}}", service, None),
    ];
    for (template, kind, expected) in cases {
        let found = match engine(template).unwrap().fields(kind) {
            Mask::Paths(paths) => Some(paths.iter().map(|path| path.join(".")).collect::<Vec<_>>()),
            Mask::Whole => None,
        };
        let expected = expected.map(|paths| paths.iter().map(|p| (*p).to_owned()).collect());
        assert_eq!(found, expected, "{template}");
    }
}

#[test]
fn output_becomes_sorted_unique_values() {
    let flags = [
        "b.example.org., {{.Name}}.example.org ,,".to_owned(),
        " b.example.org,\n.".to_owned(),
    ];
    let engine = Engine::new(Templates {
        fqdn: &flags,
        ..Templates::default()
    })
    .unwrap();
    let object = json!({ "metadata": { "name": "web" } });
    let kind = Kind::typed("v1", "Service").unwrap();
    let subject = Subject {
        object: &object,
        kind,
        source: "service",
    };
    assert_eq!(
        engine.fqdns(subject).unwrap(),
        ["b.example.org", "web.example.org"]
    );
    assert_eq!(engine.targets(subject).unwrap(), [""; 0]);
    assert!(engine.has_names() && engine.has_fqdn() && !engine.combines());
}

#[test]
fn pairs_are_split_at_the_first_colon() {
    let flags =
        ["a.example.org:2001:db8::1, b.example.org: 192.0.2.1 ,none,c.example.org:,:192.0.2.2"];
    let flags = flags.map(str::to_owned);
    let templates = Templates {
        fqdn_target: &flags,
        combine: true,
        ..Templates::default()
    };
    let engine = Engine::new(templates).unwrap();
    let object = json!({});
    let kind = Kind::untyped();
    let pairs = engine
        .pairs(Subject {
            object: &object,
            kind,
            source: "",
        })
        .unwrap();
    let pairs: Vec<String> = pairs
        .iter()
        .map(|(name, target)| format!("{name} {target}"))
        .collect();
    assert_eq!(
        pairs,
        ["a.example.org 2001:db8::1", "b.example.org 192.0.2.1"]
    );
    assert!(engine.combines() && engine.has_names() && !engine.has_fqdn());
}

#[test]
fn blank_flags_are_no_templates() {
    let blank = [String::new(), " ".to_owned()];
    let engine = Engine::new(Templates {
        fqdn: &blank[..1],
        ..Templates::default()
    })
    .unwrap();
    assert!(!engine.is_configured());
    // As in external-dns, blank values that are joined make a comma, which is a template.
    let engine = Engine::new(Templates {
        target: &blank,
        ..Templates::default()
    })
    .unwrap();
    assert!(engine.is_configured() && !engine.has_names());
}

#[test]
fn kind_and_version_are_known_without_being_said() {
    let object = json!({ "metadata": { "name": "web" } });
    let kind = Kind::typed("networking.k8s.io/v1", "Ingress").unwrap();
    for template in [
        "{{.Kind}} {{.APIVersion}}",
        "{{.Object.kind}} {{.Object.apiVersion}}",
    ] {
        let output = engine(template).unwrap().text(Subject {
            object: &object,
            kind,
            source: "",
        });
        assert_eq!(
            output.as_deref(),
            Ok("Ingress networking.k8s.io/v1"),
            "{template}"
        );
    }
}

#[test]
fn errors_name_flag_place_and_object() {
    let flags = ["{{.Name}}".to_owned(), "x{{.Name".to_owned()];
    let error = Engine::new(Templates {
        target: &flags,
        ..Templates::default()
    })
    .unwrap_err();
    assert_eq!(
        error.to_string(),
        "--target-template \"x{{.Name\", line 1, column 9: action is not closed; expected }}; \
         expected a Go template such as \"{{.Name}}.example.org\""
    );
    let object = &objects()["service"];
    let error = text("a,\n{{.Spec.Host}}", "service", object).unwrap_err();
    assert_eq!(
        error,
        "Service shop/web: --fqdn-template, line 2, column 3: values of type v1.ServiceSpec have \
         no field \"Host\"; by JSON names: map has no key \"Host\""
    );
}

#[test]
fn hostile_templates_end_in_errors() {
    let deep = |open: &str, close: &str, count: usize| open.repeat(count) + &close.repeat(count);
    let templates = [
        "{{range 1000000000}}{{end}}".to_owned(),
        "{{range 1000000}}{{range 1000000}}x{{end}}{{end}}".to_owned(),
        "{{range 1000000000}}aaaaaaaaaaaaaaaa{{end}}".to_owned(),
        "{{define \"x\"}}{{template \"x\" .}}{{end}}{{template \"x\" .}}".to_owned(),
        "{{$x := \"ab\"}}{{range 1000}}{{$x = print $x $x}}{{end}}".to_owned(),
        "{{$x := \"ab\"}}{{range 1000}}{{$x = replace \"a\" $x $x}}{{end}}".to_owned(),
        "{{printf \"%1000000d%1000000d\" 1 2}}".to_owned(),
        "{{range 5000}}{{fromJson \"[1]\"}}{{end}}".to_owned(),
        format!("{{{{fromJson {:?}}}}}{{{{.Nope}}}}", deep("[", "]", 10_000)),
        deep("{{if true}}", "{{end}}", 5000),
        format!("{{{{{}1{}}}}}", "(".repeat(5000), ")".repeat(5000)),
        format!("{{{{.{}}}}}", "a.".repeat(100_000)),
    ];
    let objects = objects();
    for template in templates {
        let result = text(&template, "service", &objects["service"]);
        let start: String = template.chars().take(60).collect();
        assert!(result.is_err(), "{start} gave {result:?}");
    }
}

proptest! {
    #[test]
    fn any_sequence_of_tokens_ends(
        words in prop::collection::vec(prop::sample::select(WORDS), 0..24),
        object in prop::sample::select(&["service", "widget", "node", "istio-gateway"][..]),
    ) {
        let template = words.concat();
        let objects = objects();
        let _ended = text(&template, object, &objects[object]);
    }

    #[test]
    fn any_command_ends(
        words in prop::collection::vec(prop::sample::select(OPERANDS), 1..8),
    ) {
        let template = format!("{{{{{}}}}}", words.join(" "));
        let objects = objects();
        let _ended = text(&template, "service", &objects["service"]);
    }

    #[test]
    fn any_text_and_any_object_end(
        template in "(\\{\\{ ?|[a-z.$|:=\"`'() ]|\\}\\}|\\PC){0,40}",
        junk in "(1|null|\"x\"|\\[\\]|\\{\\}|true)",
    ) {
        let junk: Json = serde_json::from_str(&junk).unwrap();
        let object = json!({
            "apiVersion": "v1", "kind": "Service", "metadata": junk, "spec": { "ports": junk },
            "status": junk,
        });
        let _ended = text(&template, "service", &object);
        let _ended = text("{{.Name}}{{range .Spec.Ports}}{{.TargetPort}}{{end}}", "x", &object);
    }
}

const WORDS: &[&str] = &[
    "{{",
    "}}",
    "{{",
    "}}",
    "{{- ",
    " -}}",
    " ",
    " ",
    ".",
    ".Name",
    ".Spec.Ports",
    ".Labels",
    "$",
    "$x",
    ":=",
    "=",
    "|",
    "(",
    ")",
    ",",
    "if",
    "else",
    "end",
    "range",
    "with",
    "define",
    "template",
    "block",
    "break",
    "continue",
    "nil",
    "true",
    "1",
    "1.5",
    "-7",
    "\"a\"",
    "`",
    "'a'",
    "/*",
    "*/",
    "x",
    "len",
    "print",
    "printf",
    "eq",
    "index",
    "slice",
    "é",
    "\"%[3]*.[2]*[1]f\"",
    "\n",
    "and",
];

const OPERANDS: &[&str] = &[
    ".",
    "$",
    ".Name",
    ".Labels",
    ".Spec",
    ".Spec.Ports",
    ".Spec.ExternalIPs",
    ".CreationTimestamp",
    ".Spec.TrafficDistribution",
    "1",
    "-1",
    "99999999999",
    "1.5",
    "\"\"",
    "\"é\"",
    "\"\\xff\"",
    "nil",
    "true",
    "|",
    "printf \"%[5]*.[2]*[1]d%x%q%08.3f%+v%U%c\"",
    "index",
    "slice",
    "len",
    "eq",
    "lt",
    "print",
    "html",
    "js",
    "urlquery",
    "and",
    "or",
    "not",
    "replace",
    "contains",
    "hasKey",
    "fromJson",
    "(",
    ")",
    "printf \"%-999999d|%.999999f|%#q\"",
    "9223372036854775807",
];
