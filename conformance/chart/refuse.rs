//! Mistakes in values, and what users are told of them.

use crate::Check;
use crate::files::chart;
use crate::helm::Helm;

/// The trials.
pub(crate) fn checks() -> Vec<(String, Check)> {
    vec![
        (
            "mistakes_are_told_when_it_is_installed".to_owned(),
            Box::new(refused),
        ),
        (
            "notes_tell_three_commands_and_what_has_no_meaning".to_owned(),
            Box::new(notes),
        ),
        (
            "notes_say_nothing_that_does_not_hold".to_owned(),
            Box::new(unsaid),
        ),
    ]
}

fn refused(helm: &Helm) -> Result<(), String> {
    let chart = chart().display().to_string();
    for (set, told) in REFUSED {
        let mut arguments = vec!["template", "names", chart.as_str()];
        if !set.iter().any(|value| value.starts_with("domainFilters")) {
            arguments.extend(["--set", "domainFilters={example.org}"]);
        }
        for value in *set {
            arguments.extend(["--set", value]);
        }
        let run = helm.run(&arguments)?;
        if run.good || !run.err.contains(told) {
            return Err(format!("{set:?}: expected {told:?}, but:\n{}", run.err));
        }
    }
    Ok(())
}

/// Values, and a part of what is told.
const REFUSED: &[(&[&str], &str)] = &[
    (&["domainFilter={example.org}"], "'domainFilter'"),
    (&["dns.servic.type=NodePort"], "'servic'"),
    (&["provider.rfc2136.host=192.0.2.53"], "'host'"),
    (&["dns.service.type=Nodeport"], "/dns/service/type"),
    (&["logLevel=loud"], "/logLevel"),
    (&["interval=fast"], "/interval"),
    (&["image.digest=sha256:12"], "/image/digest"),
    (&["replicaCount=-1"], "/replicaCount"),
    (
        &["replicaCount=2", "leaderElection.enabled=false"],
        "more than one Pod would write the same records",
    ),
    (
        &["replicaCount=2", "data.type=persistentVolumeClaim"],
        "would share one claim",
    ),
    (
        &["kind=DaemonSet", "leaderElection.enabled=true"],
        "servers of their own",
    ),
    (
        &["leaderElection.leaseDuration=long"],
        "/leaderElection/leaseDuration",
    ),
    (
        &["leaderElection.followers=1", "kind=DaemonSet"],
        "nobody leads them",
    ),
    (
        &["leaderElection.followers=1", "leaderElection.enabled=false"],
        "nobody leads them",
    ),
    (
        &[
            "leaderElection.followers=1",
            "provider.name=rfc2136",
            "provider.rfc2136.hosts={192.0.2.53}",
            "provider.rfc2136.tsig.secretName=bind",
        ],
        "where no zones are served",
    ),
    (&["provider.name=linode"], "\"linode\" is no provider"),
    (&["provider=godaddy"], "\"godaddy\" is no provider"),
    (
        &["sources={istio-gateway}"],
        "\"istio-gateway\" is no source",
    ),
    (&["registry=etcd"], "\"etcd\" is no registry"),
    (&["registry=dynamodb"], "by themselves; leave it empty"),
    (&["registry=crd"], "by themselves; leave it empty"),
    (
        &["provider.name=rfc2136"],
        "there is no name server to write to",
    ),
    (
        &[
            "provider.name=rfc2136",
            "provider.rfc2136.hosts={192.0.2.53}",
        ],
        "there is no key to sign updates with",
    ),
    (
        &[
            "provider.name=rfc2136",
            "provider.rfc2136.hosts={192.0.2.53}",
            "provider.rfc2136.tsig.secretName=bind",
            "extraArgs.rfc2136-tsig-keyname=other",
        ],
        "extraArgs have the key too, as rfc2136-tsig-keyname",
    ),
    (
        &["dns.allowTransfer={key:xfr}"],
        "dns.allowTransfer has \"key:xfr\", but no key is known",
    ),
    (
        &["dns.updatePolicy={grant dhcp zonesub}"],
        "dns.updatePolicy has \"grant dhcp zonesub\", but no key is known",
    ),
    (
        &["terminationGracePeriodSeconds=5"],
        "would be killed while it answers on",
    ),
    (&["txtPrefix=a", "txtSuffix=b"], "only one of them"),
    (&["domainFilters=null"], "there is no zone to put names in"),
    (
        &["domainFilters={.example.org}"],
        "there is no zone to put names in",
    ),
    (
        &["kind=DaemonSet", "provider.name=inmemory"],
        "once for each node",
    ),
    (
        &["kind=DaemonSet", "data.type=persistentVolumeClaim"],
        "cannot share one claim",
    ),
    (
        &["kind=DaemonSet", "dns.updatePolicy={grant a zonesub}"],
        "do not know of each other's updates",
    ),
    (&["provider.name=webhook"], "is not named"),
    (
        &[
            "provider.name=webhook",
            "provider.webhook.image.repository=a",
        ],
        "a repository needs a tag",
    ),
    (
        &["secretConfiguration.enabled=true"],
        "secretConfiguration.mountPath",
    ),
];

fn notes(helm: &Helm) -> Result<(), String> {
    for (set, told) in NOTES {
        let notes = told_with(helm, set)?;
        let commands = notes.lines().filter(|line| line.starts_with("   ")).count();
        if commands < 3 || !notes.contains(told) {
            return Err(format!("{set:?}: expected {told:?} in\n{notes}"));
        }
    }
    Ok(())
}

fn unsaid(helm: &Helm) -> Result<(), String> {
    for (set, never) in UNSAID {
        let notes = told_with(helm, set)?;
        if notes.contains(never) {
            return Err(format!("{set:?}: {never:?} does not hold:\n{notes}"));
        }
    }
    Ok(())
}

/// The notes with these values.
fn told_with(helm: &Helm, set: &[&str]) -> Result<String, String> {
    let chart = chart().display().to_string();
    let mut arguments = vec!["install", "names", chart.as_str(), "--dry-run=client"];
    arguments.extend(["--namespace", "dns", "--set", "domainFilters={example.org}"]);
    for value in set {
        arguments.extend(["--set", value]);
    }
    let run = helm.run(&arguments)?;
    let (_, notes) = run.out.split_once("\nNOTES:\n").ok_or(run.err)?;
    Ok(notes.to_owned())
}

/// Values, and what must not be told with them.
const UNSAID: &[(&[&str], &str)] = &[
    (&["image.repository=registry.example.org/z"], "To know:"),
    (&["provider.name=pdns", "txtOwnerId=a"], "FEATURES="),
    (&["provider.name=inmemory", EGRESS], "networkPolicy.egress"),
    (
        &[KEYS, "replicaCount=3", "dns.updatePolicy={grant a zonesub}"],
        "is lost when the Pod ends",
    ),
    (
        &["hostNetwork=true", "kind=DaemonSet", "replicaCount=3"],
        "need as many nodes",
    ),
];

const EGRESS: &str = "networkPolicy.enabled=true,networkPolicy.egress.enabled=true";
const KEYS: &str = "dns.tsigKeys[0].secretName=keys,dns.tsigKeys[0].key=a.key";

/// Values, and a part of the notes.
const NOTES: &[(&[&str], &str)] = &[
    (
        &[],
        "jsonpath='{.status.loadBalancer.ingress[0].ip}') example.org SOA",
    ),
    (&[], "rollout status deployment/names-zonewright"),
    (&[], "zonewright explain www.example.org"),
    (&["dns.service.type=NodePort"], "@NODE -p"),
    (
        &["dns.service.type=ClusterIP"],
        "@names-zonewright-dns example.org",
    ),
    (&["hostNetwork=true", "kind=DaemonSet"], "@NODE -p 53"),
    (&["sources=null"], "zonewright zone list"),
    (
        &["triggerLoopOnEvent=true"],
        "triggerLoopOnEvent has no meaning",
    ),
    (&["provider=inmemory"], "provider: NAME is the older way"),
    (&["provider.name=inmemory"], "txtOwnerId is not set"),
    (&["provider.name=inmemory"], "nothing is deleted"),
    (
        &[KEYS, "dns.updatePolicy={grant a zonesub}"],
        "is lost when the Pod ends",
    ),
    (
        &["provider.name=aws", "registry=dynamodb"],
        "FEATURES=provider-aws .package/build image",
    ),
    (
        &["provider.name=azure-dns", "registry=dynamodb"],
        "FEATURES=provider-azure,provider-aws .package/build image",
    ),
    (
        &["dns.addresses={192.0.2.1}"],
        "dns.addresses has no effect without hostNetwork",
    ),
    (
        &["hostNetwork=true", "replicaCount=2"],
        "2 of them need as many nodes",
    ),
    (
        &["hostNetwork=true", "networkPolicy.enabled=true"],
        "no effect on Pods with hostNetwork",
    ),
    (
        &["provider.name=pdns", EGRESS],
        "to ports 443, 6443 only: if pdns is elsewhere",
    ),
    (
        &["serviceMonitor.enabled=true", "service.enabled=false"],
        "finds nothing without service.enabled",
    ),
    (
        &["serviceMonitor.enabled=true", "podMonitor.enabled=true"],
        "one of them is enough",
    ),
    (
        &["provider.name=inmemory", "dns.tls.secretName=a"],
        "dns.tls has no effect where no DNS is answered",
    ),
    (&["namespaced=true"], "the right to list Nodes"),
    (
        &["image.repository=registry.k8s.io/external-dns/external-dns"],
        "that of external-dns",
    ),
];
