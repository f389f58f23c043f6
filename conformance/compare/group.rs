//! Which zones are served together: `groups.txt`.
//!
//! One line per group: its name, then `ORIGIN=FILE` for each zone, files relative to `zones/`.

use std::fs;
use std::path::Path;

use peers::Zone;

/// Zones that are served together.
#[derive(Clone, Debug)]
pub(crate) struct Group {
    pub(crate) name: String,
    pub(crate) zones: Vec<Zone>,
}

/// Reads the groups of a file.
pub(crate) fn read(file: &Path, zones: &Path) -> Result<Vec<Group>, String> {
    let text = fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))?;
    text.lines()
        .map(|line| line.split('#').next().unwrap_or_default().trim())
        .filter(|line| !line.is_empty())
        .map(|line| group(line, zones))
        .collect()
}

fn group(line: &str, folder: &Path) -> Result<Group, String> {
    let mut words = line.split_whitespace();
    let name = words.next().unwrap_or_default().to_owned();
    let zones = words
        .map(|word| {
            let (origin, file) = word
                .split_once('=')
                .ok_or_else(|| format!("{line:?}: expected ORIGIN=FILE, found {word:?}"))?;
            Ok(Zone::new(origin, folder.join(file)))
        })
        .collect::<Result<_, String>>()?;
    Ok(Group { name, zones })
}
