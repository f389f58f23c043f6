//! Records written into etcd as CoreDNS reads them, by its JSON interface.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};

use anyhow::{Context, ensure};
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::{Value, json};

use crate::{record_address, record_name};

/// Writes so many records.
pub(crate) fn fill(etcd: SocketAddr, records: u32) -> anyhow::Result<()> {
    let numbers: Vec<u32> = (0..records).collect();
    for part in numbers.chunks(MOST) {
        let puts: Vec<Value> = part.iter().map(|&number| put(number)).collect();
        post(etcd, &json!({ "success": puts }))?;
    }
    Ok(())
}

/// One record: the labels of its name from the right, as folders.
fn put(number: u32) -> Value {
    let name = record_name(number);
    let labels: Vec<&str> = name.rsplit('.').collect();
    let key = format!("/skydns/{}", labels.join("/"));
    let value = json!({ "host": record_address(number), "ttl": 300 });
    json!({ "requestPut": { "key": BASE64.encode(key), "value": BASE64.encode(value.to_string()) } })
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
