"""Asks a server for every RRset of zone files, as dnspython reads them.

Usage: client.py ADDRESS PORT ORIGIN=FILE…
"""

import sys

import dns.edns
import dns.flags
import dns.message
import dns.name
import dns.query
import dns.rcode
import dns.rdatatype
import dns.zone

TIMEOUT = 3


def ask(server, name, rtype, **options):
    """The answer by UDP, and by TCP if that is truncated."""
    query = dns.message.make_query(name, rtype, **options)
    query.flags &= ~dns.flags.RD
    reply, _ = dns.query.udp_with_fallback(query, server[0], TIMEOUT, server[1])
    return reply


def visible(zone, name):
    """Whether a name is above all cuts and beside all redirections below the apex."""
    while name != zone.origin:
        name = name.parent()
        node = zone.get_node(name)
        if node is None:
            continue
        if name != zone.origin and node.get_rdataset(dns.rdataclass.IN, dns.rdatatype.NS):
            return False
        if node.get_rdataset(dns.rdataclass.IN, dns.rdatatype.DNAME):
            return False
    return True


def compare_zone(server, origin, path):
    """Differences between a zone file and what the server answers."""
    zone = dns.zone.from_file(path, origin, relativize=False, check_origin=False)
    count = 0
    for name, node in zone.nodes.items():
        if not visible(zone, name):
            continue
        cut = name != zone.origin and node.get_rdataset(dns.rdataclass.IN, dns.rdatatype.NS)
        for rdataset in node.rdatasets:
            if cut and rdataset.rdtype != dns.rdatatype.DS:
                continue
            for options in ({}, {"use_edns": 0, "payload": 1232}, {"want_dnssec": True}):
                count += 1
                reply = ask(server, name, rdataset.rdtype, **options)
                found = [rrset for rrset in reply.answer
                         if rrset.name == name and rrset.rdtype == rdataset.rdtype]
                where = f"{name} {dns.rdatatype.to_text(rdataset.rdtype)} {options}"
                if reply.rcode() != dns.rcode.NOERROR or not reply.flags & dns.flags.AA:
                    yield f"{where}: {reply}"
                elif len(found) != 1 or set(found[0]) != set(rdataset):
                    yield f"{where}: {reply}\nexpected {rdataset}"
                elif found[0].ttl != rdataset.ttl:
                    yield f"{where}: TTL {found[0].ttl}, expected {rdataset.ttl}"
    if count == 0:
        yield f"{origin}: nothing was compared"


def compare_edns(server, origin):
    """What dnspython's EDNS classes make of our options."""
    cookie = dns.edns.GenericOption(dns.edns.COOKIE, bytes(range(8)))
    nsid = dns.edns.GenericOption(dns.edns.NSID, b"")
    reply = ask(server, origin, "SOA", use_edns=0, options=[cookie, nsid])
    options = {option.otype: option for option in reply.options}
    if dns.edns.NSID not in options:
        yield f"no NSID in {reply}"
    if dns.edns.COOKIE not in options:
        yield f"no cookie in {reply}"
    reply = ask(server, dns.name.from_text("nowhere."), "A", use_edns=0)
    if reply.rcode() != dns.rcode.REFUSED:
        yield f"not refused: {reply}"


def compare_tcp(server, origin):
    """Several queries on one TCP connection."""
    import socket

    with socket.create_connection(server, TIMEOUT) as connection:
        for rtype in ("SOA", "NS", "A"):
            query = dns.message.make_query(origin, rtype)
            reply = dns.query.tcp(query, server[0], TIMEOUT, server[1], sock=connection)
            if reply.rcode() != dns.rcode.NOERROR:
                yield f"{origin} {rtype}: {reply}"


def main():
    server = (sys.argv[1], int(sys.argv[2]))
    wrong = []
    for argument in sys.argv[3:]:
        origin, _, path = argument.partition("=")
        origin = dns.name.from_text(origin)
        wrong += compare_zone(server, origin, path)
    wrong += compare_edns(server, origin)
    wrong += compare_tcp(server, origin)
    for text in wrong:
        print(text)
    return 1 if wrong else 0


sys.exit(main())
