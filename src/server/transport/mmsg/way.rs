//! The way back to one client, for an answer that comes later.

use std::os::fd::BorrowedFd;
use std::ptr;

use super::Inbox;
use super::calls::{Mmsghdr, Msghdr, sendmsg};
use crate::transport::ancillary::{Control, Name};

/// Who asked, and from which address it is answered.
#[derive(Clone, Debug)]
pub(crate) struct Way {
    name: Name,
    control: Option<Control>,
}

impl Inbox {
    /// The way back to who sent datagram `at`.
    pub(crate) fn way_back(&self, at: usize) -> Way {
        let control = Some(&self.controls[at]).filter(|one| self.pktinfo && one.len != 0);
        Way {
            name: self.names[at].clone(),
            control: control.cloned(),
        }
    }
}

impl Way {
    /// Sends an answer; tells whether the system took it. Never waits.
    pub(crate) fn send(&mut self, socket: BorrowedFd<'_>, answer: &[u8]) -> bool {
        let mut vector = libc::iovec {
            iov_base: answer.as_ptr().cast_mut().cast(),
            iov_len: answer.len(),
        };
        let (control, control_len) = match &mut self.control {
            Some(control) => (ptr::from_mut(control), control.len),
            None => (ptr::null_mut(), 0),
        };
        let mut header = Mmsghdr {
            message: Msghdr {
                namelen: self.name.len,
                name: &raw mut self.name,
                vectors: &raw mut vector,
                vectors_len: 1,
                control,
                control_len,
                flags: 0,
            },
            len: 0,
        };
        // SAFETY: BORROWED.
        unsafe { sendmsg(socket, &mut header) }.is_ok()
    }
}
