//! `[till] name`: literally, or from the name of the host, so that one file serves many tills.

use regex::Regex;
use toml::de::DeValue;

use super::Till;
use super::reader::{Read, Reader, Section};
use super::value::text;

/// A pattern that the name of a host has as a whole. It is matched in a time that grows with the name
/// only.
#[derive(Clone, Debug)]
pub struct NameFrom(Regex);

impl PartialEq for NameFrom {
    fn eq(&self, other: &Self) -> bool {
        self.0.as_str() == other.0.as_str()
    }
}

impl Eq for NameFrom {}

impl NameFrom {
    /// The name that `template` gives on this host; `None` when the host is called otherwise.
    #[must_use]
    pub fn name(&self, template: &str, host: &str) -> Option<String> {
        let found = self.0.captures(host)?;
        let part = |group: &str| match group.parse() {
            Ok(number) => found.get(number),
            Err(_) => found.name(group),
        };
        let parts = pieces(template).ok()?.into_iter().map(|piece| match piece {
            Piece::Text(text) => text,
            Piece::Group(group) => part(group).map_or("", |found| found.as_str()),
        });
        Some(parts.collect())
    }

    /// Has it the group that a template names?
    fn has(&self, group: &str) -> bool {
        match group.parse::<usize>() {
            Ok(number) => number < self.0.captures_len(),
            Err(_) => self.0.capture_names().flatten().any(|name| name == group),
        }
    }
}

enum Piece<'t> {
    Text(&'t str),
    Group(&'t str),
}

/// `{…}` is a group, `{{` and `}}` are braces.
fn pieces(template: &str) -> Result<Vec<Piece<'_>>, ()> {
    let (mut pieces, mut rest) = (Vec::new(), template);
    while let Some(at) = rest.find(['{', '}']) {
        let (before, behind) = rest.split_at(at);
        pieces.push(Piece::Text(before));
        let doubled = ["{{", "}}"].into_iter().find(|brace| behind.starts_with(brace));
        rest = match doubled {
            Some(brace) => {
                pieces.push(Piece::Text(brace.get(..1).unwrap_or_default()));
                behind.get(2..).unwrap_or_default()
            }
            None => {
                let (group, behind) =
                    behind.strip_prefix('{').and_then(|group| group.split_once('}')).ok_or(())?;
                pieces.push(Piece::Group(group));
                behind
            }
        };
    }
    pieces.push(Piece::Text(rest));
    Ok(pieces)
}

/// `name` and `name_from`.
pub(super) fn name<'t>(till: &mut Till, section: &mut Section<'t>, reader: &mut Reader<'t>) {
    let line = section.line_of("name");
    if let Some(name) = section.take("name", reader, text) {
        till.name = name;
    }
    till.name_from = section.take("name_from", reader, pattern);
    let Some(from) = &till.name_from else { return };
    let name = &till.name;
    let fault = match pieces(name) {
        Err(()) => Some("braces that belong together: {1} is a group, {{ is a brace".to_owned()),
        Ok(pieces) => pieces.iter().find_map(|piece| match piece {
            Piece::Group(group) if !from.has(group) => {
                Some(format!("a group of name_from, which has none of the name {{{group}}}"))
            }
            _ => None,
        }),
    };
    if let Some(expected) = fault {
        reader.fault(line, format!("[till] name: got {name:?}, expected {expected}"));
    }
}

fn pattern(value: &DeValue<'_>) -> Read<NameFrom> {
    let expected = "a pattern for the whole name of the host, such as 'kassa-(\\d+)-(\\d+)'";
    let pattern = value.as_str().ok_or_else(|| expected.to_owned())?;
    let whole = Regex::new(&format!("^(?:{pattern})$"));
    whole.map(NameFrom).map_err(|error| format!("{expected} ({error})"))
}

/// The name of this host.
#[must_use]
pub fn host_name() -> String {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let name = name.trim();
    if name.is_empty() { "till".to_owned() } else { name.to_owned() }
}

#[cfg(test)]
mod tests {
    use crate::Config;

    #[test]
    fn a_name_from_the_host() {
        for (keys, host, name) in [
            ("", "kassa-12-3", "kassa-12-3"),
            ("name = 'Store {1}'", "kassa-12-3", "Store {1}"),
            (
                r"name = 'Store {1} / till {2}'
               name_from = 'kassa-(\d+)-(\d+)'",
                "kassa-12-3",
                "Store 12 / till 3",
            ),
            (
                r"name = 'till {till}, {{{0}}}'
               name_from = 'k(?<till>\d)'",
                "k7",
                "till 7, {k7}",
            ),
            // A host that is called otherwise is monitored under its own name.
            (
                r"name = 'Store {1}'
               name_from = 'kassa-(\d+)'",
                "kassa-12-3",
                "kassa-12-3",
            ),
            (
                r"name = 'Касса {1}'
               name_from = 'касса-(\d+)(x)?'",
                "касса-5",
                "Касса 5",
            ),
            ("name_from = '.*'", "any", "any"),
        ] {
            let config = Config::parse(&format!("[till]\n{keys}\n")).unwrap();
            assert_eq!(config.till.name_on(host), name, "{keys}");
        }
    }

    #[test]
    fn what_cannot_be_a_name() {
        for (keys, wanted) in [
            ("name = '{3}'\nname_from = '(a)(b)'", "which has none of the name {3}"),
            ("name = '{shop}'\nname_from = '(a)'", "which has none of the name {shop}"),
            ("name = '{1'\nname_from = '(a)'", "braces that belong together"),
            ("name = '1}'\nname_from = '(a)'", "braces that belong together"),
            ("name_from = '('", "a pattern for the whole name of the host"),
            ("name_from = 1", "a pattern for the whole name of the host"),
        ] {
            let error = Config::parse(&format!("[till]\n{keys}\n")).unwrap_err();
            let [fault] = error.faults() else { panic!("{keys}: {error}") };
            assert!(fault.line == 2 && fault.text.contains(wanted), "{keys}: {error}");
        }
    }
}
