//! Reads a configuration key by key, remembers every fault with its line, and refuses what is left.
//!
//! A line counts through all texts of the configuration; only a [`Fault`] names file and line.

use std::collections::BTreeSet;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::error::Fault;
use super::layer::Layers;
use super::suggest::suggestion;

/// What may be said about a value: the value, or what was expected instead.
pub(super) type Read<T> = Result<T, String>;

/// Collects the faults of a configuration.
#[derive(Debug)]
pub(super) struct Reader<'t> {
    layers: &'t Layers,
    faults: Vec<(usize, String)>,
}

/// One `[section]` of a file, whose keys are taken one by one.
#[derive(Debug)]
pub(super) struct Section<'t> {
    name: String,
    line: usize,
    entries: Vec<Entry<'t>>,
    known: BTreeSet<&'static str>,
}

#[derive(Debug)]
struct Entry<'t> {
    key: String,
    line: usize,
    value: DeValue<'t>,
}

/// The sections of a file, each taken once.
#[derive(Debug)]
pub(super) struct Root<'t>(Section<'t>);

impl<'t> Reader<'t> {
    /// Splits the texts into their sections. One that is no TOML has one fault and no sections.
    pub(super) fn new(layers: &'t Layers) -> (Self, Root<'t>) {
        let (table, faults) = layers.merged();
        let reader = Self { layers, faults };
        let entries = reader.entries(table);
        let root = Section { name: String::new(), line: 1, entries, known: BTreeSet::new() };
        (reader, Root(root))
    }

    pub(super) fn fault(&mut self, line: usize, text: String) {
        self.faults.push((line, text));
    }

    /// The faults in the order of the files and lines.
    pub(super) fn faults(mut self) -> Vec<Fault> {
        self.faults.sort_by_key(|(line, _)| *line);
        self.faults.into_iter().map(|(line, text)| self.layers.fault(line, &text)).collect()
    }

    fn entries(&self, table: DeTable<'t>) -> Vec<Entry<'t>> {
        let entry =
            |(key, value): (Spanned<std::borrow::Cow<'t, str>>, Spanned<DeValue<'t>>)| Entry {
                line: self.line(key.span().start),
                key: key.into_inner().into_owned(),
                value: value.into_inner(),
            };
        table.into_iter().map(entry).collect()
    }

    fn line(&self, offset: usize) -> usize {
        self.layers.line(offset)
    }
}

impl<'t> Root<'t> {
    /// Takes a section; `None` when the file has none of that name.
    pub(super) fn section(
        &mut self,
        name: &'static str,
        reader: &mut Reader<'t>,
    ) -> Option<Section<'t>> {
        self.0.section(name, name.to_owned(), reader)
    }

    /// Refuses the sections that are left.
    pub(super) fn end(self, reader: &mut Reader<'t>) {
        for entry in self.0.entries {
            let known = self.0.known.iter().copied();
            let text = match entry.value {
                DeValue::Table(_) => format!("[{}] is no known section", entry.key),
                _ => format!("{} stands outside of any section", entry.key),
            };
            let hint = suggestion(&entry.key, known.clone()).map_or_else(
                || format!("known sections are {}", known.collect::<Vec<_>>().join(", ")),
                |near| format!("did you mean [{near}]?"),
            );
            reader.fault(entry.line, format!("{text}; {hint}"));
        }
    }
}

impl<'t> Section<'t> {
    /// The line of `key`, or that of the section when the key is not there.
    pub(super) fn line_of(&self, key: &str) -> usize {
        self.entries.iter().find(|entry| entry.key == key).map_or(self.line, |entry| entry.line)
    }

    /// Does the file say anything about `key`?
    pub(super) fn has(&self, key: &str) -> bool {
        self.entries.iter().any(|entry| entry.key == key)
    }

    /// Takes the value of `key` and reads it with `read`, whose error says what was expected.
    pub(super) fn take<T>(
        &mut self,
        key: &'static str,
        reader: &mut Reader<'t>,
        read: impl FnOnce(&DeValue<'t>) -> Read<T>,
    ) -> Option<T> {
        let entry = self.remove(key)?;
        match read(&entry.value) {
            Ok(value) => Some(value),
            Err(expected) => {
                // It goes into the log and to every client.
                let got = match key.ends_with("password") {
                    true => "what is not shown here".to_owned(),
                    false => shown(&entry.value),
                };
                let text = format!("[{}] {key}: got {got}, expected {expected}", self.name);
                reader.fault(entry.line, text);
                None
            }
        }
    }

    /// The same for a key that has no default.
    pub(super) fn require<T>(
        &mut self,
        key: &'static str,
        why: &str,
        reader: &mut Reader<'t>,
        read: impl FnOnce(&DeValue<'t>) -> Read<T>,
    ) -> Option<T> {
        if !self.has(key) {
            self.known.insert(key);
            reader.fault(self.line, format!("[{}] {key} is missing: {why}", self.name));
            return None;
        }
        self.take(key, reader, read)
    }

    /// Takes a table inside of this section.
    pub(super) fn table(&mut self, key: &'static str, reader: &mut Reader<'t>) -> Option<Self> {
        self.section(key, format!("{}.{key}", self.name), reader)
    }

    /// Takes the tables of an array inside of this section: `[[section.key]]`.
    pub(super) fn tables(&mut self, key: &'static str, reader: &mut Reader<'t>) -> Vec<Self> {
        let Some(entry) = self.remove(key) else { return Vec::new() };
        let name = format!("{}.{key}", self.name);
        let DeValue::Array(parts) = entry.value else {
            let got = shown(&entry.value);
            let text = format!("{name}: got {got}, expected sections [[{name}]]");
            reader.fault(entry.line, text);
            return Vec::new();
        };
        let mut sections = Vec::new();
        for part in parts {
            let line = reader.line(part.span().start);
            match part.into_inner() {
                DeValue::Table(table) => sections.push(Self {
                    name: name.clone(),
                    line,
                    entries: reader.entries(table),
                    known: BTreeSet::new(),
                }),
                other => {
                    let got = shown(&other);
                    reader.fault(line, format!("{name}: got {got}, expected a section [[{name}]]"));
                }
            }
        }
        sections
    }

    /// Takes whatever keys are left, for a table whose keys are data.
    pub(super) fn pairs<K, V>(
        self,
        reader: &mut Reader<'t>,
        read: impl Fn(&str, &DeValue<'t>) -> Read<(K, V)>,
    ) -> Vec<(K, V)> {
        let mut pairs = Vec::new();
        for entry in self.entries {
            match read(&entry.key, &entry.value) {
                Ok(pair) => pairs.push(pair),
                Err(expected) => {
                    let got = format!("{} = {}", entry.key, shown(&entry.value));
                    let text = format!("[{}]: got {got}, expected {expected}", self.name);
                    reader.fault(entry.line, text);
                }
            }
        }
        pairs
    }

    /// Refuses the keys that are left.
    pub(super) fn end(self, reader: &mut Reader<'t>) {
        for entry in &self.entries {
            let known = self.known.iter().copied();
            let hint = suggestion(&entry.key, known.clone()).map_or_else(
                || format!("known keys are {}", known.collect::<Vec<_>>().join(", ")),
                |near| format!("did you mean {near:?}?"),
            );
            reader.fault(entry.line, format!("[{}] {}: unknown key; {hint}", self.name, entry.key));
        }
    }

    fn section(
        &mut self,
        key: &'static str,
        name: String,
        reader: &mut Reader<'t>,
    ) -> Option<Self> {
        let entry = self.remove(key)?;
        match entry.value {
            DeValue::Table(table) => {
                let entries = reader.entries(table);
                Some(Section { name, line: entry.line, entries, known: BTreeSet::new() })
            }
            other => {
                let got = shown(&other);
                reader.fault(entry.line, format!("{name}: got {got}, expected a section [{name}]"));
                None
            }
        }
    }

    fn remove(&mut self, key: &'static str) -> Option<Entry<'t>> {
        self.known.insert(key);
        let at = self.entries.iter().position(|entry| entry.key == key)?;
        Some(self.entries.swap_remove(at))
    }
}

fn shown(value: &DeValue<'_>) -> String {
    match value {
        DeValue::String(text) => format!("{text:?}"),
        DeValue::Integer(number) => number.to_string(),
        DeValue::Float(number) => number.to_string(),
        DeValue::Boolean(flag) => flag.to_string(),
        DeValue::Datetime(time) => time.to_string(),
        DeValue::Array(array) => {
            let parts: Vec<_> = array.iter().map(|part| shown(part.get_ref())).collect();
            format!("[{}]", parts.join(", "))
        }
        DeValue::Table(_) => "a section".to_owned(),
    }
}
