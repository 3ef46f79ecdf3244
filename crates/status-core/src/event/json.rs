//! From JSON to events, so that every complaint names its element and key.

use std::fmt;

use jiff::{Timestamp, fmt::temporal::Pieces};
use serde::{
    Deserialize, Deserializer,
    de::{Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor},
};
use serde_json::{Number, Value};

use super::{Event, EventError, EventKind, Hello, HelloUser, KktStatus, MAX_EVENTS, MAX_ID};
use super::{Paper, User};

pub(super) fn parse(json: &[u8]) -> Result<Vec<Event>, EventError> {
    let batch: Batch =
        serde_json::from_slice(json).map_err(|error| EventError::NotJson(error.to_string()))?;
    let elements = match batch {
        Batch::Other(got) => return Err(EventError::NotABatch { got }),
        Batch::TooMany => return Err(EventError::TooMany),
        Batch::Elements(elements) => elements,
    };
    elements.into_iter().enumerate().map(|(index, element)| event(index, element)).collect()
}

fn event(index: usize, element: Element) -> Result<Event, EventError> {
    let keys = match element {
        Element::Object(keys) => keys,
        Element::Other(got) => return Err(EventError::NotAnObject { element: index, got }),
    };
    let mut keys = Keys { element: index, path: "", keys };
    keys.refuse_repeated()?;
    let expected = format!("one of {}", EventKind::NAMES.join(", "));
    let Some(name) = keys.take("event") else {
        return Err(EventError::Missing { element: index, key: "event".to_owned(), expected });
    };
    let Some(name) = name.as_str() else { return Err(keys.wrong("event", expected, &name)) };
    let kind = match name {
        "receipt-opened" => EventKind::ReceiptOpened,
        "item-added" => EventKind::ItemAdded,
        "receipt-closed" => EventKind::ReceiptClosed,
        "receipt-cancelled" => EventKind::ReceiptCancelled,
        "user-signed-in" => EventKind::UserSignedIn(keys.user()?),
        "user-signed-out" => EventKind::UserSignedOut,
        "kkt-status" => EventKind::KktStatus(keys.kkt_status()?),
        "kkt-released" => EventKind::KktReleased,
        "kkt-taken" => EventKind::KktTaken,
        "alive" => EventKind::Alive,
        "hello" => EventKind::Hello(keys.hello()?),
        other => return Err(keys.wrong("event", expected, &Value::from(other))),
    };
    let at = keys.time("at")?;
    let id = keys.text("id")?;
    keys.refuse_rest(known_keys(&kind))?;
    Ok(Event { kind, at, id })
}

fn known_keys(kind: &EventKind) -> &'static str {
    match kind {
        EventKind::UserSignedIn(_) => "event, at, id, role_id, user_id",
        EventKind::KktStatus(_) => "event, at, id, paper, unsent_documents, first_unsent_at",
        EventKind::Hello(_) => {
            "event, at, id, receipt, opened_at, last_activity_at, last_closed_at, user"
        }
        _ => "event, at, id",
    }
}

/// The keys of one object that nobody has taken yet.
struct Keys {
    element: usize,
    path: &'static str,
    keys: Vec<(String, Value)>,
}

impl Keys {
    fn take(&mut self, key: &str) -> Option<Value> {
        let at = self.keys.iter().position(|(name, _)| name == key)?;
        Some(self.keys.swap_remove(at).1)
    }

    fn user(&mut self) -> Result<User, EventError> {
        let user = User { role_id: self.id("role_id")?, user_id: self.id("user_id")? };
        if user == User::default() {
            return Err(self.missing("role_id", "role_id or user_id"));
        }
        Ok(user)
    }

    fn kkt_status(&mut self) -> Result<KktStatus, EventError> {
        let status = KktStatus {
            paper: self.paper()?,
            unsent_documents: self.count("unsent_documents")?,
            first_unsent_at: self.time("first_unsent_at")?,
        };
        if status == KktStatus::default() {
            return Err(self.missing("paper", "any of paper, unsent_documents, first_unsent_at"));
        }
        Ok(status)
    }

    fn hello(&mut self) -> Result<Hello, EventError> {
        const EXPECTED: &str = "\"open\" or \"closed\"";
        let open = match self.take("receipt") {
            Some(Value::String(state)) if state == "open" => true,
            Some(Value::String(state)) if state == "closed" => false,
            Some(other) => return Err(self.wrong("receipt", EXPECTED, &other)),
            None => return Err(self.missing("receipt", EXPECTED)),
        };
        Ok(Hello {
            open,
            opened_at: self.time("opened_at")?,
            last_activity_at: self.time("last_activity_at")?,
            last_closed_at: self.time("last_closed_at")?,
            user: self.hello_user()?,
        })
    }

    fn hello_user(&mut self) -> Result<HelloUser, EventError> {
        match self.take("user") {
            None => Ok(HelloUser::NotTold),
            Some(Value::Null) => Ok(HelloUser::Nobody),
            Some(Value::Object(keys)) => {
                let keys = keys.into_iter().collect();
                let mut keys = Self { element: self.element, path: "user.", keys };
                let user = keys.user()?;
                keys.refuse_rest("role_id, user_id")?;
                Ok(HelloUser::SignedIn(user))
            }
            Some(other) => {
                Err(self.wrong("user", "null or an object with role_id and/or user_id", &other))
            }
        }
    }

    fn paper(&mut self) -> Result<Option<Paper>, EventError> {
        let Some(value) = self.take("paper") else { return Ok(None) };
        match value.as_str() {
            Some("present") => Ok(Some(Paper::Present)),
            Some("near-end") => Ok(Some(Paper::NearEnd)),
            Some("out") => Ok(Some(Paper::Out)),
            _ => Err(self.wrong("paper", "\"present\", \"near-end\" or \"out\"", &value)),
        }
    }

    fn count(&mut self, key: &str) -> Result<Option<u32>, EventError> {
        let Some(value) = self.take(key) else { return Ok(None) };
        match value.as_number().and_then(whole).map(u32::try_from) {
            Some(Ok(count)) => Ok(Some(count)),
            _ => Err(self.wrong(key, "a whole number of documents, 0 or more", &value)),
        }
    }

    /// `null` counts as absent: programs write it for a time that they do not have.
    fn time(&mut self, key: &str) -> Result<Option<Timestamp>, EventError> {
        let Some(value) = self.take(key).filter(|value| !value.is_null()) else { return Ok(None) };
        match value.as_str().and_then(time) {
            Some(time) => Ok(Some(time)),
            None => Err(self.wrong(
                key,
                "an RFC 3339 time with its offset, from the year 2000 on",
                &value,
            )),
        }
    }

    fn text(&mut self, key: &str) -> Result<Option<String>, EventError> {
        let Some(value) = self.take(key) else { return Ok(None) };
        match &value {
            Value::String(text) if is_id(text) => Ok(Some(text.clone())),
            _ => Err(self.wrong(key, id_expected("a text"), &value)),
        }
    }

    /// An id of a role or user: a text, or a whole number that is kept as its digits.
    fn id(&mut self, key: &str) -> Result<Option<String>, EventError> {
        let Some(value) = self.take(key) else { return Ok(None) };
        let id = match &value {
            Value::String(text) if is_id(text) => Some(text.clone()),
            Value::Number(number) => whole(number).map(|number| number.to_string()),
            _ => None,
        };
        match id {
            Some(id) => Ok(Some(id)),
            None => Err(self.wrong(key, id_expected("a whole number or a text"), &value)),
        }
    }

    fn refuse_repeated(&self) -> Result<(), EventError> {
        let mut names: Vec<&str> = self.keys.iter().map(|(name, _)| name.as_str()).collect();
        names.sort_unstable();
        for (one, next) in names.iter().zip(names.iter().skip(1)) {
            if one == next {
                return Err(EventError::Repeated { element: self.element, key: self.named(one) });
            }
        }
        Ok(())
    }

    fn refuse_rest(&self, expected: &str) -> Result<(), EventError> {
        match self.keys.first() {
            None => Ok(()),
            Some((key, _)) => Err(EventError::UnknownKey {
                element: self.element,
                key: shorten(&self.named(key)),
                expected: expected.to_owned(),
            }),
        }
    }

    fn missing(&self, key: &str, expected: &str) -> EventError {
        EventError::Missing {
            element: self.element,
            key: self.named(key),
            expected: expected.to_owned(),
        }
    }

    fn wrong(&self, key: &str, expected: impl Into<String>, got: &Value) -> EventError {
        EventError::Value {
            element: self.element,
            key: self.named(key),
            expected: expected.into(),
            got: shorten(&got.to_string()),
        }
    }

    fn named(&self, key: &str) -> String {
        format!("{}{key}", self.path)
    }
}

/// Date, time and offset must all be written; names of zones in brackets are refused.
fn time(text: &str) -> Option<Timestamp> {
    let pieces = Pieces::parse(text).ok()?;
    if pieces.time_zone_annotation().is_some() {
        return None;
    }
    let offset = pieces.to_numeric_offset()?;
    let time = offset.to_timestamp(pieces.date().to_datetime(pieces.time()?)).ok()?;
    // No till was sold before; such a time is a clock that was never set.
    (time.as_second() >= YEAR_2000).then_some(time)
}

/// A whole number, also where a program writes 3 as `3.0`: to JSON they are the same. Beyond 2^53 such a
/// number may have been another one.
fn whole(number: &Number) -> Option<i128> {
    const EXACT: f64 = (1_u64 << 53) as f64;
    let integer = number.as_u64().map(i128::from).or(number.as_i64().map(i128::from));
    integer.or_else(|| {
        let number = number.as_f64().filter(|it| it.fract() == 0.0 && it.abs() <= EXACT)?;
        format!("{number:.0}").parse().ok()
    })
}

const YEAR_2000: i64 = 946_684_800;

fn is_id(text: &str) -> bool {
    !text.is_empty() && text.len() <= MAX_ID && !text.chars().any(char::is_control)
}

fn id_expected(what: &str) -> String {
    format!("{what} of 1..{MAX_ID} bytes without control characters")
}

fn shorten(text: &str) -> String {
    const LONGEST: usize = 60;
    if text.chars().count() <= LONGEST {
        return text.to_owned();
    }
    text.chars().take(LONGEST).chain("...".chars()).collect()
}

/// What stands at the top.
enum Batch {
    Elements(Vec<Element>),
    TooMany,
    Other(&'static str),
}

/// One element; its keys in order, so that a repeated one is seen.
enum Element {
    Object(Vec<(String, Value)>),
    Other(&'static str),
}

impl<'de> Deserialize<'de> for Batch {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(BatchVisitor)
    }
}

impl<'de> Deserialize<'de> for Element {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ElementVisitor)
    }
}

struct BatchVisitor;
struct ElementVisitor;

/// The visits of everything that is neither an object nor an array.
macro_rules! other_visits {
    ($other:expr) => {
        fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
            Ok($other("true or false"))
        }
        fn visit_i64<E>(self, _: i64) -> Result<Self::Value, E> {
            Ok($other("a number"))
        }
        fn visit_u64<E>(self, _: u64) -> Result<Self::Value, E> {
            Ok($other("a number"))
        }
        fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
            Ok($other("a number"))
        }
        fn visit_str<E>(self, _: &str) -> Result<Self::Value, E> {
            Ok($other("a text"))
        }
        fn visit_unit<E>(self) -> Result<Self::Value, E> {
            Ok($other("null"))
        }
        fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
            formatter.write_str("JSON")
        }
    };
}

impl<'de> Visitor<'de> for BatchVisitor {
    type Value = Batch;

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Batch, A::Error> {
        Ok(Batch::Elements(vec![ElementVisitor.visit_map(map)?]))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut array: A) -> Result<Batch, A::Error> {
        let mut elements = Vec::new();
        while elements.len() < MAX_EVENTS {
            match array.next_element()? {
                Some(element) => elements.push(element),
                None => return Ok(Batch::Elements(elements)),
            }
        }
        let mut more = false;
        while array.next_element::<IgnoredAny>()?.is_some() {
            more = true;
        }
        Ok(if more { Batch::TooMany } else { Batch::Elements(elements) })
    }

    other_visits!(Batch::Other);
}

impl<'de> Visitor<'de> for ElementVisitor {
    type Value = Element;

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Element, A::Error> {
        const MOST_KEYS: usize = 64;
        let mut keys = Vec::new();
        while let Some(entry) = map.next_entry::<String, Value>()? {
            if keys.len() == MOST_KEYS {
                return Err(A::Error::custom("an object with too many keys"));
            }
            keys.push(entry);
        }
        Ok(Element::Object(keys))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut array: A) -> Result<Element, A::Error> {
        while array.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Element::Other("an array"))
    }

    other_visits!(Element::Other);
}
