//! The long help of flags of the server and its process.

use super::long_help;

#[test]
fn flags_of_the_server_are_explained() {
    insta::assert_snapshot!(long_help("Network", "Other"), @"
    Network:
          --listen <ADDR:PORT>
              Answer on this address by UDP and TCP [default: 0.0.0.0:53 and [::]:53] (repeatable).
              ADDR alone means port 53, :PORT means all addresses, port 0 means any free one, which is
              then said. Sockets that systemd passes are used as well, and instead of the default.

          --listen-tls <ADDR[:PORT]>
              Answer on this address by TLS (DNS over TLS) (repeatable).
              Port 853 unless it says another. TLS 1.3 alone, as transfers want it (RFC 9103); queries,
              transfers, updates and NOTIFY go the same way as by TCP, under the same limits.

          --listen-tls-cert <FILE>
              Our certificate for TLS.
              In PEM form, with the certificates of the authorities between behind it. The files are
              read again when they change; one that cannot be used is said, and the old one stays.

          --listen-tls-cert-key <FILE>
              Key of that certificate

          --listen-tls-client-ca <FILE>
              Authorities that clients' certificates are trusted by.
              Clients must show a certificate by one of these then. What its name is granted says
              --allow-transfer.

          --listen-tls-client-cert <require|optional>
              Whether clients without a certificate are spoken with [default: require].
              Counts with --listen-tls-client-ca only. With 'optional' everybody may ask, and grants to
              cert:NAME are for those who have one.

          --udp-workers <N>
              Threads that answer UDP queries, for each address [default: the processors we may use, at
              most 8]

          --udp-gso <auto|on|off>
              Hand several answers for one client to the kernel at once [default: auto].
              UDP segmentation offload. 'auto' uses it until the kernel or the network card refuses.

          --tcp-connections <N>
              Open TCP connections at most [default: 1000].
              Those with TLS are among them.

          --tcp-connections-per-client <N>
              Open TCP connections of one address at most [default: 20]

          --tcp-idle-timeout <DURATION>
              Close a TCP connection that is silent for so long [default: 10s].
              Clients that ask are told by EDNS (RFC 7828).

          --tcp-write-timeout <DURATION>
              Close a TCP connection whose client takes no answers for so long [default: 5s].
              A client of a transfer has 30 seconds at least for each part of it.

          --proxy-protocol-from <CIDR>
              Expect PROXY protocol v2 from these load balancers (repeatable).
              Peers in CIDR must put a PROXY header before their queries, or before TLS begins; nobody
              else may. The client it names is the one that access lists and rate limits see.

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
              0 is off. Response rate limiting, counted apart for answers, referrals, names that do not
              exist and errors. Clients with a valid cookie are not limited.

          --rate-limit-slip <N>
              Of the answers over the limit, truncate each N-th instead of dropping it [default: 2].
              So that real clients come back by TCP. 1 truncates all, 0 drops all; at most 31.

          --rate-limit-prefix-v4 <BITS>
              IPv4 addresses whose first bits are the same are one network to the rate limit [default:
              24]

          --rate-limit-prefix-v6 <BITS>
              The same of IPv6 [default: 56].
              At most 64.

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

          --key <[ALGORITHM:]NAME:SECRET>
              Know this key (repeatable).
              As 'dig -y' takes it; of hmac-sha256 if there is no ALGORITHM. Better set by environment
              or file: other users of a machine can read command lines.

          --allow-transfer <[ZONE=]WHO>
              Let WHO transfer zones (repeatable).
              WHO is key:NAME, an address or network, or cert:NAME for who shows a certificate of that
              name or address by TLS (cert:* of any). What stands behind a comma must hold too, such as
              key:NAME,NETWORK,tls: tls lets nobody have it in the clear. Without ZONE= it is for all
              zones that have no grant of their own. Transfers (AXFR, IXFR) go over TCP or TLS; nobody
              may have them by default.

          --notify <[ZONE=]ADDR[:PORT]>
              Tell this server when a zone has changed (repeatable).
              A secondary that is told (NOTIFY) comes for the changes at once. Without ZONE= it is for
              all zones that do not name servers of their own.

          --secondary <ZONE=ADDR[:PORT][,key:NAME][,tls[:NAME]]>
              Follow a zone of another server (repeatable).
              We are a secondary of the zone: it is transferred from that primary, asked for with the
              key if one is named, and served with the primary's own serial. Give it again for each
              further primary of the zone. A copy is kept in --data-dir. Changes come by NOTIFY from the
              primary, or at the times that its SOA says. With tls it is asked by TLS (RFC 9103), on
              port 853; its certificate must have that NAME, or else its address.

          --secondary-tls-ca <FILE>
              Certificates that primaries are trusted by.
              Without it those that the system trusts.

          --secondary-tls-cert <FILE>
              Our certificate for primaries

          --secondary-tls-cert-key <FILE>
              Key of that certificate

          --secondary-tls-skip-verify
              Do not check certificates of primaries

          --catalog <NAME>
              Serve a catalog zone of this name.
              It lists all zones that we are the primary of, so that secondaries which know catalog
              zones (RFC 9432) follow each of them as they come and go. It is answered to those only who
              may transfer it.

          --catalog-group <GROUP=ZONE[,ZONE...]>
              Put zones into a group of the catalog (repeatable).
              Secondaries may treat zones by their groups: BIND, Knot and others have words for that. A
              zone may be in several groups.

          --secondary-catalog <ZONE=ADDR[:PORT][,key:NAME][,tls[:NAME]]>
              Follow all zones that a catalog zone lists (repeatable).
              The catalog zone itself is followed as with --secondary; the zones it lists (RFC 9432) are
              followed from the same primaries, asked with the same keys, as they come and go. Give it
              again for each further primary of the catalog. A catalog that breaks a rule changes
              nothing.

          --serial-policy <increment|unixtime|date>
              What serials of new versions are like [default: increment].
              One more than before, seconds since 1970, or the date in UTC with two digits that count
              (2026112201). A serial that is later already is counted up, as one that a zone file gives;
              whatever the policy, serials only grow. Copies of other servers' zones have theirs.

          --forward-updates
              Hand updates of followed zones on to their primaries.
              They are handed on unchanged, and the primary judges them. Without it they are answered by
              NOTAUTH.

          --update-policy <[ZONE=]RULE>
              Let clients update zones (RFC 2136) (repeatable).
              RULE is as in BIND: grant|deny KEY name|subdomain|wildcard NAME [TYPE...], grant|deny KEY
              zonesub|self|selfsub|selfwild|tcp-self [TYPE...]. The first rule that fits a record
              decides; without one it is refused. KEY may be * for any key, or a network instead of a
              key, which counts over TCP only. Without types it is for all but NS, SOA, NSEC, NSEC3 and
              RRSIG; ANY is all. 'takeover' at the end lets the client put its records above those of
              zone files and objects. Example: 'example.org=grant dhcp subdomain dyn.example.org A AAAA
              DHCID'.

    More than one copy:
          --leader-elect
              Be one of several copies, of which one leads.
              By a Lease of the cluster one copy leads: it writes the zones, takes updates, and is the
              only one that writes to other destinations. The others follow it by transfers, answer from
              what they have, hand updates on to it, and take its place when it is gone. Needs
              --replica-key.

          --leader-elect-resource-name <NAME>
              The Lease that copies have in common [default: zonewright]

          --leader-elect-resource-namespace <NAMESPACE>
              The namespace of that Lease, and of the pod [default: the pod's]

          --leader-elect-lease-duration <DURATION>
              How long others wait for a leader that is silent [default: 5s].
              Whole seconds.

          --leader-elect-renew-deadline <DURATION>
              How long a leader writes after its last renewal [default: 3s].
              What lies between this and the duration of the Lease is the time that a request which is
              on its way has to end.

          --leader-elect-retry-period <DURATION>
              How often the Lease is renewed, and asked for [default: 1s]

          --replica-name <NAME>
              Name of this copy: that of its pod [default: the host's name].
              The leader puts the label zonewright.dev/role=leader on the pod of this name, for a
              Service that selects it.

          --replica-address <ADDR[:PORT]>
              Where other copies reach this one [default: the first --listen].
              By DNS over TCP: they transfer zones from there when this copy leads, and hand updates on.
              In a pod it is the pod's address. Without a port it is that of the first --listen.

          --replica-peers <HOST[:PORT]>
              Where all copies are found (repeatable).
              A leader tells them of each change at once. HOST is an address, or a name with the
              addresses of several, such as that of a headless Service with publishNotReadyAddresses.
              Without a port it is that of the first --listen.

          --no-replica-candidate
              Never lead, only follow.
              This copy transfers zones, answers and hands updates on, and asks the API server for
              nothing but who leads. Three copies that may lead are enough.

          --replica-key <NAME>
              The key that copies know each other by.
              It must be in a --key-file, the same for all copies. Who has it may transfer all zones.

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

          --shutdown-delay <DURATION>
              Answer on for so long after a signal to end, while /readyz says no [default: 0s].
              For those who look at /readyz now and then to send questions elsewhere before answers end.
              A second signal ends this wait.

          --audit-log <PATH>
              Write each change of a record here, as a line of JSON.
              A line for each RRset of our zones that is another one from some serial on: what it was
              and is, and who wanted it: a zone file, the key of an update, an object of the cluster
              with its uid. Lines are added to the file, which may be moved away; '-' is standard
              output.

          --log-format <text|json>
              How logs are written [default: text]

          --log-level <LEVEL>
              What is logged: error, warning, info, debug or trace [default: info].
              The panic and fatal of external-dns are taken as error.
    ");
}
