//! The long help of flags about names: where they come from and where they go.

use super::long_help;

#[test]
fn flags_of_names_are_explained() {
    insta::assert_snapshot!(long_help("Zones", "Network"), @"
    Zones:
          --zone-file <[ORIGIN=]PATH>
              Serve the zone in this master file (repeatable).
              Without ORIGIN the file's name says which zone it is: example.org.zone, db.example.org and
              example.org are all zone example.org. Write ORIGIN where the path has a '=' in it. The
              file and what it includes are watched: edits are served within milliseconds, and an edit
              with a mistake leaves the zone as it was.

          --zone-dir <DIR>
              Serve every NAME.zone file in this folder (repeatable).
              Files that appear in it are served, zones whose file goes away are no longer. Folders in
              it are not looked into. A --zone-file wins over a file here for the same zone.

          --strict
              Refuse to start if any zone has an error.
              Without it, a zone with an error is reported and the others are served.

    Sources:
          --source <KIND>
              Take names from objects of this kind (repeatable).
              service, ingress, gateway-httproute, gateway-grpcroute, gateway-tlsroute,
              gateway-tcproute, gateway-udproute, crd (DNSEndpoint), node, pod, unstructured, fake or
              empty. 'manifests' takes them from --manifests in place of a cluster; without another kind
              beside it, all kinds are taken.

          --manifests <PATH>
              Read objects from this file or folder of YAML, not from a cluster (repeatable).
              As kubectl writes them; a folder is watched. Stands for --source=manifests too.

          --namespace <NAME>
              Only objects of this namespace [default: all of them]

          --label-filter <SELECTOR>
              Only objects with these labels.
              A selector of Kubernetes, such as 'app=web,tier in (front,edge),!internal'.

          --annotation-filter <SELECTOR>
              Only objects with these annotations.
              In the form of --label-filter.

          --annotation-prefix <PREFIX/>
              What the names of our annotations begin with [default: external-dns.kubernetes.io/].
              Without it external-dns.alpha.kubernetes.io/ is read too, and the newer one wins key by
              key. With it, only this one.

          --no-enable-legacy-annotation-prefix
              Do not read external-dns.alpha.kubernetes.io/.
              --enable-legacy-annotation-prefix reads it beside an --annotation-prefix.

          --fqdn-template <TEMPLATE>
              Make names of objects that have none in their annotations (repeatable).
              A template of Go, such as '{{.Name}}.example.org'; several names are separated by commas.

          --target-template <TEMPLATE>
              Make targets for the names of --fqdn-template (repeatable).
              For the source unstructured.

          --fqdn-target-template <TEMPLATE>
              Make pairs of a name and a target (repeatable).
              Such as '{{.Name}}.example.org:{{.Status.PodIP}}'.

          --combine-fqdn-annotation
              Templates add names to those of annotations.
              Else they make names only where nothing else does.

          --ignore-hostname-annotation
              Take no names from annotations.
              Needs --fqdn-template.

          --compatibility <mate|molecule|kops-dns-controller>
              Read the annotations of this older controller too

    Kinds of sources:
          --service-type-filter <TYPE>
              Only Services of this type [default: all of them] (repeatable).
              ClusterIP, NodePort, LoadBalancer or ExternalName.

          --publish-internal-services
              Publish the cluster addresses of Services

          --publish-host-ip
              Publish the addresses of hosts for headless Services

          --always-publish-not-ready-addresses
              Publish Pods of headless Services before they are ready

          --resolve-service-load-balancer-hostname
              Resolve names of load balancers, and publish addresses.
              Not for those of Ingresses.

          --listen-endpoint-events
              Taken for external-dns: EndpointSlices are always followed

          --ingress-class <CLASS>
              Only Ingresses of this class [default: all of them] (repeatable).
              By spec.ingressClassName, else by annotation kubernetes.io/ingress.class.

          --ignore-ingress-tls-spec
              Take no names from spec.tls of Ingresses

          --ignore-ingress-rules-spec
              Take no names from spec.rules of Ingresses

          --gateway-name <NAME>
              Only Gateways of this name

          --gateway-namespace <NAME>
              Only Gateways and ListenerSets of this namespace [default: all of them]

          --gateway-label-filter <SELECTOR>
              Only Gateways with these labels

          --gateway-listener-sets
              Look at ListenerSets too

          --no-exclude-unschedulable
              Publish Nodes that take no new Pods too.
              For the source node and NodePort Services.

          --expose-internal-ipv6
              Publish internal IPv6 addresses of Nodes like external ones

          --pod-source-domain <DOMAIN>
              Publish each Pod under its name below this one

          --ignore-non-host-network-pods
              Only Pods in the network of their host.
              For the source pod.

          --unstructured-resource <RESOURCE.VERSION.GROUP>
              Take names from this resource (repeatable).
              For the source unstructured; 'configmaps.v1' is one of the core group.

          --crd-source-apiversion <VERSION>
              Taken for external-dns: it is always the default [default: externaldns.k8s.io/v1alpha1]

          --crd-source-kind <KIND>
              Taken for external-dns: it is always the default [default: DNSEndpoint]

    Targets:
          --default-targets <TARGET>
              Targets for names that have none (repeatable)

          --force-default-targets
              Replace all targets by --default-targets.
              Deprecated by external-dns.

          --target-net-filter <CIDR>
              Keep only targets in these networks (repeatable).
              Targets that are names are dropped then.

          --exclude-target-net <CIDR>
              Drop targets in these networks (repeatable)

          --nat64-networks <CIDR>
              Add A records for AAAA targets in these networks (repeatable).
              Networks of NAT64, of length 96.

          --create-ptr
              Add PTR records for addresses.
              PTR must be in --managed-record-types, and the reverse zones served: name them by network,
              as in --zone 192.0.2.0/24.

          --min-ttl <DURATION>
              The TTL of records for which none is said [default: 0s]

          --prefer-alias
              Ask for aliases in place of CNAME records

    Kubernetes:
          --kubeconfig <FILE>
              How to reach the cluster [default: ~/.kube/config if there is one, else the pod's own]

          --server <URL>
              The API server, in place of the one in the kubeconfig

          --kube-api-request-timeout <DURATION>
              How long a request to the API server may take [default: 30s].
              Lists and watches must begin within it; 0s leaves them 60s.

          --request-timeout <DURATION>
              Older name of --kube-api-request-timeout [default: 30s]

          --kube-api-qps <N>
              Requests a second to the API server at most [default: 5].
              Lists and watches are not counted.

          --kube-api-burst <N>
              Requests at once to the API server at most [default: 10]

    Passes:
          --interval <DURATION>
              Time between full passes [default: 1m].
              Changes of objects do not wait for one; it repairs what others changed.

          --once
              Make one pass and end

          --dry-run
              Say what would be changed, and change nothing

          --no-brake
              Do not hold mass deletes.
              Held are deletes of more than 20 names and more than 30 % of ours within one --interval;
              'zonewright brake release' lets go. With --once it is off unless --brake is given.

          --events
              Taken for external-dns: objects are always followed

          --events-emit <REASON>
              Write Kubernetes Events about objects for this reason [default: none] (repeatable).
              RecordReady, RecordDeleted or RecordError.

    Destination:
          --provider <NAME>
              Where names are written to: embedded, rfc2136, webhook or another [default: embedded].
              'embedded' is this server itself.

          --domain-filter <DOMAIN>
              Only names at or below this one (repeatable).
              With a dot in front, names below it only.

          --exclude-domains <DOMAIN>
              No names at or below this one (repeatable)

          --regex-domain-filter <REGEX>
              Only names that this matches.
              In place of --domain-filter and --exclude-domains.

          --regex-domain-exclusion <REGEX>
              No names that this matches; looked at first

          --policy <POLICY>
              What may be done: sync, upsert-only, create-only or none [default: sync, with a warning].
              All, all but deletes, creates only, or nothing but showing the plan.

          --managed-record-types <TYPE>
              Only records of this type [default: A, AAAA and CNAME; all on embedded] (repeatable).
              A, AAAA, CNAME, DNAME, MX, NAPTR, NS, PTR, SRV or TXT.

          --exclude-record-types <TYPE>
              No records of this type (repeatable)

          --min-event-sync-interval <DURATION>
              Least time between passes that changes of objects start [default: 0s]

          --provider-cache-time <DURATION>
              How long records of the provider are taken as known [default: 0s]

          --batch-change-size <N>
              Changes in a piece, by providers that cut [default: 200]

          --batch-change-interval <DURATION>
              Time between such pieces [default: 1s]

          --zone-name-filter <ZONE>
              Only zones of this name, by providers that have zones (repeatable)

          --zone-id-filter <ID>
              Only zones with this id, by providers that have them (repeatable)

    Registry:
          --registry <txt|aws-sd|crd|dynamodb|noop>
              Where it is kept who owns a record [default: txt; none is needed by embedded].
              The zones of this server know it without one.

          --crd-registry-namespace <NAME>
              Namespace of the DNSRecord objects of the registry crd [default: our own]

          --dynamodb-table <NAME>
              Table of the registry dynamodb [default: external-dns]

          --dynamodb-region <NAME>
              Its region; without it that of AWS's own settings

          --txt-owner-id <NAME>
              Who we are: each deployment needs a name of its own [default: default]

          --txt-prefix <TEXT>
              What names of TXT records begin with.
              %{record_type} in it stands for the type.

          --txt-suffix <TEXT>
              What the first label of names of TXT records ends with.
              %{record_type} in it stands for the type.

          --txt-wildcard-replacement <TEXT>
              What stands for a leading * in names of TXT records

          --txt-encrypt-enabled
              Encrypt TXT records

          --txt-encrypt-aes-key <KEY>
              Key of encrypted TXT records: 32 bytes, or those in base64.
              Without --txt-encrypt-enabled they are read, but not written.

          --txt-cache-interval <DURATION>
              How long records of the registry are taken as known [default: 0s]

          --migrate-from-txt-owner <NAME>
              Take over the records of this owner

    Provider embedded:
          --zone <NAME>
              Make this zone, for names from sources [default: each --domain-filter without a dot in
              front] (repeatable).
              A network such as 192.0.2.0/24 stands for its reverse zone. A zone file of the same zone
              is served together with them, and wins.

          --zone-ns <NAME[=ADDR]>
              A name server of the zones made, and its address (repeatable).
              Repeat it for each server and each address.

    Provider rfc2136:
          --rfc2136-host <HOST>
              A name server that takes updates: its name or address (repeatable).
              Several stand in for each other: what one does not answer or refuses goes to the next.

          --rfc2136-port <N>
              Its port [default: 53; 853 with TLS]

          --rfc2136-zone <ZONE>
              A zone that is written to [default: found by asking] (repeatable).
              Without it the zones of --domain-filter and of the names that are wanted are found by
              asking the server for their SOA. Reverse zones of PTR records are zones as others.

          --rfc2136-insecure
              Sign nothing

          --rfc2136-tsig-keyname <TEXT>
              Name of the TSIG key

          --rfc2136-tsig-secret <TEXT>
              The TSIG key, in base64

          --rfc2136-tsig-secret-alg <TEXT>
              Algorithm of the TSIG key, such as hmac-sha256

          --rfc2136-tsig-key-file <FILE>
              The TSIG key, in a file as tsig-keygen writes it.
              It holds name, algorithm and secret; --rfc2136-tsig-keyname says which one if there are
              several.

          --rfc2136-axfr
              List records by zone transfer.
              After the first time only what has changed is transferred (IXFR), if anything has. Without
              this flag the names that are wanted are looked up one by one, and records are only deleted
              that this process has seen.

          --rfc2136-tsig-axfr
              Older name of --rfc2136-axfr

          --rfc2136-min-ttl <DURATION>
              Least TTL of records [default: 0s].
              Also that of records that ask for none, which else get 300 seconds.

          --rfc2136-batch-change-size <N>
              Changes in one update [default: 50].
              A record and its ownership record stay in one update, which is made whole or not at all.

          --rfc2136-use-tls
              Use DNS over TLS

          --rfc2136-skip-tls-verify
              Do not check certificates

          --rfc2136-load-balancing-strategy <disabled|random|round-robin>
              Which name server is next [default: disabled]

          --rfc2136-gss-tsig
              Sign updates by Kerberos (GSS-TSIG), as Windows wants it.
              The server has to be named by its name, as its service principal is DNS/NAME. KDCs are
              those of /etc/krb5.conf (or $KRB5_CONFIG), else those that the realm's SRV records name.
              Reads are not signed.

          --rfc2136-kerberos-username <TEXT>
              User that signs, without domain or realm

          --rfc2136-kerberos-password <TEXT>
              Password of that user

          --rfc2136-kerberos-keytab <FILE>
              Keytab of that user, in place of its password.
              As kadmin and ktpass write it, with AES keys. It is read at each login, so a new one
              counts at once.

          --rfc2136-kerberos-realm <TEXT>
              Realm of that user, such as EXAMPLE.ORG

          --tls-ca <FILE>
              Certificates that are trusted.
              Without it those that the system trusts.

          --tls-client-cert <FILE>
              Our certificate

          --tls-client-cert-key <FILE>
              Key of our certificate

    Provider webhook:
          --webhook-provider-url <URL>
              Where the webhook provider is [default: http://localhost:8888]

          --webhook-provider-read-timeout <DURATION>
              One part of how long a call may take [default: 5s].
              A call may take as long as both parts together.

          --webhook-provider-write-timeout <DURATION>
              The other part of how long a call may take [default: 10s]

          --webhook-provider-max-body-size <N>
              Largest answer that is read, in bytes [default: 33554432].
              0 is without limit.

    Webhook server:
          --webhook-server
              Offer the provider to an external-dns, as a webhook.
              Names come by the webhook then, and from no source. There is neither TLS nor a password,
              so the address is for the same pod or machine only.

          --webhook-server-address <ADDR:PORT>
              Where the webhook is offered [default: 127.0.0.1:8888]

          --webhook-provider-read-header-timeout <DURATION>
              How long the head of a request may take [default: 5s]

          --webhook-provider-idle-timeout <DURATION>
              How long a connection may be silent [default: 30s]

    Provider coredns:
          --coredns-prefix <TEXT>
              What keys in etcd begin with [default: /skydns/]

          --coredns-strictly-owned
              Keep the owner in etcd too

    Provider pdns:
          --pdns-server <URL>
              URL of the API [default: http://localhost:8081]

          --pdns-server-id <TEXT>
              Id of the server [default: localhost]

          --pdns-api-key <TEXT>
              Key of the API

          --pdns-skip-tls-verify
              Do not check certificates

    Provider aws:
          --aws-zone-type <public|private>
              Only public or only private zones

          --aws-zone-tags <KEY=VALUE>
              Only zones with this tag, or with any of this key (repeatable)

          --aws-zone-match-parent
              Take zones above a --domain-filter too

          --aws-profile <TEXT>
              Profile of AWS's own files; several are several accounts (repeatable)

          --aws-assume-role <TEXT>
              ARN of the role that zones are written in

          --aws-assume-role-external-id <TEXT>
              External id of that role

          --aws-batch-change-size <N>
              Changes in a batch at most [default: 1000]

          --aws-batch-change-size-bytes <N>
              Bytes of values in a batch at most [default: 32000]

          --aws-batch-change-size-values <N>
              Values in a batch at most [default: 1000]

          --aws-batch-change-interval <DURATION>
              Time between batches [default: 1s]

          --no-aws-evaluate-target-health
              Aliases do not look at the health of their targets, unless they say

          --aws-api-retries <N>
              How often a call is made at most; 0 is as often as there is time for [default: 3]

          --aws-prefer-cname
              Write CNAME records, not aliases

          --aws-zones-cache-duration <DURATION>
              How long the list of zones is taken as known [default: 0s]

    Provider aws-sd:
          --aws-sd-service-cleanup
              Delete services that became empty

          --aws-sd-create-tag <KEY=VALUE>
              A tag of services we make (repeatable)

    Provider cloudflare:
          --cloudflare-proxied
              Records are proxied if they do not say

          --cloudflare-custom-hostnames
              Make custom hostnames

          --cloudflare-custom-hostnames-min-tls-version <1.0|1.1|1.2|1.3>
              Least TLS version of custom hostnames [default: 1.0]

          --cloudflare-custom-hostnames-certificate-authority <google|ssl_com|lets_encrypt|none>
              Who certifies custom hostnames [default: none]

          --cloudflare-dns-records-per-page <N>
              Records in one page of a list, at most 5000 [default: 100]

          --cloudflare-regional-services
              Make regional hostnames

          --cloudflare-region-key <TEXT>
              Region of hostnames that do not say

          --cloudflare-record-comment <TEXT>
              Comment of records

    Provider digitalocean:
          --digitalocean-api-page-size <N>
              Items in one page of a list, at most 200 [default: 50]

    Provider google:
          --google-project <TEXT>
              Project of the zones; without it that of the machine

          --google-batch-change-size <N>
              Additions and deletions in one change at most; 0 is any number [default: 1000]

          --google-batch-change-interval <DURATION>
              Time between two changes of a zone [default: 1s]

          --google-zone-visibility <public|private>
              Only public or only private zones

    Provider infoblox:
          --infoblox-grid-host <HOST>
              Host of the API

          --infoblox-wapi-port <N>
              Port of the API [default: 443]

          --infoblox-wapi-username <TEXT>
              User [default: admin]

          --infoblox-wapi-password <TEXT>
              Password

          --infoblox-wapi-version <TEXT>
              Version of the API [default: 2.3.1]

          --no-infoblox-ssl-verify
              Do not check certificates

          --infoblox-view <TEXT>
              The view of zones and records.
              Without it all zones; of one that is in several views, that in 'default'.

          --infoblox-max-results <N>
              Objects in one page of a list [default: 0]

          --infoblox-fqdn-regex <REGEX>
              Only zones of such names

          --infoblox-name-regex <REGEX>
              Only records of such names

          --infoblox-create-ptr
              As --create-ptr

          --infoblox-cache-duration <N>
              TTL of all records, in seconds; 0 is what each asks for [default: 0]

    Provider oci:
          --oci-config-file <FILE>
              File with the key of a user [default: /etc/kubernetes/oci.yaml].
              Without it the file of Oracle's tools is read.

          --oci-compartment-ocid <TEXT>
              Compartment of the zones, if the file names none

          --oci-zone-scope <GLOBAL|PRIVATE>
              Only global or only private zones; empty for both [default: GLOBAL]

          --oci-auth-instance-principal
              Refused: name the key of a user instead

          --oci-zones-cache-duration <DURATION>
              How long the list of zones is taken as known [default: 0s]

    Provider ovh:
          --ovh-endpoint <URL>
              Endpoint of the API [default: ovh-eu].
              ovh-eu, ovh-ca, ovh-us, kimsufi-eu, kimsufi-ca, soyoustart-eu, soyoustart-ca or an
              address.

          --ovh-api-rate-limit <N>
              Calls a second at most [default: 20]

          --ovh-enable-cname-relative
              CNAME targets without a final dot are relative

    Provider pihole:
          --pihole-server <URL>
              URL of Pi-hole

          --pihole-password <TEXT>
              Its application password

          --pihole-tls-skip-verify
              Do not check certificates

    Provider azure:
          --azure-config-file <FILE>
              The file with the credentials [default: /etc/kubernetes/azure.json]

          --azure-resource-group <TEXT>
              The resource group of the zones; all groups without

          --azure-subscription-id <TEXT>
              The subscription

          --azure-user-assigned-identity-client-id <TEXT>
              Client id of the identity

          --azure-zones-cache-duration <DURATION>
              How long the list of zones is taken as known [default: 0s]

          --azure-maxretries-count <N>
              How often a call is tried again; -1 is never [default: 3]

    Provider inmemory:
          --inmemory-zone <NAME>
              A zone that there is from the start (repeatable)
    ");
}
