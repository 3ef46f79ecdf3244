//! `[kkt] hold`: when the port of the KKT may be open, and how it is shared with the till program.

use std::path::PathBuf;
use std::time::Duration;

use status_core::{Hold, PosSource};
use till_port::Address;
use toml::de::DeValue;

use super::device::Kkt;
use super::pos::Pos;
use super::reader::{Read, Reader, Section};
use super::value::{one_of, span};

/// The least time between two openings with `hold = "per-poll"`.
pub(super) const OPEN_EVERY: Duration = Duration::from_secs(30);
/// The longest that one of them may take.
pub(super) const HOLD_AT_MOST: Duration = Duration::from_millis(300);

/// How the till program and this service agree who opens the KKT.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Arbiter {
    /// The till program's events: only between `kkt-released` and `kkt-taken`.
    Events,
    /// A file that whoever works with the KKT has locked (`flock`).
    Lock(PathBuf),
}

/// `hold` and what belongs to `per-poll`.
pub(super) fn hold<'t>(
    kkt: &mut Kkt,
    section: &mut Section<'t>,
    reader: &mut Reader<'t>,
    pos: &Pos,
) {
    let line = section.line_of("hold");
    let per_poll = Hold::PerPoll { released: false };
    let holds = [("never", Hold::Never), ("always", Hold::Always), ("per-poll", per_poll)];
    if let Some(hold) = section.take("hold", reader, one_of(&holds)) {
        kkt.hold = hold;
    }
    let keys = ["open_every", "hold_at_most", "arbiter"];
    let lines = keys.map(|key| section.has(key).then(|| section.line_of(key)));
    let longest = Duration::from_secs(3600);
    if let Some(every) = section.take("open_every", reader, span(OPEN_EVERY..=longest)) {
        kkt.open_every = every;
    }
    let shortest = Duration::from_millis(100);
    if let Some(most) = section.take("hold_at_most", reader, span(shortest..=HOLD_AT_MOST)) {
        kkt.hold_at_most = most;
    }
    let named = section.has("arbiter");
    kkt.arbiter = section.take("arbiter", reader, arbiter);
    if kkt.hold != per_poll {
        for (key, line) in keys.into_iter().zip(lines) {
            if let Some(line) = line {
                let why = format!("[kkt] {key} is only for hold = \"per-poll\"");
                reader.fault(line, why);
            }
        }
        return;
    }
    if pos.source != PosSource::Events {
        let why = "[kkt] hold = \"per-poll\" needs [pos] source = \"events\": the KKT is opened only while \
                   no receipt is open, and only the till program can say so";
        reader.fault(line, why.to_owned());
    }
    if pos.silence.is_none() {
        let why = "[kkt] hold = \"per-poll\" needs a limit in [pos] silence_seconds: a till program that \
                   is gone must not leave a receipt closed for ever";
        reader.fault(line, why.to_owned());
    }
    if matches!(kkt.address, Address::Serial(_)) && !named {
        let why = "[kkt] hold = \"per-poll\" on a serial port needs an arbiter, because two programs that \
                   open one port steal each other's bytes: arbiter = \"events\" when the till program \
                   sends kkt-taken and kkt-released, or arbiter = \"lock:/path/file\" when it locks a \
                   file while it works with the KKT";
        reader.fault(line, why.to_owned());
    }
    kkt.hold = Hold::PerPoll { released: kkt.arbiter == Some(Arbiter::Events) };
}

fn arbiter(value: &DeValue<'_>) -> Read<Arbiter> {
    let expected = "\"events\" or \"lock:\" and an absolute path, such as \"lock:/run/lock/kkt\"";
    match value.as_str() {
        Some("events") => Ok(Arbiter::Events),
        Some(text) => {
            let path = text.strip_prefix("lock:").map(PathBuf::from);
            let path = path.filter(|path| path.is_absolute());
            path.map(Arbiter::Lock).ok_or_else(|| expected.to_owned())
        }
        None => Err(expected.to_owned()),
    }
}
