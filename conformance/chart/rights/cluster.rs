//! The cluster of these trials, and releases on it.

use std::path::Path;
use std::sync::Mutex;

use cluster_peers::{Cluster, Object, Parts, Request, chain};
use serde_json::{Value, json};

use crate::files::{chart, documents, own, read};
use crate::helm::{Helm, NAMESPACE};
use crate::program::pause;

/// A cluster with the objects that make our program look at every kind.
#[derive(Debug)]
pub(crate) struct Place {
    pub(super) cluster: Cluster,
    /// Held while a program runs: two would do each other's work.
    pub(super) turn: Mutex<()>,
}

impl Place {
    /// Starts it. DNSEndpoint is the one that the chart makes.
    pub(super) fn start(helm: &Helm) -> Result<Self, String> {
        let parts = Parts::find();
        let cluster = Cluster::start_noting(&parts).map_err(words)?;
        let monitoring = parts
            .monitoring
            .ok_or("no CRDs of the Prometheus Operator")?;
        cluster.define(&monitoring).map_err(words)?;
        let machines = chart().join("../../conformance/externaldns/crds");
        cluster.define(&machines).map_err(words)?;
        let place = Self {
            cluster,
            turn: Mutex::default(),
        };
        place.gone(DNS_ENDPOINT)?;
        place.install(helm, "first", &chart().join("ci/everything-values.yaml"))?;
        place.made(DNS_ENDPOINT)?;
        let objects = documents(&read(&own("objects.yaml"))?)?;
        let objects: Result<Vec<Object>, _> = objects.into_iter().map(Object::new).collect();
        let made = place.cluster.create(&objects.map_err(words)?);
        made.map_err(words)?;
        Ok(place)
    }

    /// Deletes an object and waits until it is gone.
    fn gone(&self, path: &str) -> Result<(), String> {
        let api = self.cluster.api();
        api.send(&[Request::delete(path)]).map_err(words)?;
        until("gone", path, || api.get(path).is_err())
    }

    /// Waits until a resource is served.
    pub(super) fn made(&self, path: &str) -> Result<(), String> {
        let api = self.cluster.api();
        until("served", path, || {
            let found = api.get(path).unwrap_or_default();
            let conditions = found
                .pointer("/status/conditions")
                .and_then(Value::as_array);
            let mut conditions = conditions.into_iter().flatten();
            conditions.any(|one| one["type"] == "Established" && one["status"] == "True")
        })
    }

    /// Installs an example under its own name, and takes it away again.
    pub(super) fn installs(&self, helm: &Helm, name: &str, values: &Path) -> Result<(), String> {
        let release = format!("try-{name}");
        self.install(helm, &release, values)?;
        self.helm(helm, &["uninstall", &release])
    }

    /// A release of one name in two namespaces: neither takes anything of the other for its own.
    pub(super) fn installs_twice(&self, helm: &Helm) -> Result<(), String> {
        let (chart, values) = (chart(), own("rights-values.yaml"));
        let (chart, values) = (chart.display().to_string(), values.display().to_string());
        let both = ["one", "two"];
        for namespace in both {
            let what = ["upgrade", "--install", "twin", &chart, "--values", &values];
            self.helm_in(helm, namespace, &what)?;
        }
        self.helm_in(helm, "one", &["uninstall", "twin"])?;
        let path = "/apis/rbac.authorization.k8s.io/v1/clusterroles/two-twin-zonewright";
        self.cluster.api().get(path).map_err(words)?;
        self.helm_in(helm, "two", &["uninstall", "twin"])
    }

    /// Installs the chart with this values file, or changes what is installed.
    pub(super) fn install(&self, helm: &Helm, release: &str, values: &Path) -> Result<(), String> {
        let (chart, values) = (chart().display().to_string(), values.display().to_string());
        let what = ["upgrade", "--install", release, &chart, "--values", &values];
        self.helm(helm, &what)
    }

    /// Runs Helm in the namespace of these trials.
    pub(super) fn helm(&self, helm: &Helm, what: &[&str]) -> Result<(), String> {
        self.helm_in(helm, NAMESPACE, what)
    }

    /// The same in another namespace.
    pub(super) fn helm_in(
        &self,
        helm: &Helm,
        namespace: &str,
        what: &[&str],
    ) -> Result<(), String> {
        let config = self.kubeconfig();
        let mut arguments = what.to_vec();
        arguments.extend(["--namespace", namespace, "--kubeconfig", &config]);
        if what.contains(&"--install") {
            arguments.push("--create-namespace");
        }
        let run = helm.run(&arguments)?;
        match run.good {
            true => Ok(()),
            false => Err(format!("helm {what:?}: {}{}", run.out, run.err)),
        }
    }

    /// A kubeconfig for the account that a release has made, in this folder.
    pub(super) fn account(&self, release: &str, folder: &Path) -> Result<String, String> {
        self.account_of(&format!("{release}-zonewright"), folder)
    }

    /// The same by the account's name.
    pub(super) fn account_of(&self, name: &str, folder: &Path) -> Result<String, String> {
        let path = format!("/api/v1/namespaces/{NAMESPACE}/serviceaccounts/{name}/token");
        let ask =
            json!({"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {}});
        let reply = self.post(&path, ask)?;
        let token = reply.pointer("/status/token").and_then(Value::as_str);
        let token = token.ok_or_else(|| format!("no token: {reply}"))?;
        let admin = read(&self.cluster.kubeconfig())?;
        let mut config: Value = serde_json::from_str(&admin).map_err(words)?;
        config["users"][0]["user"] = json!({"token": token});
        let path = folder.join("kubeconfig");
        std::fs::write(&path, config.to_string()).map_err(words)?;
        Ok(path.display().to_string())
    }

    /// The arguments of the program in the workload of a release, but for those that say where
    /// it listens.
    pub(super) fn arguments(&self, release: &str) -> Result<Vec<String>, String> {
        self.arguments_of(&format!("{release}-zonewright"))
    }

    /// The Deployment of this name.
    pub(super) fn workload(&self, name: &str) -> Result<Value, String> {
        let path = format!("/apis/apps/v1/namespaces/{NAMESPACE}/deployments/{name}");
        self.cluster.api().get(&path).map_err(words)
    }

    /// The same by the Deployment's name.
    pub(super) fn arguments_of(&self, name: &str) -> Result<Vec<String>, String> {
        let workload = self.workload(name)?;
        let all = workload.pointer("/spec/template/spec/containers/0/args");
        let all = all.and_then(Value::as_array).ok_or("no arguments")?;
        let all = all.iter().filter_map(Value::as_str);
        let placed = |one: &&str| one.starts_with("--listen=") || one.starts_with("--metrics-");
        Ok(all.filter(|one| !placed(one)).map(str::to_owned).collect())
    }

    /// Whether the account of a release may do this (verb, group, resource), as the API server says.
    pub(super) fn may(&self, release: &str, right: [&str; 3]) -> Result<bool, String> {
        self.may_account(&format!("{release}-zonewright"), right, None)
    }

    /// The same by the account's name, in a namespace or in all of them. A resource may have a name of one object
    /// behind it, as in `leases=names`.
    pub(super) fn may_account(
        &self,
        name: &str,
        right: [&str; 3],
        namespace: Option<&str>,
    ) -> Result<bool, String> {
        let [verb, group, resource] = right;
        let (resource, object) = resource.split_once('=').unwrap_or((resource, ""));
        let (resource, part) = resource.split_once('/').unwrap_or((resource, ""));
        let user = format!("system:serviceaccount:{NAMESPACE}:{name}");
        let review = json!({"apiVersion": "authorization.k8s.io/v1", "kind": "SubjectAccessReview",
            "spec": {"user": user, "resourceAttributes": {
                "verb": verb, "group": group, "resource": resource, "subresource": part,
                "name": object, "namespace": namespace.unwrap_or_default()}}});
        let path = "/apis/authorization.k8s.io/v1/subjectaccessreviews";
        let reply = self.post(path, review)?;
        Ok(reply.pointer("/status/allowed") == Some(&Value::Bool(true)))
    }

    fn post(&self, path: &str, body: Value) -> Result<Value, String> {
        let request = Request {
            method: "POST",
            path: path.to_owned(),
            body: Some(("application/json", body)),
            accepted: Vec::new(),
        };
        let replies = self.cluster.api().send(&[request]).map_err(words)?;
        replies
            .into_iter()
            .next()
            .ok_or_else(|| "no reply".to_owned())
    }

    fn kubeconfig(&self) -> String {
        self.cluster.kubeconfig().display().to_string()
    }
}

fn until(what: &str, path: &str, done: impl Fn() -> bool) -> Result<(), String> {
    for _ in 0..400 {
        if done() {
            return Ok(());
        }
        pause();
    }
    Err(format!("{path} is not {what}"))
}

const DNS_ENDPOINT: &str =
    "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/dnsendpoints.externaldns.k8s.io";

pub(super) fn words(error: impl std::error::Error) -> String {
    chain(&error)
}
