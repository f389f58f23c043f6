//! Settings of the UDP path.

use crate::transport::gso::Gso;

/// Settings of the UDP path.
#[derive(Clone, Debug)]
pub struct UdpOptions {
    /// Threads for each listening address; each has a socket of its own.
    pub workers: usize,
    /// Whether answers are sent segmented.
    pub gso: Gso,
    /// Whether threads are bound to processors, where these are as many as the threads.
    pub pin: bool,
    /// Datagrams taken and sent at once, at most 128.
    pub batch: usize,
    /// The largest request that is taken for certain. Of a larger one the core sees the header alone,
    /// and answers that it cannot be read: its client does better by TCP.
    pub largest_request: usize,
    /// Room for an answer: the most that any client is sent.
    pub largest_answer: usize,
    /// Wanted size of the sockets' buffers, both ways.
    pub buffer: usize,
}

impl Default for UdpOptions {
    fn default() -> Self {
        Self {
            workers: 1,
            gso: Gso::Auto,
            pin: true,
            batch: 32,
            largest_request: 4096,
            largest_answer: 1280,
            buffer: 4 << 20,
        }
    }
}
