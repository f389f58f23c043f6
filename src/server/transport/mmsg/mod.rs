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
//! - BORROWED: the headers that an [`Outbox`] or a `Way` shows to the kernel were filled in the
//!   same call, from what is borrowed for as long; the kernel only reads what they point to.

#![allow(
    unsafe_code,
    reason = "batched system calls take pointers, and no wrapper we know does it without allocating"
)]

mod calls;
mod inbox;
mod outbox;
mod way;

pub(crate) use calls::{Calls, Wait, set_option};
pub(crate) use inbox::{Inbox, Room};
pub(crate) use outbox::{Outbox, Sent};
