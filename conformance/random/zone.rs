//! One random zone and the queries to it.

use std::collections::{BTreeMap, BTreeSet};

use super::dice::Dice;

/// Zones of a seed and what to ask.
#[derive(Debug)]
pub(crate) struct RandomZones {
    /// Origin and text of each.
    pub(crate) zones: Vec<(String, String)>,
    pub(crate) queries: Vec<String>,
}

type Contents = BTreeMap<String, BTreeSet<String>>;

/// The zones of a seed: one, or a parent with its child. They obey what all servers demand on load:
/// an alias keeps its name to itself, nothing stands below a redirection, name servers have
/// addresses.
pub(crate) fn make(seed: u64) -> RandomZones {
    let dice = &mut Dice::new(seed);
    let origin = format!("s{seed}.test");
    let mut parent = contents(dice, &origin);
    let mut made = RandomZones {
        zones: Vec::new(),
        queries: queries(dice, &parent, &origin),
    };
    if dice.below(3) == 0 {
        // No random name has this label, so that no alias leads from one zone into the other: where
        // chains end at a border, servers differ, and `compare` has those.
        let child_origin = format!("k.{origin}");
        let child = contents(dice, &child_origin);
        add(
            &mut parent,
            "k".into(),
            format!("NS ns-of-zone.{child_origin}."),
        );
        add(&mut parent, "ns-of-zone.k".into(), "A 192.0.2.254".into());
        if dice.below(2) == 0 {
            add(
                &mut parent,
                "k".into(),
                format!("DS 1 8 2 {}", "00".repeat(32)),
            );
        }
        made.queries.extend(queries(dice, &child, &child_origin));
        for rtype in ["NS", "SOA", "DS", "ANY", "A"] {
            made.queries.push(format!("{child_origin}. {rtype} +edns"));
            made.queries
                .push(format!("ns-of-zone.{child_origin}. {rtype}"));
        }
        made.zones.push((child_origin, text(&child)));
    }
    made.zones.push((origin, text(&parent)));
    made
}

fn contents(dice: &mut Dice, origin: &str) -> Contents {
    let mut zone = Contents::new();
    for _ in 0..4 + dice.below(10) {
        let owner = name(dice, true);
        let target = absolute(&name(dice, false), origin);
        let data = match dice.below(17) {
            0..=3 => format!("A 192.0.2.{}", dice.below(250) + 1),
            4 | 5 => format!("TXT \"{owner}\""),
            6 => format!("AAAA 2001:db8::{:x}", dice.below(0xfff) + 1),
            7 => format!("MX 10 {target}"),
            8 => format!("SRV 0 0 53 {target}"),
            9 | 10 => format!("CNAME {target}"),
            11 | 12 => format!("DNAME {target}"),
            13 => format!("CNAME {}", dice.pick(&["www.example.", "a.example."])),
            14 => format!("NS {target}"),
            _ => format!("NS {}.{}.{origin}.", dice.pick(&["a", "ns"]), owner),
        };
        add(&mut zone, owner, data);
    }
    clean(&mut zone, origin);
    zone
}

fn text(zone: &Contents) -> String {
    let mut text = String::from(
        "$TTL 300\n@ SOA ns-of-zone hostmaster 1 3600 600 86400 60\n@ NS ns-of-zone\n\
         ns-of-zone A 192.0.2.254\n",
    );
    for (owner, records) in zone {
        for record in records {
            text += &format!("{owner} {record}\n");
        }
    }
    text
}

/// A name of one to three labels below the apex.
fn name(dice: &mut Dice, wild: bool) -> String {
    let labels: &[&str] = if wild {
        &["a", "b", "c", "*"]
    } else {
        &["a", "b", "c", "d"]
    };
    let count = 1 + dice.below(3);
    let labels: Vec<&str> = (0..count).map(|_| dice.pick(labels)).collect();
    labels.join(".")
}

fn absolute(name: &str, origin: &str) -> String {
    format!("{name}.{origin}.")
}

fn add(zone: &mut Contents, owner: String, data: String) {
    zone.entry(owner).or_default().insert(data);
}

/// Takes out what some server refuses to load, and adds glue.
fn clean(zone: &mut Contents, origin: &str) {
    let is = |record: &String, rtype: &str| record.starts_with(&format!("{rtype} "));
    for (owner, records) in zone.iter_mut() {
        // RFC 4592 §4.2: a wildcard NS has no defined meaning, and RFC 6672 §3.3 says so of DNAME.
        if owner.contains('*') {
            records.retain(|record| !is(record, "NS") && !is(record, "DNAME"));
        }
        keep_alone(records, "CNAME");
        let redirections: Vec<String> = records
            .iter()
            .filter(|record| is(record, "DNAME"))
            .cloned()
            .collect();
        if redirections.len() > 1 {
            records.retain(|record| !is(record, "DNAME") || *record == redirections[0]);
        }
        if records.iter().any(|record| is(record, "DNAME")) {
            records.retain(|record| !is(record, "NS"));
        }
        // Data beside a cut is hidden; some servers warn, none serves it.
        if records.iter().any(|record| is(record, "NS")) {
            records.retain(|record| is(record, "NS"));
        }
    }
    let tops = |zone: &Contents, rtype: &str| -> Vec<String> {
        let with = zone
            .iter()
            .filter(|(_, records)| records.iter().any(|record| is(record, rtype)));
        with.map(|(owner, _)| format!(".{owner}")).collect()
    };
    let redirected = tops(zone, "DNAME");
    let cuts = tops(zone, "NS");
    zone.retain(|owner, _| !redirected.iter().any(|top| owner.ends_with(top)));
    let below_cut = |owner: &str| cuts.iter().any(|top| owner.ends_with(top));
    zone.retain(|owner, _| !below_cut(owner));
    // BIND refuses a name server whose name is an alias, and one without an address.
    let aliases: BTreeSet<String> = tops(zone, "CNAME")
        .into_iter()
        .map(|top| top.trim_start_matches('.').to_owned())
        .collect();
    let inside = |record: &String| -> Option<String> {
        let target = record.strip_prefix("NS ")?;
        Some(target.strip_suffix(&format!(".{origin}."))?.to_owned())
    };
    for records in zone.values_mut() {
        records.retain(|record| {
            inside(record).is_none_or(|name| {
                !aliases.contains(&name) && !redirected.iter().any(|top| name.ends_with(top))
            })
        });
    }
    let glue: Vec<String> = zone.values().flatten().filter_map(inside).collect();
    for owner in glue {
        add(zone, owner, "A 192.0.2.253".to_owned());
    }
    let rules: Vec<(String, String)> = zone
        .iter()
        .flat_map(|(owner, records)| records.iter().map(move |record| (owner, record)))
        .filter_map(|(owner, record)| Some((owner.clone(), record.strip_prefix("DNAME ")?)))
        .map(|(owner, target)| {
            (
                format!(".{}", absolute(&owner, origin)),
                format!(".{target}"),
            )
        })
        .collect();
    for (owner, target) in rules
        .iter()
        .filter(|(_, target)| is_endless(target, &rules))
    {
        let owner = owner
            .trim_start_matches('.')
            .replace(&format!(".{origin}."), "");
        if let Some(records) = zone.get_mut(&owner) {
            records.retain(|record| *record != format!("DNAME {}", target.trim_start_matches('.')));
        }
    }
    zone.retain(|_, records| !records.is_empty());
}

/// Whether redirections never end. Each server has its own limit for those, which proves nothing.
fn is_endless(target: &str, rules: &[(String, String)]) -> bool {
    let mut name = format!("x{target}");
    for _ in 0..LINKS {
        let Some((owner, target)) = rules.iter().find(|(owner, _)| name.ends_with(owner)) else {
            return false;
        };
        name = name.replace(owner, target);
    }
    true
}

/// If the set has records of this type, only the first of them stays.
fn keep_alone(records: &mut BTreeSet<String>, rtype: &str) {
    let first = records
        .iter()
        .find(|record| record.starts_with(&format!("{rtype} ")));
    if let Some(first) = first.cloned() {
        *records = BTreeSet::from([first]);
    }
}

fn queries(dice: &mut Dice, zone: &Contents, origin: &str) -> Vec<String> {
    const TYPES: [&str; 10] = [
        "A", "TXT", "NS", "CNAME", "DNAME", "MX", "DS", "ANY", "AAAA", "SOA",
    ];
    const WAYS: [&str; 4] = ["", " +edns", " +do", " +tcp"];
    let mut names: BTreeSet<String> = zone.keys().cloned().collect();
    for owner in zone.keys() {
        names.insert(format!("{}.{owner}", dice.pick(&["a", "b", "*", "d"])));
        if let Some((_, parent)) = owner.split_once('.') {
            names.insert(parent.to_owned());
            names.insert(format!("{}.{parent}", dice.pick(&["a", "b", "c", "d"])));
        }
    }
    names.extend((0..6).map(|_| name(dice, true)));
    let mut queries = Vec::new();
    for name in names {
        for rtype in ["A", dice.pick(&TYPES), dice.pick(&TYPES)] {
            let way = dice.pick(&WAYS);
            queries.push(format!("{name}.{origin}. {rtype}{way}"));
        }
    }
    queries
}

/// Knot follows five links, so longer chains would show its limit only.
const LINKS: usize = 4;
