//! Files of sections with `key = value` lines, as the tools of vendors keep them.

/// Sections in order, each with its pairs; what comes before the first one has the name "".
pub(crate) struct Ini(Vec<(String, Vec<(String, String)>)>);

impl Ini {
    /// Reads a file. Lines that are no pair are left out, as those tools do; so are the indented
    /// ones, which belong to a pair that has no use here.
    pub(crate) fn parse(text: &str) -> Self {
        let mut sections = vec![(String::new(), Vec::new())];
        for line in text.lines() {
            let indented = line.starts_with([' ', '\t']);
            let line = line.trim();
            if line.is_empty() || line.starts_with(['#', ';']) {
                continue;
            }
            if let Some(name) = line
                .strip_prefix('[')
                .and_then(|line| line.split(']').next())
            {
                let name: Vec<&str> = name.split_whitespace().collect();
                sections.push((name.join(" ").replace('"', ""), Vec::new()));
            } else if let (false, Some((key, value)), Some((_, pairs))) =
                (indented, line.split_once('='), sections.last_mut())
            {
                pairs.push((key.trim().to_lowercase(), value.trim().to_owned()));
            }
        }
        Self(sections)
    }

    /// Whether there is such a section.
    #[cfg(any(test, feature = "aws", feature = "aws-sd", feature = "oci"))]
    pub(crate) fn has(&self, section: &str) -> bool {
        self.0.iter().any(|(name, _)| name == section)
    }

    /// A value; the last one if there are several, and none if it is empty.
    pub(crate) fn get(&self, section: &str, key: &str) -> Option<&str> {
        let sections = self.0.iter().filter(|(name, _)| name == section);
        let pairs = sections.flat_map(|(_, pairs)| pairs);
        pairs
            .rev()
            .find(|(name, _)| name == key)
            .map(|(_, value)| &**value)
            .filter(|value| !value.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sections_and_pairs_are_read() {
        let ini = Ini::parse(
            "top=1\n[default]\nkey = v=1 # no comment\n; x=1\n[profile  \"a b\"]\nKey=2\ns3 =\n  key = 3\n[default]\nkey=4\n",
        );
        for (section, key, value) in [
            ("", "top", Some("1")),
            ("default", "key", Some("4")),
            ("profile a b", "key", Some("2")),
            ("profile a b", "s3", None),
            ("none", "key", None),
        ] {
            assert_eq!(ini.get(section, key), value, "{section} {key}");
        }
        assert!(ini.has("default") && !ini.has("none"));
    }
}
