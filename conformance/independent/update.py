"""Updates and transfers a zone as dnspython does it, and says what went well.

Usage: update.py ADDRESS PORT ZONE ALGORITHM SECRET; the key is called as its algorithm.
"""

import sys

import dns.query
import dns.rcode
import dns.tsigkeyring
import dns.update
import dns.versioned
import dns.xfr

ADDRESS, PORT, ZONE, ALGORITHM, SECRET = sys.argv[1:]
PORT = int(PORT)
NAME = {"hmac-md5": "hmac-md5.sig-alg.reg.int"}.get(ALGORITHM, ALGORITHM)
KEYS = dns.tsigkeyring.from_text({ALGORITHM: (NAME, SECRET)})
TIMEOUT = 5


def new():
    return dns.update.UpdateMessage(ZONE, keyring=KEYS, keyname=ALGORITHM)


def send(update, expected=dns.rcode.NOERROR, query=dns.query.tcp):
    """Sends an update; the library checks the signature of the answer."""
    reply = query(update, ADDRESS, port=PORT, timeout=TIMEOUT)
    if reply.rcode() != expected or not reply.had_tsig:
        raise SystemExit(f"expected {dns.rcode.to_text(expected)}, signed: {reply}\n{update}")


def zone(records):
    """A zone as it is transferred: whole, or from the version on that is there."""
    query, _ = dns.xfr.make_query(records, keyring=KEYS, keyname=ALGORITHM)
    dns.query.inbound_xfr(ADDRESS, records, query=query, port=PORT, timeout=TIMEOUT)
    return records


def owners(records):
    return {name.to_text() for name in records.nodes}


def main():
    host = f"py-{ALGORITHM}"
    copy = zone(dns.versioned.Zone(ZONE))
    print("did AXFR")
    update = new()
    update.absent(host)
    update.add(host, 60, "A", "192.0.2.1")
    send(update, query=dns.query.udp)
    print("did update UDP")
    send(update, dns.rcode.YXDOMAIN)
    update = new()
    update.present(host, "A")
    update.absent(host, "TXT")
    update.add(host, 60, "TXT", "one")
    update.replace(host, 90, "A", "192.0.2.2")
    send(update)
    send(update, dns.rcode.YXRRSET)
    print("did update TCP")
    update = new()
    update.present(host, "A", "192.0.2.1")
    update.delete(host)
    send(update, dns.rcode.NXRRSET)
    print("did prerequisite")
    # From the version that was whole to this one, by what was between.
    zone(copy)
    if host not in owners(copy):
        raise SystemExit(f"{host} is not in {owners(copy)}")
    print("did IXFR")
    for what in (("A", "192.0.2.2"), ("TXT",), ()):
        update = new()
        update.delete(host, *what)
        send(update)
    if host in owners(zone(dns.versioned.Zone(ZONE))):
        raise SystemExit(f"{host} is still there")
    print("did delete")
    print(f"did TSIG {ALGORITHM.removeprefix('hmac-')}")


main()
