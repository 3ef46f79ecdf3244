//! `[pos]`: what the till program tells, and where.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use status_core::{PosSource, UserIdKind};
use toml::de::DeValue;

use super::log::{self, PosLog};
use super::reader::{Read, Reader, Root};
use super::seven::{self, PosSeven};
use super::value::{flag, one_of, some_text, span};

/// `[pos]`: what the till program tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pos {
    /// Where the state of the receipt comes from. Default `none`.
    pub source: PosSource,
    /// Where events are taken. Default `unix:/run/till-status/pos.sock?mode=0660`.
    pub listen: PosListen,
    /// The file with the token that a loopback port wants. A file may not leave it out there.
    pub token_file: Option<PathBuf>,
    /// `[pos.log]`: the log that is followed, with `source = "log"`.
    pub log: Option<PosLog>,
    /// `[pos.seven]`: the till program that is asked, with `source = "seven"`.
    pub seven: Option<PosSeven>,
    /// How long the feed may be silent. Default 5 min; `None` (0 in the file): as long as it likes.
    pub silence: Option<Duration>,
    /// What `user_role_id` means. Default `role`.
    pub user_role_id: UserIdKind,
    /// Does the status document show the user's id? Default no.
    pub publish_user_id: bool,
}

/// Where events of the till program are taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PosListen {
    /// A Unix socket.
    Unix {
        /// Its path; the folder must be there.
        path: PathBuf,
        /// Its file mode. Default 0660.
        mode: u32,
        /// The group that it belongs to, by name or number. Default: that of the process.
        group: Option<String>,
    },
    /// A loopback port.
    Tcp(SocketAddr),
}

impl Pos {
    /// Where the feed is read, for people; empty when it comes by itself.
    pub(super) fn place(&self) -> String {
        let log = self.log.as_ref().map(|log| log.path.to_string());
        let seven = self.seven.as_ref();
        let seven = || seven.map(|seven| format!("http://{}{}", seven.address, seven.path));
        log.or_else(seven).unwrap_or_default()
    }
}

impl std::fmt::Display for PosListen {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Unix { path, mode, group } => {
                write!(out, "unix:{}?mode={mode:04o}", path.display())?;
                group.as_ref().map_or(Ok(()), |group| write!(out, "&group={group}"))
            }
            Self::Tcp(address) => write!(out, "{address}"),
        }
    }
}

impl Default for Pos {
    fn default() -> Self {
        Self {
            source: PosSource::None,
            listen: PosListen::Unix {
                path: "/run/till-status/pos.sock".into(),
                mode: 0o660,
                group: None,
            },
            token_file: None,
            log: None,
            seven: None,
            silence: Some(Duration::from_secs(300)),
            user_role_id: UserIdKind::Role,
            publish_user_id: false,
        }
    }
}

pub(super) fn pos<'t>(root: &mut Root<'t>, reader: &mut Reader<'t>) -> Pos {
    let mut pos = Pos::default();
    let Some(mut section) = root.section("pos", reader) else { return pos };
    let listen_line = section.line_of("listen");
    let token_line = section.line_of("token_file");
    let (source_line, log_line) = (section.line_of("source"), section.line_of("log"));
    let seven_line = section.line_of("seven");
    let sources = [PosSource::None, PosSource::Events, PosSource::Log, PosSource::Seven]
        .map(|source| (source.name(), source));
    if let Some(source) = section.take("source", reader, one_of(&sources)) {
        pos.source = source;
    }
    if let Some(place) = section.take("listen", reader, listen) {
        pos.listen = place;
    }
    pos.token_file = section.take("token_file", reader, some_text).map(PathBuf::from);
    let range = Duration::ZERO..=Duration::from_secs(7 * 86_400);
    if let Some(silence) = section.take("silence_seconds", reader, span(range)) {
        pos.silence = Some(silence).filter(|silence| !silence.is_zero());
    }
    let kinds = [("role", UserIdKind::Role), ("user", UserIdKind::User)];
    if let Some(kind) = section.take("user_role_id", reader, one_of(&kinds)) {
        pos.user_role_id = kind;
    }
    if let Some(publish) = section.take("publish_user_id", reader, flag) {
        pos.publish_user_id = publish;
    }
    let log = section.table("log", reader);
    let seven = section.table("seven", reader);
    for (key, source, line, there) in [
        ("log", PosSource::Log, log_line, log.is_some()),
        ("seven", PosSource::Seven, seven_line, seven.is_some()),
    ] {
        match (pos.source == source, there) {
            (true, false) => {
                let text = format!("[pos] source: got {key:?} without a section [pos.{key}]");
                reader.fault(source_line, text);
            }
            (false, true) => {
                reader.fault(line, format!("[pos.{key}] is only for [pos] source = {key:?}"));
            }
            _ => {}
        }
    }
    pos.log = log.and_then(|section| log::log(section, reader));
    pos.seven = seven.and_then(|section| seven::seven(section, reader));
    match (&pos.listen, &pos.token_file) {
        (PosListen::Tcp(address), None) => reader.fault(
            listen_line,
            format!(
                "[pos] listen: got {address} without token_file: any program on this till, even a \
                 page in a browser, could tell false receipts; name a file with a secret token, or \
                 listen on unix:/run/till-status/pos.sock"
            ),
        ),
        (PosListen::Unix { .. }, Some(_)) => reader.fault(
            token_line,
            "[pos] token_file is only for a loopback port; a Unix socket is guarded by its mode \
             and group"
                .to_owned(),
        ),
        _ => {}
    }
    section.end(reader);
    pos
}

fn listen(value: &DeValue<'_>) -> Read<PosListen> {
    let expected = "\"unix:/path?mode=0660&group=name\" or a loopback address such as \
                    \"127.0.0.1:8481\"";
    let text = value.as_str().ok_or_else(|| expected.to_owned())?;
    let Some(place) = text.strip_prefix("unix:") else {
        let address: Option<SocketAddr> = text.parse().ok();
        let address = address.ok_or_else(|| expected.to_owned())?;
        if !address.ip().is_loopback() {
            return Err(format!("{expected}: the till program is on this till"));
        }
        return Ok(PosListen::Tcp(address));
    };
    let (path, parameters) = place.split_once('?').unwrap_or((place, ""));
    if !path.starts_with('/') || path.len() > 100 {
        return Err("unix: and an absolute path of at most 100 bytes".to_owned());
    }
    let (mut mode, mut group) = (0o660, None);
    for parameter in parameters.split('&').filter(|parameter| !parameter.is_empty()) {
        match parameter.split_once('=') {
            Some(("mode", octal)) => {
                let number = u32::from_str_radix(octal, 8).ok().filter(|mode| *mode <= 0o777);
                mode = number.ok_or("a mode in octal digits, such as mode=0660")?;
            }
            Some(("group", name)) if !name.is_empty() => group = Some(name.to_owned()),
            _ => return Err(format!("mode=… or group=… instead of {parameter:?}")),
        }
    }
    Ok(PosListen::Unix { path: path.into(), mode, group })
}
