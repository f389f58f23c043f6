//! Groups in updates: as many as fit in one, each update whole or not at all; who is at fault in one
//! that is refused is found by halving it.

use client::compose::{self, action_len, condition_len};
use plan::{ChangeSet, ErrorKind, ProviderError};
use wire::Rcode;
use wire::update::Update;

use super::fault::{Operation, error, refused, refused_by};
use super::group::{Effect, Part, Ttls, parts};
use super::pool::{Pool, Reason};
use super::zone::Zone;

/// A group that is to be written, and its names in messages.
#[derive(Debug)]
pub(super) struct Group {
    pub(super) changes: ChangeSet,
}

/// What came of one zone's groups.
#[derive(Debug, Default)]
pub(super) struct Outcome {
    /// Groups that were refused, by place, each with the reason.
    pub(super) refused: Vec<(usize, ProviderError)>,
    /// Whether anything was made.
    pub(super) made: bool,
}

/// Writes the parts of some groups that are in one zone, at `at`, in updates of at most `batch`
/// changes.
///
/// # Errors
/// Nobody can say what was made, or somebody else has changed the zone.
pub(super) async fn write(
    pool: &Pool,
    zones: &mut [Zone],
    at: usize,
    groups: &[(usize, &Group)],
    (batch, ttls): (usize, Ttls),
) -> Result<Outcome, ProviderError> {
    let mut writer = Writer {
        pool,
        zones,
        at,
        ttls,
        outcome: Outcome::default(),
        in_a_row: 0,
    };
    let (mut rest, mut next) = (groups, Vec::new());
    while !rest.is_empty() {
        let (mut count, mut bytes, mut size) = (0, 0, 0);
        for (_, group) in rest {
            let more = writer.size(group);
            let fits = count == 0 || (size + group.changes.len() <= batch && bytes + more <= ROOM);
            if !fits {
                break;
            }
            count += 1;
            bytes += more;
            size += group.changes.len();
        }
        let (some, others) = rest.split_at_checked(count).unwrap_or((rest, &[]));
        rest = others;
        next.push(some);
        while let Some(some) = next.pop() {
            if let Some((first, second)) = writer.send(some).await? {
                next.extend([second, first]);
            }
        }
    }
    Ok(writer.outcome)
}

/// Groups by place.
type Slice<'g> = &'g [(usize, &'g Group)];

struct Writer<'z> {
    pool: &'z Pool,
    zones: &'z mut [Zone],
    at: usize,
    ttls: Ttls,
    outcome: Outcome,
    /// Groups that were refused by themselves, one after another.
    in_a_row: usize,
}

impl Writer<'_> {
    /// The part of a group in our zone.
    fn part(&self, group: &Group) -> Result<Part, String> {
        let parts = parts(self.zones, &group.changes, self.ttls)?;
        let mut ours = parts.into_iter().filter(|(at, _)| *at == self.at);
        Ok(ours.next().map(|(_, part)| part).unwrap_or_default())
    }

    /// How many bytes it takes at most.
    fn size(&self, group: &Group) -> usize {
        let Ok(part) = self.part(group) else {
            return 0;
        };
        let conditions: usize = part.conditions.iter().map(condition_len).sum();
        let operations = part.operations.iter();
        let operations = operations.map(|it| action_len(it.owner.as_ref(), &it.action));
        conditions + operations.sum::<usize>()
    }

    /// Sends one update. Gives halves to be sent instead if it is refused.
    async fn send<'g>(
        &mut self,
        groups: Slice<'g>,
    ) -> Result<Option<(Slice<'g>, Slice<'g>)>, ProviderError> {
        let Some(zone) = self.zones.get(self.at) else {
            return Ok(None);
        };
        let apex = zone.apex.clone();
        let mut update = Update {
            zone: apex.clone(),
            prerequisites: Vec::new(),
            operations: Vec::new(),
        };
        let (mut effects, mut sent) = (Vec::new(), Vec::new());
        for (place, group) in groups {
            match self.part(group) {
                Ok(mut part) => {
                    update.prerequisites.append(&mut part.conditions);
                    update.operations.append(&mut part.operations);
                    effects.append(&mut part.effects);
                    sent.push(*place);
                }
                Err(reason) => self.refuse(
                    *place,
                    error(Operation::Update, ErrorKind::Rejected, reason),
                ),
            }
        }
        if update.operations.is_empty() {
            return Ok(None);
        }
        let message = match compose::update(0, &update) {
            Ok(message) if message.len() <= compose::MAX_LEN - SIGNATURE => message,
            _ => {
                let reason = "it does not fit into one update of 64 KB".to_owned();
                return self.split(
                    groups,
                    error(Operation::Update, ErrorKind::Rejected, reason),
                );
            }
        };
        let failed = match self.pool.update(&message).await {
            Ok((_, Rcode::NOERROR)) => {
                self.made(effects);
                return Ok(None);
            }
            Ok((server, rcode)) => refused_by(Operation::Update, &apex, &server, rcode),
            Err(refusal) => {
                let is_of_changes = matches!(refusal.reason, Reason::Rcode(Rcode::REFUSED));
                let failed = refused(Operation::Update, &apex, refusal);
                if !is_of_changes {
                    return Err(failed);
                }
                failed
            }
        };
        if failed.kind == ErrorKind::Conflict
            && let Some(zone) = self.zones.get_mut(self.at)
            && !zone.reread
        {
            zone.doubtful = true;
            return Err(failed);
        }
        let failed = ProviderError {
            kind: ErrorKind::Rejected,
            ..failed
        };
        self.split(groups, failed)
    }

    fn made(&mut self, effects: Vec<Effect>) {
        self.outcome.made = true;
        self.in_a_row = 0;
        let Some(zone) = self.zones.get_mut(self.at) else {
            return;
        };
        for (owner, rtype, rrset) in effects {
            zone.contents.note(owner.as_ref(), rtype, rrset.as_ref());
        }
    }

    /// Two halves of what was refused; a single group is at fault by itself.
    fn split<'g>(
        &mut self,
        groups: Slice<'g>,
        failed: ProviderError,
    ) -> Result<Option<(Slice<'g>, Slice<'g>)>, ProviderError> {
        if let [(place, _)] = groups {
            if !self.outcome.made && self.in_a_row == MOST_IN_A_ROW {
                // None of so many can be at fault.
                return Err(ProviderError {
                    kind: ErrorKind::Auth,
                    ..failed
                });
            }
            self.in_a_row += 1;
            self.refuse(*place, failed);
            return Ok(None);
        }
        Ok(groups.split_at_checked(groups.len() / 2))
    }

    fn refuse(&mut self, place: usize, error: ProviderError) {
        self.outcome.refused.push((place, error));
    }
}

/// Bytes of conditions and operations in an update.
const ROOM: usize = compose::MAX_LEN - 12 - 260 - SIGNATURE;

/// Bytes that are left for a signature: two names, and a MAC of 64 bytes.
const SIGNATURE: usize = 640;

/// So many single groups are refused before it is clear that all would be.
const MOST_IN_A_ROW: usize = 8;
