//! Datagrams in batches: `recvmmsg` and `sendmmsg` by raw system call, into and out of slots.
//!
//! In goes a socket, out come filled slots with who sent them; in go answered slots, out comes what
//! became of them. Raw calls with the kernel's own structures, since musl's `sendmmsg` is a loop
//! around `sendmsg` and its structures differ.
//!
//! Invariants that the `unsafe` blocks lean on:
//! - POINTED: header `i` of an [`Inbox`] points to vector, name and control `i` of the same inbox,
//!   and vector `i` to the request buffer of slot `i`. The arrays never move or grow. Only slots
//!   that were received are handed out, and those are pointed to anew before the next call.
//! - BORROWED: the headers that an [`Outbox`] shows to the kernel were filled in the same call,
//!   from an inbox that is borrowed for as long; the kernel only reads what they point to.

#![allow(
    unsafe_code,
    reason = "batched system calls take pointers, and no wrapper we know does it without allocating"
)]

use std::io;
use std::os::fd::{AsRawFd, BorrowedFd};
use std::ptr;

use super::ancillary::{Control, Name};
use crate::slot::{Slot, Transport};

/// How the system is called: batched, or one by one where a sandbox has no batched calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Calls {
    Batched,
    Single,
}

impl Calls {
    /// What this process may use. Asked with empty batches, since an error of a full one may have
    /// another reason: packet filters say EPERM too.
    pub(crate) fn probe(socket: BorrowedFd<'_>) -> Self {
        let empty = sendmmsg(socket, &mut []).and_then(|_| recvmmsg(socket, &mut [], Wait::Never));
        match empty {
            Ok(_) => Self::Batched,
            Err(_) => Self::Single,
        }
    }
}

/// Whether to wait for the first datagram.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wait {
    First,
    Never,
}

/// Slots with all that is needed to fill them from a socket. Made once by each worker.
pub(crate) struct Inbox {
    slots: Box<[Slot]>,
    names: Box<[Name]>,
    controls: Box<[Control]>,
    vectors: Box<[libc::iovec]>,
    headers: Box<[Mmsghdr]>,
    calls: Calls,
    /// Whether the socket tells the address a datagram was sent to.
    pktinfo: bool,
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
            (Calls::Batched, _) => recvmmsg(socket, &mut self.headers, wait)?,
            (Calls::Single, Some(first)) => recvmsg(socket, first, wait)?,
            (Calls::Single, None) => 0,
        };
        self.stale = received;
        self.len = received;
        for at in 0..received {
            self.read(at);
        }
        Ok(received)
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

/// How many slots an inbox has, and how large they are.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Room {
    pub(crate) batch: usize,
    pub(crate) request: usize,
    pub(crate) reply: usize,
}

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
                Calls::Batched => sendmmsg(socket, left),
                Calls::Single => sendmsg(socket, &mut left[0]),
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

/// Sets an option of a socket whose value is a whole number.
pub(crate) fn set_option(
    socket: BorrowedFd<'_>,
    level: i32,
    name: i32,
    value: i32,
) -> io::Result<()> {
    // SAFETY: the kernel reads an int from a pointer to an int that lives beyond the call.
    let done = unsafe {
        libc::setsockopt(
            socket.as_raw_fd(),
            level,
            name,
            (&raw const value).cast(),
            INT,
        )
    };
    match done {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

fn recvmmsg(socket: BorrowedFd<'_>, headers: &mut [Mmsghdr], wait: Wait) -> io::Result<usize> {
    let flags = match wait {
        Wait::First => MSG_WAITFORONE,
        Wait::Never => libc::MSG_DONTWAIT,
    };
    // SAFETY: POINTED; the length is that of the slice, and a null timeout means none.
    count(unsafe {
        libc::syscall(
            libc::SYS_recvmmsg,
            socket.as_raw_fd(),
            headers.as_mut_ptr(),
            headers.len(),
            flags,
            ptr::null_mut::<libc::timespec>(),
        )
    })
}

fn recvmsg(socket: BorrowedFd<'_>, header: &mut Mmsghdr, wait: Wait) -> io::Result<usize> {
    let flags = match wait {
        Wait::First => 0,
        Wait::Never => libc::MSG_DONTWAIT,
    };
    // SAFETY: POINTED.
    let len = count(unsafe {
        libc::syscall(
            libc::SYS_recvmsg,
            socket.as_raw_fd(),
            &raw mut header.message,
            flags,
        )
    })?;
    header.len = u32::try_from(len).unwrap_or(u32::MAX);
    Ok(1)
}

fn sendmmsg(socket: BorrowedFd<'_>, headers: &mut [Mmsghdr]) -> io::Result<usize> {
    // SAFETY: BORROWED; the length is that of the slice.
    count(unsafe {
        libc::syscall(
            libc::SYS_sendmmsg,
            socket.as_raw_fd(),
            headers.as_mut_ptr(),
            headers.len(),
            libc::MSG_DONTWAIT,
        )
    })
}

fn sendmsg(socket: BorrowedFd<'_>, header: &mut Mmsghdr) -> io::Result<usize> {
    // SAFETY: BORROWED.
    let len = count(unsafe {
        libc::syscall(
            libc::SYS_sendmsg,
            socket.as_raw_fd(),
            &raw const header.message,
            libc::MSG_DONTWAIT,
        )
    })?;
    header.len = u32::try_from(len).unwrap_or(u32::MAX);
    Ok(1)
}

/// What a system call counts: negative is an error.
fn count(returned: libc::c_long) -> io::Result<usize> {
    usize::try_from(returned).map_err(|_| io::Error::last_os_error())
}

/// `struct user_msghdr` of the kernel.
#[derive(Clone, Copy)]
#[repr(C)]
struct Msghdr {
    name: *mut Name,
    namelen: u32,
    vectors: *mut libc::iovec,
    vectors_len: usize,
    control: *mut Control,
    control_len: usize,
    flags: i32,
}

/// `struct mmsghdr` of the kernel.
#[derive(Clone, Copy)]
#[repr(C)]
struct Mmsghdr {
    message: Msghdr,
    len: u32,
}

impl Mmsghdr {
    const EMPTY: Self = Self {
        message: Msghdr {
            name: ptr::null_mut(),
            namelen: 0,
            vectors: ptr::null_mut(),
            vectors_len: 0,
            control: ptr::null_mut(),
            control_len: 0,
            flags: 0,
        },
        len: 0,
    };
}

#[expect(clippy::cast_possible_truncation, reason = "4")]
const INT: libc::socklen_t = size_of::<i32>() as libc::socklen_t;
const NOWHERE: libc::iovec = libc::iovec {
    iov_base: ptr::null_mut(),
    iov_len: 0,
};
#[expect(clippy::cast_possible_truncation, reason = "28")]
const NAME_ROOM: u32 = Name::ROOM as u32;
/// The types of these differ between C libraries.
const MSG_WAITFORONE: i32 = 0x1_0000;
const MSG_TRUNC: i32 = libc::MSG_TRUNC;
