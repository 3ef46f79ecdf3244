//! The configuration: a TOML file with the tills, their types and their stores.
//!
//! Every key with its default stands in `dist/till-monitor.toml`. A file is refused as a whole; of a CSV
//! list the bad lines are reported and the good ones taken.

mod csv;
mod hours;
mod kind;
mod span;
mod store;
mod till;

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail, ensure};
use ipnet::IpNet;
use serde::Deserialize;

pub use csv::{Imported, import};
pub use kind::Kind;
pub use span::Span;
pub use store::Store;
pub use till::{Address, Api, Till, Use};

/// Everything that is configurable.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// `[monitor]`
    pub monitor: Monitor,
    /// `[type.NAME]`
    #[serde(rename = "type")]
    pub kinds: BTreeMap<String, Kind>,
    /// `[store.NAME]`
    #[serde(rename = "store")]
    pub stores: BTreeMap<String, Store>,
    /// `[[till]]`
    #[serde(rename = "till")]
    pub tills: Vec<Till>,
    /// What could not be read of the CSV list: line, and what is wrong.
    #[serde(skip)]
    pub bad_lines: Vec<(u64, String)>,
}

/// `[monitor]`: the monitor itself.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Monitor {
    /// Where the page is served. Default `127.0.0.1:8490`. Port 0: the system chooses.
    pub listen: SocketAddr,
    /// Which clients are served. Default: loopback and the private networks.
    pub allow: Vec<IpNet>,
    /// A CSV list of tills, beside those of this file. A relative path is one beside this file.
    pub tills: Option<PathBuf>,
    /// Only the stores of this part: `"2/3"` is the second of three. Default: all.
    pub shard: Option<Shard>,
    /// The language in which tills are asked for their sentences: `ru` (default) or `en`.
    pub language: Language,
}

/// The language of the tills' sentences.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Language {
    /// Russian.
    #[default]
    Ru,
    /// English.
    En,
}

impl Language {
    /// As in `Accept-Language`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ru => "ru",
            Self::En => "en",
        }
    }
}

/// A part of the stores.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Shard {
    /// Which part, from 0.
    pub part: u32,
    /// Of how many.
    pub of: u32,
}

impl TryFrom<String> for Shard {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let read = || {
            let (part, of) = text.split_once('/')?;
            let (part, of) = (part.parse::<u32>().ok()?, of.parse::<u32>().ok()?);
            (1 <= part && part <= of && of <= 1000).then(|| Self { part: part - 1, of })
        };
        read().ok_or_else(|| format!("got {text:?}, expected a part such as \"2/3\""))
    }
}

impl Shard {
    /// Is this store of this part? The same for every monitor and every version (FNV-1a).
    pub fn has(self, store: &str) -> bool {
        let hash = store.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        hash % u64::from(self.of) == u64::from(self.part)
    }
}

const PRIVATE: [&str; 7] = [
    "127.0.0.0/8",
    "::1/128",
    "10.0.0.0/8",
    "172.16.0.0/12",
    "192.168.0.0/16",
    "fc00::/7",
    "fe80::/10",
];

impl Default for Monitor {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 8490)),
            allow: PRIVATE.iter().filter_map(|net| net.parse().ok()).collect(),
            tills: None,
            shard: None,
            language: Language::Ru,
        }
    }
}

impl Config {
    /// Reads a file, and the CSV list that it names.
    ///
    /// # Errors
    /// What is wrong, with its file and line.
    pub fn load(path: &Path) -> anyhow::Result<Self> {
        let text = std::fs::read_to_string(path).with_context(|| path.display().to_string())?;
        let mut config: Self = toml::from_str(&text).with_context(|| path.display().to_string())?;
        if let Some(list) = &config.monitor.tills {
            let list = path.parent().unwrap_or(Path::new(".")).join(list);
            let text =
                std::fs::read_to_string(&list).with_context(|| list.display().to_string())?;
            let imported = import(&text);
            if imported.tills.is_empty()
                && let Some((line, fault)) = imported.faults.first()
            {
                bail!("{}: line {line}: {fault}", list.display());
            }
            config.tills.extend(imported.tills);
            config.bad_lines = imported.faults;
        }
        config.check().with_context(|| path.display().to_string())?;
        if let Some(shard) = config.monitor.shard {
            config.tills.retain(|till| shard.has(&till.store));
        }
        Ok(config)
    }

    /// Reads the text of a file.
    ///
    /// # Errors
    /// What is wrong, with its line.
    pub fn parse(text: &str) -> anyhow::Result<Self> {
        let config: Self = toml::from_str(text)?;
        config.check()?;
        Ok(config)
    }

    /// The type of a till; one that is not described has all defaults.
    pub fn kind(&self, till: &Till) -> Kind {
        self.kinds.get(&till.kind).cloned().unwrap_or_default()
    }

    fn check(&self) -> anyhow::Result<()> {
        let mut names = BTreeSet::new();
        for till in &self.tills {
            ensure!(!till.name.is_empty(), "a till has no name");
            ensure!(names.insert(&till.name), "two tills are called {:?}", till.name);
        }
        for (name, kind) in &self.kinds {
            let interval = kind.interval.0;
            ensure!(
                (1000..=3_600_000).contains(&interval.as_millis()),
                "[type.{name}] interval: got {interval:?}, expected at least 1s (the till's maker asks for that) and at most 1h"
            );
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_store_is_of_one_shard_and_no_shard_has_most() {
        let shard = |text: &str| Shard::try_from(text.to_owned());
        let parts = ["1/3", "2/3", "3/3"].map(|text| shard(text).unwrap());
        let mut sizes = [0_u32; 3];
        for store in 1..=300 {
            let of = parts.map(|part| part.has(&store.to_string()));
            assert_eq!(of.iter().filter(|has| **has).count(), 1, "store {store}");
            sizes.iter_mut().zip(of).for_each(|(size, has)| *size += u32::from(has));
        }
        assert!(sizes.iter().all(|size| (60..140).contains(size)), "{sizes:?}");
        // Pinned: another version or machine must not move the stores.
        let first: Vec<_> =
            (1..=30).filter(|store: &u32| parts[0].has(&store.to_string())).collect();
        assert_eq!(first, [3, 5, 6, 9, 12, 14, 17, 19, 23, 25, 26, 29, 30]);
        for text in ["0/3", "4/3", "1", "1/0", "a/b", "1/1001", "-1/3"] {
            assert!(shard(text).is_err_and(|error| error.contains("2/3")), "{text}");
        }
    }

    #[test]
    fn what_is_no_configuration_says_where() {
        for (text, wanted) in [
            ("[[till]]\nname = \"a\"\n", "address"),
            ("[[till]]\nname = \"\"\naddress = \"10.0.0.1\"\n", "no name"),
            ("[type.a]\ninterval = \"500ms\"\n", "[type.a] interval"),
            ("[type.a]\nneeds = [\"coffee\"]\n", "coffee"),
            ("[monitor]\nshard = \"3/2\"\n", "2/3"),
            ("[monitor]\nlanguage = \"de\"\n", "ru"),
        ] {
            let error = format!("{:#}", Config::parse(text).unwrap_err());
            assert!(error.contains(wanted), "{text}: {error}");
        }
        let twice = "[[till]]\nname = \"a\"\naddress = \"10.0.0.1\"\n".repeat(2);
        let error = Config::parse(&twice).unwrap_err().to_string();
        assert!(error.contains("two tills are called \"a\""), "{error}");
    }
}
