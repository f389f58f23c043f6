//! A handler for the tests of transports: it says what it was told.

use std::io::Write as _;
use std::sync::Arc;
use std::time::Instant;

use crate::handle::{Handle, MakeHandler};
use crate::slot::Slot;

/// Makes handlers that answer with the request and who sent it, or obey it: `panic` panics,
/// `ignore` gives no answer, `fill N` answers with N bytes.
pub(crate) fn echo() -> MakeHandler {
    Arc::new(|| Box::new(Echo))
}

struct Echo;

impl Handle for Echo {
    fn handle(&mut self, slots: &mut [Slot], _: Instant) {
        for slot in slots {
            let request = String::from_utf8(slot.request().to_vec()).unwrap();
            slot.reply_len = match request.split_once(' ') {
                _ if request.starts_with("panic") => panic!("as asked"),
                _ if request == "ignore" => 0,
                Some(("fill", len)) => len.parse().unwrap(),
                _ => {
                    let room = slot.reply.len();
                    let mut reply = &mut slot.reply[..];
                    let local = slot
                        .local
                        .map_or_else(|| "-".into(), |local| local.to_string());
                    write!(reply, "{request} from {} to {local}", slot.client).unwrap();
                    room - reply.len()
                }
            };
        }
    }
}
