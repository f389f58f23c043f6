//! Both sides together, and beside other programs.

mod faults;
mod hickory;
mod properties;
mod transfer;
mod vectors;

use std::sync::Arc;

use wire::Name;

use crate::*;

/// When all of this happens.
const NOW: u64 = 1_700_000_000;

fn name(text: &str) -> Name {
    Name::from_text(text.as_bytes(), None).unwrap()
}

fn key(algorithm: Algorithm) -> Arc<Key> {
    let secret = Secret::new((0..32).collect());
    Arc::new(Key::new(name("Key.Example.").as_ref(), algorithm, secret))
}

fn keys(key: &Arc<Key>) -> Keys {
    let mut keys = Keys::default();
    keys.insert(Arc::clone(key)).unwrap();
    keys
}

/// An UPDATE of a zone that changes nothing, with these flags.
fn message(flags: u16) -> Vec<u8> {
    let [high, low] = flags.to_be_bytes();
    let header = [0x12, 0x34, high, low, 0, 1, 0, 0, 0, 0, 0, 0];
    let question = b"\x07example\x03org\x00\x00\x06\x00\x01";
    [&header[..], question].concat()
}

fn request() -> Vec<u8> {
    message(0x2800)
}

/// Where the TSIG record of a message is.
fn tsig_at(message: &[u8]) -> usize {
    TsigRecord::find(message).unwrap().unwrap()
}

/// A signed request, and what it is judged to be.
fn verified(key: &Arc<Key>) -> (RequestMac, Verified) {
    let mut message = request();
    let mac = sign_request(&mut message, key, NOW, FUDGE).unwrap();
    let verified = verify(&message, tsig_at(&message), &keys(key), NOW).unwrap();
    (mac, verified)
}

/// An answer in a room of any size, and its length.
fn answer() -> (Vec<u8>, usize) {
    let mut answer = message(0xA800);
    let len = answer.len();
    answer.resize(512, 0);
    (answer, len)
}

/// The MAC of a message's TSIG record.
fn mac(message: &[u8]) -> String {
    let mut text = String::new();
    let record = TsigRecord::read(message, tsig_at(message)).unwrap();
    wire::text::print_hex_lower(record.mac, &mut text).unwrap();
    text
}
