//! What does it cost to read? Requests as they come from the wire, and the text of zone files.

use std::hint::black_box;

use benches::{Arguments, Mix, Random, apex, question, write_zone};
use wire::message::{Header, Question, Trailer};
use zone::file::parse_str;

const REQUESTS: usize = 1 << 14;
const RECORDS: usize = 100_000;

fn main() {
    let arguments = Arguments::read();
    for (name, edns) in [("request, plain", false), ("request, edns", true)] {
        let mut random = Random::new(1);
        let requests: Vec<Vec<u8>> = (0..REQUESTS)
            .map(|_| question(Mix::Mixed.name_to_ask(&mut random, RECORDS).as_ref(), edns))
            .collect();
        read_requests(&arguments, name, &requests);
    }
    let cookie: Vec<u8> = {
        let mut request = question(apex().as_ref(), true);
        // The OPT record's data: one option of eight bytes, a client cookie.
        let end = request.len() - 2;
        request.truncate(end);
        request.extend_from_slice(&[0, 12, 0, 10, 0, 8, 1, 2, 3, 4, 5, 6, 7, 8]);
        request
    };
    read_requests(&arguments, "request, edns with a cookie", &[cookie]);

    let mut hosts = Vec::new();
    if write_zone(&mut hosts, "bench.example", RECORDS).is_err() {
        return;
    }
    for (name, text) in [
        ("zone text, one address a name", hosts),
        (
            "zone text, records of many types",
            many_types().into_bytes(),
        ),
    ] {
        let Some(records) = parse_str(&text, name, &apex()).records else {
            continue;
        };
        let records = records.len();
        arguments.case(name, records, |ops| {
            for _ in 0..ops.div_ceil(records) {
                black_box(parse_str(black_box(&text).as_slice(), name, &apex()));
            }
        });
    }
}

/// Header, question, what stands behind it, and each EDNS option.
fn read_requests(arguments: &Arguments, name: &str, requests: &[Vec<u8>]) {
    arguments.case(name, REQUESTS, |ops| {
        for request in requests.iter().cycle().take(ops) {
            let request = black_box(request.as_slice());
            let (Some(header), Ok(asked)) = (Header::read(request), Question::read(request)) else {
                continue;
            };
            let read = Trailer::read(request, header, asked.end());
            let options = read.ok().and_then(|trailer| trailer.edns);
            black_box(options);
        }
    });
}

/// A zone of the kinds of records that people have, as they write them.
fn many_types() -> String {
    let mut text = String::from(
        "$TTL 1h\n@ IN SOA ns1 hostmaster ( 1 ; serial\n 1h 10m 1w 30 )\n IN NS ns1\nns1 A 192.0.2.1\n",
    );
    for number in 0..RECORDS / 10 {
        let [.., c, d] = number.to_be_bytes();
        text += &format!(
            "; customer {number}\n\
             c{number}\t300\tIN\tA\t10.1.{c}.{d}\n\
             \t\tIN\tAAAA\t2001:db8:{number:x}::{c:x}:{d:x}\n\
             \t\tIN\tMX\t10 mail.c{number}\n\
             \t\tIN\tTXT\t\"v=spf1 ip4:10.1.{c}.{d} include:_spf.example.net -all\"\n\
             \t\tIN\tCAA\t0 issue \"ca.example.net\"\n\
             www.c{number}\tIN\tCNAME\tc{number}\n\
             mail.c{number} 1h30m IN A 10.2.{c}.{d}\n\
             _sip._tcp.c{number} IN SRV 0 5 5060 mail.c{number}\n\
             sub.c{number} NS ns.sub.c{number}\n\
             ns.sub.c{number} A 10.3.{c}.{d}\n"
        );
    }
    text
}
