//! How deep a zone is and where it is cut, counted while it changes.

use crate::node::Flags;
use crate::snapshot::Shape;

/// How many names and cuts there are at each depth below the apex.
#[derive(Clone, Debug, Default)]
pub(crate) struct Depths {
    names: Vec<usize>,
    cuts: Vec<usize>,
    /// Whether the zone may have a DNAME.
    dnames: bool,
}

impl Depths {
    pub(crate) fn add_name(&mut self, depth: usize) {
        count(&mut self.names, depth, 1);
    }

    pub(crate) fn add_cut(&mut self, depth: usize) {
        count(&mut self.cuts, depth, 1);
    }

    pub(crate) fn add_dname(&mut self) {
        self.dnames = true;
    }

    /// Whether the zone may have a DNAME: one that goes is not counted.
    pub(crate) fn may_have_dnames(&self) -> bool {
        self.dnames
    }

    pub(crate) fn remove_name(&mut self, depth: usize) {
        count(&mut self.names, depth, -1);
    }

    pub(crate) fn remove_cut(&mut self, depth: usize) {
        count(&mut self.cuts, depth, -1);
    }

    pub(crate) fn shape(&self, apex: Flags) -> Shape {
        let cuts = self
            .cuts
            .iter()
            .enumerate()
            .filter(|(_, count)| **count > 0);
        let cut_depths = cuts.fold(0_u128, |depths, (depth, _)| depths | 1 << depth);
        let deepest = self.names.iter().rposition(|count| *count > 0).unwrap_or(0);
        Shape {
            cut_depths,
            uppermost: cut_depths.trailing_zeros() as usize,
            deepest,
            apex,
        }
    }
}

fn count(counts: &mut Vec<usize>, depth: usize, by: isize) {
    if counts.len() <= depth {
        counts.resize(depth + 1, 0);
    }
    counts[depth] = counts[depth].saturating_add_signed(by);
}
