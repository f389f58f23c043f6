//! The system calls and the kernel's structures for them.

use std::io;
use std::os::fd::{AsRawFd, BorrowedFd};
use std::ptr;

use crate::transport::ancillary::{Control, Name};

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
        let empty = (
            // SAFETY: no header, so nothing is read.
            unsafe { sendmmsg(socket, &mut []) },
            // SAFETY: no header, so nothing is written.
            unsafe { recvmmsg(socket, &mut [], Wait::Never) },
        );
        match empty {
            (Ok(_), Ok(_)) => Self::Batched,
            _ => Self::Single,
        }
    }
}

/// Whether to wait for the first datagram.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wait {
    First,
    Never,
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

/// Receives datagrams into the headers from the first on, and counts them.
///
/// # Safety
/// What the headers point to must be valid for the kernel to write.
pub(super) unsafe fn recvmmsg(
    socket: BorrowedFd<'_>,
    headers: &mut [Mmsghdr],
    wait: Wait,
) -> io::Result<usize> {
    let flags = match wait {
        Wait::First => MSG_WAITFORONE,
        Wait::Never => libc::MSG_DONTWAIT,
    };
    // SAFETY: as the caller promises; the length is that of the slice, and a null timeout means none.
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

/// Receives one datagram.
///
/// # Safety
/// What the headers point to must be valid for the kernel to write.
pub(super) unsafe fn recvmsg(
    socket: BorrowedFd<'_>,
    header: &mut Mmsghdr,
    wait: Wait,
) -> io::Result<usize> {
    let flags = match wait {
        Wait::First => 0,
        Wait::Never => libc::MSG_DONTWAIT,
    };
    // SAFETY: as the caller promises.
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

/// Sends messages from the first on and counts those that went. Never waits.
///
/// # Safety
/// What the headers point to must be valid for the kernel to read.
pub(super) unsafe fn sendmmsg(
    socket: BorrowedFd<'_>,
    headers: &mut [Mmsghdr],
) -> io::Result<usize> {
    // SAFETY: as the caller promises; the length is that of the slice.
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

/// Sends one message. Never waits.
///
/// # Safety
/// What the headers point to must be valid for the kernel to read.
pub(super) unsafe fn sendmsg(socket: BorrowedFd<'_>, header: &mut Mmsghdr) -> io::Result<usize> {
    // SAFETY: as the caller promises.
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
pub(super) struct Msghdr {
    pub(super) name: *mut Name,
    pub(super) namelen: u32,
    pub(super) vectors: *mut libc::iovec,
    pub(super) vectors_len: usize,
    pub(super) control: *mut Control,
    pub(super) control_len: usize,
    pub(super) flags: i32,
}

/// `struct mmsghdr` of the kernel.
#[derive(Clone, Copy)]
#[repr(C)]
pub(super) struct Mmsghdr {
    pub(super) message: Msghdr,
    pub(super) len: u32,
}

impl Mmsghdr {
    pub(super) const EMPTY: Self = Self {
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
pub(super) const NOWHERE: libc::iovec = libc::iovec {
    iov_base: ptr::null_mut(),
    iov_len: 0,
};
#[expect(clippy::cast_possible_truncation, reason = "28")]
pub(super) const NAME_ROOM: u32 = Name::ROOM as u32;
/// The types of these differ between C libraries.
const MSG_WAITFORONE: i32 = 0x1_0000;
pub(super) const MSG_TRUNC: i32 = libc::MSG_TRUNC;
