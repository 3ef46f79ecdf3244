//! Passive evidence: what the system itself shows of the link.

use std::fmt;

use thiserror::Error;

use crate::target::{TargetError, host_and_maybe_port};

/// What the system shows of the link, as Linux tells it in `/proc`. Nothing is sent to anybody.
///
/// | text | up when | source |
/// |---|---|---|
/// | `process:NAME` | a process of that name is alive: its own name, that of its program's file, or the one it was started by; for a program that an interpreter runs, name its unit | proc(5) |
/// | `unit:NAME.service` | a process in the control group of that systemd unit is alive | proc(5), cgroups(7) |
/// | `connection:HOST:PORT`, `connection:HOST` | the kernel has an established TCP connection of any process of this machine to that host | the kernel's `proc_net_tcp` |
///
/// A process that died and was not yet waited for (a zombie) is not alive. A connection is called
/// established until the kernel notices that the other end is gone, which can take hours: where that
/// matters, let an active target stand beside it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trace {
    /// A process of this name is alive.
    Process(String),
    /// A process of this systemd unit is alive.
    Unit(String),
    /// A connection to this host is established.
    Connection {
        /// The name or address of the host, without brackets.
        host: String,
        /// The port. Without one: any.
        port: Option<u16>,
    },
}

/// A text that names no passive evidence.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum TraceError {
    /// Not the name of a process.
    #[error("got process {got:?}, expected the name of a program without its folder")]
    Process {
        /// The name.
        got: String,
    },
    /// Not the name of a unit.
    #[error("got unit {got:?}, expected a systemd unit such as vision.service")]
    Unit {
        /// The name.
        got: String,
    },
    /// Not a host, or not a port.
    #[error(transparent)]
    Connection(#[from] TargetError),
}

impl Trace {
    /// Reads a text that begins like one of these; `None` when it begins otherwise.
    #[must_use]
    pub fn parse(text: &str) -> Option<Result<Self, TraceError>> {
        Some(match text.split_once(':')? {
            ("process", name) => process(name),
            ("unit", name) => unit(name),
            ("connection", place) => host_and_maybe_port(place)
                .map(|(host, port)| Self::Connection { host, port })
                .map_err(Into::into),
            _ => return None,
        })
    }
}

fn process(name: &str) -> Result<Trace, TraceError> {
    let fits = !name.is_empty() && name.trim() == name && !name.contains(['/', '\0', '\n']);
    if fits {
        Ok(Trace::Process(name.to_owned()))
    } else {
        Err(TraceError::Process { got: name.to_owned() })
    }
}

/// As `systemctl` does, a name without an ending is that of a service.
fn unit(name: &str) -> Result<Trace, TraceError> {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b":-_.\\@".contains(&byte);
    if name.is_empty() || name.len() > 255 || !name.bytes().all(fits) {
        return Err(TraceError::Unit { got: name.to_owned() });
    }
    Ok(Trace::Unit(match name.rsplit_once('.') {
        Some((_, "service" | "scope" | "slice")) => name.to_owned(),
        _ => format!("{name}.service"),
    }))
}

impl fmt::Display for Trace {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Process(name) => write!(out, "process:{name}"),
            Self::Unit(name) => write!(out, "unit:{name}"),
            Self::Connection { host, port } => {
                out.write_str("connection:")?;
                if host.contains(':') {
                    write!(out, "[{host}]")?
                } else {
                    out.write_str(host)?
                }
                port.map_or(Ok(()), |port| write!(out, ":{port}"))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::Source;

    #[test]
    fn sources_print_as_they_were_read() {
        for text in [
            "process:visiond",
            "process:Web Content",
            "unit:vision.service",
            "unit:getty@tty1.service",
            "connection:vision.local",
            "connection:10.0.0.7:9000",
            "connection:[fe80::1]:9000",
            "tcp://vision:9000",
            "http://vision:80/health",
        ] {
            assert_eq!(text.parse::<Source>().unwrap().to_string(), text);
        }
        assert_eq!("unit:vision".parse::<Source>().unwrap().to_string(), "unit:vision.service");
    }

    #[test]
    fn what_is_no_source_is_named() {
        for (text, error) in [
            ("process:", "got process \"\", expected the name of a program"),
            ("process:/usr/bin/visiond", "got process \"/usr/bin/visiond\", expected"),
            ("unit:", "got unit \"\", expected a systemd unit"),
            ("unit:a b", "got unit \"a b\""),
            ("connection:", "got host \"\""),
            ("connection:vision:0", "got port \"0\", expected 1 to 65535"),
            ("connection:a b", "got host \"a b\""),
            ("vision", "got \"vision\", expected tcp://host:port"),
            ("ftp://vision", "got \"ftp://vision\", expected tcp://host:port"),
        ] {
            let got = text.parse::<Source>().err().map_or_else(String::new, |e| e.to_string());
            assert!(got.starts_with(error), "{text}: {got}");
        }
    }
}
