//! HTTP/1.1, as much as clients of APIs speak.

use std::io;

use bytes::{Bytes, BytesMut};
use http::{HeaderName, HeaderValue, Request, Response, Uri, header};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

/// A connection, and what was read ahead.
#[derive(Debug)]
pub(crate) struct Connection<S> {
    stream: S,
    ahead: BytesMut,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Connection<S> {
    pub(crate) fn new(stream: S) -> Self {
        Self {
            stream,
            ahead: BytesMut::new(),
        }
    }

    /// The stream below, before anything was read ahead of an answer.
    pub(crate) fn into_stream(self) -> S {
        self.stream
    }

    /// The next request; none at the end.
    pub(crate) async fn read(&mut self) -> io::Result<Option<Request<Bytes>>> {
        let head = loop {
            if let Some(end) = find(&self.ahead, b"\r\n\r\n") {
                break self.ahead.split_to(end + 4);
            }
            if self.ahead.len() > MOST_HEAD {
                return Err(io::Error::other("the head is too long"));
            }
            if self.stream.read_buf(&mut self.ahead).await? == 0 {
                return Ok(None);
            }
        };
        let head = std::str::from_utf8(&head).map_err(io::Error::other)?;
        let mut lines = head.split("\r\n");
        let mut first = lines.next().unwrap_or_default().split(' ');
        let (method, target) = (first.next(), first.next().unwrap_or_default());
        let uri: Uri = target.parse().map_err(io::Error::other)?;
        let mut request = Request::builder()
            .method(method.unwrap_or_default())
            .uri(uri)
            .body(Bytes::new())
            .map_err(io::Error::other)?;
        for line in lines.filter(|line| !line.is_empty()) {
            let (name, value) = line.split_once(':').unwrap_or((line, ""));
            let name: HeaderName = name.parse().map_err(io::Error::other)?;
            let value = HeaderValue::from_str(value.trim()).map_err(io::Error::other)?;
            request.headers_mut().append(name, value);
        }
        *request.body_mut() = self.body(&request).await?;
        Ok(Some(request))
    }

    async fn body(&mut self, request: &Request<Bytes>) -> io::Result<Bytes> {
        let text = |name| {
            let value = request.headers().get(name);
            value.and_then(|value: &HeaderValue| value.to_str().ok())
        };
        if text(header::TRANSFER_ENCODING).is_some() {
            return self.chunks().await;
        }
        let length = text(header::CONTENT_LENGTH).unwrap_or("0");
        let length: usize = length.parse().map_err(io::Error::other)?;
        self.fill(length).await?;
        Ok(self.ahead.split_to(length).freeze())
    }

    /// A body in chunks (RFC 9112 §7.1).
    async fn chunks(&mut self) -> io::Result<Bytes> {
        let mut whole = BytesMut::new();
        loop {
            let end = loop {
                if let Some(end) = find(&self.ahead, b"\r\n") {
                    break end;
                }
                let more = self.ahead.len() + 1;
                self.fill(more).await?;
            };
            let line = self.ahead.split_to(end + 2);
            let line = String::from_utf8_lossy(&line);
            let size = line.split([';', '\r']).next().unwrap_or_default();
            let size = usize::from_str_radix(size.trim(), 16).map_err(io::Error::other)?;
            self.fill(size + 2).await?;
            let chunk = self.ahead.split_to(size + 2);
            whole.extend_from_slice(chunk.get(..size).unwrap_or_default());
            if size == 0 {
                return Ok(whole.freeze());
            }
        }
    }

    /// Reads until there are so many bytes ahead.
    async fn fill(&mut self, count: usize) -> io::Result<()> {
        if count > MOST_BODY {
            return Err(io::Error::other("the body is too long"));
        }
        while self.ahead.len() < count {
            if self.stream.read_buf(&mut self.ahead).await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
        Ok(())
    }

    /// Answers.
    pub(crate) async fn write(&mut self, answer: &Response<Bytes>) -> io::Result<()> {
        let mut head = format!("HTTP/1.1 {}\r\n", answer.status()).into_bytes();
        for (name, value) in answer.headers() {
            head.extend_from_slice(name.as_str().as_bytes());
            head.extend_from_slice(b": ");
            head.extend_from_slice(value.as_bytes());
            head.extend_from_slice(b"\r\n");
        }
        if !matches!(answer.status().as_u16(), 100..=199 | 204 | 304) {
            head.extend_from_slice(
                format!("content-length: {}\r\n", answer.body().len()).as_bytes(),
            );
        }
        head.extend_from_slice(b"\r\n");
        self.stream.write_all(&head).await?;
        self.stream.write_all(answer.body()).await?;
        self.stream.flush().await
    }
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).position(|part| part == wanted)
}

const MOST_HEAD: usize = 64 << 10;

const MOST_BODY: usize = 64 << 20;
