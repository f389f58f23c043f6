//! The recording webhook as a program: `cargo run -p cluster-peers --example recorder -- [ADDRESS]`.
//! Prints its address, then every change as one line of JSON, until its input ends.

use std::io::{self, Read, Write};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use cluster_peers::Recorder;

fn main() -> io::Result<()> {
    let address = std::env::args()
        .nth(1)
        .unwrap_or_else(|| "127.0.0.1:0".to_owned());
    let address: SocketAddr = address.parse().map_err(io::Error::other)?;
    let recorder = Recorder::start_on(address)?;
    let mut out = io::stdout();
    writeln!(out, "{}", recorder.url())?;
    let (ended, end) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        // Any end of the input is the end.
        drop(io::stdin().read_to_end(&mut Vec::new()));
        if ended.send(()).is_err() {
            // Nobody waits any more.
        }
    });
    let begin = Instant::now();
    while end
        .recv_timeout(Duration::from_millis(50))
        .is_err_and(|why| why.to_string().contains("timed"))
    {
        for applied in recorder.take_applied() {
            let at = applied.at.duration_since(begin).as_millis();
            let text = serde_json::to_string(&applied.changes)?;
            writeln!(out, "{at} ms {text}")?;
        }
        out.flush()?;
    }
    Ok(())
}
