//! Sub-commands, and the help as users see it.

use super::*;
use crate::flags::{Kind, groups};

fn command(arguments: &[&str]) -> Command {
    parse(arguments.iter().map(OsString::from), &|_| None)
        .unwrap_or_else(|stop| panic!("{}", stop.text))
}

fn stopped(arguments: &[&str]) -> String {
    let stop = parse(arguments.iter().map(OsString::from), &|_| None).unwrap_err();
    format!("{}(exit code {})", stop.text, stop.code)
}

fn help(name: &str, long: bool) -> String {
    let mut command = build().term_width(100);
    command.build();
    let mut part = &mut command;
    for word in name.split_whitespace() {
        part = part.find_subcommand_mut(word).unwrap();
    }
    let help = if long {
        part.render_long_help()
    } else {
        part.render_help()
    };
    help.to_string()
}

#[test]
fn the_table_makes_a_sound_command() {
    build().debug_assert();
}

#[test]
fn short_help_fits_on_a_screen() {
    let help = help("", false);
    assert!(help.lines().count() <= 60, "{help}");
    insta::assert_snapshot!(help, @"
    Gives the objects of a cluster their names, and serves those names and your zone files.

    Usage: zonewright [FLAGS]
           zonewright <COMMAND>

    Commands:
      plan         Show what would be changed, and change nothing
      explain      Ask a running zonewright why a name has its records, or none
      check        Find every mistake in zone files and settings
      zone         Ask a running zonewright about its zones
      brake        Let mass deletes go that a running zonewright holds
      key          Make keys that sign updates and transfers
      completions  Print a completion script for a shell

    Zones:
          --zone-file <[ORIGIN=]PATH>  Serve the zone in this master file
          --zone-dir <DIR>             Serve every NAME.zone file in this folder
          --strict                     Refuse to start if any zone has an error

    Sources:
          --source <KIND>     Take names from objects of this kind
          --manifests <PATH>  Read objects from this file or folder of YAML, not from a cluster

    Destination:
          --provider <NAME>         Where names are written to: embedded, webhook or inmemory [default:
                                    embedded]
          --domain-filter <DOMAIN>  Only names at or below this one
          --policy <POLICY>         What may be done: sync, upsert-only, create-only or none [default:
                                    sync, with a warning]

    Provider embedded:
          --zone <NAME>  Make this zone, for names from sources [default: each --domain-filter without a
                         dot in front]

    Network:
          --listen <ADDR:PORT>  Answer on this address by UDP and TCP [default: 0.0.0.0:53 and [::]:53]

    Clients:
          --allow-query <CIDR>  Answer these networks only [default: everyone]
          --rate-limit <N>      Answer each network at most N times a second by UDP [default: off]

    Process:
          --config <FILE>                Read settings from this YAML file
          --metrics-address <ADDR:PORT>  Serve /metrics, /healthz and /readyz by HTTP here [default:
                                         :7979 beside a cluster, else off]
          --log-level <LEVEL>            What is logged: error, warning, info, debug or trace [default:
                                         info]

    Other:
      -h, --help     Print this help; --help explains every flag
      -V, --version  Print the version

    Try it:
      zonewright --manifests . --zone example.org --listen 127.0.0.1:5300
      zonewright --zone-dir zones --listen 127.0.0.1:5300

    All flags, with explanations: zonewright --help
    ");
}

#[test]
fn long_help_explains_every_flag() {
    let help = help("", true);
    let built = groups().iter().filter(|group| group.built);
    for flag in built.flat_map(|group| group.flags) {
        let form = match flag.kind {
            Kind::Switch(true) => format!("--no-{}", flag.name),
            _ => format!("--{}", flag.name),
        };
        assert!(help.contains(&form), "{form} is missing in the help");
    }
    insta::assert_snapshot!(help, @"
    Gives the objects of a cluster their names, and serves those names and your zone files.

    Usage: zonewright [FLAGS]
           zonewright <COMMAND>

    Commands:
      plan         Show what would be changed, and change nothing
      explain      Ask a running zonewright why a name has its records, or none
      check        Find every mistake in zone files and settings
      zone         Ask a running zonewright about its zones
      brake        Let mass deletes go that a running zonewright holds
      key          Make keys that sign updates and transfers
      completions  Print a completion script for a shell

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
              0s is without limit. Watches have none.

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
              Deletes are held when a pass would delete more than 20 names and more than 30 % of ours;
              'zonewright brake release' lets go. With --once it is off unless --brake is given.

          --events
              Taken for external-dns: objects are always followed

          --events-emit <REASON>
              Write Kubernetes Events about objects for this reason [default: none] (repeatable).
              RecordReady, RecordDeleted or RecordError.

    Destination:
          --provider <NAME>
              Where names are written to: embedded, webhook or inmemory [default: embedded].
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
          --registry <txt|noop>
              Where it is kept who owns a record [default: txt; none is needed by embedded].
              The zones of this server know it without one.

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

    Provider inmemory:
          --inmemory-zone <NAME>
              A zone that there is from the start (repeatable)

    Network:
          --listen <ADDR:PORT>
              Answer on this address by UDP and TCP [default: 0.0.0.0:53 and [::]:53] (repeatable).
              ADDR alone means port 53, :PORT means all addresses, port 0 means any free one, which is
              then said. Sockets that systemd passes are used as well, and instead of the default.

          --udp-workers <N>
              Threads that answer UDP queries, for each address [default: the processors we may use, at
              most 8]

          --udp-gso <auto|on|off>
              Hand several answers for one client to the kernel at once [default: auto].
              UDP segmentation offload. 'auto' uses it until the kernel or the network card refuses.

          --tcp-connections <N>
              Open TCP connections at most [default: 1000]

          --tcp-connections-per-client <N>
              Open TCP connections of one address at most [default: 20]

          --tcp-idle-timeout <DURATION>
              Close a TCP connection that is silent for so long [default: 10s].
              Clients that ask are told by EDNS (RFC 7828).

          --tcp-write-timeout <DURATION>
              Close a TCP connection whose client takes no answers for so long [default: 5s]

          --proxy-protocol-from <CIDR>
              Expect PROXY protocol v2 from these load balancers (repeatable).
              Peers in CIDR must put a PROXY header before their queries, by UDP and TCP; nobody else
              may. The client it names is the one that access lists and rate limits see.

    Answers:
          --edns-size <BYTES>
              Largest UDP answer, and the size we offer to take [default: 1232].
              From 512 to 4096. Larger answers are truncated and come by TCP.

          --nsid <TEXT>
              Identify this server to clients that ask (NSID, RFC 5001).
              Text, or bytes as 0x and hexadecimal digits.

          --version-bind <TEXT>
              What version.bind CH TXT answers; without it, REFUSED.
              Also for version.server.

          --hostname-bind <TEXT>
              What hostname.bind CH TXT answers; without it, REFUSED

          --id-server <TEXT>
              What id.server CH TXT answers; without it, REFUSED

    Clients:
          --allow-query <CIDR>
              Answer these networks only [default: everyone] (repeatable).
              Between --allow-query and --deny-query the longer prefix decides; all others are refused
              if any network is allowed by name.

          --deny-query <CIDR>
              Refuse these networks (repeatable)

          --rate-limit <N>
              Answer each network at most N times a second by UDP [default: off].
              0 is off. Response rate limiting, by /24 of IPv4 and /56 of IPv6, counted apart for
              answers, referrals, names that do not exist and errors. Clients with a valid cookie are
              not limited.

          --rate-limit-slip <N>
              Of the answers over the limit, truncate each N-th instead of dropping it [default: 2].
              So that real clients come back by TCP. 1 truncates all, 0 drops all; at most 31.

          --rate-limit-exempt <CIDR>
              Never limit these networks (repeatable)

          --rate-limit-clients <global|all>
              Which clients are counted [default: global].
              'global' counts addresses of the internet only, since nobody forges private ones.

          --no-cookies
              Neither hand out nor check DNS cookies (RFC 7873, RFC 9018)

          --cookie-secret <HEX>
              Key of the cookies: 32 hexadecimal digits [default: random at each start] (repeatable).
              Servers behind one address share it. The first one makes cookies; a second one is accepted
              too, for the time of a change. Better set by environment or file: other users of a machine
              can read command lines.

    Transfers and updates:
          --key-file <PATH>
              Know the keys in this file (repeatable).
              Keys as tsig-keygen and 'zonewright key new' write them. Whoever signs a request by such a
              key (TSIG) is granted what the flags below say of it; a key alone grants nothing.

          --allow-transfer <[ZONE=]WHO>
              Let WHO transfer zones (repeatable).
              WHO is key:NAME, an address or network, or key:NAME@NETWORK for both at once. Without
              ZONE= it is for all zones that have no grant of their own. Transfers (AXFR, IXFR) go over
              TCP; nobody may have them by default.

          --notify <[ZONE=]ADDR[:PORT]>
              Tell this server when a zone has changed (repeatable).
              A secondary that is told (NOTIFY) comes for the changes at once. Without ZONE= it is for
              all zones that do not name servers of their own.

          --update-policy <[ZONE=]RULE>
              Let clients update zones (RFC 2136) (repeatable).
              RULE is as in BIND: grant|deny KEY name|subdomain|wildcard NAME [TYPE...], grant|deny KEY
              zonesub|self|selfsub|selfwild|tcp-self [TYPE...]. The first rule that fits a record
              decides; without one it is refused. KEY may be * for any key, or a network instead of a
              key. Without types it is for all but NS, SOA, NSEC, NSEC3 and RRSIG; ANY is all.
              'takeover' at the end lets the client put its records above those of zone files and
              objects. Example: 'example.org=grant dhcp subdomain dyn.example.org A AAAA DHCID'.

    Process:
          --config <FILE>
              Read settings from this YAML file.
              It begins with 'version: 1'; its keys are the names of the flags. Repeated flags are
              lists, and 'zones' is a list of 'file' and 'name'. Paths in it start at its folder.
              'destinations' is a list of maps with a 'name' and the flags of a destination each;
              'addressMaps' and 'claims' are for what flags cannot say.

          --metrics-address <ADDR:PORT>
              Serve /metrics, /healthz and /readyz by HTTP here [default: :7979 beside a cluster, else
              off].
              Port 0 means any free one, which is then said; 'off' serves none.

          --control-socket <PATH>
              Take 'zonewright zone ...' commands here; 'off' takes none [default: a socket in
              $XDG_RUNTIME_DIR/zonewright or /run/zonewright].
              Only the user we run as, and root, can use it.

          --user <NAME>
              Run as this user once the sockets are open.
              Name or number, and only when started as root. Zone files are read as this user.

          --group <NAME>
              Run as this group; needs --user [default: the user's]

          --data-dir <DIR>
              Keep here what should outlast the process.
              Each zone as it was served last, so that a start has something to compare with.

          --log-format <text|json>
              How logs are written [default: text]

          --log-level <LEVEL>
              What is logged: error, warning, info, debug or trace [default: info].
              The panic and fatal of external-dns are taken as error.

    Other:
      -h, --help
              Print this help; -h is short

      -V, --version
              Print the version

    Environment and settings file:
      Each flag can also be set by a variable, such as ZONEWRIGHT_ZONE_DIR for --zone-dir, with a
      line for each value of a repeatable one. EXTERNAL_DNS_ZONE_DIR is read too. In the file of
      --config it is 'zone-dir: ...'. A flag wins over the variable, the variable over the file.

    External-dns:
      All its flags are taken, those of providers, sources and registries that are not part of this
      build too, as well as its variables (EXTERNAL_DNS_...) and @FILE for arguments in a file.

    Signals:
      SIGHUP reads all zone files again. SIGTERM and SIGINT end the program once open queries are
      answered; a second one ends it at once.

    Try it:
      zonewright --zone-dir zones --listen 127.0.0.1:5300
      zonewright check zones/*
      zonewright zone list
    ");
}

#[test]
fn help_of_sub_commands() {
    insta::assert_snapshot!(help("check", true), @"
Finds every mistake in zone files and settings, and shows each with its line.

Without FILES it checks the settings as the daemon would read them, and the zones they name. Exits
with 1 if anything has an error; warnings alone are fine.

Usage: zonewright check [FILES]... [FLAGS]

Arguments:
  [FILES]...
          Zone files as [ORIGIN=]PATH, folders of NAME.zone files, settings files (.yaml)

Options:
      --config <FILE>
          Read settings from this YAML file.
          It begins with 'version: 1'; its keys are the names of the flags. Repeated flags are
          lists, and 'zones' is a list of 'file' and 'name'. Paths in it start at its folder.
          'destinations' is a list of maps with a 'name' and the flags of a destination each;
          'addressMaps' and 'claims' are for what flags cannot say.

All flags of the daemon are taken, and checked too: see zonewright --help.
");
    insta::assert_snapshot!(help("zone", false), @"
    Ask a running zonewright about its zones

    Usage: zonewright zone <COMMAND>

    Commands:
      list    List all zones
      show    Show where a zone comes from and how it is
      export  Print a zone as a master file, as it is served now
      reload  Read zone files again, changed or not
    ");
    insta::assert_snapshot!(help("zone show", false), @"
    Show where a zone comes from and how it is

    Usage: zonewright zone show [OPTIONS] <ZONE>

    Arguments:
      <ZONE>  The name of the zone

    Options:
          --json                   Print JSON
          --control-socket <PATH>  Take 'zonewright zone ...' commands here; 'off' takes none [default:
                                   a socket in $XDG_RUNTIME_DIR/zonewright or /run/zonewright]
    ");
}

#[test]
fn a_key_to_make_has_a_name_and_an_algorithm() {
    insta::assert_snapshot!(help("key new", false), @"
    Make a key with a random secret, in the form that BIND has too

    Usage: zonewright key new [OPTIONS] <NAME>

    Arguments:
      <NAME>  What both sides call it, such as cert-manager

    Options:
          --algorithm <NAME>  hmac-sha1, -sha224, -sha256, -sha384 or -sha512; hmac-md5 is for old
                              programs [default: hmac-sha256]
          --file <FILE>       Write it to this new file, which only its owner may read [default: print
                              it]
    ");
    let Command::Key(new) = command(&["key", "new", "Up.example.org", "--algorithm=HMAC-md5"])
    else {
        panic!("not key");
    };
    let name = Name::from_text(b"up.example.org.", None).unwrap();
    assert_eq!((new.name, new.file), (name, None));
    assert!(new.algorithm.eq_ignore_ascii_case("hmac-md5"));
    insta::assert_snapshot!(stopped(&["key", "new", "a..b"]), @"
    error: invalid value 'a..b' for '<NAME>': empty label (two dots in a row, or a dot at the front)
    (exit code 2)
    ");
}

#[test]
fn check_takes_files_and_flags_in_any_order() {
    let Command::Check(check) = command(&["check", "a.zone", "--strict", "b.zone"]) else {
        panic!("not check");
    };
    assert_eq!(check.targets, ["a.zone", "b.zone"]);
    assert!(check.config.is_some(), "flags are settings to check");
    let Command::Check(check) = command(&["check", "a.zone"]) else {
        panic!("not check");
    };
    assert!(check.config.is_none(), "only files are checked");
}

#[test]
fn zone_commands_are_told_where_to_ask() {
    let Command::Zone(zone) = command(&["zone", "reload", "a.example", "--control-socket=/s", "b"])
    else {
        panic!("not zone");
    };
    assert_eq!(zone.control_socket, Ok(ControlSocket::At("/s".into())));
    let zones = vec!["a.example".to_owned(), "b".to_owned()];
    assert_eq!(zone.action, ZoneAction::Reload(Reload { zones }));
}

#[test]
fn plan_explain_and_brake_are_told_what_is_wanted() {
    let Command::Plan(plan) =
        command(&["plan", "--output=json", "--source=crd", "--zone=a.example"])
    else {
        panic!("not plan");
    };
    assert_eq!(plan.output, Output::Json);
    assert!(plan.config.is_ok_and(|config| config.sync.is_some()));
    let Command::Plan(plan) = command(&["plan", "--zone-dir=z"]) else {
        panic!("not plan");
    };
    insta::assert_snapshot!(plan.config.unwrap_err(), @"
    error: there is no source to plan for
      hint: name kinds of objects with --source, or a folder with --manifests
    ");
    let Command::Explain(explain) = command(&["explain", "www.example.org", "--control-socket=/s"])
    else {
        panic!("not explain");
    };
    assert_eq!(explain.name, "www.example.org");
    assert_eq!(explain.output, Output::Table);
    assert_eq!(explain.control_socket, Ok(ControlSocket::At("/s".into())));
    let Command::Brake(brake) = command(&["brake", "release", "--zone", "a.example"]) else {
        panic!("not brake");
    };
    assert_eq!(
        brake.release,
        Release {
            destination: None,
            zone: Some("a.example".to_owned())
        }
    );
}

#[test]
fn every_flag_of_external_dns_is_read_from_arguments_and_variables() {
    let list = include_str!("../flags/external-dns.txt").lines();
    let names: Vec<(&str, bool)> = list
        .filter_map(|line| line.split_once(' '))
        .filter(|(name, _)| *name != "#")
        .map(|(name, rest)| (name, rest.starts_with("bool")))
        .collect();
    assert_eq!(names.len(), 180);
    let read = |form: &dyn Fn(&str, bool) -> Vec<String>| {
        let mut arguments = vec!["zonewright".to_owned()];
        arguments.extend(names.iter().flat_map(|(name, switch)| form(name, *switch)));
        Raw::from_matches(&build().try_get_matches_from(arguments).unwrap())
    };
    let joined = read(&|name, switch| match switch {
        true => vec![format!("--{name}")],
        false => vec![format!("--{name}=x")],
    });
    let apart = read(&|name, switch| match switch {
        true => vec![format!("--no-{name}")],
        false => vec![format!("--{name}"), "x".to_owned()],
    });
    let mut variables = Raw::default();
    variables.add_environment(&|name| name.starts_with("EXTERNAL_DNS_").then(|| "x".into()));
    for (name, switch) in &names {
        let text = |raw: &Raw| raw.once(name).map(|typed| typed.text.clone());
        let (on, off) = if *switch {
            ("true", "false")
        } else {
            ("x", "x")
        };
        assert_eq!(text(&joined).as_deref(), Some(on), "{name}");
        assert_eq!(text(&apart).as_deref(), Some(off), "{name}");
        assert_eq!(text(&variables).as_deref(), Some("x"), "{name}");
    }
    assert_eq!(variables.warnings.len(), 47, "retired variables are told");
}

#[test]
fn mistakes_in_arguments_exit_with_2() {
    insta::assert_snapshot!(stopped(&["--lisen", "127.0.0.1:53"]), @"
    error: unexpected argument '--lisen' found

      tip: a similar argument exists: '--listen'

    Usage: zonewright [FLAGS]
           zonewright <COMMAND>

    For more information, try '--help'.
    (exit code 2)
    ");
    insta::assert_snapshot!(stopped(&["--log-level=info", "--log-level=debug"]), @"
    error: the argument '--log-level <LEVEL>' cannot be used multiple times

    Usage: zonewright [FLAGS]
           zonewright <COMMAND>

    For more information, try '--help'.
    (exit code 2)
    ");
    let Command::Run(run) = command(&["--zone-dir=z", "--tcp-idle-timeout", "-1s"]) else {
        panic!("not the daemon");
    };
    insta::assert_snapshot!(run.config.unwrap_err(), @r#"error: --tcp-idle-timeout: "-1s" is not a duration; expected one such as 10s, 1m30s or 500ms"#);
    insta::assert_snapshot!(stopped(&["zone", "shwo"]), @"
    error: unrecognized subcommand 'shwo'

      tip: a similar subcommand exists: 'show'

    Usage: zonewright zone <COMMAND>
    (exit code 2)
    ");
}

#[test]
fn every_shell_has_a_completion_script() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let Command::Completions(script) = command(&["completions", shell]) else {
            panic!("not completions");
        };
        assert!(
            String::from_utf8_lossy(&script).contains("zone-dir"),
            "{shell}"
        );
    }
}
