//! Reading one file of the journal: its header, its frames in order, and what its tail is.

use std::io;

use super::DiskFile;
use super::frame::{self, FRAME_LEN, HEADER_LEN, Head, Header, Kind, NoHeader};
use super::payload;

/// A file that is read from its start on.
#[derive(Debug)]
pub(super) struct Frames<'a> {
    file: &'a dyn DiskFile,
    pub(super) header: Header,
    size: u64,
    /// Where the next frame begins.
    pub(super) at: u64,
    /// The sequence number that it has.
    pub(super) next: u64,
    /// Bytes of the file from `start` on.
    window: Vec<u8>,
    start: u64,
}

/// What stands behind the last whole frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tail {
    /// Nothing.
    Clean,
    /// Something that was durable is damaged.
    Damaged,
    /// Something that was never durable is there in parts; so many whole frames are behind it.
    Torn { behind: u64 },
}

impl<'a> Frames<'a> {
    /// Reads the header of the file with this number.
    pub(super) fn open(
        file: &'a dyn DiskFile,
        kind: Kind,
        number: u64,
    ) -> io::Result<Result<Self, NoHeader>> {
        let size = file.size()?;
        let mut bytes = [0; HEADER_LEN];
        let got = read_full(file, &mut bytes, 0)?;
        let header = match Header::read(bytes.get(..got).unwrap_or_default(), kind, number) {
            Ok(header) => header,
            Err(none) => return Ok(Err(none)),
        };
        Ok(Ok(Self {
            file,
            header,
            size,
            at: HEADER_LEN as u64,
            next: match kind {
                Kind::Image => 1,
                Kind::Segment => header.first,
            },
            window: Vec::new(),
            start: 0,
        }))
    }

    /// The payload of the next frame, if it is whole and has the number that it must have.
    pub(super) fn payload(&mut self) -> io::Result<Option<&[u8]>> {
        let salt = self.header.salt;
        let head = self.bytes(FRAME_LEN as u64)?;
        let Some(head) = head.and_then(|bytes| Head::read(bytes, salt)) else {
            return Ok(None);
        };
        if head.sequence != self.next {
            return Ok(None);
        }
        let len = head.frame_len();
        let whole = self
            .bytes(len)?
            .is_some_and(|frame| frame::payload(frame).is_some());
        if !whole {
            return Ok(None);
        }
        let from = self.at;
        self.at += len;
        self.next += 1;
        Ok(self.in_window(from, len).and_then(frame::payload))
    }

    /// Judges what stands behind the last whole frame.
    pub(super) fn tail(&mut self) -> io::Result<Tail> {
        let mut rest = vec![0; usize::try_from(self.size - self.at).unwrap_or(usize::MAX)];
        let got = read_full(self.file, &mut rest, self.at)?;
        rest.truncate(got);
        // Most of it is blocks that were only set aside; comparing them a page at a time is fast.
        let pages = rest.chunks(ZEROS.len());
        let written = pages.rev().skip_while(|page| **page == ZEROS[..page.len()]);
        let end = written.map(<[u8]>::len).sum();
        if end == 0 {
            return Ok(Tail::Clean);
        }
        let most = (rest.len() / FRAME_LEN) as u64;
        let mut behind = 0;
        let mut from = 0;
        while from < end {
            let bytes = rest.get(from..).unwrap_or_default();
            from += 1;
            let Some(head) = Head::read(bytes, self.header.salt) else {
                break;
            };
            let ahead = head.sequence.wrapping_sub(self.next);
            if ahead == 0 || ahead > most {
                continue;
            }
            let frame = usize::try_from(head.frame_len())
                .ok()
                .and_then(|len| bytes.get(..len));
            let Some((frame, payload)) =
                frame.and_then(|bytes| Some((bytes, frame::payload(bytes)?)))
            else {
                continue;
            };
            if payload::read_lag(payload).is_some_and(|lag| ahead > lag) {
                return Ok(Tail::Damaged);
            }
            behind += 1;
            from += frame.len() - 1;
        }
        Ok(Tail::Torn { behind })
    }

    /// So many bytes from the place of the next frame on, if the file has them.
    fn bytes(&mut self, count: u64) -> io::Result<Option<&[u8]>> {
        if self
            .size
            .checked_sub(self.at)
            .is_none_or(|left| left < count)
        {
            return Ok(None);
        }
        if self.in_window(self.at, count).is_none() {
            let room = count.max(WINDOW).min(self.size - self.at);
            // Frames are bounded, so this fits wherever the program runs.
            self.window
                .resize(usize::try_from(room).unwrap_or(usize::MAX), 0);
            let got = read_full(self.file, &mut self.window, self.at)?;
            self.window.truncate(got);
            self.start = self.at;
        }
        Ok(self.in_window(self.at, count))
    }

    fn in_window(&self, at: u64, count: u64) -> Option<&[u8]> {
        let from = usize::try_from(at.checked_sub(self.start)?).ok()?;
        let count = usize::try_from(count).ok()?;
        self.window.get(from..)?.get(..count)
    }
}

/// Reads until the buffer is full or the file ends.
fn read_full(file: &dyn DiskFile, buffer: &mut [u8], at: u64) -> io::Result<usize> {
    let mut got = 0;
    while let Some(rest) = buffer.get_mut(got..).filter(|rest| !rest.is_empty()) {
        match file.read_at(rest, at + got as u64) {
            Ok(0) => break,
            Ok(count) => got += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(got)
}

/// How many bytes are read at a time.
const WINDOW: u64 = 256 << 10;
const ZEROS: [u8; 4096] = [0; 4096];
