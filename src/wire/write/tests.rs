use super::*;
use crate::name::Name;
use crate::types::{Rtype, Ttl};

fn name(text: &str) -> Name {
    Name::from_text(text.as_bytes(), None).unwrap()
}

#[test]
fn names_point_to_the_longest_suffix_before_them() {
    let question = name("www.Example.org.");
    let (mail, apex) = (name("mail.example.org."), name("example.org."));
    let mx = [&[0, 10], mail.as_bytes()].concat();
    let mut bytes = [0; 200];
    bytes[12..29].copy_from_slice(question.as_bytes());
    let mut writer = Writer::new(&mut bytes, 33, 200);
    writer.anchor(question.as_ref(), 12);
    let ttl = Ttl::from_secs(1);
    writer
        .rrset(question.as_ref(), Rtype::MX, ttl, [&mx[..]].into_iter())
        .unwrap();
    let first = writer.len();
    writer
        .rrset(
            mail.as_ref(),
            Rtype::A,
            ttl,
            [&[1, 2, 3, 4][..]; 2].into_iter(),
        )
        .unwrap();
    let second = writer.len();
    writer
        .rrset(apex.as_ref(), Rtype::NS, ttl, [mail.as_bytes()].into_iter())
        .unwrap();
    let end = writer.len();
    assert_eq!(
        &bytes[33..first],
        b"\xC0\x0C\x00\x0F\x00\x01\x00\x00\x00\x01\x00\x09\x00\x0A\x04mail\xC0\x10"
    );
    let mail_at = 33 + 14;
    let record = b"\xC0\x2F\x00\x01\x00\x01\x00\x00\x00\x01\x00\x04\x01\x02\x03\x04";
    assert_eq!(mail_at, 0x2F);
    assert_eq!(&bytes[first..second], [&record[..], record].concat());
    assert_eq!(
        &bytes[second..end],
        b"\xC0\x10\x00\x02\x00\x01\x00\x00\x00\x01\x00\x02\xC0\x2F"
    );
}

#[test]
fn a_prepared_record_is_the_one_that_would_be_written() {
    for (question, owner) in [
        ("www.example.org.", "example.org."),
        ("a.", "."),
        ("b.", "b."),
    ] {
        let (question, owner) = (name(question), name(owner));
        let mut rdata = [&b"\x02ns"[..], owner.as_bytes(), b"\x01h\x03net\x00"].concat();
        rdata.extend_from_slice(&[7; 20]);
        let ttl = Ttl::from_secs(5);
        let mut written = [[0; 200]; 2];
        let mut lens = [0; 2];
        for (way, bytes) in written.iter_mut().enumerate() {
            bytes[12..12 + question.as_bytes().len()].copy_from_slice(question.as_bytes());
            let end = 16 + question.as_bytes().len();
            let mut writer = Writer::new(bytes, end, 200);
            writer.anchor(question.as_ref(), 12);
            let count = if way == 0 {
                let at = 12 + question.as_bytes().len() - owner.as_bytes().len();
                let record = Prepared::new(owner.as_ref(), Rtype::SOA, ttl, &rdata);
                writer.prepared(&record, at)
            } else {
                writer.rrset(owner.as_ref(), Rtype::SOA, ttl, [&rdata[..]].into_iter())
            };
            assert_eq!(count, Ok(1));
            lens[way] = writer.len();
        }
        assert_eq!(written[0][..lens[0]], written[1][..lens[1]]);
    }
}

#[test]
fn what_does_not_fit_leaves_the_message_as_it_was() {
    let owner = name("a.example.");
    let big = [7; 20];
    let mut bytes = [0; 100];
    let mut writer = Writer::new(&mut bytes, 12, 60);
    let ttl = Ttl::from_secs(1);
    assert_eq!(
        writer.rrset(owner.as_ref(), Rtype::TXT, ttl, [&big[..]; 2].into_iter()),
        Err(Full)
    );
    assert_eq!(writer.len(), 12);
    assert_eq!(
        writer.rrset(owner.as_ref(), Rtype::TXT, ttl, [&big[..]].into_iter()),
        Ok(1)
    );
}
