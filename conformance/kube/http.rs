//! HTTP/1.1 as small as a webhook needs it: read a request, write a reply, keep the connection.
//!
//! By hand, because the recorder must also answer wrongly: cut a reply in the middle, say nothing,
//! close at once.

use std::collections::BTreeMap;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::TcpStream;

/// What a client asked.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) method: String,
    pub(crate) path: String,
    /// By lower-case name.
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: Vec<u8>,
}

/// What it is told.
#[derive(Clone, Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) content_type: String,
    pub(crate) body: Vec<u8>,
    /// Send this part of the body only and close.
    pub(crate) cut: bool,
}

/// Reads the next request of a connection; none at its end.
pub(crate) fn read(stream: &mut BufReader<TcpStream>) -> io::Result<Option<Asked>> {
    let mut line = String::new();
    if stream.read_line(&mut line)? == 0 {
        return Ok(None);
    }
    let mut words = line.split_whitespace();
    let (method, path) = (
        words.next().map(str::to_owned),
        words.next().map(str::to_owned),
    );
    let (Some(method), Some(path)) = (method, path) else {
        return Err(io::Error::other("no request line"));
    };
    let mut headers = BTreeMap::new();
    loop {
        let mut line = String::new();
        stream.read_line(&mut line)?;
        let line = line.trim_end();
        if line.is_empty() {
            break;
        }
        if let Some((name, value)) = line.split_once(':') {
            headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
        }
    }
    let body = match headers.get("transfer-encoding") {
        Some(coding) if coding.eq_ignore_ascii_case("chunked") => read_chunks(stream)?,
        _ => {
            let length = headers
                .get("content-length")
                .and_then(|text| text.parse().ok());
            read_exactly(stream, length.unwrap_or(0))?
        }
    };
    Ok(Some(Asked {
        method,
        path,
        headers,
        body,
    }))
}

/// Writes a reply.
pub(crate) fn write(stream: &mut TcpStream, reply: &Reply) -> io::Result<()> {
    let mut head = format!("HTTP/1.1 {} Status\r\n", reply.status);
    if reply.status != 204 {
        let length = reply.body.len();
        head += &format!(
            "Content-Type: {}\r\nContent-Length: {length}\r\n",
            reply.content_type
        );
    }
    head += "\r\n";
    let sent = match reply.cut {
        true => reply.body.len() / 2,
        false => reply.body.len(),
    };
    let mut bytes = head.into_bytes();
    bytes.extend(reply.body.iter().take(sent));
    stream.write_all(&bytes)
}

fn read_exactly(stream: &mut impl Read, length: usize) -> io::Result<Vec<u8>> {
    let mut body = vec![0; length.min(MOST)];
    stream.read_exact(&mut body)?;
    Ok(body)
}

fn read_chunks(stream: &mut BufReader<TcpStream>) -> io::Result<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let mut line = String::new();
        stream.read_line(&mut line)?;
        let size = line.split(';').next().unwrap_or_default().trim();
        let size = usize::from_str_radix(size, 16).map_err(io::Error::other)?;
        body.extend(read_exactly(stream, size)?);
        let mut end = String::new();
        stream.read_line(&mut end)?;
        if size == 0 || body.len() > MOST {
            return Ok(body);
        }
    }
}

/// Bodies of tests are far smaller; a wrong length must not take all memory.
const MOST: usize = 256 << 20;
