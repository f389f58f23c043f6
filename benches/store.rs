//! Values written into etcd past all that stands before it, by its JSON interface.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};

use anyhow::{Context, ensure};
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::{Value, json};

/// Writes keys with their values, many in one transaction.
///
/// # Errors
/// When etcd cannot be reached, or does not take them.
pub fn store(etcd: SocketAddr, pairs: impl Iterator<Item = (String, Value)>) -> anyhow::Result<()> {
    let puts: Vec<Value> = pairs
        .map(|(key, value)| {
            let value = BASE64.encode(value.to_string());
            json!({ "requestPut": { "key": BASE64.encode(key), "value": value } })
        })
        .collect();
    for part in puts.chunks(MOST) {
        post(etcd, &json!({ "success": part }))?;
    }
    Ok(())
}

/// A connection each: the end of the reply is then the end of the connection.
fn post(etcd: SocketAddr, body: &Value) -> anyhow::Result<()> {
    let mut stream = TcpStream::connect(etcd).context("connect to etcd")?;
    let body = body.to_string();
    write!(
        stream,
        "POST /v3/kv/txn HTTP/1.0\r\nHost: etcd\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .context("write to etcd")?;
    let mut reply = String::new();
    stream
        .read_to_string(&mut reply)
        .context("read from etcd")?;
    let well = reply
        .lines()
        .next()
        .is_some_and(|status| status.contains(" 200 "));
    ensure!(well, "etcd says {reply}");
    Ok(())
}

/// What etcd takes in one transaction.
const MOST: usize = 128;
