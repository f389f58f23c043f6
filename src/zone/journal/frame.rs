//! Headers of files and frames of entries, as bytes.

/// What a file begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) kind: Kind,
    /// The format of the file.
    pub(super) version: u32,
    /// The number in the file's name.
    pub(super) number: u64,
    /// The sequence number of the first entry behind the header; of an image, behind the image.
    pub(super) first: u64,
    /// All entries up to this one were durable when the file was begun.
    pub(super) durable: u64,
    /// What sequence numbers are masked with.
    pub(super) salt: u64,
}

/// What is in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// All zones at one instant.
    Image,
    /// Entries as they came.
    Segment,
}

/// Why there is no header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NoHeader {
    /// Nothing was written yet.
    Blank,
    /// Something else stands there.
    Damaged,
    /// It is of a later version.
    Newer(u32),
}

impl Kind {
    fn magic(self) -> [u8; 8] {
        match self {
            Self::Image => *b"ZWimage\n",
            Self::Segment => *b"ZWlog\r\n\n",
        }
    }
}

impl Header {
    pub(super) fn to_bytes(self) -> [u8; HEADER_LEN] {
        let mut bytes = Vec::with_capacity(HEADER_LEN);
        bytes.extend(self.kind.magic());
        bytes.extend(self.version.to_be_bytes());
        bytes.extend([0; 4]);
        for word in [self.number, self.first, self.durable, self.salt] {
            bytes.extend(word.to_be_bytes());
        }
        let mut header = [0; HEADER_LEN];
        for (to, from) in header.iter_mut().zip(bytes) {
            *to = from;
        }
        let crc = crc32fast::hash(&header).to_be_bytes();
        header[12..16].copy_from_slice(&crc);
        header
    }

    /// Reads the header of the file with this number.
    pub(super) fn read(bytes: &[u8], kind: Kind, number: u64) -> Result<Self, NoHeader> {
        if bytes.iter().all(|byte| *byte == 0) {
            return Err(NoHeader::Blank);
        }
        let Some(&header) = bytes.first_chunk::<HEADER_LEN>() else {
            return Err(NoHeader::Damaged);
        };
        let word = |at: usize| {
            array(&header, at)
                .map(u64::from_be_bytes)
                .unwrap_or_default()
        };
        let short = |at: usize| {
            array(&header, at)
                .map(u32::from_be_bytes)
                .unwrap_or_default()
        };
        if !header.starts_with(&kind.magic()) {
            return Err(NoHeader::Damaged);
        }
        // A later version may have another header behind the number of its version.
        if short(8) > VERSION {
            return Err(NoHeader::Newer(short(8)));
        }
        let read = Self {
            kind,
            version: short(8),
            number: word(16),
            first: word(24),
            durable: word(32),
            salt: word(40),
        };
        if read.to_bytes() == header && read.number == number {
            Ok(read)
        } else {
            Err(NoHeader::Damaged)
        }
    }
}

/// Begins a frame at the end of a buffer; the payload follows.
pub(super) fn begin(buffer: &mut Vec<u8>) -> usize {
    let start = buffer.len();
    buffer.extend([0; FRAME_LEN]);
    start
}

/// Ends the frame that begins at `start`; gives the length of its payload if that is too much.
pub(super) fn finish(
    buffer: &mut [u8],
    start: usize,
    salt: u64,
    sequence: u64,
) -> Result<(), usize> {
    let frame = buffer.get_mut(start..).unwrap_or_default();
    let payload = frame.len().saturating_sub(FRAME_LEN);
    let length = u32::try_from(payload)
        .ok()
        .filter(|length| *length <= MOST_PAYLOAD);
    let Some((length, head)) = length.zip(frame.first_chunk_mut::<FRAME_LEN>()) else {
        return Err(payload);
    };
    head[..4].copy_from_slice(&length.to_be_bytes());
    head[8..].copy_from_slice(&(sequence ^ salt).to_be_bytes());
    let crc = crc_of(frame).to_be_bytes();
    if let Some(place) = frame.get_mut(4..8) {
        place.copy_from_slice(&crc);
    }
    Ok(())
}

/// What stands in the head of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Head {
    /// Bytes of the payload.
    pub(super) length: u32,
    pub(super) sequence: u64,
}

impl Head {
    /// Reads a head; whether it is one, the CRC tells.
    pub(super) fn read(bytes: &[u8], salt: u64) -> Option<Self> {
        let head = bytes.first_chunk::<FRAME_LEN>()?;
        Some(Self {
            length: u32::from_be_bytes(array(head, 0)?),
            sequence: u64::from_be_bytes(array(head, 8)?) ^ salt,
        })
    }

    /// The bytes of the whole frame.
    pub(super) fn frame_len(self) -> u64 {
        u64::from(self.length) + FRAME_LEN as u64
    }
}

/// The payload of a frame that takes all the bytes, if it is whole.
#[expect(unexpected_cfgs, reason = "builds for fuzzing set it")]
pub(super) fn payload(frame: &[u8]) -> Option<&[u8]> {
    let crc = u32::from_be_bytes(array(frame, 4)?);
    // A fuzzer cannot find sums; what they guard is what it is to reach.
    let whole = cfg!(fuzzing) || crc == crc_of(frame);
    frame.get(FRAME_LEN..).filter(|_| whole)
}

fn crc_of(frame: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(frame.get(..4).unwrap_or_default());
    hasher.update(frame.get(8..).unwrap_or_default());
    hasher.finalize()
}

fn array<const N: usize>(bytes: &[u8], at: usize) -> Option<[u8; N]> {
    bytes.get(at..)?.first_chunk::<N>().copied()
}

/// The bytes of a header.
pub(super) const HEADER_LEN: usize = 64;
/// The bytes of a frame before its payload.
pub(super) const FRAME_LEN: usize = 16;
/// The most bytes of a payload: a commit of millions of records.
pub(super) const MOST_PAYLOAD: u32 = 1 << 30;
/// The format that is written, and the latest that is read; earlier ones have fewer kinds of entries.
pub(super) const VERSION: u32 = 3;
