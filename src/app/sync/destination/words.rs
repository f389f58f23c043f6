//! What was said of names: each thing is said once, until it changes.
//!
//! A pass looks at names anew. What it says of them again is no news; what it does not say of them
//! again holds no longer.

use std::collections::BTreeMap;

use plan::RowName;

/// Words about names.
#[derive(Debug, Default)]
pub(in crate::app::sync) struct Words {
    now: BTreeMap<RowName, Vec<String>>,
    /// Words about names that the running pass looks at, from before it.
    before: BTreeMap<RowName, Vec<String>>,
}

impl Words {
    /// A pass over these names, or over all, begins.
    pub(super) fn begin(&mut self, names: Option<&[RowName]>) {
        match names {
            None => self.before.append(&mut self.now),
            Some(_) if self.now.is_empty() => {}
            Some(names) => {
                for name in names {
                    if let Some((name, texts)) = self.now.remove_entry(name) {
                        self.before.insert(name, texts);
                    }
                }
            }
        }
    }

    /// The pass has ended. If it did not come to its end, what held before it still does.
    pub(super) fn end(&mut self, well: bool) {
        let before = std::mem::take(&mut self.before);
        if !well {
            for (name, texts) in before {
                self.now.entry(name).or_insert(texts);
            }
        }
    }

    /// Says something of a name. Tells whether it is news.
    pub(super) fn say(&mut self, name: &RowName, text: &str) -> bool {
        let has = |words: &BTreeMap<RowName, Vec<String>>| {
            let texts = words.get(name);
            texts.is_some_and(|texts| texts.iter().any(|other| other == text))
        };
        if has(&self.now) {
            return false;
        }
        let news = !has(&self.before);
        let texts = self.now.entry(name.clone()).or_default();
        texts.push(text.to_owned());
        news
    }

    /// What was said of a name before the running pass, if anything was.
    pub(super) fn before(&self, name: &RowName) -> Option<&String> {
        self.before.get(name)?.first()
    }

    /// Whether something was said of a name, before the running pass or in it.
    pub(super) fn had(&self, name: &RowName) -> bool {
        self.before.contains_key(name) || self.has(name)
    }

    /// Whether something was said of any name that the running pass looks at, or of others.
    pub(super) fn had_any(&self) -> bool {
        !self.before.is_empty() || !self.now.is_empty()
    }

    /// Whether something is said of a name.
    pub(super) fn has(&self, name: &RowName) -> bool {
        self.now.contains_key(name)
    }

    /// What is said of a name first, if anything is.
    pub(in crate::app::sync) fn get(&self, name: &RowName) -> Option<&String> {
        self.now.get(name)?.first()
    }

    /// The first name of which something is said, with what it is.
    pub(in crate::app::sync) fn first(&self) -> Option<(&RowName, &String)> {
        let (name, texts) = self.now.first_key_value()?;
        Some((name, texts.first()?))
    }

    /// All names of which something is said.
    pub(super) fn names(&self) -> impl Iterator<Item = &RowName> {
        self.now.keys()
    }

    /// How much is said.
    pub(super) fn len(&self) -> usize {
        self.now.values().map(Vec::len).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_news_until_they_are_said_again() {
        let mut words = Words::default();
        let (a, b) = (RowName::new("a.example"), RowName::new("b.example"));
        let names = [a.clone()];
        words.begin(None);
        assert!(words.say(&a, "one") && words.say(&a, "two") && words.say(&b, "one"));
        assert!(!words.say(&a, "one"));
        words.end(true);
        assert_eq!(words.len(), 3);
        words.begin(Some(&names));
        assert_eq!(words.before(&a).map(String::as_str), Some("one"));
        assert!(!words.say(&a, "two") && words.say(&a, "three"));
        words.end(true);
        assert_eq!((words.len(), words.names().count()), (3, 2));
        // A pass that breaks off changes nothing that it did not come to.
        words.begin(None);
        assert!(!words.say(&a, "three"));
        words.end(false);
        words.begin(None);
        words.end(true);
        assert_eq!((words.len(), words.get(&b)), (0, None));
        words.begin(None);
        assert!(words.say(&b, "one"), "said again after it was gone");
    }
}
