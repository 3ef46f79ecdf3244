//! What a configuration comes to, and where each part of it was said.

use std::fmt::{self, Display, Formatter};
use std::path::Path;

use toml::de::{DeTable, DeValue};

use super::error::Origin;
use super::layer::Layers;
use super::value::shown;
use super::{Config, ConfigError, environment};

/// Every key that has a default of its own, with it.
const SAMPLE: &str = include_str!("../../dist/till-status.toml");

/// A configuration, and where each part of it was said.
///
/// Its [`Display`] is a configuration file that says the same, without passwords, and behind each key
/// where it was said.
#[derive(Clone, Debug, PartialEq)]
pub struct Effective {
    config: Config,
    layers: Layers,
}

/// One key that was said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Given {
    /// `kkt`, `kkt.operators`.
    pub section: String,
    /// Its name.
    pub key: String,
    /// Its value as a file has it.
    pub value: String,
    /// In which file, or where else.
    pub origin: Origin,
    /// In which line there.
    pub line: usize,
}

impl Effective {
    /// Reads a configuration as [`Config::load`] does.
    ///
    /// # Errors
    /// [`ConfigError`] as there.
    pub fn load(path: &Path) -> Result<Self, ConfigError> {
        Self::of(Layers::load(path, environment::of_this_process())?)
    }

    pub(super) fn of(layers: Layers) -> Result<Self, ConfigError> {
        let config = Config::read(&layers).map_err(ConfigError::Faults)?;
        Ok(Self { config, layers })
    }

    /// The configuration.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// What was read, the later over the earlier.
    pub fn origins(&self) -> impl Iterator<Item = &Origin> {
        self.layers.origins()
    }

    /// Every key that somebody said, section by section.
    #[must_use]
    pub fn given(&self) -> Vec<Given> {
        flat(&self.layers)
    }
}

impl Display for Effective {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        let Config { hash, max_age, kkt, scale, vision, .. } = &self.config;
        writeln!(out, "# What till-status does by its configuration {hash}.")?;
        writeln!(out, "# A password is left out.")?;
        // These two depend on [kkt] hold.
        let ages = format!(
            "[max_age]\npaper = \"{}\"\nofd = \"{}\"\n",
            shown(max_age.paper),
            shown(max_age.ofd)
        );
        let devices =
            [("kkt", kkt.is_some()), ("scale", scale.is_some()), ("vision", vision.is_some())];
        let mut section = String::new();
        for given in flat(&self.layers.over(&[SAMPLE, &ages])) {
            if given.section != section {
                section.clone_from(&given.section);
                writeln!(out, "\n[{section}]")?;
                if devices.contains(&(section.as_str(), true)) {
                    writeln!(out, "# A key that is not here has its default.")?;
                }
            }
            let at = given.origin.at(given.line);
            match is_secret(&given.key) {
                true => writeln!(out, "# {} is set in {at} and left out", given.key)?,
                false => writeln!(out, "{} = {} # {at}", key(&given.key), given.value)?,
            }
        }
        Ok(())
    }
}

fn flat(layers: &Layers) -> Vec<Given> {
    let mut given = Vec::new();
    push(&layers.merged().0, "", layers, &mut given);
    given
}

/// First the keys of a section, then the sections in it.
fn push(table: &DeTable<'_>, section: &str, layers: &Layers, given: &mut Vec<Given>) {
    for (name, value) in table {
        if matches!(value.get_ref(), DeValue::Table(_)) {
            continue;
        }
        let (origin, line) = layers.origin(layers.line(name.span().start));
        let (key, value) = (name.get_ref().to_string(), written(value.get_ref()));
        given.push(Given { section: section.to_owned(), key, value, origin, line });
    }
    for (name, value) in table {
        let DeValue::Table(inner) = value.get_ref() else { continue };
        let dot = if section.is_empty() { "" } else { "." };
        push(inner, &format!("{section}{dot}{}", key(name.get_ref())), layers, given);
    }
}

fn is_secret(key: &str) -> bool {
    key.ends_with("password")
}

/// A key as a file has it.
fn key(name: &str) -> String {
    let bare = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    match !name.is_empty() && name.bytes().all(bare) {
        true => name.to_owned(),
        false => toml::Value::from(name).to_string(),
    }
}

/// A value as a file has it.
fn written(value: &DeValue<'_>) -> String {
    match value {
        DeValue::String(text) => toml::Value::from(text.as_ref()).to_string(),
        DeValue::Integer(number) => number.to_string(),
        DeValue::Float(number) => number.to_string(),
        DeValue::Boolean(flag) => flag.to_string(),
        DeValue::Datetime(time) => time.to_string(),
        DeValue::Array(parts) => {
            let parts: Vec<_> = parts.iter().map(|part| written(part.get_ref())).collect();
            format!("[{}]", parts.join(", "))
        }
        DeValue::Table(table) => {
            let pair = |(name, value): (&toml::Spanned<_>, &toml::Spanned<DeValue<'_>>)| {
                let name: &std::borrow::Cow<'_, str> = name.get_ref();
                format!("{} = {}", key(name), written(value.get_ref()))
            };
            let pairs: Vec<_> = table.iter().map(pair).collect();
            format!("{{ {} }}", pairs.join(", "))
        }
    }
}

#[cfg(test)]
mod tests;
