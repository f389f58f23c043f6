//! Flags about who may transfer and update zones, and who is told of changes.

use super::{Flag, Group, Scope};

pub(super) const GROUP: Group = Group {
    heading: "Transfers and updates",
    scope: Scope::Process,
    built: true,
    flags: &[
        Flag::repeated("key-file", "PATH", "").says(
            "Know the keys in this file",
            "Keys as tsig-keygen and 'zonewright key new' write them. Whoever signs a request by such a \
             key (TSIG) is granted what the flags below say of it; a key alone grants nothing.",
        ),
        Flag::repeated("key", "[ALGORITHM:]NAME:SECRET", "")
            .secret()
            .says(
                "Know this key",
                "As 'dig -y' takes it; of hmac-sha256 if there is no ALGORITHM. Better set by environment or file: \
                 other users of a machine can read command lines.",
            ),
        Flag::repeated("allow-transfer", "[ZONE=]WHO", "").says(
            "Let WHO transfer zones",
            "WHO is key:NAME, an address or network, or cert:NAME for who shows a certificate of that name or \
             address by TLS (cert:* of any). What stands behind a comma must hold too, such as \
             key:NAME,NETWORK,tls: tls lets nobody have it in the clear. Without ZONE= it is for all zones \
             that have no grant of their own. Transfers (AXFR, IXFR) go over TCP or TLS; nobody may have \
             them by default.",
        ),
        Flag::repeated("notify", "[ZONE=]ADDR[:PORT]", "").says(
            "Tell this server when a zone has changed",
            "A secondary that is told (NOTIFY) comes for the changes at once. Without ZONE= it is for all \
             zones that do not name servers of their own.",
        ),
        Flag::repeated("secondary", "ZONE=ADDR[:PORT][,key:NAME][,tls[:NAME]]", "").says(
            "Follow a zone of another server",
            "We are a secondary of the zone: it is transferred from that primary, asked for with the key if \
             one is named, and served with the primary's own serial. Give it again for each further primary \
             of the zone. A copy is kept in --data-dir. Changes come by NOTIFY from the primary, or at the \
             times that its SOA says. With tls it is asked by TLS (RFC 9103), on port 853; its certificate \
             must have that NAME, or else its address.",
        ),
        Flag::once("secondary-tls-ca", "FILE", "").says(
            "Certificates that primaries are trusted by",
            "Without it those that the system trusts.",
        ),
        Flag::once("secondary-tls-cert", "FILE", "").says("Our certificate for primaries", ""),
        Flag::once("secondary-tls-cert-key", "FILE", "").says("Key of that certificate", ""),
        Flag::switch("secondary-tls-skip-verify", false)
            .says("Do not check certificates of primaries", ""),
        Flag::once("catalog", "NAME", "").says(
            "Serve a catalog zone of this name",
            "It lists all zones that we are the primary of, so that secondaries which know catalog zones \
             (RFC 9432) follow each of them as they come and go. It is answered to those only who may \
             transfer it.",
        ),
        Flag::repeated("catalog-group", "GROUP=ZONE[,ZONE...]", "").says(
            "Put zones into a group of the catalog",
            "Secondaries may treat zones by their groups: BIND, Knot and others have words for that. A zone \
             may be in several groups.",
        ),
        Flag::repeated("secondary-catalog", "ZONE=ADDR[:PORT][,key:NAME][,tls[:NAME]]", "").says(
            "Follow all zones that a catalog zone lists",
            "The catalog zone itself is followed as with --secondary; the zones it lists (RFC 9432) are \
             followed from the same primaries, asked with the same keys, as they come and go. Give it \
             again for each further primary of the catalog. A catalog that breaks a rule changes nothing.",
        ),
        Flag::once("serial-policy", "increment|unixtime|date", "increment").says(
            "What serials of new versions are like",
            "One more than before, seconds since 1970, or the date in UTC with two digits that count \
             (2026112201). A serial that is later already is counted up, as one that a zone file gives; \
             whatever the policy, serials only grow. Copies of other servers' zones have theirs.",
        ),
        Flag::switch("forward-updates", false).says(
            "Hand updates of followed zones on to their primaries",
            "They are handed on unchanged, and the primary judges them. Without it they are answered by \
             NOTAUTH.",
        ),
        Flag::repeated("update-policy", "[ZONE=]RULE", "").says(
            "Let clients update zones (RFC 2136)",
            "RULE is as in BIND: grant|deny KEY name|subdomain|wildcard NAME [TYPE...], grant|deny KEY \
             zonesub|self|selfsub|selfwild|tcp-self [TYPE...]. The first rule that fits a record decides; \
             without one it is refused. KEY may be * for any key, or a network instead of a key, which counts over TCP only. Without \
             types it is for all but NS, SOA, NSEC, NSEC3 and RRSIG; ANY is all. 'takeover' at the end lets \
             the client put its records above those of zone files and objects. Example: \
             'example.org=grant dhcp subdomain dyn.example.org A AAAA DHCID'.",
        ),
    ],
};
