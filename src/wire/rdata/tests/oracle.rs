//! Agreement with hickory-proto where it knows the type: the same bytes, and the same text.

use hickory_proto::rr::{RData, RecordType};
use hickory_proto::serialize::binary::{
    BinDecoder, BinEncodable, BinEncoder, NameEncoding, Restrict,
};

use super::{parse_line, print_data};
use crate::types::Rtype;

#[test]
fn hickory_reads_our_bytes_and_writes_them_back() {
    for (rtype, line) in RECORDS {
        let rdata = parse_line(*rtype, line).unwrap();
        let mut decoder = BinDecoder::new(&rdata);
        let length = Restrict::new(u16::try_from(rdata.len()).unwrap());
        let theirs = RData::read(&mut decoder, RecordType::from(rtype.0), length);
        let theirs = theirs.unwrap_or_else(|error| panic!("{rtype} {line}: {error}"));
        assert_eq!(bytes(&theirs), rdata, "{rtype} {line}");
    }
}

#[test]
fn hickory_reads_our_text_as_the_same_bytes() {
    for (rtype, line) in RECORDS.iter().filter(|(rtype, _)| !NO_TEXT.contains(rtype)) {
        let rdata = parse_line(*rtype, line).unwrap();
        let printed = print_data(*rtype, &rdata);
        let theirs = RData::try_from_str(RecordType::from(rtype.0), &printed);
        let theirs = theirs.unwrap_or_else(|error| panic!("{rtype} {printed}: {error}"));
        assert_eq!(bytes(&theirs), rdata, "{rtype} {printed}");
    }
}

fn bytes(data: &RData) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = BinEncoder::new(&mut bytes);
    encoder.set_name_encoding(NameEncoding::Uncompressed);
    data.emit(&mut encoder).unwrap();
    bytes
}

/// Types whose text hickory does not read.
const NO_TEXT: [Rtype; 10] = [
    Rtype::CERT,
    Rtype::CDNSKEY,
    Rtype::CDS,
    Rtype::DNSKEY,
    Rtype::KEY,
    Rtype::NSEC,
    Rtype::NSEC3,
    Rtype::NSEC3PARAM,
    Rtype::RRSIG,
    Rtype::TSIG,
];

const RECORDS: &[(Rtype, &str)] = &[
    (Rtype::A, "192.0.2.1"),
    (Rtype::AAAA, "2001:db8::1"),
    (Rtype::NS, "a\\.b.example.com."),
    (Rtype::CNAME, "*.example.com."),
    (Rtype::PTR, "host.example.com."),
    (Rtype::SOA, "ns.x. admin.x. 1 2 3 4 5"),
    (Rtype::MX, "10 mail.example.com."),
    (Rtype::TXT, "\"a b\" c \"\""),
    (Rtype::HINFO, "PC Linux"),
    (Rtype::SRV, "1 2 3 sip.example.com."),
    (
        Rtype::NAPTR,
        "100 50 \"s\" \"http+I2L\" \"\" _http._tcp.example.",
    ),
    (Rtype::CAA, "0 issue \"ca.example.net\""),
    (Rtype::CERT, "PKIX 1 8 AQIDBA=="),
    (Rtype::CSYNC, "66 3 A NS AAAA"),
    (Rtype::OPENPGPKEY, "AQIDBA=="),
    (Rtype::SSHFP, "2 1 123456789ABCDEF67890123456789ABCDEF67890"),
    (Rtype::TLSA, "3 1 1 D2ABDE240D7CD3EE6B4B28C54DF034B9"),
    (Rtype::SMIMEA, "3 1 1 D2ABDE240D7CD3EE6B4B28C54DF034B9"),
    (
        Rtype::DS,
        "60485 5 1 2BB183AF5F22588179A53B0A98631FAD1A292118",
    ),
    (
        Rtype::CDS,
        "60485 5 1 2BB183AF5F22588179A53B0A98631FAD1A292118",
    ),
    (Rtype::DNSKEY, "256 3 8 AwEAAbdxyhNuSutc5EMzxTs9"),
    (Rtype::CDNSKEY, "257 3 8 AwEAAbdxyhNuSutc5EMzxTs9"),
    (Rtype::KEY, "256 3 8 AwEAAbdxyhNuSutc5EMzxTs9"),
    (
        Rtype::RRSIG,
        "A 8 3 86400 20030322173103 20030220173103 2642 x. oJB1W6WN",
    ),
    (Rtype::NSEC, "host.example.com. A MX RRSIG NSEC TYPE1234"),
    (
        Rtype::NSEC3,
        "1 1 12 AABBCCDD 2T7B4G4VSA5SMI47K61MV5BV1A22BOJR NS MX",
    ),
    (Rtype::NSEC3PARAM, "1 0 12 AABBCCDD"),
    (
        Rtype::SVCB,
        "16 foo.example.org. mandatory=alpn,ipv4hint alpn=\"h2,h3-19\" ipv4hint=192.0.2.1",
    ),
    (
        Rtype::SVCB,
        "1 foo.example.com. ipv6hint=2001:db8::1,2001:db8::53:1 key667=\"hello\"",
    ),
    (
        Rtype::HTTPS,
        "1 . alpn=\"h2\" no-default-alpn port=8443 ech=AEb+DQBC",
    ),
    (
        Rtype::TSIG,
        "hmac-sha256. 5 300 32 AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA= 1 0 0",
    ),
];
