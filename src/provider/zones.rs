//! Zones of a provider: which of them are looked at, and which holds a name.

use plan::filter::DomainFilter;
use plan::name::is_at_or_below;

/// A zone as a provider tells it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Zone {
    /// Its name, normalized.
    pub(crate) name: Box<str>,
    /// What the provider calls it; the name where it has no other.
    pub(crate) id: Box<str>,
    /// Whether it is for some networks only.
    pub(crate) private: bool,
    /// Whether names that are in a longer zone too are put here as well.
    pub(crate) wide: bool,
}

impl Zone {
    /// A public zone.
    pub(crate) fn new(name: &str, id: &str) -> Self {
        Self {
            name: plan::name::normalize(name).into(),
            id: id.into(),
            private: false,
            wide: false,
        }
    }
}

/// Which zones are looked at.
#[derive(Clone, Debug, Default)]
pub struct ZoneFilter {
    /// By their names, and those of the domains that are ours.
    pub domains: DomainFilter,
    /// Names; without any all are.
    pub names: Vec<String>,
    /// Identifiers; without any all are.
    pub ids: Vec<String>,
    /// Whether a zone above a domain that is ours is looked at too.
    pub parents: bool,
}

impl ZoneFilter {
    /// Whether a zone is looked at.
    pub(crate) fn takes(&self, zone: &Zone) -> bool {
        // Where names are given, domains say only which names in those zones are ours.
        let is_chosen = if self.names.is_empty() {
            self.domains.matches(&zone.name)
                || (self.parents && self.domains.matches_parent(&zone.name))
        } else {
            let mut names = self.names.iter();
            names.any(|name| is_at_or_below(&zone.name, &plan::name::normalize(name)))
        };
        // Identifiers are typed with or without the folder that they are in; a part of one is another's.
        let is_id = |id: &String| {
            let folder = zone.id.strip_suffix(id.as_str());
            let ends = |folder: &str| folder.is_empty() || folder.ends_with(['/', ':', '.']);
            folder.is_some_and(|folder| ends(folder) || id.is_empty() || id.starts_with('/'))
        };
        let by_id = self.ids.is_empty() || self.ids.iter().any(is_id);
        is_chosen && by_id
    }
}

/// The places of the zones that a name is in: the longest name, of which there may be several zones,
/// and all those that are wide.
pub(crate) fn places<'z>(zones: impl Iterator<Item = &'z Zone> + Clone, name: &str) -> Vec<usize> {
    let holds = |zone: &&Zone| is_at_or_below(name, &zone.name);
    let narrow = zones.clone().filter(|zone| !zone.wide && holds(zone));
    let longest = narrow.map(|zone| zone.name.len()).max();
    let of_zone = zones.enumerate().filter(|(_, zone)| holds(zone));
    of_zone
        .filter(|(_, zone)| zone.wide || Some(zone.name.len()) == longest)
        .map(|(at, _)| at)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_in_the_zones_of_the_longest_name_at_a_border_of_labels() {
        let zones = [
            Zone::new("example.com.", "1"),
            Zone::new("sub.example.com", "2"),
            Zone::new("ple.com", "3"),
            Zone {
                private: true,
                ..Zone::new("Example.com", "4")
            },
            Zone {
                wide: true,
                ..Zone::new("wide.com", "5")
            },
            Zone::new("sub.wide.com", "6"),
        ];
        for (name, expected) in [
            ("a.example.com", &[0, 3][..]),
            ("example.com", &[0, 3]),
            ("a.sub.example.com", &[1]),
            ("xsub.example.com", &[0, 3]),
            ("b.ple.com", &[2]),
            ("b.xple.com", &[]),
            ("a.wide.com", &[4]),
            ("a.sub.wide.com", &[4, 5]),
        ] {
            assert_eq!(places(zones.iter(), name), expected, "{name}");
        }
    }

    #[test]
    fn zones_are_chosen_by_domain_name_and_identifier() {
        let zone = Zone::new("example.com", "/hostedzone/Z1");
        let domains = |include: &[&str]| DomainFilter::lists(include, &[]);
        let text = |all: &[&str]| all.iter().map(ToString::to_string).collect::<Vec<_>>();
        for (include, names, ids, parents, expected) in [
            (&[][..], &[][..], &[][..], false, true),
            (&["example.com"], &[], &[], false, true),
            (&["ple.com"], &[], &[], false, false),
            (&["a.example.com"], &[], &[], false, false),
            (&["a.example.com"], &[], &[], true, true),
            (&[], &["com"], &[], false, true),
            (&[], &["org"], &[], false, false),
            (&["a.example.com"], &["example.com"], &[], false, true),
            (&["a.example.com"], &["example.com"], &["Z2"], false, false),
            (&[], &[], &["Z1"], false, true),
            (&[], &[], &["Z2"], false, false),
            (&[], &[], &["/hostedzone/Z1"], false, true),
            (&[], &[], &["/Z1"], false, true),
            (&[], &[], &["1"], false, false),
            (&[], &[], &[""], false, true),
        ] {
            let filter = ZoneFilter {
                domains: domains(include),
                names: text(names),
                ids: text(ids),
                parents,
            };
            assert_eq!(
                filter.takes(&zone),
                expected,
                "{include:?} {names:?} {ids:?}"
            );
        }
    }
}
