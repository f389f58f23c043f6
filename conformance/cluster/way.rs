//! A way to a server that may be cut, by TCP and by UDP on one port.
//!
//! ```text
//! open   → what comes is passed on
//! cut    → connections break, new ones end at once, packets are lost
//! deaf   → requests are passed on; answers are kept until the way is open again
//! held   → all is passed on but requests that are noted, and what comes behind them on their connection
//! silent → nothing is passed on, either way, until the way is open again
//! ```
//!
//! What was kept is passed on late, as a network does that comes back: also what nobody waits for
//! any more. So a request may be carried out long after whoever sent it has given up.

use std::collections::HashMap;
use std::io::{self, Read as _, Write as _};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::spawn;
use std::time::{Duration, Instant};

/// What becomes of what comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    Cut,
    Deaf,
    Held,
    Open,
    Silent,
}

/// A way, until this value is dropped.
pub(super) struct Way {
    address: SocketAddr,
    shared: Arc<Shared>,
}

struct Shared {
    state: Mutex<State>,
    changed: Condvar,
    /// What a request begins with that is noted.
    noted: Option<&'static [u8]>,
}

struct State {
    mode: Mode,
    to: SocketAddr,
    over: bool,
    next: u64,
    open: HashMap<u64, [TcpStream; 2]>,
    /// Requests that were to be noted: when they came, and when the next bytes of an answer did.
    notes: Vec<Note>,
}

/// A request that was to be noted.
struct Note {
    connection: u64,
    came: Instant,
    answered: Option<Instant>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Direction {
    Answers,
    Noted,
    Requests,
}

impl Way {
    pub(super) fn to(server: SocketAddr) -> Result<Self, String> {
        Self::noting(server, None)
    }

    /// The same, which notes when requests come that begin so.
    pub(super) fn noting(server: SocketAddr, noted: Option<&'static [u8]>) -> Result<Self, String> {
        let (listener, socket) = bind().map_err(|error| format!("bind a way: {error}"))?;
        let address = listener.local_addr().map_err(|error| error.to_string())?;
        let state = State {
            mode: Mode::Open,
            to: server,
            over: false,
            next: 0,
            open: HashMap::new(),
            notes: Vec::new(),
        };
        let shared = Arc::new(Shared {
            state: Mutex::new(state),
            changed: Condvar::new(),
            noted,
        });
        let accepting = Arc::clone(&shared);
        spawn(move || {
            for stream in listener.incoming().flatten() {
                if accepting.lock().over {
                    break;
                }
                let shared = Arc::clone(&accepting);
                spawn(move || drop(carry(&stream, &shared)));
            }
        });
        let packets = Arc::clone(&shared);
        spawn(move || drop(carry_packets(&socket, &packets)));
        Ok(Self { address, shared })
    }

    /// Where it is entered.
    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(super) fn set(&self, mode: Mode) {
        let mut state = self.shared.lock();
        state.mode = mode;
        if mode == Mode::Cut {
            state.end_all();
        }
        drop(state);
        self.shared.changed.notify_all();
    }

    /// Leads elsewhere from now on; what is open stays where it is.
    pub(super) fn lead_to(&self, server: SocketAddr) {
        self.shared.lock().to = server;
    }

    /// Requests that were noted: when they came, and when their answer did.
    pub(super) fn notes(&self) -> Vec<(Instant, Option<Instant>)> {
        let state = self.shared.lock();
        let notes = state.notes.iter();
        notes.map(|note| (note.came, note.answered)).collect()
    }
}

impl Drop for Way {
    fn drop(&mut self) {
        let mut state = self.shared.lock();
        state.over = true;
        state.end_all();
        drop(state);
        self.shared.changed.notify_all();
        // The thread that accepts looks when something connects.
        drop(TcpStream::connect(self.address));
    }
}

impl State {
    fn end_all(&mut self) {
        for stream in self.open.drain().flat_map(|(_, both)| both) {
            drop(stream.shutdown(Shutdown::Both));
        }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until something may pass; false if it never may.
    fn wait(&self, direction: Direction) -> bool {
        let mut state = self.lock();
        loop {
            let waits = match state.mode {
                Mode::Cut => return false,
                Mode::Deaf => direction == Direction::Answers,
                Mode::Held => direction == Direction::Noted,
                Mode::Open => false,
                Mode::Silent => true,
            };
            if state.over {
                return false;
            }
            if !waits {
                return true;
            }
            let waited = self.changed.wait(state);
            state = waited.unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Notes what it is to; tells what it is.
    fn note(&self, connection: u64, direction: Direction, bytes: &[u8]) -> Direction {
        let Some(noted) = self.noted else {
            return direction;
        };
        let mut state = self.lock();
        match direction {
            Direction::Requests if bytes.windows(noted.len()).any(|part| part == noted) => {
                state.notes.push(Note {
                    connection,
                    came: Instant::now(),
                    answered: None,
                });
                return Direction::Noted;
            }
            Direction::Noted | Direction::Requests => {}
            Direction::Answers => {
                let mut notes = state.notes.iter_mut();
                let is_it =
                    |note: &&mut Note| note.connection == connection && note.answered.is_none();
                if let Some(note) = notes.find(is_it) {
                    note.answered = Some(Instant::now());
                }
            }
        }
        direction
    }
}

/// The same port by both transports.
fn bind() -> io::Result<(TcpListener, UdpSocket)> {
    let mut last = None;
    for _ in 0..20 {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        match UdpSocket::bind(listener.local_addr()?) {
            Ok(socket) => return Ok((listener, socket)),
            Err(error) => last = Some(error),
        }
    }
    Err(last.unwrap_or_else(|| io::Error::other("no port")))
}

/// Carries one connection to its end.
fn carry(front: &TcpStream, shared: &Arc<Shared>) -> io::Result<()> {
    if !shared.wait(Direction::Requests) {
        return Ok(());
    }
    let to = shared.lock().to;
    let back = TcpStream::connect_timeout(&to, REACHED)?;
    front.set_nodelay(true)?;
    back.set_nodelay(true)?;
    let number = {
        let mut state = shared.lock();
        let number = state.next;
        state.next += 1;
        state
            .open
            .insert(number, [front.try_clone()?, back.try_clone()?]);
        number
    };
    let (from, on) = (back.try_clone()?, front.try_clone()?);
    let answers = Arc::clone(shared);
    let answering = spawn(move || pass(number, (&from, &on), &answers, Direction::Answers));
    pass(number, (front, &back), shared, Direction::Requests);
    drop(answering.join());
    shared.lock().open.remove(&number);
    Ok(())
}

/// Passes bytes on one way until an end, which is passed on too.
fn pass(
    number: u64,
    (mut from, mut to): (&TcpStream, &TcpStream),
    shared: &Shared,
    direction: Direction,
) {
    let mut buffer = vec![0; 1 << 16];
    loop {
        let count = from.read(&mut buffer).unwrap_or(0);
        let bytes = buffer.get(..count).unwrap_or_default();
        let what = shared.note(number, direction, bytes);
        let may_pass = shared.wait(what);
        if !may_pass || bytes.is_empty() || to.write_all(bytes).is_err() {
            break;
        }
    }
    let how = match direction {
        Direction::Answers => Shutdown::Both,
        Direction::Noted | Direction::Requests => Shutdown::Write,
    };
    drop(to.shutdown(how));
}

/// Passes packets on; each has one answer.
fn carry_packets(socket: &UdpSocket, shared: &Arc<Shared>) -> io::Result<()> {
    socket.set_read_timeout(Some(LOOK))?;
    let mut buffer = vec![0; 1 << 16];
    while !shared.lock().over {
        let Ok((count, client)) = socket.recv_from(&mut buffer) else {
            continue;
        };
        let (mode, to) = {
            let state = shared.lock();
            (state.mode, state.to)
        };
        if !matches!(mode, Mode::Deaf | Mode::Held | Mode::Open) {
            continue;
        }
        let packet = buffer.get(..count).unwrap_or_default().to_vec();
        let (front, shared) = (socket.try_clone()?, Arc::clone(shared));
        spawn(move || -> io::Result<()> {
            let back = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
            back.set_read_timeout(Some(REACHED))?;
            back.connect(to)?;
            back.send(&packet)?;
            let mut buffer = vec![0; 1 << 16];
            let count = back.recv(&mut buffer)?;
            if matches!(shared.lock().mode, Mode::Held | Mode::Open) {
                front.send_to(buffer.get(..count).unwrap_or_default(), client)?;
            }
            Ok(())
        });
    }
    Ok(())
}

/// How long a server on this machine may take.
const REACHED: Duration = Duration::from_secs(2);

/// How often it is looked whether the way is over.
const LOOK: Duration = Duration::from_millis(200);
