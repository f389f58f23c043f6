//! From the files of a folder to what they say.
//!
//! ```text
//! newest whole image, else nothing → segments from its number on, in order → state
//! ```
//!
//! Nothing is written here. Entries must be without a gap, and none may be missing that is known to
//! have been durable; what was not may be torn, and is left out with all that follows it.

use std::collections::BTreeMap;
use std::io;

use super::frame::{HEADER_LEN, Header, Kind, NoHeader, VERSION};
use super::payload;
use super::segment::{Frames, Tail};
use super::state::State;
use super::{Disk, DiskFile, JournalError};

/// What the files say, and how the log goes on after them.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) state: State,
    /// Whether the log was closed, and nothing was begun after that.
    pub(super) clean: bool,
    pub(super) notes: Vec<String>,
    /// The last entry.
    pub(super) last: u64,
    /// All entries up to this one were durable.
    pub(super) durable: u64,
    /// The highest number that any file has.
    pub(super) number: u64,
    /// So many starts since then could write nothing.
    pub(super) unsaved: u32,
    /// When something was written last, in seconds since 1970, as far as the disk says.
    pub(super) written: Option<u64>,
}

/// Reads all files.
pub(super) fn recover(disk: &dyn Disk) -> Result<Found, JournalError> {
    let files = Files::list(disk)?;
    let mut found = Found {
        number: files.highest(),
        ..Found::default()
    };
    let mut unread = None;
    let mut base = 0;
    for (&number, name) in files.images.iter().rev() {
        match read_image(disk, number, name)? {
            Ok((state, header)) => {
                found.state = state;
                found.last = header.first.saturating_sub(1);
                found.durable = header.durable;
                base = number;
                break;
            }
            Err(byte) => {
                unread.get_or_insert((name, byte));
            }
        }
    }
    let mut place = Place {
        disk,
        cut: None,
        unread,
    };
    if base > 0 && !files.segments.contains_key(&base) {
        // It was begun and durable before its image. Somebody may have moved it away for its damage.
        let log = disk.path().join(file_name(base, SEGMENT));
        found.notes.push(format!(
            "\"{}\" is missing: what updates brought after the image beside it is lost, and serials may step back",
            log.display()
        ));
    }
    for (&number, name) in files.segments.range(base..) {
        read_segment(number, name, &mut place, &mut found)?;
    }
    // A mark from before the image is done with.
    let unsaved = files.marks.range(base..).take(MOST_MARKS).count();
    found.unsaved = u32::try_from(unsaved).unwrap_or(u32::MAX);
    found.clean &= unsaved == 0;
    let read = files
        .segments
        .range(base..)
        .chain(files.images.range(base..));
    let read = read.chain(files.marks.range(base..));
    found.written = read.filter_map(|(_, name)| disk.changed(name).ok()).max();
    if let Some((name, byte)) = unread {
        if base == 0 {
            return Err(place.damaged_image(name, byte));
        }
        found.notes.push(format!(
            "\"{}\" is damaged at byte {byte}; an older image and all entries since were read in its place",
            disk.path().join(name).display()
        ));
    }
    Ok(found)
}

/// Where the last cut was, for the message should that turn out to be a loss.
struct Place<'a> {
    disk: &'a dyn Disk,
    cut: Option<(String, u64)>,
    /// The newest image, if it is not whole.
    unread: Option<(&'a String, u64)>,
}

impl Place<'_> {
    fn damaged(&self, name: &str, byte: u64, what: &'static str) -> JournalError {
        JournalError::Damaged {
            path: self.disk.path().join(name),
            byte,
            what,
            advice: format!(
                "Restore the folder from a copy, or move \"{name}\" and every file with a higher number away: \
                 the changes in them are lost then, and serials may step back"
            ),
        }
    }

    fn damaged_image(&self, name: &str, byte: u64) -> JournalError {
        JournalError::Damaged {
            path: self.disk.path().join(name),
            byte,
            what: "the image of all zones is not whole",
            advice: "Restore the folder from a copy, or move its files away: \
                     all that updates brought is lost then, and serials may step back"
                .to_owned(),
        }
    }

    /// An entry that is known to have been durable is not there.
    fn missing(&self, name: &str) -> JournalError {
        match (self.unread, &self.cut) {
            (Some((image, byte)), _) => self.damaged_image(image, byte),
            (None, Some((cut, byte))) => self.damaged(cut, *byte, "durable entries are not whole"),
            (None, None) => self.damaged(name, 0, "entries before it are missing"),
        }
    }

    /// The file has no header.
    fn no_header(&self, name: &str, none: NoHeader) -> JournalError {
        match none {
            NoHeader::Newer(version) => JournalError::Newer {
                path: self.disk.path().join(name),
                version,
                known: VERSION,
            },
            NoHeader::Blank | NoHeader::Damaged => self.damaged(name, 0, "this is no header"),
        }
    }

    fn io(&self, name: &str) -> impl Fn(io::Error) -> JournalError + use<> {
        let (folder, name) = (self.disk.path().to_owned(), name.to_owned());
        move |error| JournalError::io("read", &folder, &name, error)
    }
}

fn read_segment(
    number: u64,
    name: &str,
    place: &mut Place<'_>,
    found: &mut Found,
) -> Result<(), JournalError> {
    let failed = place.io(name);
    let file = place.disk.open(name).map_err(&failed)?;
    let mut frames = match Frames::open(&*file, Kind::Segment, number).map_err(&failed)? {
        Ok(frames) => frames,
        // Entries are only written behind a durable header, so this one never had any.
        Err(NoHeader::Blank | NoHeader::Damaged) if holds_nothing(&*file).map_err(&failed)? => {
            return Ok(());
        }
        Err(none) => return Err(place.no_header(name, none)),
    };
    let header = frames.header;
    if header.durable > found.last {
        return Err(place.missing(name));
    }
    found.durable = found.durable.max(header.durable);
    // What was begun here may have published more since the end was written.
    found.clean = false;
    let mut at = frames.at;
    while let Some(bytes) = frames.payload().map_err(&failed)? {
        let lag = payload::read_lag(bytes);
        let (Some(record), Some(lag)) = (payload::read(bytes), lag) else {
            return Err(place.damaged(name, at, "this is no entry"));
        };
        if found.last + 1 != frames.next - 1 {
            return Err(place.missing(name));
        }
        found.last += 1;
        found.durable = found.durable.max(found.last.saturating_sub(lag + 1));
        found.state.apply(record);
        found.clean = found.state.ended;
        at = frames.at;
    }
    match frames.tail().map_err(&failed)? {
        Tail::Clean => {}
        Tail::Damaged => {
            return Err(place.damaged(name, at, "durable entries behind it are whole"));
        }
        Tail::Torn { behind } => {
            found.clean = false;
            found.notes.push(format!(
                "\"{}\" is cut at byte {at}: what follows was never flushed ({behind} whole entries behind the tear)",
                place.disk.path().join(name).display()
            ));
            place.cut = Some((name.to_owned(), at));
        }
    }
    Ok(())
}

/// Reads an image; gives what it says and its header, or where it is not whole.
fn read_image(
    disk: &dyn Disk,
    number: u64,
    name: &str,
) -> Result<Result<(State, Header), u64>, JournalError> {
    let place = Place {
        disk,
        cut: None,
        unread: None,
    };
    let failed = place.io(name);
    let file = disk.open(name).map_err(&failed)?;
    let mut frames = match Frames::open(&*file, Kind::Image, number).map_err(&failed)? {
        Ok(frames) => frames,
        Err(none @ NoHeader::Newer(_)) => return Err(place.no_header(name, none)),
        Err(NoHeader::Blank | NoHeader::Damaged) => return Ok(Err(0)),
    };
    let header = frames.header;
    let mut state = State::default();
    let mut at = frames.at;
    while let Some(bytes) = frames.payload().map_err(&failed)? {
        let Some(record) = payload::read(bytes) else {
            return Ok(Err(at));
        };
        state.apply(record);
        if state.ended {
            return Ok(Ok((state, header)));
        }
        at = frames.at;
    }
    Ok(Err(at))
}

/// Whether nothing stands behind the place of the header.
fn holds_nothing(file: &dyn DiskFile) -> io::Result<bool> {
    let (mut buffer, mut at) = ([0; 4096], HEADER_LEN as u64);
    loop {
        let got = file.read_at(&mut buffer, at)?;
        let read = buffer.get(..got).unwrap_or_default();
        if read.iter().any(|byte| *byte != 0) {
            return Ok(false);
        }
        if got == 0 {
            return Ok(true);
        }
        at += got as u64;
    }
}

/// The files of the journal by number.
#[derive(Debug, Default)]
pub(super) struct Files {
    pub(super) images: BTreeMap<u64, String>,
    pub(super) segments: BTreeMap<u64, String>,
    /// Images that were not finished.
    pub(super) drafts: BTreeMap<u64, String>,
    /// Starts that could write nothing.
    pub(super) marks: BTreeMap<u64, String>,
}

impl Files {
    /// Lists the files of the journal; others are none of its business.
    pub(super) fn list(disk: &dyn Disk) -> Result<Self, JournalError> {
        let names = disk.list();
        let names = names.map_err(|error| JournalError::io("list", disk.path(), "", error))?;
        let mut files = Self::default();
        for name in names {
            let Some((number, kind)) = name.split_once('.') else {
                continue;
            };
            let (Ok(parsed), 20) = (number.parse(), number.len()) else {
                continue;
            };
            let kind = match kind {
                IMAGE => &mut files.images,
                SEGMENT => &mut files.segments,
                DRAFT => &mut files.drafts,
                MARK => &mut files.marks,
                _ => continue,
            };
            kind.insert(parsed, name);
        }
        Ok(files)
    }

    fn highest(&self) -> u64 {
        let all = [&self.images, &self.segments, &self.drafts, &self.marks];
        let highest = all.into_iter().filter_map(|files| files.keys().next_back());
        highest.max().copied().unwrap_or(0)
    }
}

/// The name of a file.
pub(super) fn file_name(number: u64, kind: &str) -> String {
    format!("{number:020}.{kind}")
}

pub(super) const IMAGE: &str = "image";
pub(super) const SEGMENT: &str = "log";
pub(super) const DRAFT: &str = "image-draft";
pub(super) const MARK: &str = "unsaved";
/// More starts in vain than this are not counted.
pub(super) const MOST_MARKS: usize = 1000;
