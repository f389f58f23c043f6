"""Asks, updates and transfers a zone by TLS, as dnspython does it, and says what went well.

Usage: tls.py ADDRESS PORT ZONE KEY SECRET CA CERTIFICATE CERTIFICATE-KEY HOSTNAME
"""

import socket
import ssl
import sys

import dns.message
import dns.query
import dns.rcode
import dns.tsigkeyring
import dns.update
import dns.versioned
import dns.xfr

ADDRESS, PORT, ZONE, KEY, SECRET, CA, CERTIFICATE, CERTIFICATE_KEY, HOSTNAME = sys.argv[1:]
KEYS = dns.tsigkeyring.from_text({KEY: ("hmac-sha256", SECRET)})
TIMEOUT = 5


def connect():
    context = ssl.create_default_context(cafile=CA)
    context.load_cert_chain(CERTIFICATE, CERTIFICATE_KEY)
    context.set_alpn_protocols(["dot"])
    plain = socket.create_connection((ADDRESS, int(PORT)), TIMEOUT)
    connection = context.wrap_socket(plain, server_hostname=HOSTNAME)
    if connection.selected_alpn_protocol() != "dot" or connection.version() != "TLSv1.3":
        raise SystemExit(f"{connection.selected_alpn_protocol()} by {connection.version()}")
    return connection


def receive(connection, of, **options):
    length = int.from_bytes(take(connection, 2), "big")
    wire = take(connection, length)
    return length, dns.message.from_wire(wire, of.keyring, of.mac, **options)


def ask(connection):
    """Questions in a row are answered in their order; who pads gets it padded, others do not."""
    queries = [dns.message.make_query(f"www.{ZONE}", kind) for kind in ("A", "TXT", "AAAA")]
    for query, pad in zip(queries, (128, 0, 128)):
        query.use_edns(0, pad=pad)
        dns.query.send_tcp(connection, query)
    for query, pad in zip(queries, (128, 0, 128)):
        length, answer = receive(connection, query)
        if not query.is_response(answer) or (length % 468 == 0) != (pad > 0):
            raise SystemExit(f"{length} bytes: {answer}")


def take(connection, length):
    data = b""
    while len(data) < length:
        more = connection.recv(length - len(data))
        if not more:
            raise SystemExit("the connection has ended")
        data += more
    return data


def transfer(connection, records):
    query, serial = dns.xfr.make_query(records, keyring=KEYS, keyname=KEY)
    query.use_edns(0, pad=128)
    dns.query.send_tcp(connection, query)
    kind = query.question[0].rdtype
    with dns.xfr.Inbound(records, kind, serial, False) as inbound:
        done, context = False, None
        while not done:
            length, message = receive(
                connection, query, xfr=True, origin=records.origin, tsig_ctx=context,
                multi=True, one_rr_per_rrset=True,
            )
            if length % 468:
                raise SystemExit(f"{length} bytes of a transfer")
            done = inbound.process_message(message)
            context = message.tsig_ctx
    return kind


def main():
    with connect() as connection:
        ask(connection)
        records = dns.versioned.Zone(ZONE)
        transfer(connection, records)
        update = dns.update.UpdateMessage(ZONE, keyring=KEYS, keyname=KEY)
        update.add("by-tls", 60, "TXT", "one")
        dns.query.send_tcp(connection, update)
        _, answer = receive(connection, update)
        if answer.rcode() != dns.rcode.NOERROR or not answer.had_tsig:
            raise SystemExit(f"update: {answer}")
        transfer(connection, records)
        if "by-tls" not in {name.to_text() for name in records.nodes}:
            raise SystemExit(f"by-tls is not in {sorted(map(str, records.nodes))}")


main()
