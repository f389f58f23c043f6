//! A small map of texts in one allocation: labels, annotations, selectors.

/// Keys and values, sorted by key, in one text. Made once, never changed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pairs(Box<str>);

impl Pairs {
    /// Packs keys and values; of a key given twice the last value stays.
    ///
    /// The separator is NUL, which no key can hold; in a value it becomes U+FFFD.
    pub fn new<K: AsRef<str>, V: AsRef<str>>(pairs: impl IntoIterator<Item = (K, V)>) -> Self {
        let mut sorted: Vec<(K, V)> = pairs.into_iter().collect();
        // Stable, so that the last of equal keys stays last.
        sorted.sort_by(|a, b| a.0.as_ref().cmp(b.0.as_ref()));
        let lengths =
            (sorted.iter()).map(|(key, value)| key.as_ref().len() + value.as_ref().len() + 2);
        let mut text = String::with_capacity(lengths.sum());
        for (at, (key, value)) in sorted.iter().enumerate() {
            let key = key.as_ref();
            if memchr::memchr(0, key.as_bytes()).is_some() {
                continue;
            }
            if (sorted.get(at + 1)).is_some_and(|(next, _)| next.as_ref() == key) {
                continue;
            }
            text.push_str(key);
            text.push('\0');
            let value = value.as_ref();
            if memchr::memchr(0, value.as_bytes()).is_some() {
                text.push_str(&value.replace('\0', "\u{fffd}"));
            } else {
                text.push_str(value);
            }
            text.push('\0');
        }
        Self(text.into())
    }

    /// The value of a key.
    #[must_use]
    pub fn value(&self, key: &str) -> Option<&str> {
        self.value_under("", key)
    }

    /// The value of the key that is `prefix` followed by `name`.
    #[must_use]
    pub fn value_under(&self, prefix: &str, name: &str) -> Option<&str> {
        self.iter()
            .find(|(key, _)| key.strip_prefix(prefix) == Some(name))
            .map(|(_, value)| value)
    }

    /// All keys with their values, sorted by key.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        let mut rest = &*self.0;
        // By a search for a byte: annotations are looked at many times for each object.
        let mut part = move || {
            let end = memchr::memchr(0, rest.as_bytes())?;
            let (part, others) = rest.split_at_checked(end)?;
            rest = others.get(1..)?;
            Some(part)
        };
        std::iter::from_fn(move || Some((part()?, part()?)))
    }

    /// Whether every pair is among those of `other`, as a selector asks of labels.
    #[must_use]
    pub fn select(&self, other: &Self) -> bool {
        self.iter()
            .all(|(key, value)| other.value(key) == Some(value))
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::Pairs;

    #[test]
    fn values_come_back_by_key() {
        let pairs = Pairs::new([("b/x", "2"), ("a", ""), ("b/x", "3"), ("c", "x\0y")]);
        let all: Vec<_> = pairs.iter().collect();
        assert_eq!(all, [("a", ""), ("b/x", "3"), ("c", "x\u{fffd}y")]);
        assert_eq!(pairs.value("a"), Some(""));
        assert_eq!(pairs.value("x"), None);
        assert_eq!(pairs.value_under("b/", "x"), Some("3"));
        assert!(Pairs::new::<&str, &str>([]).is_empty());
    }

    #[test]
    fn a_selector_asks_for_all_its_pairs() {
        let labels = Pairs::new([("app", "web"), ("tier", "front")]);
        assert!(Pairs::new([("app", "web")]).select(&labels));
        assert!(Pairs::default().select(&labels));
        assert!(!Pairs::new([("app", "web"), ("x", "y")]).select(&labels));
    }
}
