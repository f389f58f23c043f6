//! Owners: the origin that completes names, and the owner that a line without one takes over.

use wire::name::MAX_LEN;
use wire::text::{NameTextError, Token, name_into};
use wire::{Name, NameRef};

/// What is known of the current owner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Owner {
    /// It could not be read, and that was said: records are judged, but not kept.
    Faulty,
    /// In the zone.
    Inside,
    /// There was no record yet.
    None,
    /// Outside the zone, which was said: records are judged, but not kept.
    Outside,
}

/// What `$ORIGIN` and the records of one file set, and what ends with that file.
#[derive(Clone, Debug)]
pub(super) struct Scope {
    apex: Name,
    origin: Name,
    /// Whether all names completed by the origin are in the zone.
    origin_inside: bool,
    origin_changed: bool,
    owner: Vec<u8>,
    state: Owner,
}

impl Scope {
    pub(super) fn new(apex: &Name) -> Self {
        Self {
            apex: apex.clone(),
            origin: apex.clone(),
            origin_inside: true,
            origin_changed: false,
            owner: apex.as_bytes().to_vec(),
            state: Owner::None,
        }
    }

    /// The scope of an included file: it begins with the owner and the origin of its includer.
    pub(super) fn included(&self, origin: Option<Name>) -> Self {
        let mut scope = self.clone();
        if let Some(origin) = origin {
            scope.set_origin(origin);
            scope.origin_changed = self.origin_changed;
        }
        scope
    }

    pub(super) fn origin(&self) -> NameRef<'_> {
        self.origin.as_ref()
    }

    pub(super) fn set_origin(&mut self, origin: Name) {
        self.origin_inside = origin.as_ref().is_at_or_below(self.apex.as_ref());
        self.origin_changed = true;
        self.origin = origin;
    }

    pub(super) fn owner(&self) -> NameRef<'_> {
        NameRef::from_checked(&self.owner)
    }

    pub(super) fn owner_state(&self) -> Owner {
        self.state
    }

    /// Whether `$ORIGIN` stood since the last owner; asks only once.
    pub(super) fn take_origin_changed(&mut self) -> bool {
        std::mem::take(&mut self.origin_changed)
    }

    /// Reads an owner.
    pub(super) fn set_owner(&mut self, word: Token<'_>) -> Result<(), NameTextError> {
        self.origin_changed = false;
        self.owner.clear();
        if self.plain(word.text) {
            return Ok(());
        }
        self.owner.clear();
        let text = match word.text {
            b"@" if word.quoted => b"\\@",
            text => text,
        };
        if let Err(error) = name_into(text, Some(self.origin.as_ref()), &mut self.owner) {
            self.owner_given_up();
            return Err(error);
        }
        let inside = self.owner().is_at_or_below(self.apex.as_ref());
        self.state = if inside {
            Owner::Inside
        } else {
            Owner::Outside
        };
        Ok(())
    }

    /// Goes on without an owner; what follows is judged, but not kept.
    pub(super) fn owner_given_up(&mut self) {
        self.owner.clear();
        self.owner.extend_from_slice(self.apex.as_bytes());
        self.state = Owner::Faulty;
    }

    /// Most owners hold neither escapes nor mistakes. Tells whether it was so, and leaves anything
    /// else to `name_into`, which also says what is wrong.
    fn plain(&mut self, text: &[u8]) -> bool {
        let relative = !text.ends_with(b".");
        let origin = self.origin.as_bytes();
        if text.len() + 1 + origin.len() > MAX_LEN || text.len() < 2 {
            return false;
        }
        let mut rest = text;
        loop {
            let end = rest.iter().position(|byte| ENDS_LABEL[usize::from(*byte)]);
            let (label, tail) = rest.split_at(end.unwrap_or(rest.len()));
            let length = u8::try_from(label.len()).unwrap_or(u8::MAX);
            if !(1..=63).contains(&length) {
                return false;
            }
            self.owner.push(length);
            self.owner.extend_from_slice(label);
            match tail.split_first() {
                None => break,
                Some((b'.', [])) => break,
                Some((b'.', tail)) => rest = tail,
                Some(_) => return false,
            }
        }
        self.owner
            .extend_from_slice(if relative { origin } else { &[0] });
        // Below an origin above the apex a name may be inside or not.
        let inside =
            relative && self.origin_inside || self.owner().is_at_or_below(self.apex.as_ref());
        self.state = if inside {
            Owner::Inside
        } else {
            Owner::Outside
        };
        true
    }
}

/// What ends a label, or has a meaning of its own.
const ENDS_LABEL: [bool; 256] = {
    let mut ends = [false; 256];
    ends[b'.' as usize] = true;
    ends[b'\\' as usize] = true;
    ends[b'@' as usize] = true;
    ends
};
