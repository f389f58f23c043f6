//! Sending: the answers of an inbox, to whom they belong.

use std::os::fd::BorrowedFd;
use std::ptr;

use super::Inbox;
use super::calls::{Calls, Mmsghdr, Msghdr, NOWHERE, sendmmsg, sendmsg};
use crate::slot::Slot;
use crate::transport::ancillary::Control;

/// What became of the answers of a batch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Sent {
    pub(crate) answers: usize,
    pub(crate) bytes: usize,
    /// Dropped because the send buffer was full.
    pub(crate) full: usize,
    /// Refused by the system, one by one.
    pub(crate) refused: usize,
    /// Not tried, because the system does not segment.
    pub(crate) unsegmented: usize,
}

/// Headers for sending. Made once by each worker.
pub(crate) struct Outbox {
    vectors: Box<[libc::iovec]>,
    controls: Box<[Control]>,
    headers: Box<[Mmsghdr]>,
    calls: Calls,
}

impl Outbox {
    pub(crate) fn new(batch: usize, calls: Calls) -> Self {
        Self {
            vectors: vec![NOWHERE; batch].into(),
            controls: vec![Control::default(); batch].into(),
            headers: vec![Mmsghdr::EMPTY; batch].into(),
            calls,
        }
    }

    /// Sends each answer in a message of its own.
    pub(crate) fn send(&mut self, socket: BorrowedFd<'_>, inbox: &Inbox) -> Sent {
        let mut messages = 0;
        for (at, slot) in inbox.slots().iter().enumerate() {
            if slot.reply_len != 0 {
                self.vectors[messages] = vector(slot);
                self.headers[messages] = self.header(inbox, at, messages, 1);
                messages += 1;
            }
        }
        self.transmit(socket, messages)
    }

    /// Sends runs of answers, each in one message that the system cuts into datagrams. `order`
    /// lists slots, `runs` says how many of them make a message.
    pub(crate) fn send_runs(
        &mut self,
        socket: BorrowedFd<'_>,
        inbox: &Inbox,
        order: &[u8],
        runs: &[u8],
    ) -> Sent {
        let mut rest = order;
        for (message, run) in runs.iter().enumerate() {
            let from = order.len() - rest.len();
            let (members, after) = rest.split_at(usize::from(*run));
            rest = after;
            for (at, slot) in members.iter().enumerate() {
                self.vectors[from + at] = vector(&inbox.slots()[usize::from(*slot)]);
            }
            let first = usize::from(members[0]);
            self.headers[message] = self.header(inbox, first, from, members.len());
            if members.len() > 1 {
                let size = u16::try_from(inbox.slots()[first].reply_len).unwrap_or(u16::MAX);
                let control = match inbox.pktinfo {
                    true => inbox.controls[first].segmented(size),
                    false => Control::default().segmented(size),
                };
                self.controls[message] = control;
                let sent = &mut self.headers[message].message;
                sent.control_len = self.controls[message].len;
                sent.control = &raw mut self.controls[message];
            }
        }
        self.transmit(socket, runs.len())
    }

    /// A header to whom slot `at` came from, for `count` vectors.
    fn header(&mut self, inbox: &Inbox, at: usize, from: usize, count: usize) -> Mmsghdr {
        let (name, control) = (&inbox.names[at], &inbox.controls[at]);
        let (control, control_len) = match inbox.pktinfo && control.len != 0 {
            true => (ptr::from_ref(control).cast_mut(), control.len),
            false => (ptr::null_mut(), 0),
        };
        Mmsghdr {
            message: Msghdr {
                name: ptr::from_ref(name).cast_mut(),
                namelen: name.len,
                vectors: self.vectors[from..from + count].as_mut_ptr(),
                vectors_len: count,
                control,
                control_len,
                flags: 0,
            },
            len: 0,
        }
    }

    /// Shows the first headers to the kernel until all are sent or dropped. Never waits.
    fn transmit(&mut self, socket: BorrowedFd<'_>, messages: usize) -> Sent {
        let mut sent = Sent::default();
        let mut left = &mut self.headers[..messages];
        while let [first, ..] = &left[..] {
            let run = first.message.vectors_len;
            let done = match self.calls {
                // SAFETY: BORROWED.
                Calls::Batched => unsafe { sendmmsg(socket, left) },
                // SAFETY: BORROWED.
                Calls::Single => unsafe { sendmsg(socket, &mut left[0]) },
            };
            let step = match done.map_err(|error| error.raw_os_error().unwrap_or_default()) {
                Ok(done) => {
                    for header in &left[..done] {
                        sent.answers += header.message.vectors_len;
                        sent.bytes += header.len as usize;
                    }
                    done
                }
                Err(libc::EINTR) => 0,
                // Whoever waited here would let the receive buffer overflow.
                Err(libc::EAGAIN | libc::ENOBUFS | libc::ENOMEM) => {
                    sent.full = answers(left);
                    left.len()
                }
                // EIO: no checksums by the device; EINVAL: larger than the path takes; ENOPROTOOPT
                // and EOPNOTSUPP: a kernel without it.
                Err(libc::EIO | libc::EINVAL | libc::ENOPROTOOPT | libc::EOPNOTSUPP) if run > 1 => {
                    sent.unsegmented = answers(left);
                    left.len()
                }
                Err(_) => {
                    sent.refused += run;
                    1
                }
            };
            left = &mut left[step..];
        }
        sent
    }
}

fn answers(headers: &[Mmsghdr]) -> usize {
    headers
        .iter()
        .map(|header| header.message.vectors_len)
        .sum()
}

/// The answer of a slot, for the kernel to read.
fn vector(slot: &Slot) -> libc::iovec {
    let reply = slot.reply();
    libc::iovec {
        iov_base: reply.as_ptr().cast_mut().cast(),
        iov_len: reply.len(),
    }
}
