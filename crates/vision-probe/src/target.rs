//! What is tried.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

/// An end to be tried: `tcp://host:port`, `http://host[:port][/path]`, or with the feature `tls`
/// `https://host[:port][/path]`.
///
/// IPv6 addresses stand in brackets. No proxy is used, no redirect is followed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// The name or address of the host, without brackets.
    pub host: String,
    /// The port. Defaults to 80 for `http` and to 443 for `https`.
    pub port: u16,
    /// What counts as up.
    pub kind: Kind,
}

/// How a target is tried, and what counts as up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A connection is made.
    Tcp,
    /// A GET is answered.
    Http {
        /// Over TLS, with the certificates that the system trusts?
        tls: bool,
        /// The path with its query. Defaults to `/`.
        path: String,
        /// The status that counts as up. Defaults to 200.
        expect_status: u16,
        /// A text that the body must hold. None by default.
        expect_text: Option<String>,
    },
}

/// A text that is no target.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum TargetError {
    /// None of the schemes.
    #[error("got {got:?}, expected tcp://host:port, http://host:port/path or https://host/path")]
    Scheme {
        /// The text.
        got: String,
    },
    /// `https://` without the feature `tls`.
    #[error("got {got:?}, but this program was built without TLS: expected http://…, or tcp://…")]
    WithoutTls {
        /// The text.
        got: String,
    },
    /// The host is missing or holds what no host does.
    #[error("got host {got:?}, expected a name, an address, or an IPv6 address in brackets")]
    Host {
        /// The host.
        got: String,
    },
    /// The port is missing or no port.
    #[error("got port {got:?}, expected 1 to 65535")]
    Port {
        /// The port.
        got: String,
    },
    /// The path holds what a request line cannot.
    #[error("got path {got:?}, expected visible ASCII without blanks")]
    Path {
        /// The path.
        got: String,
    },
}

impl Target {
    /// Reads a target.
    ///
    /// # Errors
    /// [`TargetError`] says what was got and what is possible.
    pub fn parse(text: &str) -> Result<Self, TargetError> {
        if let Some(place) = text.strip_prefix("tcp://") {
            let (host, port) = host_and_port(place, None)?;
            return Ok(Self { host, port, kind: Kind::Tcp });
        }
        let got = || text.to_owned();
        let (tls, rest) = match text.split_once("://") {
            Some(("http", rest)) => (false, rest),
            Some(("https", _)) if cfg!(not(feature = "tls")) => {
                return Err(TargetError::WithoutTls { got: got() });
            }
            Some(("https", rest)) => (true, rest),
            _ => return Err(TargetError::Scheme { got: got() }),
        };
        let place = rest.split(['/', '?']).next().unwrap_or_default();
        let path = rest.get(place.len()..).unwrap_or_default();
        let path = if path.starts_with('/') { path.to_owned() } else { format!("/{path}") };
        if !path.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'#') {
            return Err(TargetError::Path { got: path });
        }
        let (host, port) = host_and_port(place, Some(if tls { 443 } else { 80 }))?;
        let kind = Kind::Http { tls, path, expect_status: 200, expect_text: None };
        Ok(Self { host, port, kind })
    }

    /// The same target with other expectations of an HTTP answer; of a TCP target nothing changes.
    #[must_use]
    pub fn expecting(mut self, status: u16, text: Option<String>) -> Self {
        if let Kind::Http { expect_status, expect_text, .. } = &mut self.kind {
            (*expect_status, *expect_text) = (status, text);
        }
        self
    }

    /// Host and port as they stand in a URL and in a `Host` line.
    #[must_use]
    pub fn authority(&self) -> String {
        if self.host.contains(':') {
            format!("[{}]:{}", self.host, self.port)
        } else {
            format!("{}:{}", self.host, self.port)
        }
    }
}

impl FromStr for Target {
    type Err = TargetError;

    fn from_str(text: &str) -> Result<Self, TargetError> {
        Self::parse(text)
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            Kind::Tcp => write!(f, "tcp://{}", self.authority()),
            Kind::Http { tls, path, .. } => {
                let scheme = if *tls { "https" } else { "http" };
                write!(f, "{scheme}://{}{path}", self.authority())
            }
        }
    }
}

fn host_and_port(place: &str, default: Option<u16>) -> Result<(String, u16), TargetError> {
    let (host, port) = host_and_maybe_port(place)?;
    let port = port.or(default).ok_or_else(|| TargetError::Port { got: String::new() })?;
    Ok((host, port))
}

/// Splits `host`, `host:port` and `[IPv6]:port`; the host comes without brackets.
pub(crate) fn host_and_maybe_port(place: &str) -> Result<(String, Option<u16>), TargetError> {
    let (host, port) = match place.strip_prefix('[') {
        Some(rest) => {
            let (host, after) =
                rest.split_once(']').ok_or_else(|| TargetError::Host { got: place.to_owned() })?;
            if host.parse::<std::net::Ipv6Addr>().is_err() {
                return Err(TargetError::Host { got: host.to_owned() });
            }
            match after.strip_prefix(':') {
                None if !after.is_empty() => {
                    return Err(TargetError::Host { got: place.to_owned() });
                }
                port => (host, port),
            }
        }
        None => match place.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (place, None),
        },
    };
    let in_a_name = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
    let bracketed = place.starts_with('[');
    if host.is_empty() || host.len() > 253 || !(bracketed || host.bytes().all(in_a_name)) {
        return Err(TargetError::Host { got: host.to_owned() });
    }
    let wrong = |got: &str| TargetError::Port { got: got.to_owned() };
    let read = |port: &str| port.parse().ok().filter(|port| *port > 0).ok_or_else(|| wrong(port));
    Ok((host.to_owned(), port.map(read).transpose()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_print_as_they_were_read() {
        for text in [
            "tcp://vision:9000",
            "tcp://[::1]:9000",
            "http://10.0.0.7:8090/health?deep=1",
            "http://vision.local:80/",
        ] {
            assert_eq!(Target::parse(text).unwrap().to_string(), text);
        }
        for (text, full) in [
            ("http://vision", "http://vision:80/"),
            ("http://vision?x", "http://vision:80/?x"),
            ("http://[::1]/a", "http://[::1]:80/a"),
        ] {
            assert_eq!(Target::parse(text).unwrap().to_string(), full);
        }
    }

    #[test]
    fn https_needs_its_feature() {
        let read = Target::parse("https://vision/a").map(|target| target.to_string());
        if cfg!(feature = "tls") {
            assert_eq!(read.as_deref(), Ok("https://vision:443/a"));
        } else {
            let error = read.unwrap_err().to_string();
            assert!(error.contains("was built without TLS"), "{error}");
        }
    }

    #[test]
    fn what_is_no_target_is_named() {
        for (text, error) in [
            (
                "ftp://vision/",
                "got \"ftp://vision/\", expected tcp://host:port, http://host:port/path",
            ),
            ("vision:80", "got \"vision:80\", expected tcp://host:port, http://host:port/path"),
            ("tcp://vision", "got port \"\", expected 1 to 65535"),
            ("tcp://vision:0", "got port \"0\", expected 1 to 65535"),
            ("tcp://vision:99999", "got port \"99999\", expected 1 to 65535"),
            ("http://vision:80a/", "got port \"80a\", expected 1 to 65535"),
            ("tcp://[::1]9000", "got host \"[::1]9000\""),
            ("tcp://[::g]:1", "got host \"::g\""),
            ("tcp://:1", "got host \"\""),
            ("http://a b/", "got host \"a b\""),
            ("http://user@vision/", "got host \"user@vision\""),
            ("http://vision/a b", "got path \"/a b\""),
            ("http://vision/\r\nX: y", "got path \"/\\r\\nX: y\""),
        ] {
            let got = Target::parse(text).err().map_or_else(String::new, |error| error.to_string());
            assert!(got.starts_with(error), "{text}: {got}");
        }
    }
}
