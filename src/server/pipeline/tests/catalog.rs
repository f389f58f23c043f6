//! Catalogs: whoever may not transfer one is not answered about it.

use std::collections::HashMap;

use super::*;
use crate::address::AddressSet;
use crate::stage::who::{PerZone, Who};

#[test]
fn a_catalog_is_answered_to_whom_it_may_be_transferred() {
    let name = |text: &str| Name::from_text(text.as_bytes(), None).unwrap();
    let near = AddressSet::new(&["192.0.2.0/24".parse().unwrap()]);
    let transfers = PerZone::new(vec![Who::Addresses(near)], HashMap::new());
    let rcode = |catalogs: Vec<Name>, address: [u8; 4], question: &str| {
        let authority = Authority {
            transfers: Arc::new(transfers.clone()),
            catalogs,
            ..Authority::default()
        };
        let core = Core::new(CoreOptions::default(), authority, store(), Metrics::new());
        let message = query(question, Rtype::A, None);
        let reply = ask_from(IpAddr::from(address), &core, Transport::Udp, &message);
        reply.map(|reply| reply[3] & 15)
    };
    let catalog = || vec![name("example.")];
    // The zone that the catalog stands above is another one.
    let other = || vec![name("other."), name("sub.other.")];
    let cases = [
        (catalog(), [192, 0, 2, 1], "mail.example.", 0),
        (catalog(), [198, 51, 100, 1], "mail.example.", 5),
        (catalog(), [198, 51, 100, 1], "example.", 5),
        (catalog(), [198, 51, 100, 1], "none.EXAMPLE.", 5),
        (other(), [198, 51, 100, 1], "mail.example.", 0),
        (vec![Name::root()], [198, 51, 100, 1], "mail.example.", 0),
    ];
    for (catalogs, address, question, expected) in cases {
        let found = rcode(catalogs.clone(), address, question);
        assert_eq!(found, Some(expected), "{question} {address:?} {catalogs:?}");
    }
}
