//! Lists that come in pages, as values: where the items are and how the next page is asked for.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};

use plan::{ErrorKind, ProviderError};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::call::shape;
use super::{Answer, Call};

/// How a list comes, and where its items are in the JSON of a page.
///
/// Places are JSON pointers (RFC 6901); "" is the whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pages {
    kind: Kind,
    size: Option<(&'static str, u32)>,
    items: &'static str,
    /// Whether a page without items leaves the place out.
    absent: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Cursor {
        param: &'static str,
        next: &'static str,
    },
    Header {
        param: &'static str,
        name: &'static str,
    },
    Link {
        next: &'static str,
    },
    Marker {
        param: &'static str,
        key: &'static str,
    },
    None,
    Offset {
        param: &'static str,
        total: &'static str,
    },
    Page {
        param: &'static str,
        last: &'static str,
    },
}

/// What to ask for next.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Next {
    /// The same with these parameters of the query.
    Query(Vec<(&'static str, String)>),
    /// This address, whole or from the root of the host.
    Url(String),
}

impl Pages {
    const fn new(kind: Kind) -> Self {
        Self {
            kind,
            size: None,
            items: "",
            absent: false,
        }
    }

    /// All in one answer.
    #[must_use]
    pub const fn none() -> Self {
        Self::new(Kind::None)
    }

    /// By the number of the page, from 1; `last` is the place of the number of the last one. Where no
    /// answer has it, "": then a page that is not full is the last one.
    #[must_use]
    pub const fn page(param: &'static str, last: &'static str) -> Self {
        Self::new(Kind::Page { param, last })
    }

    /// By how many items to skip; `total` is the place of the number of all. Where no answer has it,
    /// "": then a page that is not full is the last one.
    #[must_use]
    pub const fn offset(param: &'static str, total: &'static str) -> Self {
        Self::new(Kind::Offset { param, total })
    }

    /// By a text that stands in the page before; none or an empty one is the end.
    #[must_use]
    pub const fn cursor(param: &'static str, next: &'static str) -> Self {
        Self::new(Kind::Cursor { param, next })
    }

    /// By the address of the next page; none or an empty one is the end.
    #[must_use]
    pub const fn link(next: &'static str) -> Self {
        Self::new(Kind::Link { next })
    }

    /// By what stands at `key` in the last item of the page before; a page that is not full is the
    /// last one.
    #[must_use]
    pub const fn marker(param: &'static str, key: &'static str) -> Self {
        Self::new(Kind::Marker { param, key })
    }

    /// By a header of the page before; none or an empty one is the end.
    #[must_use]
    pub const fn header(param: &'static str, name: &'static str) -> Self {
        Self::new(Kind::Header { param, name })
    }

    /// With the parameter that says how many items a page has at most.
    #[must_use]
    pub const fn size(mut self, param: &'static str, items: u32) -> Self {
        self.size = Some((param, items));
        self
    }

    /// With the place of the items in a page.
    #[must_use]
    pub const fn items(mut self, place: &'static str) -> Self {
        self.items = place;
        self
    }

    /// A page without items may leave their place out; one that has `error` in its place is none.
    #[must_use]
    pub const fn or_absent(mut self) -> Self {
        self.absent = true;
        self
    }

    /// The first page.
    fn first(&self) -> Vec<(&'static str, String)> {
        let size = self.size.map(|(param, items)| (param, items.to_string()));
        let begin = match self.kind {
            Kind::Page { param, .. } => Some((param, "1".to_owned())),
            Kind::Offset { param, .. } => Some((param, "0".to_owned())),
            _ => None,
        };
        size.into_iter().chain(begin).collect()
    }

    /// The items of a page, taken out of it.
    fn take(&self, page: &mut Value) -> Result<Vec<Value>, String> {
        let place = self.items;
        match page.pointer_mut(place).map(Value::take) {
            Some(Value::Array(items)) => Ok(items),
            // Go writes lists that were never made as null.
            Some(Value::Null) => Ok(Vec::new()),
            // What says what went wrong is no list, whatever its status.
            None if self.absent && page.get("error").is_none() => Ok(Vec::new()),
            _ => Err(format!("there is no list at \"{place}\" of a page")),
        }
    }

    /// What follows a page of so many items, which is the `number`th, `before` items after the first.
    fn next(&self, answer: &Answer, page: &Value, items: &Items<'_>) -> Option<Next> {
        let text = |place: &str| match page.pointer(place)? {
            Value::String(text) if !text.is_empty() => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            _ => None,
        };
        let count = |place: &str| text(place)?.parse::<u64>().ok();
        let full = self.size.map_or(!items.page.is_empty(), |(_, size)| {
            items.page.len() as u64 >= u64::from(size)
        });
        let seen = items.before + items.page.len() as u64;
        let (param, value) = match self.kind {
            Kind::None => return None,
            Kind::Cursor { param, next } => (param, text(next)?),
            Kind::Header { param, name } => {
                let value = answer.header(name).filter(|value| !value.is_empty())?;
                (param, value.to_owned())
            }
            Kind::Link { next } => return text(next).map(Next::Url),
            Kind::Marker { param, key } => {
                let last = items.page.last().filter(|_| full)?;
                let value = match last.pointer(key)? {
                    Value::String(text) => text.clone(),
                    other => other.to_string(),
                };
                (param, value)
            }
            Kind::Page { param, last } => {
                let more = count(last).map_or(full, |last| items.number < last);
                (param, more.then(|| (items.number + 1).to_string())?)
            }
            Kind::Offset { param, total } => {
                let more =
                    count(total).map_or(full, |total| seen < total && !items.page.is_empty());
                (param, more.then(|| seen.to_string())?)
            }
        };
        Some(Next::Query(vec![(param, value)]))
    }
}

/// A page among others.
struct Items<'a> {
    page: &'a [Value],
    number: u64,
    before: u64,
}

impl Call<'_> {
    /// All items of a list, from all its pages.
    ///
    /// # Errors
    /// As [`Call::send`]; a page is something else, comes twice, or there is no end to them. Never a
    /// list that is shorter than it is over there.
    pub async fn pages<T: DeserializeOwned>(self, pages: &Pages) -> Result<Vec<T>, ProviderError> {
        let (web, operation) = (self.web, self.operation);
        let mut call = self;
        for (param, value) in pages.first() {
            call = call.set_query(param, value);
        }
        let (mut number, mut before, mut seen) = (0, 0, HashSet::new());
        call.walk(|answer| {
            let mut page: Value = web.json_of(operation, answer)?;
            let protocol = |message: String| web.error(ErrorKind::Protocol, operation, message);
            let items = pages.take(&mut page).map_err(protocol)?;
            let mut hash = DefaultHasher::new();
            items.hash(&mut hash);
            if !items.is_empty() && !seen.insert(hash.finish()) {
                return Err(protocol("a page came twice".to_owned()));
            }
            number += 1;
            let place = Items {
                page: &items,
                number,
                before,
            };
            let next = pages.next(answer, &page, &place);
            before += items.len() as u64;
            let items: Result<Vec<T>, _> = items.into_iter().map(serde_json::from_value).collect();
            let items = items.map_err(|source| {
                let mut error = protocol("an item of a page is not as expected".to_owned());
                error.source = Some(shape(&source).into());
                error
            })?;
            Ok((items, next))
        })
        .await
    }

    /// All items of a list whose pages are read by `step`: it gives the items of a page, and what to
    /// ask for next.
    ///
    /// # Errors
    /// As [`Call::send`] and `step`; a page is asked for twice, or there is no end to them.
    pub async fn walk<T>(
        self,
        mut step: impl FnMut(&Answer) -> Result<(Vec<T>, Option<Next>), ProviderError>,
    ) -> Result<Vec<T>, ProviderError> {
        let (web, operation) = (self.web, self.operation);
        let mut all = Vec::new();
        let mut asked = HashSet::new();
        let mut call = self;
        for _ in 0..MOST_PAGES {
            let answer = call.clone().send().await?;
            let (items, next) = step(&answer)?;
            all.extend(items);
            let Some(next) = next else {
                return Ok(all);
            };
            if !asked.insert(next.clone()) {
                let message = "a page points to one that was there before";
                return Err(web.error(ErrorKind::Protocol, operation, message));
            }
            match next {
                Next::Query(pairs) => {
                    for (param, value) in pairs {
                        call = call.set_query(param, value);
                    }
                }
                Next::Url(address) => call = call.at(&address),
            }
        }
        let message = format!("there are more than {MOST_PAGES} pages");
        Err(web.error(ErrorKind::Protocol, operation, message))
    }
}

/// More than any list has.
const MOST_PAGES: usize = 10_000;
