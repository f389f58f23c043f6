//! Flags about the objects that names come from, whatever their kind.

use super::{Flag, Group, Scope};

pub(super) const GROUP: Group = Group {
    heading: "Sources",
    scope: Scope::Sync,
    built: true,
    flags: &[
        Flag::repeated("source", "KIND", "")
            .says(
                "Take names from objects of this kind",
                "service, ingress, gateway-httproute, gateway-grpcroute, gateway-tlsroute, \
                 gateway-tcproute, gateway-udproute, crd (DNSEndpoint), node, pod, unstructured, fake or \
                 empty. 'manifests' takes them from --manifests in place of a cluster; without another \
                 kind beside it, all kinds are taken.",
            )
            .common(),
        Flag::repeated("manifests", "PATH", "")
            .says(
                "Read objects from this file or folder of YAML, not from a cluster",
                "As kubectl writes them; a folder is watched. Stands for --source=manifests too.",
            )
            .common(),
        Flag::once("namespace", "NAME", "all of them").says("Only objects of this namespace", ""),
        Flag::once("label-filter", "SELECTOR", "").says(
            "Only objects with these labels",
            "A selector of Kubernetes, such as 'app=web,tier in (front,edge),!internal'.",
        ),
        Flag::once("annotation-filter", "SELECTOR", "").says(
            "Only objects with these annotations",
            "In the form of --label-filter.",
        ),
        Flag::once("annotation-prefix", "PREFIX/", "external-dns.kubernetes.io/").says(
            "What the names of our annotations begin with",
            "Without it external-dns.alpha.kubernetes.io/ is read too, and the newer one wins key by \
             key. With it, only this one.",
        ),
        Flag::switch("enable-legacy-annotation-prefix", true).says(
            "Do not read external-dns.alpha.kubernetes.io/",
            "--enable-legacy-annotation-prefix reads it beside an --annotation-prefix.",
        ),
        Flag::repeated("fqdn-template", "TEMPLATE", "").says(
            "Make names of objects that have none in their annotations",
            "A template of Go, such as '{{.Name}}.example.org'; several names are separated by commas.",
        ),
        Flag::repeated("target-template", "TEMPLATE", "").says(
            "Make targets for the names of --fqdn-template",
            "For the source unstructured.",
        ),
        Flag::repeated("fqdn-target-template", "TEMPLATE", "").says(
            "Make pairs of a name and a target",
            "Such as '{{.Name}}.example.org:{{.Status.PodIP}}'.",
        ),
        Flag::switch("combine-fqdn-annotation", false).says(
            "Templates add names to those of annotations",
            "Else they make names only where nothing else does.",
        ),
        Flag::switch("ignore-hostname-annotation", false).says(
            "Take no names from annotations",
            "Needs --fqdn-template.",
        ),
        Flag::once("compatibility", "mate|molecule|kops-dns-controller", "")
            .words(&["", "mate", "molecule", "kops-dns-controller"])
            .says("Read the annotations of this older controller too", ""),
    ],
};
