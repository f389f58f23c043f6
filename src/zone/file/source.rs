//! The text of files, read once: names for messages, and where lines begin.
//!
//! A file included several times is read once. Files are read whole; a folder, a device and a pipe
//! are refused before they are opened, so that a typing mistake can neither block nor fill memory.

use std::cell::OnceCell;
use std::fs;
use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use crate::scratch::Scratch;

/// One file.
#[derive(Debug)]
pub(super) struct Source {
    /// Its name for messages.
    pub(super) name: Rc<str>,
    /// What it holds.
    pub(super) text: Scratch,
    /// Whether its text may stand in messages. They end in logs, which more people read than may
    /// read every file that an `$INCLUDE` can name.
    pub(super) shown: bool,
    /// The path that tells whether two files are the same one.
    identity: PathBuf,
    /// Where every [`STRIDE`]th line begins, made when the first line is asked for.
    lines: OnceCell<Vec<usize>>,
}

/// All files of a zone, in the order they were opened.
#[derive(Debug, Default)]
pub(super) struct Sources {
    list: Vec<Rc<Source>>,
    /// Every file that was looked for, found or not, to be watched for changes.
    pub(super) paths: Vec<PathBuf>,
}

/// Why a file cannot be read.
#[derive(Debug, thiserror::Error)]
pub(super) enum ReadError {
    /// A file that is no text.
    #[error("it holds binary data, not text")]
    Binary,
    /// A folder, a device, a pipe.
    #[error("it is {0}, not a file")]
    Kind(&'static str),
    /// More files than can be counted.
    #[error("more than {MAX_FILES} files in one zone")]
    Many,
    /// What the system says.
    #[error("{}", reason(.0))]
    System(#[from] io::Error),
    /// Text in UTF-16.
    #[error("it is text in UTF-16, expected ASCII or UTF-8")]
    Utf16,
    /// A file beyond all measure.
    #[error("it is larger than {} MiB", MAX_BYTES >> 20)]
    Large,
}

/// The most files of one zone.
pub(super) const MAX_FILES: usize = 10_000;

/// The most bytes of one file: far above the largest zones there are, below what exhausts a host.
const MAX_BYTES: u64 = 16 << 30;

impl Sources {
    /// Adds text that is no file.
    pub(super) fn add_text(&mut self, name: &str, text: Vec<u8>) -> u16 {
        self.push(Rc::from(name), Scratch::from(text), PathBuf::new(), true)
    }

    /// Reads a file, or finds it among those read before.
    pub(super) fn open(&mut self, path: &Path) -> Result<u16, ReadError> {
        if !self.paths.iter().any(|known| known == path) {
            self.paths.push(path.to_owned());
        }
        let identity = fs::canonicalize(path)?;
        if let Some(known) = self.list.iter().position(|file| file.identity == identity) {
            return Ok(u16::try_from(known).unwrap_or(u16::MAX));
        }
        if self.list.len() >= MAX_FILES {
            return Err(ReadError::Many);
        }
        let text = read(&identity)?;
        let name = Rc::from(path.to_string_lossy());
        let shown = self.is_of_the_zone(&identity);
        Ok(self.push(name, text, identity, shown))
    }

    /// The file with this number.
    pub(super) fn get(&self, file: u16) -> Option<&Rc<Source>> {
        self.list.get(usize::from(file))
    }

    /// Whether a file lies in the folder of the zone file, or below. Links do not count: what
    /// matters is where the text is from.
    fn is_of_the_zone(&self, identity: &Path) -> bool {
        let Some(zone_file) = self.list.first() else {
            return true;
        };
        let holds = |folder: &Path| identity.starts_with(folder);
        let named = Path::new(&*zone_file.name).parent().map(|folder| {
            let here = folder.as_os_str().is_empty();
            fs::canonicalize(if here { Path::new(".") } else { folder })
        });
        zone_file.identity.parent().is_some_and(holds)
            || named.is_some_and(|folder| folder.is_ok_and(|folder| holds(&folder)))
    }

    fn push(&mut self, name: Rc<str>, text: Scratch, identity: PathBuf, shown: bool) -> u16 {
        let lines = OnceCell::new();
        self.list.push(Rc::new(Source {
            name,
            text,
            shown,
            identity,
            lines,
        }));
        // `open` keeps the list below `MAX_FILES`.
        u16::try_from(self.list.len() - 1).unwrap_or(u16::MAX)
    }
}

impl Source {
    /// The line, from 1, that the byte at `at` stands on.
    pub(super) fn line_of(&self, at: usize) -> u32 {
        let lines = self.lines();
        let block = lines.partition_point(|&start| start <= at).max(1) - 1;
        let from = lines[block].min(at);
        let passed = memchr::memchr_iter(b'\n', &self.text[from..at.min(self.text.len())]).count();
        u32::try_from(block * STRIDE + passed + 1).unwrap_or(u32::MAX)
    }

    /// Where the line with this number, from 1, begins.
    pub(super) fn start_of(&self, line: u32) -> usize {
        let line = line.max(1) as usize - 1;
        let Some(&from) = self.lines().get(line / STRIDE) else {
            return self.text.len();
        };
        match line % STRIDE {
            0 => from,
            skip => memchr::memchr_iter(b'\n', &self.text[from..])
                .nth(skip - 1)
                .map_or(self.text.len(), |at| from + at + 1),
        }
    }

    fn lines(&self) -> &[usize] {
        self.lines.get_or_init(|| {
            let newlines = memchr::memchr_iter(b'\n', &self.text);
            let starts = newlines.skip(STRIDE - 1).step_by(STRIDE).map(|at| at + 1);
            let first = if self.text.starts_with(BOM) {
                BOM.len()
            } else {
                0
            };
            std::iter::once(first).chain(starts).collect()
        })
    }

    /// The bytes of the line that `at` stands on, without its end.
    pub(super) fn line_around(&self, at: usize) -> Range<usize> {
        let at = at.min(self.text.len());
        let start = memchr::memrchr(b'\n', &self.text[..at]).map_or(0, |newline| newline + 1);
        let end = memchr::memchr(b'\n', &self.text[at..]).map_or(self.text.len(), |n| at + n);
        let start = if start == 0 && self.text.starts_with(BOM) {
            BOM.len()
        } else {
            start
        };
        let line = &self.text[start..end.max(start)];
        start..start + line.strip_suffix(b"\r").unwrap_or(line).len()
    }
}

fn read(path: &Path) -> Result<Scratch, ReadError> {
    let about = fs::metadata(path)?;
    if about.is_dir() {
        return Err(ReadError::Kind("a folder"));
    }
    if !about.is_file() {
        return Err(ReadError::Kind("a device or a pipe"));
    }
    if about.len() > MAX_BYTES {
        return Err(ReadError::Large);
    }
    let mut text = Scratch::default();
    // A byte more shows the end without a second reading.
    text.reserve(usize::try_from(about.len()).unwrap_or(0) + 1);
    // A file may grow while it is read.
    let limit = usize::try_from(MAX_BYTES).unwrap_or(usize::MAX);
    text.read(&mut fs::File::open(path)?, limit)?;
    if text.starts_with(b"\xFF\xFE") || text.starts_with(b"\xFE\xFF") {
        return Err(ReadError::Utf16);
    }
    if memchr::memchr(0, text.get(..LOOK).unwrap_or(&text)).is_some() {
        return Err(ReadError::Binary);
    }
    Ok(text)
}

/// The system's reason, without the number behind it.
fn reason(error: &io::Error) -> String {
    let text = error.to_string();
    let plain = text.split(" (os error").next().unwrap_or(&text);
    let mut chars = plain.chars();
    match chars.next() {
        Some(first) => first.to_lowercase().chain(chars).collect(),
        None => String::new(),
    }
}

/// How many lines lie between two entries of the index of lines.
const STRIDE: usize = 1024;
/// The mark that some editors put in front of UTF-8.
const BOM: &[u8] = b"\xEF\xBB\xBF";
/// How far a file is looked at to tell text from binary data.
const LOOK: usize = 4096;
