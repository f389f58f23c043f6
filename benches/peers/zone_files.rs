//! The files of a measurement: zones, and the questions that dnsperf asks.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::Context;
use benches::{Mix, Random, write_zone};
use peers::Zone;

/// The origin of a zone that is alone.
pub(crate) const ORIGIN: &str = "bench.example";

/// Writes a zone of this many names.
pub(crate) fn zone(folder: &Path, origin: &str, hosts: usize) -> anyhow::Result<Zone> {
    let path = folder.join(format!("{origin}-{hosts}.zone"));
    let written = File::create(&path).and_then(|file| {
        let mut to = BufWriter::with_capacity(1 << 20, file);
        write_zone(&mut to, origin, hosts)?;
        to.flush()
    });
    written.with_context(|| format!("write {}", path.display()))?;
    Ok(Zone::new(origin, path))
}

/// Writes the questions of each of these mixes.
pub(crate) fn questions(
    folder: &Path,
    hosts: usize,
    mixes: impl IntoIterator<Item = Mix>,
) -> anyhow::Result<BTreeMap<Mix, PathBuf>> {
    let mut files = BTreeMap::new();
    for mix in mixes {
        if files.contains_key(&mix) {
            continue;
        }
        let path = folder.join(format!("{}-{hosts}.txt", mix.name()));
        let mut random = Random::new(4);
        let written = File::create(&path).and_then(|file| {
            let mut to = BufWriter::new(file);
            for _ in 0..QUESTIONS {
                writeln!(to, "{} A", mix.name_to_ask(&mut random, hosts))?;
            }
            to.flush()
        });
        written.with_context(|| format!("write {}", path.display()))?;
        files.insert(mix, path);
    }
    Ok(files)
}

/// Questions before they repeat: more than a load of some seconds asks at the offered rate.
const QUESTIONS: usize = 400_000;
