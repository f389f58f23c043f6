//! Records written into etcd as CoreDNS reads them, by its JSON interface.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};

use anyhow::{Context, ensure};
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::{Value, json};

use crate::{record_address, record_name};

/// Writes so many records.
pub(crate) fn fill(etcd: SocketAddr, records: u32) -> anyhow::Result<()> {
    let stream = TcpStream::connect(etcd).context("connect to etcd")?;
    let mut stream = BufReader::new(stream);
    let numbers: Vec<u32> = (0..records).collect();
    for part in numbers.chunks(MOST) {
        let puts: Vec<Value> = part.iter().map(|&number| put(number)).collect();
        post(&mut stream, &json!({ "success": puts }))?;
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

fn post(stream: &mut BufReader<TcpStream>, body: &Value) -> anyhow::Result<()> {
    let body = body.to_string();
    write!(
        stream.get_mut(),
        "POST /v3/kv/txn HTTP/1.1\r\nHost: etcd\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .context("write to etcd")?;
    let mut status = String::new();
    stream.read_line(&mut status).context("read from etcd")?;
    let (mut length, mut line) = (0, String::new());
    loop {
        line.clear();
        stream.read_line(&mut line).context("read from etcd")?;
        let head = line.trim_end().to_ascii_lowercase();
        if head.is_empty() {
            break;
        }
        if let Some(value) = head.strip_prefix("content-length:") {
            length = value.trim().parse().context("read from etcd")?;
        }
        ensure!(
            !head.starts_with("transfer-encoding"),
            "etcd answers in chunks"
        );
    }
    let mut reply = vec![0; length];
    stream.read_exact(&mut reply).context("read from etcd")?;
    ensure!(
        status.starts_with("HTTP/1.1 200"),
        "etcd says {status}{}",
        String::from_utf8_lossy(&reply)
    );
    Ok(())
}

/// What etcd takes in one transaction.
const MOST: usize = 128;
