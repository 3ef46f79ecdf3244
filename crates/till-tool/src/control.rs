//! The state of a simulated device as a person sets it: the keys of docs/api.md, "Demo controls".
//!
//! A patch is read whole before anything changes; an unknown key or value is named.

pub(crate) mod kkt;
pub(crate) mod pos;
pub(crate) mod scale;
pub(crate) mod sp80x;
pub(crate) mod vision;

use std::fmt;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

/// How a device is connected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Link {
    Ok,
    Silent,
    Garbage,
    Unplugged,
    Busy,
}

/// A patch that cannot be taken; the text names the key, what was got and what is possible.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct PatchError(String);

impl fmt::Display for PatchError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for PatchError {}

/// The keys of a patch, taken one by one.
#[derive(Debug)]
pub(crate) struct Keys(Map<String, Value>);

impl Keys {
    /// Reads a JSON object.
    pub(crate) fn parse(json: &[u8]) -> Result<Self, PatchError> {
        match serde_json::from_slice(json) {
            Ok(Value::Object(map)) => Ok(Self(map)),
            Ok(other) => Err(PatchError(format!("expected a JSON object, got {other}"))),
            Err(error) => Err(PatchError(format!("this is not JSON: {error}"))),
        }
    }

    /// Takes the value of `key`, if it is there.
    pub(crate) fn take<T: DeserializeOwned>(&mut self, key: &str) -> Result<Option<T>, PatchError> {
        let Some(value) = self.0.remove(key) else { return Ok(None) };
        let got = value.to_string();
        serde_json::from_value(value)
            .map(Some)
            .map_err(|error| PatchError(format!("{key}: got {got}: {error}")))
    }

    /// Takes the value of `key`, if it is there; null is a value, too.
    pub(crate) fn take_nullable<T: DeserializeOwned>(
        &mut self,
        key: &str,
    ) -> Result<Option<Option<T>>, PatchError> {
        let there = self.0.contains_key(key);
        Ok(self.take::<Option<T>>(key)?.or(there.then_some(None)))
    }

    /// Takes the value of `key` and reads it with `read`, whose error says what is possible.
    pub(crate) fn take_as<T>(
        &mut self,
        key: &str,
        read: impl Fn(&Value) -> Result<T, String>,
    ) -> Result<Option<T>, PatchError> {
        let Some(value) = self.0.remove(key) else { return Ok(None) };
        read(&value)
            .map(Some)
            .map_err(|expected| PatchError(format!("{key}: got {value}, expected {expected}")))
    }

    /// Refuses what is left.
    pub(crate) fn end(self, known: &str) -> Result<(), PatchError> {
        match self.0.keys().next() {
            None => Ok(()),
            Some(key) => Err(PatchError(format!("unknown key {key:?}; known are {known}"))),
        }
    }
}

/// A device's code: null for none, a number, or a text of two hex digits.
pub(crate) fn code(value: &Value) -> Result<Option<u8>, String> {
    let read = match value {
        Value::Null => Some(None),
        Value::Number(number) => number.as_u64().and_then(|n| u8::try_from(n).ok()).map(Some),
        Value::String(hex) if hex.len() == 2 && hex.bytes().all(|b| b.is_ascii_hexdigit()) => {
            u8::from_str_radix(hex, 16).ok().map(Some)
        }
        _ => None,
    };
    read.ok_or_else(|| "null, a number from 0 to 255, or two hex digits such as \"8C\"".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(json: &str, error: &str) {
        let read = |json: &str| {
            let mut keys = Keys::parse(json.as_bytes())?;
            keys.take::<Link>("link")?;
            keys.take_as("even", |value| match value.as_u64() {
                Some(n) if n % 2 == 0 => Ok(n),
                _ => Err("an even number".to_owned()),
            })?;
            keys.end("link, even")
        };
        assert_eq!(read(json).err().map_or_else(String::new, |error| error.to_string()), error);
    }

    #[test]
    fn a_patch_is_any_subset() {
        check("{}", "");
        check(r#"{"link":"busy","even":2}"#, "");
    }

    #[test]
    fn what_is_wrong_is_named() {
        check("[1]", "expected a JSON object, got [1]");
        check(r#"{"even":3}"#, "even: got 3, expected an even number");
        check(r#"{"odd":3}"#, r#"unknown key "odd"; known are link, even"#);
        check(
            r#"{"link":"gone"}"#,
            "link: got \"gone\": unknown variant `gone`, expected one of `ok`, `silent`, \
             `garbage`, `unplugged`, `busy`",
        );
    }
}
