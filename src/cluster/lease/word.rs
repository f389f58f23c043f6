//! A word that whoever holds the Lease leaves in it, for those beside it and after it.

use std::fmt::Debug;

/// What is said in the Lease, and what is made of it. Called by the election, so nothing here may wait.
pub trait Word: Debug + Send + Sync {
    /// What we say as the holder: asked for each time that the Lease is taken or renewed. Nothing leaves
    /// what stands there.
    fn say(&self) -> String;

    /// What the holder says, or said last; nothing if nobody ever did. `ours` tells that it is us.
    fn hear(&self, word: &str, ours: bool);

    /// Whether others may take a free Lease before us: it is taken a Lease's time later then, if it is free
    /// yet.
    fn stands_back(&self) -> bool;
}
