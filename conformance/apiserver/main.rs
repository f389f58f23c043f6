//! The stand-in as a program of its own, for benches: so many Services, then a line with its URL.
//!
//! `apiserver SERVICES` serves that many annotated Services of type LoadBalancer, each in one of a
//! hundred namespaces, until its standard input ends. A line `touch N ADDRESS` on standard input
//! changes the address of Service N.

use std::io::{BufRead, Write};

use apiserver::{ApiServer, sample};

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let count = std::env::args()
        .nth(1)
        .and_then(|text| text.parse().ok())
        .unwrap_or(1000);
    let server = ApiServer::start().await?;
    for number in 0..count {
        server.apply(sample::service(number, &sample::address(number)));
    }
    server.store().compact();
    writeln!(std::io::stdout(), "{}", server.url())?;
    let store = std::sync::Arc::clone(server.store());
    let reading = tokio::task::spawn_blocking(move || {
        for line in std::io::stdin().lock().lines().map_while(Result::ok) {
            let mut words = line.split_whitespace();
            if let (Some("touch"), Some(number), Some(address)) =
                (words.next(), words.next(), words.next())
                && let Ok(number) = number.parse()
            {
                store.apply(sample::service(number, address));
            }
        }
    });
    // A panic of the reader ends the program as the end of its input does.
    let _ended = reading.await.is_ok();
    Ok(())
}
