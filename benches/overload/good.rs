//! Good questions at a low rate, and how they fare.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::{Duration, Instant};

use benches::{Mix, Random, Reply, pause, question};

/// Names of the zone.
pub(crate) const HOSTS: usize = 100_000;

/// What came of good questions.
#[derive(Debug, Default)]
pub(crate) struct Answers {
    asked: usize,
    /// How long each right answer took.
    times: Vec<Duration>,
}

impl Answers {
    pub(crate) fn percent(&self) -> f64 {
        100.0 * self.times.len() as f64 / self.asked.max(1) as f64
    }

    pub(crate) fn show(&self) -> String {
        format!("{} of {}", self.times.len(), self.asked)
    }

    /// In milliseconds.
    pub(crate) fn p99(&self) -> f64 {
        let mut times = self.times.clone();
        times.sort();
        let slow = times.get((times.len() * 99 / 100).min(times.len().saturating_sub(1)));
        slow.map_or(0.0, |time| time.as_secs_f64() * 1e3)
    }
}

/// Asks by UDP, each question from a port of its own.
pub(crate) fn ask_by_udp(server: SocketAddr, stop: &AtomicBool) -> Answers {
    ask(stop, UDP_PAUSE, |question| {
        benches::ask(server, question, WAIT)
    })
}

/// Asks by TCP, each question on a connection of its own.
pub(crate) fn ask_by_tcp(server: SocketAddr, stop: &AtomicBool) -> Answers {
    ask(stop, TCP_PAUSE, |question| {
        let mut stream = TcpStream::connect_timeout(&server, WAIT)?;
        stream.set_read_timeout(Some(WAIT))?;
        let length = u16::try_from(question.len()).map_err(io::Error::other)?;
        stream.write_all(&[&length.to_be_bytes()[..], question].concat())?;
        let mut length = [0; 2];
        stream.read_exact(&mut length)?;
        let mut reply = vec![0; usize::from(u16::from_be_bytes(length))];
        stream.read_exact(&mut reply)?;
        Reply::read(question, &reply).ok_or_else(|| io::Error::other("another answer"))
    })
}

fn ask(
    stop: &AtomicBool,
    rest: Duration,
    mut once: impl FnMut(&[u8]) -> io::Result<Reply>,
) -> Answers {
    let mut random = Random::new(10);
    let mut answers = Answers::default();
    while !stop.load(Relaxed) {
        let name = Mix::Positive.name_to_ask(&mut random, HOSTS);
        let question = question(name.as_ref(), true);
        let begin = Instant::now();
        answers.asked += 1;
        if once(&question).is_ok_and(|reply| reply.fits(Mix::Positive)) {
            answers.times.push(begin.elapsed());
        }
        pause(rest);
    }
    answers
}

const WAIT: Duration = Duration::from_secs(1);
const UDP_PAUSE: Duration = Duration::from_millis(10);
const TCP_PAUSE: Duration = Duration::from_millis(50);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slowest_hundredth_is_told() {
        let times = (1..=200).map(Duration::from_millis).collect();
        let answers = Answers { asked: 400, times };
        assert_eq!(answers.p99(), 199.0);
        assert_eq!(answers.percent(), 50.0);
        assert_eq!(Answers::default().p99(), 0.0);
    }
}
