//! The daemon's side: takes connections, answers one request on each.

use std::io::{self, BufRead, BufReader, BufWriter, Read};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::UnixListener;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::answerer::{Answerer, Replies};
use super::orders::Order;
use super::protocol::{Command, MAX_REQUEST, Reply, Request, VERSION};
use super::socket::Socket;

/// Answers at the socket until `stop`.
pub(crate) async fn serve(
    mut socket: Socket,
    answerer: Answerer,
    stop: CancellationToken,
) -> io::Result<()> {
    let Some(listener) = socket.take() else {
        return Ok(());
    };
    let listener = UnixListener::from_std(listener)?;
    // Each holds a thread; people and scripts need few.
    let free = Arc::new(Semaphore::new(32));
    let mut connections = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = stop.cancelled() => return Ok(()),
        };
        while connections.try_join_next().is_some() {}
        let Ok(permit) = Arc::clone(&free).acquire_owned().await else {
            return Ok(());
        };
        let stream = match accepted.and_then(|(stream, _)| stream.into_std()) {
            Ok(stream) => stream,
            Err(error) => {
                tracing::debug!(%error, "take a connection at the control socket");
                continue;
            }
        };
        let answerer = answerer.clone();
        connections.spawn_blocking(move || {
            if let Err(error) = answerer.converse(&stream) {
                tracing::debug!(%error, "answer at the control socket");
            }
            drop(permit);
        });
    }
}

impl Answerer {
    /// Answers the one request of a connection.
    pub(super) fn converse(&self, stream: &UnixStream) -> io::Result<()> {
        stream.set_nonblocking(false)?;
        stream.set_read_timeout(Some(REQUEST))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        let mut line = Vec::new();
        let read = BufReader::new(stream.take(MAX_REQUEST)).read_until(b'\n', &mut line);
        if line.is_empty() {
            // Somebody looked whether we are alive.
            return read.map(drop);
        }
        let mut out = Replies::new(BufWriter::new(stream));
        let last = match serde_json::from_slice(&line) {
            _ if !line.ends_with(b"\n") => Reply::Error(unfinished(&line)),
            Ok(Request {
                version: VERSION,
                command,
            }) => match self.answer(command, &mut out)? {
                Ok(()) => Reply::Done,
                Err(message) => Reply::Error(message),
            },
            Ok(Request { version, .. }) => Reply::Error(format!(
                "version {version} of the control protocol is not spoken here; this daemon speaks \
                 version {VERSION}"
            )),
            Err(error) => Reply::Error(format!("the request is not understood: {error}")),
        };
        out.send(&last)?;
        out.flush()
    }

    /// Sends all but the last reply; that one is an error if there is a message.
    fn answer(&self, command: Command, out: &mut Replies<'_>) -> io::Result<Result<(), String>> {
        match command {
            Command::List => self.list(out),
            Command::Show { zone } => self.show(&zone, out),
            Command::Export { zone } => self.export(&zone, out),
            Command::Import {
                zone,
                serial,
                rrsets,
                try_only,
            } => self.import(&zone, serial, &rrsets, try_only, out),
            Command::Flush { zones } => self.order(Order::Flush, &zones, out),
            Command::Freeze { zones } => self.order(Order::Freeze, &zones, out),
            Command::Retransfer { zones } => self.order(Order::Retransfer, &zones, out),
            Command::Thaw { zones } => self.order(Order::Thaw, &zones, out),
            Command::Records { zone } => self.layer(&zone, out),
            Command::Reload { zones } => self.reload(&zones, out),
            Command::Explain { name } => self.explain(&name, out),
            Command::BrakeRelease { destination, zone } => {
                self.release(destination.as_deref(), zone.as_deref(), out)
            }
        }
    }
}

/// Why a request without an end is none.
fn unfinished(line: &[u8]) -> String {
    if line.len() as u64 == MAX_REQUEST {
        format!("the request is not understood: no line ends within {MAX_REQUEST} bytes")
    } else {
        format!("the request is not understood: no line ends within {REQUEST:?}")
    }
}

/// A client sends its request at once; one that does not must not keep others waiting.
const REQUEST: Duration = Duration::from_secs(1);

/// A client that takes longer to read a line is gone.
const PATIENCE: Duration = Duration::from_secs(10);
