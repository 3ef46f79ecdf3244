//! What passed through a device's port last, without names, as a tape for the support.
//!
//! It is written while a file for it is there, `kkt.tape` or `scale.tape` in the folder that `[log] trace`
//! names: whoever makes that file begins it, whoever removes it ends it, and no restart is needed. The
//! bytes that are kept are bounded, and they are written only as the driver's `scrub` leaves them.

use std::collections::VecDeque;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use kkt_atol::Link;
use till_port::{Action, Recording, Step};

/// So many bytes are kept, some minutes of a KKT.
const ROOM: usize = 16 << 10;
/// What a piece costs besides its bytes; pieces may be as small as one byte.
const PIECE: usize = 64;
/// How often the file is written.
const EVERY: Duration = Duration::from_secs(2);

/// How the bytes of a device lose what tells whose it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scrub {
    /// By `kkt_atol::scrub`.
    Atol(Link),
    /// By `kkt_sp80x::scrub`.
    Sp80x(kkt_sp80x::DialectName),
    /// Its protocol tells weights and nothing else.
    Nothing,
    /// Nobody has said which of its bytes tell what: they are not written.
    Unknown(&'static str),
}

/// The trace of one device.
#[derive(Debug, Default)]
pub(crate) struct Trace(Option<Kept>);

#[derive(Debug)]
struct Kept {
    file: PathBuf,
    protocol: String,
    scrub: Scrub,
    pieces: VecDeque<(Instant, Action)>,
    size: usize,
    looked: Option<Instant>,
}

impl Trace {
    /// Of a device of that name, such as `kkt`, into the folder.
    pub(crate) fn of(device: &str, protocol: &str, scrub: Scrub, folder: &Path) -> Self {
        Self(Some(Kept {
            file: folder.join(format!("{device}.tape")),
            protocol: protocol.to_owned(),
            scrub,
            pieces: VecDeque::new(),
            size: 0,
            looked: None,
        }))
    }

    /// The service said this.
    pub(crate) fn sent(&mut self, bytes: &[u8], now: Instant) {
        self.passed(bytes, now, Action::Host);
    }

    /// The device said this.
    pub(crate) fn received(&mut self, bytes: &[u8], now: Instant) {
        self.passed(bytes, now, Action::Device);
    }

    fn passed(&mut self, bytes: &[u8], now: Instant, action: fn(Vec<u8>) -> Action) {
        let Some(kept) = self.0.as_mut().filter(|_| !bytes.is_empty()) else { return };
        kept.size += bytes.len() + PIECE;
        kept.pieces.push_back((now, action(bytes.to_owned())));
        while kept.size > ROOM {
            let Some((_, action)) = kept.pieces.pop_front() else { break };
            kept.size = kept.size.saturating_sub(length(&action) + PIECE);
        }
    }

    /// Between two exchanges: writes the file, if it is there and it is time to.
    pub(crate) fn pause(&mut self, now: Instant) {
        let Some(kept) = &mut self.0 else { return };
        if kept.looked.is_some_and(|looked| now.duration_since(looked) < EVERY) {
            return;
        }
        kept.looked = Some(now);
        // A link could lead anywhere.
        let wanted = kept.file.symlink_metadata().is_ok_and(|meta| meta.is_file());
        if let Err(error) = if wanted { kept.write() } else { Ok(()) } {
            tracing::debug!(%error, file = %kept.file.display(), "the trace cannot be written");
        }
    }
}

impl Kept {
    /// Whole or not at all, so that a reader never sees half of it.
    fn write(&self) -> io::Result<()> {
        let beside = self.file.with_extension("new");
        std::fs::write(&beside, self.text())?;
        std::fs::rename(beside, &self.file)
    }

    fn text(&self) -> String {
        let head = format!(
            "# The last bytes of this device, {}, by till-status {}; only so many are kept.\n",
            self.protocol,
            crate::VERSION
        );
        let recording = self.recording();
        let count = recording.steps.len();
        match self.scrub {
            Scrub::Unknown(why) => format!("{head}# {count} pieces, not shown: {why}\n"),
            Scrub::Nothing => format!("{head}{}", steps(&recording)),
            Scrub::Atol(link) => {
                use kkt_atol::explain::Direction::{Answer, Request};
                let scrubbed = kkt_atol::scrub::scrub(link, pieces(&recording, Request, Answer));
                let said = note(&scrubbed, scrubbed.unsound);
                let messages = scrubbed.messages.into_iter().map(|it| (it.step, it.bytes));
                format!("{head}{said}{}", steps(&recording.regrouped(messages)))
            }
            Scrub::Sp80x(dialect) => {
                use kkt_sp80x::explain::Direction::{Answer, Request};
                let scrubbed =
                    kkt_sp80x::scrub::scrub(dialect, pieces(&recording, Request, Answer));
                let said = note(&scrubbed, scrubbed.unsound);
                let messages = scrubbed.messages.into_iter().map(|it| (it.step, it.bytes));
                format!("{head}{said}{}", steps(&recording.regrouped(messages)))
            }
        }
    }

    fn recording(&self) -> Recording {
        let mut last = self.pieces.front().map(|(at, _)| *at);
        let step = |(at, action): &(Instant, Action)| {
            let after = last.map_or(Duration::ZERO, |last| at.saturating_duration_since(last));
            last = Some(*at);
            Step { after, action: action.clone() }
        };
        Recording { steps: self.pieces.iter().map(step).collect(), cut: false }
    }
}

/// The pieces as a driver's scrubber takes them; the names of the two sides are its own.
fn pieces<D: Copy>(recording: &Recording, host: D, device: D) -> impl Iterator<Item = (D, &[u8])> {
    recording.steps.iter().map(move |step| match &step.action {
        Action::Host(bytes) => (host, bytes.as_slice()),
        Action::Device(bytes) => (device, bytes.as_slice()),
        Action::Close => (device, &[][..]),
    })
}

/// What the scrubber did, for whoever looks at the trace before it goes anywhere.
fn note(scrubbed: &impl std::fmt::Display, unsound: usize) -> String {
    format!("# Scrubbed: {scrubbed}; {unsound} bytes belong to no sound packet\n")
}

/// The steps as a tape has them, without the header, which a person fills in.
fn steps(recording: &Recording) -> String {
    let text = recording.to_string();
    let steps = text.lines().filter(|line| line.starts_with(['>', '<', '!']));
    steps.fold(String::new(), |text, line| text + line + "\n")
}

fn length(action: &Action) -> usize {
    match action {
        Action::Host(bytes) | Action::Device(bytes) => bytes.len(),
        Action::Close => 0,
    }
}
