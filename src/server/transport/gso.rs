//! Segmentation offload: answers of a batch that go the same way and are of equal length leave as
//! one message, which the system cuts into datagrams again.
//!
//! In go the answered slots of a batch, out comes a plan: an order of slots and how many of them
//! make a message each. Pays where few clients ask much, as forwarders do; where no runs are found,
//! fewer and fewer batches are searched. Answers to one client may change places, as they may on
//! any way of UDP.

use super::mmsg::Inbox;

/// Whether answers are sent segmented.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Gso {
    /// While it pays, and until the system refuses.
    #[default]
    Auto,
    /// Never.
    Off,
    /// In each batch, until the system refuses.
    On,
}

/// Finds runs, and remembers whether it is worth it.
#[derive(Debug)]
pub(crate) struct Segmenter {
    mode: Gso,
    /// Batches to go before the next search.
    rest: u8,
    /// How long to rest after the next vain search.
    patience: u8,
    plan: Plan,
}

/// An order of slots and how many of them make a message each.
#[derive(Debug, Default)]
pub(crate) struct Plan {
    pub(crate) order: Vec<u8>,
    pub(crate) runs: Vec<u8>,
    /// What the members of each run have in common, and the first of them.
    kinds: Vec<(u64, u8)>,
    /// Slots with an answer, and the run of each.
    members: Vec<(u8, u8)>,
}

impl Segmenter {
    pub(crate) fn new(mode: Gso) -> Self {
        Self {
            mode,
            rest: 0,
            patience: 1,
            plan: Plan::default(),
        }
    }

    /// The plan for a batch; none if each answer should go by itself.
    pub(crate) fn plan(&mut self, inbox: &Inbox) -> Option<&Plan> {
        if self.mode == Gso::Off || inbox.slots().len() < 2 {
            return None;
        }
        if self.rest > 0 {
            self.rest -= 1;
            return None;
        }
        let slots = inbox.slots();
        let lengths = slots.iter().map(|slot| slot.reply_len);
        self.plan.group(
            lengths.enumerate().map(|(at, len)| (len, inbox.way(at))),
            |one, other| {
                slots[one].reply_len == slots[other].reply_len && inbox.same_way(one, other)
            },
        );
        if self.plan.runs.len() < self.plan.order.len() {
            self.patience = 1;
            return Some(&self.plan);
        }
        if self.mode == Gso::Auto {
            self.rest = self.patience;
            self.patience = self.patience.saturating_mul(2).min(64);
        }
        None
    }

    /// The system has refused: never again. Says whether this is news.
    pub(crate) fn give_up(&mut self) -> bool {
        std::mem::replace(&mut self.mode, Gso::Off) != Gso::Off
    }
}

impl Plan {
    /// Groups the answers, given as lengths with a hint of their way, by what `same` says.
    fn group(
        &mut self,
        answers: impl Iterator<Item = (usize, u64)>,
        same: impl Fn(usize, usize) -> bool,
    ) {
        self.runs.clear();
        self.kinds.clear();
        self.members.clear();
        // Batches have far fewer than 255 slots.
        for (slot, (len, way)) in (0_u8..).zip(answers).filter(|(_, (len, _))| *len != 0) {
            let kind = way ^ (len as u64) << 48;
            let run = self
                .kinds
                .iter()
                .zip(&self.runs)
                .position(|((seen, first), count)| {
                    *seen == kind
                        && len <= LONGEST
                        && *count < MOST
                        && same(usize::from(*first), usize::from(slot))
                });
            let run = run.unwrap_or_else(|| {
                self.kinds.push((kind, slot));
                self.runs.push(0);
                self.runs.len() - 1
            });
            self.runs[run] += 1;
            self.members
                .push((slot, u8::try_from(run).unwrap_or(u8::MAX)));
        }
        self.members
            .sort_unstable_by_key(|(slot, run)| (*run, *slot));
        self.order.clear();
        self.order
            .extend(self.members.iter().map(|(slot, _)| *slot));
    }
}

/// Longer answers would not fit into one frame everywhere, and one refusal ends it all: the
/// smallest frame of IPv6 (RFC 8200 §5) less the headers.
const LONGEST: usize = 1232;
/// 32 of the longest stay below the 64 KiB of a message, and below the 64 pieces that the kernel
/// takes.
const MOST: u8 = 32;

#[cfg(test)]
mod tests {
    use super::*;

    /// Answers as (length, peer); expects the slots of each message.
    fn check(answers: &[(usize, u64)], expected: &[&[u8]]) {
        let mut plan = Plan::default();
        // Twice, since a plan is used again.
        for _ in 0..2 {
            plan.group(answers.iter().copied(), |a, b| answers[a] == answers[b]);
        }
        let mut rest = &plan.order[..];
        let messages: Vec<&[u8]> = plan
            .runs
            .iter()
            .map(|run| rest.split_off(..usize::from(*run)).unwrap())
            .collect();
        assert_eq!(messages, expected, "{answers:?}");
    }

    #[test]
    fn answers_of_one_peer_and_length_make_a_message() {
        check(&[], &[]);
        check(&[(0, 1), (50, 1)], &[&[1]]);
        check(&[(50, 1), (50, 1), (50, 1)], &[&[0, 1, 2]]);
        check(&[(50, 1), (60, 1), (50, 1)], &[&[0, 2], &[1]]);
        check(&[(50, 1), (50, 2), (0, 1), (50, 1)], &[&[0, 3], &[1]]);
        check(
            &[(1232, 1), (1232, 1), (1233, 1), (1233, 1)],
            &[&[0, 1], &[2], &[3]],
        );
    }

    #[test]
    fn equal_hints_are_not_enough() {
        let mut plan = Plan::default();
        plan.group([(50, 7), (50, 7)].into_iter(), |_, _| false);
        assert_eq!(plan.runs, [1, 1]);
    }

    #[test]
    fn message_has_no_more_pieces_than_the_system_takes() {
        let mut plan = Plan::default();
        plan.group((0..70).map(|_| (1232, 1)), |_, _| true);
        assert_eq!(plan.runs, [32, 32, 6]);
        assert_eq!(plan.order.len(), 70);
    }
}
