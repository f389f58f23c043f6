//! Tickets from a KDC in this process, which may do as it is told, and answers of no form at all.

use std::sync::Arc;
use std::time::Duration;

use proptest::prelude::*;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, UdpSocket};
use tokio::task::JoinSet;
use tsig::Session;
use wire::Name;
use zeroize::Zeroizing;

use crate::context::Begun;
use crate::crypto::{Etype, Key};
use crate::der::{self, Reader};
use crate::fault::{Code, Fault};
use crate::keytab::tests::entry;
use crate::login::Ticket;
use crate::message::{
    ApReply, KdcReply, Kind, KrbError, Padata, Principal, ReplyPart, encrypted, pa, preauth_info,
    usage,
};
use crate::{Conf, Credentials, Login, Proof, Realms, token};

const NOW: u64 = 1_800_000_000;
const PASSWORD: &str = "correct horse";
const SALT: &str = "A.TESTpusher";

/// How a KDC behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mood {
    /// As it should, but it says nothing by TCP.
    ByUdp,
    /// Its answers are to other requests.
    Confused,
    /// It knows the service.
    Good,
    /// It gives tickets that are said to be for this user and realm.
    Names(Kind, &'static str, &'static str),
    /// It gives tickets of the other realm for all services.
    Refers,
    /// It refuses all with this code.
    Refuses(i64),
    /// It asks for few rounds.
    Weak,
}

fn field_key(key: &Key) -> Vec<u8> {
    der::sequence(&[
        der::field(0, &der::int(key.etype().number())),
        der::field(1, &der::octets(key.as_bytes())),
    ])
}

fn error(code: i64, data: &[u8]) -> Vec<u8> {
    der::application(
        30,
        &[
            der::field(0, &der::int(5)),
            der::field(1, &der::int(30)),
            der::field(4, &der::time(NOW + 900)),
            der::field(5, &der::int(0)),
            der::field(6, &der::int(code)),
            der::field(12, &der::octets(data)),
        ],
    )
}

fn user_key() -> Key {
    Key::from_password(Etype::Aes256Sha1, PASSWORD, SALT, None).unwrap()
}

/// The key that is in all tickets.
fn session_key() -> Key {
    Key::new(Etype::Aes128Sha1, &[7; 16]).unwrap()
}

/// What a KDC of realm `A.TEST` or `B.TEST` says.
fn answer(mood: Mood, request: &[u8]) -> Vec<u8> {
    if let Mood::Refuses(code) = mood {
        return error(code, &[]);
    }
    let mut fields = Reader::new(request).application(&[10, 12]).unwrap();
    let is_as = fields.field(2).unwrap().int() == Ok(10);
    let padata = match fields.optional(3).unwrap() {
        Some(list) => Padata::read_all(list).unwrap(),
        None => Vec::new(),
    };
    let mut body = fields.field(4).unwrap().sequence().unwrap();
    let realm = body.field(2).unwrap().string().unwrap();
    let mut service = Principal::read(body.field(3).unwrap()).unwrap();
    let nonce = body.field(7).unwrap().int().unwrap() ^ i64::from(mood == Mood::Confused);
    if is_as && padata.is_empty() {
        let rounds: u32 = if mood == Mood::Weak { 1 } else { 4_096 };
        let entry = |etype| {
            der::sequence(&[
                der::field(0, &der::int(etype)),
                der::field(1, &der::string(SALT)),
                der::field(2, &der::octets(&rounds.to_be_bytes())),
            ])
        };
        // RC4 comes first, and is passed over.
        let list = der::sequence(&[entry(23), entry(18)]);
        let info = der::sequence(&[
            der::field(1, &der::int(pa::ETYPE_INFO2)),
            der::field(2, &der::octets(&list)),
        ]);
        return error(25, &der::sequence(&[info]));
    }
    let key = if is_as {
        let mut sent = Reader::new(&padata[0].bytes).sequence().unwrap();
        let bytes = sent.field(2).unwrap().octets().unwrap();
        if user_key().decrypt(usage::TIMESTAMP, bytes).is_err() {
            return error(24, &[]);
        }
        user_key()
    } else {
        session_key()
    };
    if !is_as && mood == Mood::Refers && realm == "A.TEST" {
        service = Principal::ticket_service("B.TEST");
    }
    let part = der::application(
        if is_as { 25 } else { 26 },
        &[
            der::field(0, &field_key(&session_key())),
            der::field(1, &der::sequence(&[])),
            der::field(2, &der::int(nonce)),
            der::field(4, &der::flags(0)),
            der::field(5, &der::time(NOW)),
            der::field(7, &der::time(NOW + 3_600)),
            der::field(9, &der::string(&realm)),
            der::field(10, &service.write()),
        ],
    );
    let kind = if is_as { Kind::As } else { Kind::Tgs };
    let (client, client_realm) = match mood {
        Mood::Names(at, client, realm) if at == kind => (client, realm),
        _ => ("pusher", "A.TEST"),
    };
    let (number, usage) = if is_as {
        (11, usage::AS_REPLY)
    } else {
        (13, usage::TGS_REPLY)
    };
    der::application(
        number,
        &[
            der::field(0, &der::int(5)),
            der::field(1, &der::int(number.into())),
            der::field(3, &der::string(client_realm)),
            der::field(4, &Principal::user(client).write()),
            der::field(5, &der::application(1, &[der::field(0, &der::int(5))])),
            der::field(6, &encrypted(&key, usage, &part).unwrap()),
        ],
    )
}

/// Runs KDCs of both realms in the set; gives what finds them.
async fn realms(mood: Mood, tasks: &mut JoinSet<()>, folder: &std::path::Path) -> Realms {
    let port = if mood == Mood::ByUdp {
        let udp = UdpSocket::bind(("127.0.0.1", 0)).await.unwrap();
        let port = udp.local_addr().unwrap().port();
        tasks.spawn(async move {
            let mut bytes = vec![0; 4_096];
            while let Ok((length, from)) = udp.recv_from(&mut bytes).await {
                let answer = answer(mood, &bytes[..length]);
                udp.send_to(&answer, from).await.unwrap();
            }
        });
        port
    } else {
        let tcp = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let port = tcp.local_addr().unwrap().port();
        tasks.spawn(async move {
            while let Ok((mut stream, _)) = tcp.accept().await {
                let length = stream.read_u32().await.unwrap();
                let mut request = vec![0; length as usize];
                stream.read_exact(&mut request).await.unwrap();
                let answer = answer(mood, &request);
                let length = u32::try_from(answer.len()).unwrap();
                stream.write_all(&length.to_be_bytes()).await.unwrap();
                stream.write_all(&answer).await.unwrap();
            }
        });
        port
    };
    let file = folder.join("krb5.conf");
    let kdc = format!("kdc = 127.0.0.1:{port}\n");
    let text = format!("[realms]\nA.TEST = {{\n{kdc}}}\nB.TEST = {{\n{kdc}}}\n");
    std::fs::write(&file, text).unwrap();
    Realms::new(Conf::read(&[file]).unwrap(), "/none".into(), || NOW)
}

fn login(user: &str, password: &str, realms: Realms) -> Login {
    let proof = Proof::Password(Zeroizing::new(password.into()));
    let login = login_by(user, proof, realms);
    assert!(!format!("{login:?}").contains(password));
    login
}

fn login_by(user: &str, proof: Proof, realms: Realms) -> Login {
    let credentials = Credentials {
        user: user.into(),
        realm: "A.TEST".into(),
        proof,
    };
    Login::new(credentials, realms, || NOW)
}

/// What becomes of a login, twice.
async fn log_in(mood: Mood, password: &str) -> [Result<Arc<Ticket>, Fault>; 2] {
    let folder = tempfile::tempdir().unwrap();
    let mut tasks = JoinSet::new();
    let realms = realms(mood, &mut tasks, folder.path()).await;
    // Logins of one account share what is known of it.
    let user = if password == PASSWORD {
        "pusher"
    } else {
        "mistaken"
    };
    let login = login(user, password, realms);
    let first = login.ticket("ns.b.test").await;
    [first, login.ticket("ns.b.test").await]
}

#[tokio::test]
async fn tickets_are_got_by_way_of_other_realms_and_kept() {
    for mood in [Mood::Good, Mood::Refers, Mood::ByUdp] {
        let [first, second] = log_in(mood, PASSWORD).await;
        assert!(Arc::ptr_eq(&first.unwrap(), &second.unwrap()), "{mood:?}");
    }
}

#[tokio::test]
async fn tickets_of_other_users_are_not_taken() {
    for (kind, user, realm, is_taken) in [
        (Kind::As, "other", "A.TEST", false),
        (Kind::As, "pusher", "B.TEST", false),
        (Kind::As, "Pusher", "a.test", true),
        (Kind::Tgs, "other", "A.TEST", false),
        (Kind::Tgs, "pusher", "B.TEST", false),
        (Kind::Tgs, "Pusher", "a.test", true),
    ] {
        let mood = Mood::Names(kind, user, realm);
        let [first, _] = log_in(mood, PASSWORD).await;
        match first {
            Ok(_) => assert!(is_taken, "{mood:?}"),
            Err(fault) => assert!(
                !is_taken && matches!(fault, Fault::OtherReply),
                "{mood:?}: {fault}"
            ),
        }
    }
}

#[tokio::test]
async fn a_keytab_is_as_good_as_a_password_and_read_each_time() {
    let folder = tempfile::tempdir().unwrap();
    let mut tasks = JoinSet::new();
    let realms = realms(Mood::Good, &mut tasks, folder.path()).await;
    let path = folder.path().join("keytab");
    let write = |user: &str, secret: &[u8]| {
        let entry = entry(user, "A.TEST", 1, 18, secret);
        std::fs::write(&path, [&[5, 2], &*entry].concat()).unwrap();
    };
    let own = user_key();
    for (user, keys, expected) in [
        ("pusher", Some(own.as_bytes()), ""),
        ("pusher", None, "it cannot be read"),
        ("stale", Some(&[7; 32][..]), "wrong password (24)"),
    ] {
        let login = login_by(user, Proof::Keytab(path.clone()), realms.clone());
        match keys {
            Some(secret) => write(user, secret),
            None => std::fs::remove_file(&path).unwrap(),
        }
        let said = match login.ticket("ns.b.test").await {
            Ok(_) => String::new(),
            Err(fault) => {
                assert!(fault.hint().is_some(), "{fault}");
                let source = std::error::Error::source(&fault).map(ToString::to_string);
                format!("{fault}: {}", source.unwrap_or_default())
            }
        };
        assert!(
            said.contains(expected) && said.is_empty() == expected.is_empty(),
            "{user}: {said}"
        );
        // A keytab that comes later is a login later.
        write("pusher", own.as_bytes());
        let later = login.ticket("ns.b.test").await;
        assert_eq!(later.is_ok(), user != "stale", "{user}");
    }
}

/// A directory that locks an account at the fifth wrong password, and forgets them after half an hour
/// without any, must not do so.
#[tokio::test]
async fn a_wrong_password_is_shown_seldom_by_all_logins_of_an_account() {
    let folder = tempfile::tempdir().unwrap();
    let mut tasks = JoinSet::new();
    let realms = realms(Mood::Good, &mut tasks, folder.path()).await;
    let logins = ["careless", "CARELESS"].map(|user| login(user, "wrong", realms.clone()));
    let mut shown = Vec::new();
    for minute in 0..100 {
        for login in &logins {
            match login.ticket("ns.b.test").await.unwrap_err() {
                Fault::Refused { .. } => shown.push(minute),
                fault => assert!(matches!(fault, Fault::Waiting { .. }), "{fault}"),
            }
        }
        // Stopped only meanwhile: the sockets are real.
        tokio::time::pause();
        tokio::time::advance(Duration::from_mins(1)).await;
        tokio::time::resume();
    }
    assert_eq!(shown, [0, 1, 32, 63, 94]);
    let other = login("careful", PASSWORD, realms);
    let fault = other.ticket("ns.b.test").await.err();
    assert!(!matches!(fault, Some(Fault::Waiting { .. })), "{fault:?}");
}

#[tokio::test]
async fn what_a_kdc_refuses_is_said_with_what_to_look_at() {
    let cases = [
        (
            Mood::Refuses(37),
            PASSWORD,
            "set the clocks: its is more than 8 minutes ahead of ours",
        ),
        (Mood::Refuses(14), PASSWORD, "RC4 and DES are not spoken"),
        (Mood::Refuses(29), PASSWORD, ""),
        (
            Mood::Good,
            "wrong",
            "is --rfc2136-kerberos-password the user's?",
        ),
        (Mood::Weak, PASSWORD, ""),
        (Mood::Confused, PASSWORD, ""),
    ];
    for (mood, password, expected) in cases {
        let [first, second] = log_in(mood, password).await;
        let (first, second) = (first.unwrap_err(), second.unwrap_err());
        let hint = first.hint().unwrap_or_default();
        assert_eq!(hint.is_empty(), expected.is_empty(), "{mood:?}: {first}");
        assert!(hint.contains(expected), "{mood:?}: {hint}");
        let waits = matches!(second, Fault::Waiting { .. });
        assert_eq!(waits, password == "wrong", "{mood:?}: {second}");
        assert_eq!(first.is_refusal(), mood != Mood::Refuses(29), "{first}");
        let text = format!("{first}{second}{first:?}");
        assert!(!text.contains(PASSWORD), "{text}");
    }
    let [first, _] = log_in(Mood::Refuses(99), PASSWORD).await;
    let Err(Fault::Refused { code, .. }) = first else {
        panic!("{first:?}");
    };
    assert_eq!(code, Code(99));
}

/// A context with a server that chooses this key of its own.
fn context(
    key: Option<&Key>,
    ticket: &Ticket,
    change: impl Fn(&mut Vec<u8>),
) -> Result<impl Session, Fault> {
    let (begun, sent) = Begun::new(ticket, NOW).unwrap();
    // Out of the frame, past the number of the message, to the authenticator.
    let mut frame = Reader::new(&sent).token().unwrap();
    frame.object().unwrap();
    let mut request = Reader::new(&frame.rest()[2..]).application(&[14]).unwrap();
    let mut part = request.field(4).unwrap().sequence().unwrap();
    let bytes = part.field(2).unwrap().octets().unwrap();
    let text = session_key()
        .decrypt(usage::AP_AUTHENTICATOR, bytes)
        .unwrap();
    let mut fields = Reader::new(&text).application(&[2]).unwrap();
    let micros = fields.field(4).unwrap().int().unwrap();
    let seconds = fields.field(5).unwrap().time().unwrap();
    let mut fields = vec![
        der::field(0, &der::time(seconds)),
        der::field(1, &der::int(micros)),
    ];
    fields.extend(key.map(|key| der::field(2, &field_key(key))));
    let part = der::application(27, &fields);
    let part = encrypted(&session_key(), usage::AP_REPLY, &part).unwrap();
    let mut message = vec![2, 0];
    message.extend(der::application(
        15,
        &[
            der::field(0, &der::int(5)),
            der::field(1, &der::int(15)),
            der::field(2, &part),
        ],
    ));
    let object = [0x2A, 0x86, 0x48, 0x86, 0xF7, 0x12, 0x01, 0x02, 0x02];
    let mut answer = der::token(&object, &message);
    change(&mut answer);
    begun.finish(Name::root(), &answer)
}

#[tokio::test]
async fn a_context_signs_and_takes_signatures_of_the_other_side_only() {
    let [ticket, _] = log_in(Mood::Good, PASSWORD).await;
    let ticket = ticket.unwrap();
    let chosen = Key::new(Etype::Aes256Sha384, &[9; 32]).unwrap();
    let session = context(Some(&chosen), &ticket, |_| {}).unwrap();
    let mac = session.sign(b"message");
    assert_eq!(mac[..8], [4, 4, 4, 255, 255, 255, 255, 255]);
    assert_eq!(mac.len(), 16 + 24);
    let (head, checksum) = mac.split_at(16);
    assert!(chosen.is_checksum(usage::INITIATOR_SIGN, &[b"message", head], checksum));
    let next = session.sign(b"message");
    assert_eq!(next[15], mac[15].wrapping_add(1));
    // Our own signature sent back is none of theirs.
    assert!(!session.is_signature(b"message", &mac));
    let head = token::mic_head(token::BY_ACCEPTOR | token::ACCEPTOR_KEY, 5);
    let theirs = chosen.checksum(usage::ACCEPTOR_SIGN, &[b"message", &head]);
    let theirs = [&head[..], &theirs].concat();
    assert!(session.is_signature(b"message", &theirs));
    assert!(!session.is_signature(b"massage", &theirs));
    assert!(!session.is_signature(b"message", &theirs[..20]));
    // Without a key of theirs it is ours.
    let session = context(None, &ticket, |_| {}).unwrap();
    assert_eq!(session.sign(b"message")[2], 0);
    let last = |answer: &mut Vec<u8>| *answer.last_mut().unwrap() ^= 1;
    assert!(context(None, &ticket, last).is_err());
}

proptest! {
    #[test]
    fn no_answer_is_too_strange(
        bytes: Vec<u8>, code: i64, places: Vec<(usize, u8)>, which in 0..3_usize,
    ) {
        let mut message = match which {
            0 => bytes.clone(),
            1 => error(code, &bytes),
            _ => der::sequence(&[der::sequence(&[
                der::field(1, &der::int(pa::ETYPE_INFO2)),
                der::field(2, &der::octets(&bytes)),
            ])]),
        };
        let length = message.len().max(1);
        for (place, byte) in places {
            if let Some(slot) = message.get_mut(place % length) {
                *slot = byte;
            }
        }
        if let Some(Ok(error)) = KrbError::read(&message) {
            let _read = error.padata().and_then(|padata| preauth_info(&padata, &Etype::ALL)).is_ok();
        }
        if let Ok(padata) = Padata::read_all(Reader::new(&message)) {
            let _read = preauth_info(&padata, &Etype::ALL).is_ok();
        }
        let _read = KdcReply::read(Kind::As, &message).is_ok();
        let _read = ReplyPart::read(&message).is_ok();
        let _read = ApReply::part(&message).is_ok();
        let _read = ApReply::read(&message).is_ok();
        let _read = token::answer(&message).is_ok();
        let _read = token::read_mic(&message).is_some();
    }
}
