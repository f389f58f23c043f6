//! What goes wrong, and how it is made good.

use std::time::Duration;

use cluster_peers::Part;
use peers::Signal;

use crate::cluster::copies::{Copies, pass};
use crate::cluster::way::Mode;
use crate::cluster::ways::Ways;

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Fault {
    /// The leader's connections to the API server break, and no new ones come about.
    ApiServerCut,
    /// What the leader asks of the API server is done, and it never hears so.
    ApiServerDeaf,
    /// The API server ends nothing, and answers nobody.
    ApiServerPaused,
    /// No copy reaches the API server.
    ApiServerUnreachable,
    /// One that follows is cut off from the leader and from the API server: connections break.
    FollowerCut,
    /// One that follows is neither told anything, nor told by the API server.
    FollowerSilent,
    /// The leader is killed.
    Killed,
    /// Nothing passes between the leader and anybody else, and all of it comes late.
    LeaderSilent,
    /// The leader reaches the API server, but no other copy, nor they it.
    PeersCut,
    /// The leader writes elsewhere, and hears of none of it.
    UpstreamDeaf,
    /// The leader stands still, and goes on when another one leads.
    StandsStill,
}

/// What is to be seen of a fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Seen {
    /// Another copy leads, and makes changes known to those that are not hit.
    AnotherLeads,
    /// The same copy leads; what it says comes to those that are not hit.
    GoesOn,
    /// Changes come to nobody, or not to all, until it is over.
    Waits,
}

impl Fault {
    pub(super) const ALL: [Self; 11] = [
        Self::Killed,
        Self::StandsStill,
        Self::ApiServerPaused,
        Self::LeaderSilent,
        Self::ApiServerCut,
        Self::PeersCut,
        Self::ApiServerDeaf,
        Self::FollowerSilent,
        Self::UpstreamDeaf,
        Self::ApiServerUnreachable,
        Self::FollowerCut,
    ];

    pub(super) fn seen(self) -> Seen {
        match self {
            Self::ApiServerCut
            | Self::ApiServerDeaf
            | Self::Killed
            | Self::LeaderSilent
            | Self::StandsStill => Seen::AnotherLeads,
            Self::FollowerCut | Self::FollowerSilent | Self::UpstreamDeaf => Seen::GoesOn,
            Self::ApiServerPaused | Self::ApiServerUnreachable | Self::PeersCut => Seen::Waits,
        }
    }

    /// Which copy it hits, given who leads.
    pub(super) fn victim(self, leader: usize, copies: usize) -> usize {
        match self {
            Self::FollowerCut | Self::FollowerSilent => (leader + 1) % copies,
            _ => leader,
        }
    }

    /// Whether the one that it hits answers meanwhile.
    pub(super) fn answers(self) -> bool {
        !matches!(self, Self::Killed | Self::StandsStill)
    }

    /// Makes it so.
    pub(super) fn strike(self, copies: &mut Copies, victim: usize) -> Result<(), String> {
        match self {
            Self::Killed => return copies.kill(victim),
            Self::StandsStill => {
                // What it writes elsewhere is on its way, and comes when it is another one's turn.
                ways(copies)?.set_upstream(victim, Mode::Held);
                pass(WRITTEN);
                return copies.signal(victim, Signal::Stop);
            }
            Self::ApiServerPaused => {
                let stopped = copies.cluster.pause(Part::ApiServer);
                stopped.map_err(|error| error.to_string())?;
                pass(OUTAGE);
                let resumed = copies.cluster.resume(Part::ApiServer);
                return resumed.map_err(|error| error.to_string());
            }
            _ => {}
        }
        let ways = ways(copies)?;
        match self {
            Self::ApiServerCut => ways.set_api(Some(victim), Mode::Cut),
            Self::ApiServerDeaf => ways.set_api(Some(victim), Mode::Deaf),
            Self::ApiServerUnreachable => ways.set_api(None, Mode::Cut),
            Self::FollowerCut => {
                ways.set_api(Some(victim), Mode::Cut);
                ways.set_peers(victim, Mode::Cut);
            }
            Self::FollowerSilent => {
                ways.set_api(Some(victim), Mode::Silent);
                ways.set_peers(victim, Mode::Silent);
            }
            Self::LeaderSilent => {
                ways.set_api(Some(victim), Mode::Silent);
                ways.set_peers(victim, Mode::Silent);
                ways.set_upstream(victim, Mode::Silent);
            }
            Self::PeersCut => ways.set_peers(victim, Mode::Cut),
            Self::UpstreamDeaf => ways.set_upstream(victim, Mode::Deaf),
            Self::ApiServerPaused | Self::Killed | Self::StandsStill => {}
        }
        if self.seen() == Seen::Waits {
            pass(OUTAGE);
            ways.heal();
        }
        Ok(())
    }

    /// Makes it good.
    pub(super) fn heal(self, copies: &mut Copies, victim: usize) -> Result<(), String> {
        match self {
            Self::Killed => copies.revive(victim),
            _ => {
                if self == Self::StandsStill {
                    copies.signal(victim, Signal::Continue)?;
                }
                ways(copies)?.heal();
                Ok(())
            }
        }
    }
}

fn ways(copies: &Copies) -> Result<&Ways, String> {
    copies.ways.as_ref().ok_or_else(|| "no ways".to_owned())
}

/// By then an object has changed.
const WRITTEN: Duration = Duration::from_millis(300);

/// Longer than the Lease lasts.
const OUTAGE: Duration = Duration::from_millis(2_000);
