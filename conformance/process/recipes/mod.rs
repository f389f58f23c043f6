//! The README's recipes, each as it stands there, with the programs that it is for: in a network of its
//! own, which has the addresses that the README uses (`try.sh`).

use std::path::PathBuf;
use std::process::Command;

use cluster_peers::Parts;
use peers::Program;

use super::site::{Check, Site, check, skip};
use super::tool;
use crate::fleet::root;

pub(super) const TRIALS: &[Check] = &[
    ("pods_find_names_by_coredns", |program| {
        follow(program, "coredns")
    }),
    ("pods_find_names_by_nodelocal_dns", |program| {
        follow(program, "nodelocal")
    }),
    ("unbound_asks_us_for_our_zone", |program| {
        follow(program, "unbound")
    }),
    ("dnsmasq_asks_us_for_our_zone", |program| {
        follow(program, "dnsmasq")
    }),
    ("pi_hole_asks_us_for_our_zone", |program| {
        follow(program, "pihole")
    }),
    ("systemd_resolved_asks_us_for_our_zone", |program| {
        follow(program, "resolved")
    }),
    ("a_parent_zone_leads_to_ours", |program| {
        follow(program, "delegation")
    }),
];

fn follow(program: &Program, recipe: &str) -> Result<(), String> {
    let coredns = Parts::find().coredns;
    let lacking = match recipe {
        "coredns" | "nodelocal" if coredns.is_none() => "CoreDNS (.ci/kube live)",
        "dnsmasq" | "pihole" if !tool::has("dnsmasq") => "dnsmasq (package dnsmasq-base)",
        "delegation" | "unbound" if !tool::has("unbound") => "unbound",
        "delegation" if !tool::has("named") => "named (package bind9)",
        "resolved" if resolved().is_none() => "systemd-resolved (.ci/peers)",
        _ if !tool::has("dig") => "dig (package bind9-dnsutils)",
        _ => "",
    };
    if !lacking.is_empty() {
        return match std::env::var_os("CI").is_some_and(|value| value == "true") {
            true => Err(format!("{lacking} is not there")),
            false => {
                skip(recipe, &format!("{lacking} is not there"));
                Ok(())
            }
        };
    }
    if !nix::unistd::geteuid().is_root() {
        skip(recipe, "a network of its own needs root");
        return Ok(());
    }
    let site = Site::new()?;
    let mut command = Command::new("timeout");
    command.args(["60", "unshare", "--net", "--mount", "sh"]);
    command.arg(root().join("conformance/process/recipes/try.sh"));
    command.arg(root().join("README.md"));
    command.arg(program.path()).arg(site.path("")).arg(recipe);
    command.env("PATH", tool::path());
    command.envs(coredns.map(|path| ("COREDNS", path)));
    command.envs(resolved().map(|path| ("RESOLVED", path)));
    let output = command
        .output()
        .map_err(|error| format!("unshare: {error}"))?;
    check(output.status.success(), || {
        String::from_utf8_lossy(&output.stderr).into_owned()
    })
}

/// As it is installed, or as `.ci/peers` has it: to install it would change how this machine looks names
/// up.
fn resolved() -> Option<PathBuf> {
    let program = "lib/systemd/systemd-resolved";
    let cache = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
    let home = || Some(PathBuf::from(std::env::var_os("HOME")?).join(".cache"));
    let cache = cache.or_else(home)?.join("zonewright/resolved");
    let mut places = [PathBuf::from("/"), cache].into_iter();
    places.find_map(|place| Some(place.join(program)).filter(|path| path.exists()))
}
