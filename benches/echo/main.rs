//! What the kernel alone costs: a server that turns each datagram into an answer of a given size.
//!
//! ```text
//! recvmmsg ≤ 32 ─→ set the bit that says "answer", lengthen ─→ sendmmsg
//! ```
//!
//! No server that talks through sockets can use less of a processor, so this is the mark that the
//! others are measured against. One thread, one blocking socket, raw system calls.

#![expect(
    unsafe_code,
    reason = "batched system calls take pointers, and this program measures nothing but them"
)]

use std::io;
use std::net::{SocketAddr, UdpSocket};
use std::os::fd::AsRawFd;
use std::ptr;

use anyhow::Context;
use clap::Parser;

/// Turns each datagram into an answer of its size and some bytes more.
#[derive(Debug, Parser)]
struct Options {
    /// Where to listen.
    #[arg(long)]
    listen: SocketAddr,
    /// How many bytes an answer is longer than its question.
    #[arg(long, default_value_t = 16)]
    grow: usize,
}

fn main() -> anyhow::Result<()> {
    let options = Options::parse();
    let socket =
        UdpSocket::bind(options.listen).with_context(|| format!("bind {}", options.listen))?;
    for option in [libc::SO_RCVBUF, libc::SO_SNDBUF] {
        set_buffer(&socket, option).context("set the size of the socket's buffers")?;
    }
    let mut batch = Batch::new();
    loop {
        match batch.serve(&socket, options.grow) {
            Err(error) if error.kind() != io::ErrorKind::Interrupted => {
                return Err(error).context("receive and send");
            }
            _ => {}
        }
    }
}

/// Room for datagrams, and all that the kernel needs to fill and to send them.
///
/// Invariant POINTED: header `i` points to vector `i` and name `i`, vector `i` to buffer `i`; each
/// of these lives on the heap as long as this value and never moves.
struct Batch {
    buffers: Box<[[u8; ROOM]]>,
    names: Box<[libc::sockaddr_storage]>,
    vectors: Box<[libc::iovec]>,
    headers: Box<[libc::mmsghdr]>,
}

impl Batch {
    fn new() -> Self {
        // SAFETY: zero is a value of these structures of numbers and pointers.
        let (name, header): (libc::sockaddr_storage, libc::mmsghdr) =
            unsafe { (std::mem::zeroed(), std::mem::zeroed()) };
        let mut batch = Self {
            buffers: vec![[0; ROOM]; BATCH].into(),
            names: vec![name; BATCH].into(),
            vectors: vec![
                libc::iovec {
                    iov_base: ptr::null_mut(),
                    iov_len: 0,
                };
                BATCH
            ]
            .into(),
            headers: vec![header; BATCH].into(),
        };
        for at in 0..BATCH {
            batch.vectors[at].iov_base = batch.buffers[at].as_mut_ptr().cast();
            let header = &mut batch.headers[at].msg_hdr;
            header.msg_name = (&raw mut batch.names[at]).cast();
            header.msg_iov = &raw mut batch.vectors[at];
            header.msg_iovlen = 1;
        }
        batch
    }

    /// Receives once, answers all.
    fn serve(&mut self, socket: &UdpSocket, grow: usize) -> io::Result<()> {
        for (vector, header) in self.vectors.iter_mut().zip(&mut self.headers) {
            vector.iov_len = ROOM;
            header.msg_hdr.msg_namelen = NAME;
        }
        let headers = self.headers.as_mut_ptr();
        let (fd, most) = (socket.as_raw_fd(), BATCH);
        // SAFETY: POINTED, and there are BATCH headers.
        let received = count(unsafe {
            libc::syscall(
                libc::SYS_recvmmsg,
                fd,
                headers,
                most,
                libc::MSG_WAITFORONE,
                ptr::null::<libc::timespec>(),
            )
        })?;
        for at in 0..received {
            let request = (self.headers[at].msg_len as usize).min(ROOM);
            let answer = (request + grow).min(ROOM);
            self.buffers[at][2] |= 0x80;
            self.buffers[at][request..answer].fill(0);
            self.vectors[at].iov_len = answer;
        }
        let mut sent = 0;
        while sent < received {
            let left = received - sent;
            // SAFETY: POINTED, and `sent` is below the number of headers.
            let more = unsafe { libc::syscall(libc::SYS_sendmmsg, fd, headers.add(sent), left, 0) };
            // What is refused is the first of the rest, and is left out.
            sent += count(more).unwrap_or(1).max(1);
        }
        Ok(())
    }
}

/// The result of a system call that counts.
fn count(result: libc::c_long) -> io::Result<usize> {
    usize::try_from(result).map_err(|_| io::Error::last_os_error())
}

fn set_buffer(socket: &UdpSocket, option: libc::c_int) -> io::Result<()> {
    let size: libc::c_int = 4 << 20;
    // SAFETY: the option is a number of the size that is given.
    let result = unsafe {
        libc::setsockopt(
            socket.as_raw_fd(),
            libc::SOL_SOCKET,
            option,
            (&raw const size).cast(),
            INT,
        )
    };
    match result {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

/// Datagrams at once.
const BATCH: usize = 32;
/// Room for a datagram.
const ROOM: usize = 2048;
#[expect(
    clippy::cast_possible_truncation,
    reason = "the kernel counts sizes of its structures in 32 bits"
)]
const NAME: libc::socklen_t = size_of::<libc::sockaddr_storage>() as libc::socklen_t;
#[expect(
    clippy::cast_possible_truncation,
    reason = "the kernel counts sizes of its structures in 32 bits"
)]
const INT: libc::socklen_t = size_of::<libc::c_int>() as libc::socklen_t;
