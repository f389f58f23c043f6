//! Manifests as people write them, right and wrong.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use tempfile::TempDir;

use super::{Loaded, read};
use crate::Rules;
use crate::object::{Kind, Object, Trim};
use crate::template::{Engine, Templates};

/// A folder with these files.
fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    folder
}

fn load(files: &[(&str, &str)]) -> (TempDir, Loaded) {
    let folder = folder(files);
    let trim = Trim::new(&Rules::default());
    let loaded = read(&[folder.path().to_owned()], KINDS, &trim);
    (folder, loaded)
}

/// The objects, as kind and key.
fn objects(loaded: &Loaded) -> Vec<String> {
    let name = |object: &Object| format!("{} {}", object.kind().name(), object.meta().key);
    loaded.objects.iter().map(name).collect()
}

/// The report of one file, without the folder's name.
fn report(text: &str) -> String {
    let (folder, loaded) = load(&[("a.yaml", text)]);
    let folder = format!("{}/", folder.path().display());
    let report = loaded.report.render(false).replace(&folder, "");
    let lines: Vec<&str> = report.lines().map(str::trim_end).collect();
    lines.join("\n").trim_end().to_owned()
}

const KINDS: &[Kind] = &[Kind::HttpRoute, Kind::Namespace, Kind::Service];

#[test]
fn all_forms_of_files_are_read() {
    let check = |text: &str, expected: &[&str]| {
        let (_folder, loaded) = load(&[("a.yaml", text)]);
        assert_eq!(
            loaded.report.problems().len(),
            0,
            "{}",
            loaded.report.render(false)
        );
        assert_eq!(objects(&loaded), expected, "{text}");
    };
    let service = "apiVersion: v1\nkind: Service\nmetadata: {name: web}\n";
    check(service, &["Service default/web"]);
    check(
        &format!("# one\n---\n{service}---\n# two\n---\n{service}  ").replacen("web", "api", 1),
        &["Service default/api", "Service default/web"],
    );
    check(
        "apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: Service, metadata: {name: web, namespace: shop}}\n- {apiVersion: v1, kind: Namespace, metadata: {name: shop}}\n",
        &["Service shop/web", "Namespace shop"],
    );
    check(
        "apiVersion: v1\nkind: ServiceList\nitems: [{metadata: {name: web, namespace: \"\"}}]\n",
        &["Service default/web"],
    );
    check("{apiVersion: v1, kind: ServiceList, items: null}", &[]);
    check(
        r#"{"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web"}}"#,
        &["Service default/web"],
    );
    check(
        "{\"apiVersion\": \"v1\", \"kind\": \"Service\", \"metadata\": {\"name\": \"a\"}}\n{\"apiVersion\": \"v1\", \"kind\": \"Service\", \"metadata\": {\"name\": \"b\"}}",
        &["Service default/a", "Service default/b"],
    );
    check(
        "{apiVersion: v1, kind: Namespace, metadata: {name: shop, namespace: other}}",
        &["Namespace shop"],
    );
    check(
        "\u{feff}apiVersion: v1\r\nkind: Service\r\nmetadata:\r\n  name: web\r\n",
        &["Service default/web"],
    );
    check("", &[]);
}

#[test]
fn what_a_cluster_fills_in_is_kept() {
    let (_folder, loaded) = load(&[("web.yaml", WRITTEN_BY_KUBECTL)]);
    let [Object::Service(service)] = &*loaded.objects else {
        panic!("{:?}", loaded.objects);
    };
    let targets: Vec<&str> = service.entries.iter().map(|entry| entry.target()).collect();
    assert_eq!(targets, ["192.0.2.10", "lb.example.net"]);
    assert_eq!(
        service.meta.uid.to_string(),
        "0f8fad5b-d9cb-469f-a165-70867728950e"
    );
    assert_eq!(service.meta.created, 1_714_979_289);
    assert_eq!(service.meta.annotations.iter().count(), 1);
}

const WRITTEN_BY_KUBECTL: &str = r#"
apiVersion: v1
kind: Service
metadata:
  annotations:
    external-dns.kubernetes.io/hostname: &name web.example.org
    kubectl.kubernetes.io/last-applied-configuration: |
      {"apiVersion":"v1","kind":"Service","metadata":{"name":"web"}}
    note: *name
  creationTimestamp: "2024-05-06T07:08:09Z"
  name: web
  namespace: default
  uid: 0f8fad5b-d9cb-469f-a165-70867728950e
spec:
  clusterIP: 10.0.0.1
  ports:
  - port: 80
    targetPort: http
  type: LoadBalancer
status:
  loadBalancer:
    ingress:
    - ip: 192.0.2.10
      ipMode: VIP
    - hostname: lb.example.net
"#;

#[test]
fn folders_are_read_in_the_order_of_their_names() {
    let service =
        |name: &str| format!("{{apiVersion: v1, kind: Service, metadata: {{name: {name}}}}}");
    let (_folder, loaded) = load(&[
        ("b.yml", &service("b")),
        ("a/z.json", &service("az")),
        ("a/.hidden.yaml", &service("no")),
        (".git/c.yaml", &service("no")),
        ("a.yaml", &service("a")),
        ("c.yaml~", &service("no")),
        ("notes.txt", "not: [read"),
        ("d.yaml/e.yaml", &service("de")),
    ]);
    let expected = [
        "Service default/az",
        "Service default/a",
        "Service default/b",
        "Service default/de",
    ];
    assert_eq!(objects(&loaded), expected);
    assert_eq!((loaded.files, loaded.is_complete()), (4, true));
}

#[cfg(unix)]
#[test]
fn a_mounted_config_map_is_read_once_and_links_lead_nowhere_twice() {
    use std::os::unix::fs::symlink;
    let service = "{apiVersion: v1, kind: Service, metadata: {name: web}}";
    let folder = folder(&[("..2024_05_06/web.yaml", service)]);
    let path = |name: &str| folder.path().join(name);
    symlink("..2024_05_06", path("..data")).unwrap();
    symlink("..data/web.yaml", path("web.yaml")).unwrap();
    symlink(".", path("around")).unwrap();
    symlink("nowhere", path("gone.yaml")).unwrap();
    let trim = Trim::new(&Rules::default());
    let loaded = read(&[folder.path().to_owned()], KINDS, &trim);
    assert_eq!(objects(&loaded), ["Service default/web"]);
    let problems: Vec<String> = loaded
        .report
        .problems()
        .iter()
        .map(ToString::to_string)
        .collect();
    let expected = format!(
        "{}: read manifests: No such file or directory (os error 2)",
        path("gone.yaml").display()
    );
    assert_eq!(problems, [expected]);
}

#[test]
fn a_path_that_is_not_there_is_said() {
    let trim = Trim::new(&Rules::default());
    let loaded = read(&[PathBuf::from("/nowhere/at/all")], KINDS, &trim);
    assert!(!loaded.is_complete());
    insta::assert_snapshot!(loaded.report.render(false).trim_end(), @r#"
    error: read manifests: No such file or directory (os error 2)
    --> /nowhere/at/all
    "#);
}

#[test]
fn kinds_that_are_not_wanted_are_counted() {
    let (_folder, loaded) = load(&[(
        "a.yaml",
        "{apiVersion: apps/v1, kind: Deployment, metadata: {name: a}}\n---\n\
         {apiVersion: apps/v1, kind: Deployment, metadata: {name: b}}\n---\n\
         {apiVersion: v1, kind: Pod, metadata: {name: b}}\n",
    )]);
    let skipped: Vec<(&str, usize)> = loaded
        .skipped
        .iter()
        .map(|(name, count)| (&**name, *count))
        .collect();
    assert_eq!(skipped, [("apps/v1 Deployment", 2), ("v1 Pod", 1)]);
    assert!(loaded.objects.is_empty() && loaded.is_complete());
}

#[test]
fn one_mistake_leaves_all_else() {
    let good = "{apiVersion: v1, kind: Service, metadata: {name: good}}";
    for bad in [
        "a: [",
        "a: b: c",
        "a:\n\tb: 1",
        "*x",
        "42",
        "{apiVersion: v1, kind: Service}",
        "{apiVersion: v1, kind: Service, metadata: {name: web}, spec: 5}",
        "{apiVersion: v1, kind: List, items: [{apiVersion: v1, kind: Service, metadata: 1}]}",
    ] {
        let (_folder, loaded) = load(&[
            ("a.yaml", &format!("{bad}\n---\n{good}\n")),
            ("b.yaml", bad),
        ]);
        assert_eq!(objects(&loaded), ["Service default/good"], "{bad}");
        assert_eq!(
            loaded.report.errors(),
            2,
            "{bad}: {}",
            loaded.report.render(false)
        );
        assert!(!loaded.is_complete());
    }
}

#[test]
fn the_last_of_two_counts_and_it_is_said() {
    let service = |ip: &str| {
        format!(
            "{{\"apiVersion\": \"v1\", \"kind\": \"Service\",\n \"metadata\": {{\"name\": \"web\", \"annotations\": {{\"external-dns.kubernetes.io/hostname\": \"{ip}\"}}}}}}"
        )
    };
    let (folder, loaded) = load(&[("a.json", &service("one")), ("b.json", &service("two"))]);
    let value = |object: &Object| {
        object
            .meta()
            .annotations
            .value("external-dns.kubernetes.io/hostname")
            .map(str::to_owned)
    };
    assert_eq!(
        loaded.objects.iter().map(value).collect::<Vec<_>>(),
        [Some("two".to_owned())]
    );
    assert!(loaded.is_complete());
    let text = loaded
        .report
        .render(false)
        .replace(&format!("{}/", folder.path().display()), "");
    insta::assert_snapshot!(text.trim_end(), @r#"
    warning: Service default/web was given in a file before this one; this one counts
     --> b.json:1:1
      |
    1 | {"apiVersion": "v1", "kind": "Service",
      | ^
      |
      = help: give each object once
    "#);
}

#[test]
fn mistakes_in_yaml_say_where_and_what_to_do() {
    insta::assert_snapshot!(report("apiVersion: v1\nkind: Service\nmetadata:\n\tname: web\n"), @r#"
    error: tab where YAML wants spaces
     --> a.yaml:4:2
      |
    4 |     name: web
      |     ^
      |
      = help: indent with spaces only
    "#);
    insta::assert_snapshot!(report("apiVersion: v1\nkind: Service\nmetadata:\n  name: web\n   namespace: shop\n"), @r#"
    error: ":" where no key can be
     --> a.yaml:5:13
      |
    5 |    namespace: shop
      |             ^
      |
      = help: the line may be indented too far; a value that holds ": " needs quotes
    "#);
    insta::assert_snapshot!(report("apiVersion: v1\nkind: Service\nmetadata:\n  name: {{ .Release.Name }}\n"), @r#"
    error: key that is a list or a map
     --> a.yaml:4:10
      |
    4 |   name: {{ .Release.Name }}
      |          ^
      |
      = help: this looks like a template; render it first, as with helm template
    "#);
    insta::assert_snapshot!(report("# one\n---\napiVersion: v1\nkind: Service\nkind: Pod\n"), @r#"
    error: key "kind" stands twice in one map
     --> a.yaml:5:1
      |
    5 | kind: Pod
      | ^^^^
      |
      = help: keep one of them; for a second value use a list
    "#);
    insta::assert_snapshot!(report("apiVersion: v1\nkind: Service\nmetadata:\n  name: web\n  annotations:\n    external-dns.kubernetes.io/hostname: *.example.org\n"), @r#"
    error: alias of a name that nothing has
     --> a.yaml:6:42
      |
    6 |     external-dns.kubernetes.io/hostname: *.example.org
      |                                          ^
      |
      = help: name a value with & before its alias; a text that begins with * needs quotes
    "#);
    insta::assert_snapshot!(report("apiVersion: v1\nkind: Service\nmetadata:\n  name: \"web\n  namespace: x\n"), @r#"
    error: the quotes opened above are still open here
     --> a.yaml:5:3
      |
    5 |   namespace: x
      |   ^
      |
      = help: close them on their line, or indent what belongs into them
    "#);
    insta::assert_snapshot!(report("apiVersion: v1\nkind: Service\nmetadata:\n  name: @web\n"), @r#"
    error: a value cannot begin with "@"
     --> a.yaml:4:9
      |
    4 |   name: @web
      |         ^
      |
      = help: put quotes around it
    "#);
}

#[test]
fn mistakes_in_objects_say_where_and_what_to_do() {
    insta::assert_snapshot!(report("apiVersion: v1\nkind: Service\nmetadata:\n  name: web\n  annotations:\n    external-dns.kubernetes.io/ttl: 60\n"), @r#"
    error: Service "web": 60 stands where a text is expected
     --> a.yaml:6:37
      |
    6 |     external-dns.kubernetes.io/ttl: 60
      |                                     ^^
      |
      = help: put quotes around it
    "#);
    insta::assert_snapshot!(report("apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: Service\n  metadata: {name: web}\n  spec:\n    externalIPs: 192.0.2.1\n"), @r#"
    error: Service "web": "192.0.2.1" stands where a list is expected
     --> a.yaml:8:18
      |
    8 |     externalIPs: 192.0.2.1
      |                  ^^^^^^^^^
      |
      = help: begin each entry of a list with "- ", or write [a, b]
    "#);
    insta::assert_snapshot!(report("apiVersion: v1\nkind: Service\nmetadata:\n  namespace: web\n"), @r#"
    error: Service without a name
     --> a.yaml:4:3
      |
    4 |   namespace: web
      |   ^
      |
      = help: each object needs "metadata:" with a "name:" under it
    "#);
    insta::assert_snapshot!(report("apiVersion: v1\nkind: Service\nmetadata:\n  generateName: web-\n"), @r#"
    error: Service without a name
     --> a.yaml:4:3
      |
    4 |   generateName: web-
      |   ^
      |
      = help: only a cluster makes names of generateName; give it a name
    "#);
    insta::assert_snapshot!(report("apiVersion: v1\nkind: Service\nmetadata: {name: 5}\n"), @r#"
    error: name of a Service is a number
     --> a.yaml:3:18
      |
    3 | metadata: {name: 5}
      |                  ^
      |
      = help: put quotes around it
    "#);
    insta::assert_snapshot!(report("apiVersion: v1\nkind: service\nmetadata: {name: web}\n"), @r#"
    error: there is no kind "service"
     --> a.yaml:2:7
      |
    2 | kind: service
      |       ^^^^^^^
      |
      = help: did you mean Service?
    "#);
    insta::assert_snapshot!(report("apiVersion: gateway.networking.k8s.io/v1alpha2\nkind: HTTPRoute\nmetadata: {name: web}\n"), @r#"
    error: HTTPRoute of version "gateway.networking.k8s.io/v1alpha2" is not read
     --> a.yaml:1:13
      |
    1 | apiVersion: gateway.networking.k8s.io/v1alpha2
      |             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
      |
      = help: write "apiVersion: gateway.networking.k8s.io/v1" or "apiVersion: gateway.networking.k8s.io/v1beta1"
    "#);
    insta::assert_snapshot!(report("kind: Service\nmetadata: {name: web}\n"), @r#"
    error: "Service" without an apiVersion
     --> a.yaml:1:1
      |
    1 | kind: Service
      | ^
      |
      = help: add "apiVersion: v1"
    "#);
    insta::assert_snapshot!(report("apiVersion: v1\nmetadata: {name: web}\n"), @r#"
    error: object without a kind
     --> a.yaml:1:1
      |
    1 | apiVersion: v1
      | ^
      |
      = help: add a kind, such as "kind: Service"
    "#);
    insta::assert_snapshot!(report("replicas: 3\nimage: web\n"), @r#"
    warning: a map without apiVersion and kind is no object of Kubernetes
     --> a.yaml:1:1
      |
    1 | replicas: 3
      | ^
      |
      = help: keep other files elsewhere, or let their names begin with a dot
    "#);
    insta::assert_snapshot!(report("just a text\n"), @r#"
    error: a text; expected an object of Kubernetes
     --> a.yaml:1:1
      |
    1 | just a text
      | ^^^^^^^^^^^
      |
      = help: an object is a map with apiVersion, kind and metadata
    "#);
    insta::assert_snapshot!(report("apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {publishNotReadyAddresses: maybe}\n"), @r#"
    error: Service "web": "maybe" stands where true or false is expected
     --> a.yaml:4:34
      |
    4 | spec: {publishNotReadyAddresses: maybe}
      |                                  ^^^^^
    "#);
}

#[test]
fn kinds_of_settings_are_read_beside_the_others() {
    let rules = Rules {
        unstructured: vec!["widgets.v1.example.org".into(), "services.v1".into()],
        ..Rules::default()
    };
    let folder = folder(&[(
        "a.yaml",
        "{apiVersion: example.org/v1, kind: Widget, metadata: {name: one, namespace: shop}}\n---\n\
         {apiVersion: v1, kind: Service, metadata: {name: web}}\n---\n\
         {apiVersion: example.org/v1, kind: Gadget, metadata: {name: two}}\n",
    )]);
    let kinds = [Kind::Service, Kind::Unstructured];
    let loaded = read(&[folder.path().to_owned()], &kinds, &Trim::new(&rules));
    let resources: Vec<&str> = loaded
        .objects
        .iter()
        .map(|object| object.meta().key.resource())
        .collect();
    assert_eq!(resources, ["Widget.v1.example.org", "", "Service.v1"]);
    assert_eq!(loaded.skipped.len(), 1);
}

#[test]
fn a_mistake_is_found_with_templates_too() {
    let fqdn = ["{{.Name}}.example.org".to_owned()];
    let engine = Engine::new(Templates {
        fqdn: &fqdn,
        ..Templates::default()
    })
    .unwrap();
    let rules = Rules {
        templates: Some(Arc::new(engine)),
        ..Rules::default()
    };
    let folder = folder(&[(
        "a.yaml",
        "apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec:\n  externalIPs: 192.0.2.1\n",
    )]);
    let loaded = read(&[folder.path().to_owned()], KINDS, &Trim::new(&rules));
    let marks: Vec<(usize, usize)> = loaded
        .report
        .problems()
        .iter()
        .map(|problem| (problem.mark.line, problem.mark.column))
        .collect();
    assert_eq!(marks, [(5, 16)]);
}
