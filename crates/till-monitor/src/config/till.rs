//! `[[till]]`, and a line of the CSV list: one till.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// One till.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Till {
    /// Its name, unlike every other's.
    pub name: String,
    /// The store that it stands in. Default none.
    #[serde(default)]
    pub store: String,
    /// Its type: a `[type.NAME]`, or none of them and all defaults.
    #[serde(default, rename = "type")]
    pub kind: String,
    /// Where it is asked.
    pub address: Address,
    /// What it is asked for. Default `auto`.
    #[serde(default)]
    pub api: Api,
    /// Free words to filter by. Default none.
    #[serde(default)]
    pub tags: BTreeSet<String>,
    /// Is it in use? Default yes.
    #[serde(default)]
    pub state: Use,
    /// Until when it is not in use; afterwards it is. Default: no end.
    #[serde(default)]
    pub until: Option<Timestamp>,
}

/// What a till is asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Api {
    /// The combined document, and the seven of a till that has none.
    #[default]
    Auto,
    /// The combined document.
    Combined,
    /// The seven, one at a time.
    Seven,
}

/// Is a till in use?
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Use {
    /// Its problems are shown.
    #[default]
    Active,
    /// It stands by: it may be off, and no problem of it is shown.
    Reserve,
    /// Somebody works on it: no problem of it is shown.
    Maintenance,
}

impl Till {
    /// Is it in use at `now`?
    pub fn in_use(&self, now: Timestamp) -> Use {
        if self.until.is_some_and(|until| until <= now) { Use::Active } else { self.state }
    }
}

/// A name or an IP address, and a port. `10.0.12.3:8480`, `[fd00::3]:8480`, `kassa-3.local`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(try_from = "String")]
pub struct Address {
    /// A name or an IP address, without brackets.
    pub host: String,
    /// Default 8480.
    pub port: u16,
}

impl FromStr for Address {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || {
            format!(
                "got {text:?}, expected an address such as 10.0.12.3:8480, kassa-3.local or [fd00::3]:8480"
            )
        };
        let (host, port) = match text.strip_prefix('[') {
            Some(rest) => {
                let (host, rest) = rest.split_once(']').ok_or_else(wrong)?;
                host.parse::<std::net::Ipv6Addr>().map_err(|_| wrong())?;
                (host, rest.strip_prefix(':'))
            }
            None => match text.split_once(':') {
                Some((host, port)) => (host, Some(port)),
                None => (text, None),
            },
        };
        let letters = |c: char| c.is_ascii_alphanumeric() || "-._:".contains(c);
        if host.is_empty() || host.len() > 253 || !host.chars().all(letters) {
            return Err(wrong());
        }
        let port = port.map_or(Ok(8480), str::parse).map_err(|_| wrong())?;
        if port == 0 {
            return Err(wrong());
        }
        Ok(Self { host: host.to_owned(), port })
    }
}

impl TryFrom<String> for Address {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl fmt::Display for Address {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { host, port } = self;
        if host.contains(':') {
            write!(out, "[{host}]:{port}")
        } else {
            write!(out, "{host}:{port}")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_as_people_write_them() {
        for (text, shown) in [
            ("10.0.12.3", Some("10.0.12.3:8480")),
            ("10.0.12.3:80", Some("10.0.12.3:80")),
            ("kassa-3.store12.local:8480", Some("kassa-3.store12.local:8480")),
            ("[fd00::3]", Some("[fd00::3]:8480")),
            ("[fd00::3]:81", Some("[fd00::3]:81")),
            ("fd00::3", None),
            ("", None),
            (":80", None),
            ("a:0", None),
            ("a:65536", None),
            ("a b:80", None),
            ("http://a/", None),
            ("[a]:80", None),
        ] {
            let read: Result<Address, _> = text.parse();
            assert_eq!(read.ok().map(|address| address.to_string()).as_deref(), shown, "{text}");
        }
    }
}
