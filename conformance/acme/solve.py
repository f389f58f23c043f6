"""Makes the record of a challenge and takes it away as certbot's plugin does, and says what went well.

Usage: solve.py ADDRESS PORT ZONE ALGORITHM SECRET; the key is called as its algorithm.
"""

import inspect
import sys

import dns.message
import dns.query
import dns.tsig
from certbot_dns_rfc2136._internal.dns_rfc2136 import _RFC2136Client

ADDRESS, PORT, ZONE, ALGORITHM, SECRET = sys.argv[1:]
PORT = int(PORT)
NAMES = {
    "hmac-md5": dns.tsig.HMAC_MD5,
    "hmac-sha1": dns.tsig.HMAC_SHA1,
    "hmac-sha224": dns.tsig.HMAC_SHA224,
    "hmac-sha256": dns.tsig.HMAC_SHA256,
    "hmac-sha384": dns.tsig.HMAC_SHA384,
    "hmac-sha512": dns.tsig.HMAC_SHA512,
}


def texts(name):
    query = dns.message.make_query(name, "TXT")
    reply = dns.query.udp(query, ADDRESS, port=PORT, timeout=5)
    return [text.to_text() for rrset in reply.answer for text in rrset]


def main():
    arguments = [ADDRESS, PORT, ALGORITHM, SECRET, NAMES[ALGORITHM]]
    # Newer ones can sign questions too.
    more = {"sign_query": False} if "sign_query" in inspect.signature(_RFC2136Client).parameters else {}
    client = _RFC2136Client(*arguments, **more)
    name = f"_acme-challenge.{ALGORITHM}.{ZONE}"
    client.add_txt_record(name, "challenge", 60)
    if texts(name) != ['"challenge"']:
        raise SystemExit(f"{name}: {texts(name)}")
    print("did update TCP")
    client.del_txt_record(name, "challenge")
    if texts(name):
        raise SystemExit(f"{name}: {texts(name)}")
    print("did delete")
    print(f"did TSIG {ALGORITHM.removeprefix('hmac-')}")


main()
