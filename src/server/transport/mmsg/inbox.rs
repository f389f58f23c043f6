//! Receiving: slots that are filled from a socket.

use std::io;
use std::os::fd::BorrowedFd;
use std::ptr;

use super::calls::{
    Calls, MSG_TRUNC, Mmsghdr, Msghdr, NAME_ROOM, NOWHERE, Wait, recvmmsg, recvmsg,
};
use crate::slot::{Slot, Transport};
use crate::transport::ancillary::{Control, Name};

/// How many slots an inbox has, and how large they are.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Room {
    pub(crate) batch: usize,
    pub(crate) request: usize,
    pub(crate) reply: usize,
}

/// Slots with all that is needed to fill them from a socket. Made once by each worker.
pub(crate) struct Inbox {
    slots: Box<[Slot]>,
    pub(super) names: Box<[Name]>,
    pub(super) controls: Box<[Control]>,
    vectors: Box<[libc::iovec]>,
    headers: Box<[Mmsghdr]>,
    calls: Calls,
    /// Whether the socket tells the address a datagram was sent to.
    pub(super) pktinfo: bool,
    /// Headers below this have to be pointed anew.
    stale: usize,
    /// Slots below this hold requests.
    len: usize,
}

impl Inbox {
    pub(crate) fn new(room: Room, calls: Calls, pktinfo: bool) -> Self {
        let slot = || Slot::new(Transport::Udp, room.request, room.reply);
        Self {
            slots: (0..room.batch).map(|_| slot()).collect(),
            names: vec![Name::default(); room.batch].into(),
            controls: vec![Control::default(); room.batch].into(),
            vectors: vec![NOWHERE; room.batch].into(),
            headers: vec![Mmsghdr::EMPTY; room.batch].into(),
            calls,
            pktinfo,
            stale: room.batch,
            len: 0,
        }
    }

    /// Fills the slots with datagrams and says how many came.
    pub(crate) fn receive(&mut self, socket: BorrowedFd<'_>, wait: Wait) -> io::Result<usize> {
        self.len = 0;
        for at in 0..self.stale {
            self.point(at);
        }
        self.stale = 0;
        let received = match (self.calls, self.headers.first_mut()) {
            // SAFETY: POINTED.
            (Calls::Batched, _) => unsafe { recvmmsg(socket, &mut self.headers, wait) }?,
            // SAFETY: POINTED.
            (Calls::Single, Some(first)) => unsafe { recvmsg(socket, first, wait) }?,
            (Calls::Single, None) => 0,
        };
        self.stale = received;
        // What has no sender is the end of a wait for a socket that is shut down.
        let came = match self.headers.first() {
            Some(first) if first.message.namelen != 0 => received,
            _ => 0,
        };
        self.len = came;
        for at in 0..came {
            self.read(at);
        }
        Ok(came)
    }

    /// The slots that hold requests.
    pub(crate) fn slots(&self) -> &[Slot] {
        &self.slots[..self.len]
    }

    /// The slots that hold requests.
    pub(crate) fn slots_mut(&mut self) -> &mut [Slot] {
        &mut self.slots[..self.len]
    }

    /// Whether a datagram was larger than its slot.
    pub(crate) fn is_truncated(&self, at: usize) -> bool {
        self.headers[at].message.flags & MSG_TRUNC != 0
    }

    /// Takes out a request: the last one takes its place.
    pub(crate) fn discard(&mut self, at: usize) {
        let last = self.len - 1;
        self.slots.swap(at, last);
        self.names.swap(at, last);
        self.controls.swap(at, last);
        self.headers[at].message.flags = self.headers[last].message.flags;
        self.len = last;
    }

    /// Equal for answers that go the same way, different for most others.
    pub(crate) fn way(&self, at: usize) -> u64 {
        self.names[at].hint()
    }

    /// Whether two answers go from the same address to the same peer.
    pub(crate) fn same_way(&self, one: usize, other: usize) -> bool {
        self.names[one] == self.names[other]
            && (!self.pktinfo || self.controls[one] == self.controls[other])
    }

    /// Makes header `at` POINTED.
    fn point(&mut self, at: usize) {
        let request = &mut self.slots[at].request;
        self.vectors[at] = libc::iovec {
            iov_base: request.as_mut_ptr().cast(),
            iov_len: request.len(),
        };
        let control = match self.pktinfo {
            true => (&raw mut self.controls[at], Control::ROOM),
            false => (ptr::null_mut(), 0),
        };
        self.headers[at] = Mmsghdr {
            message: Msghdr {
                name: &raw mut self.names[at],
                namelen: NAME_ROOM,
                vectors: &raw mut self.vectors[at],
                vectors_len: 1,
                control: control.0,
                control_len: control.1,
                flags: 0,
            },
            len: 0,
        };
    }

    /// Reads what the kernel wrote about datagram `at`, and turns its control message into the
    /// one to answer with.
    fn read(&mut self, at: usize) {
        let (slot, header) = (&mut self.slots[at], &self.headers[at]);
        slot.request_len = (header.len as usize).min(slot.request.len());
        slot.reply_len = 0;
        let name = &mut self.names[at];
        name.len = header.message.namelen.min(NAME_ROOM);
        slot.client = name.address();
        slot.local = match self.pktinfo {
            true => self.controls[at].turn(header.message.control_len),
            false => None,
        };
    }
}
