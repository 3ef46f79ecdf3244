//! `till-tool decode`: bytes to fields, one JSON object a message.

use std::fmt::Display;
use std::io::{Read, Write};
use std::process::ExitCode;

use anyhow::{Context, bail};
use clap::{Args, ValueEnum};
use kkt_sp80x::DialectName;
use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};
use till_port::{Action, Tape};

use crate::scale::{ScaleProtocol, words};

/// Reads messages of a device's protocol and prints their fields.
///
/// Prints one JSON object a message: protocol, direction, ok (the frame is sound; a device's error
/// code in a sound frame is still ok), message, and fields, or error with what was got and expected.
/// Exit code 0 when every message is ok, 1 when one is not, 2 when the words are off.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Decode {
    /// The protocol.
    #[arg(value_parser = words(Spoken::Scale, Spoken::Kkt))]
    protocol: Spoken,
    /// The bytes go from the host to the device.
    #[arg(long, conflicts_with = "answer")]
    request: bool,
    /// The bytes go from the device to the host. Without either, the bytes themselves tell.
    #[arg(long)]
    answer: bool,
    /// The request that this is the answer to, in hex.
    #[arg(long, value_name = "HEX", conflicts_with = "request")]
    to: Option<String>,
    /// The bytes in hex, or - for standard input: hex, or steps of a tape ("> …", "< …").
    #[arg(value_name = "HEX|-")]
    bytes: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Spoken {
    Kkt(Protocol),
    Scale(ScaleProtocol),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Protocol {
    /// ATOL KKT, link v2.
    AtolV2,
    /// ATOL KKT, link v3.
    AtolV3,
    /// Service Plus KKT, dialect pone (SP101 to SP801).
    #[value(name = "sp80x-pone")]
    Sp80xPone,
    /// Service Plus KKT, dialect arm; on standard input also the XML itself.
    #[value(name = "sp80x-arm")]
    Sp80xArm,
    /// Pirit and Viki Print, the sister dialect; no SP model speaks it.
    #[value(name = "sp80x-pirit")]
    Sp80xPirit,
}

const EXAMPLES: &str = "Examples:
  till-tool decode atol-v3 FE 06 00 03 C1 01 02 00 00 3F 98
  till-tool decode atol-v3 --to FE060004C10103000045DD FE 05 00 F0 A6 03 55 01 00 DC
  till-tool decode atol-v2 --to 020000450346 02 55 01 01 03 56
  till-tool decode sp80x-pone 02 50 4F 4E 45 22 41 36 1C 03 35 65
  till-tool decode sp80x-arm - < fixtures/kkt-sp80x/sp80x-arm/status--shift-closed.tape
  till-tool decode toledo-8217 02 30 31 2E 32 33 35 0D
  till-tool decode massa-k-100 - < fixtures/scale-proto/massa-k-100/weight--settling.tape";

/// The explainer of a driver. The drivers know no crate of ours, so each has types of its own, of the
/// same names and shape.
macro_rules! explainer {
    ($driver:ident, $explainer:expr) => {{
        let mut explainer = $explainer;
        Box::new(move |direction, bytes| {
            let direction = match direction {
                Direction::Request => $driver::explain::Direction::Request,
                Direction::Answer => $driver::explain::Direction::Answer,
            };
            let outcomes = explainer.explain(direction, bytes).into_iter();
            outcomes.map(|said| outcome(said.map(|message| (message.name, message)))).collect()
        })
    }};
}

/// Who speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Direction {
    Request,
    Answer,
}

/// What a driver makes of one message: its name and fields, or what is wrong with it.
type Outcome = Result<(&'static str, Box<RawValue>), String>;

/// A driver's explainer; it remembers requests.
type Explain = Box<dyn FnMut(Direction, &[u8]) -> Vec<Outcome>>;

impl Decode {
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        let messages = self.messages()?;
        let mut explain = self.protocol.explainer();
        if let Some(to) = &self.to {
            let to = hex(to).context("--to")?;
            if let Some(error) = explain(Direction::Request, &to).into_iter().find_map(Result::err)
            {
                bail!("--to is no request of {}: {error}", self.protocol.name());
            }
        }
        let mut out = std::io::stdout().lock();
        let mut all_ok = true;
        for (direction, bytes) in messages {
            let direction = direction.unwrap_or_else(|| self.protocol.direction(&bytes));
            for outcome in explain(direction, &bytes) {
                all_ok &= outcome.is_ok();
                if let Err(error) = writeln!(out, "{}", self.line(direction, outcome)?) {
                    // Who reads it has seen enough.
                    let enough = error.kind() == std::io::ErrorKind::BrokenPipe;
                    return if enough { Ok(ExitCode::SUCCESS) } else { Err(error.into()) };
                }
            }
        }
        Ok(if all_ok { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }

    /// The messages in order, with their directions where the words say them.
    fn messages(&self) -> anyhow::Result<Vec<(Option<Direction>, Vec<u8>)>> {
        let said = if self.request {
            Some(Direction::Request)
        } else if self.answer || self.to.is_some() {
            Some(Direction::Answer)
        } else {
            None
        };
        let text = if self.bytes == ["-"] {
            let mut text = String::new();
            std::io::stdin().read_to_string(&mut text).context("standard input")?;
            text
        } else {
            self.bytes.join(" ")
        };
        // A document begins with `<` as a step of a tape does, but a step goes on with a blank.
        let document = ["<?xml", "<Arm"].iter().any(|begin| text.trim_start().starts_with(begin));
        if self.protocol == Spoken::Kkt(Protocol::Sp80xArm) && document {
            return Ok(vec![(said, text.into_bytes())]);
        }
        if text.lines().any(|line| line.starts_with(['<', '>', '!'])) {
            let steps = Tape::parse_steps(&text).context("standard input")?;
            return Ok(steps.into_iter().filter_map(|step| message(step.action)).collect());
        }
        let bytes = hex(&text)?;
        if bytes.is_empty() {
            bail!("no bytes to decode: give them in hex, or - to read standard input");
        }
        Ok(vec![(said, bytes)])
    }

    fn line(&self, direction: Direction, outcome: Outcome) -> serde_json::Result<String> {
        let direction = if direction == Direction::Request { "request" } else { "answer" };
        let mut line = Line {
            protocol: self.protocol.name(),
            direction,
            ok: outcome.is_ok(),
            message: None,
            fields: None,
            error: None,
        };
        match outcome {
            Ok((message, fields)) => (line.message, line.fields) = (Some(message), Some(fields)),
            Err(error) => line.error = Some(error),
        }
        serde_json::to_string(&line)
    }
}

/// What is printed for a message.
#[derive(Debug, Serialize)]
struct Line {
    protocol: &'static str,
    direction: &'static str,
    ok: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fields: Option<Box<RawValue>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

fn message(action: Action) -> Option<(Option<Direction>, Vec<u8>)> {
    match action {
        Action::Host(bytes) => Some((Some(Direction::Request), bytes)),
        Action::Device(bytes) => Some((Some(Direction::Answer), bytes)),
        Action::Close => None,
    }
}

fn hex(text: &str) -> anyhow::Result<Vec<u8>> {
    let digits: Vec<char> = text.chars().filter(|c| !c.is_whitespace()).collect();
    if let Some(odd) = digits.iter().find(|c| !c.is_ascii_hexdigit()) {
        let shown: String = text.chars().take(60).collect();
        bail!("expected hex digits, got {odd:?} in {shown:?}");
    }
    let bytes = digits.chunks(2).map(|pair| match pair {
        [high, low] => u8::from_str_radix(&format!("{high}{low}"), 16).context("hex"),
        _ => bail!("expected two hex digits a byte, got an odd number of them"),
    });
    bytes.collect()
}

impl Spoken {
    fn name(self) -> &'static str {
        match self {
            Self::Kkt(protocol) => protocol.name(),
            Self::Scale(protocol) => protocol.name(),
        }
    }

    fn explainer(self) -> Explain {
        match self {
            Self::Kkt(protocol) => protocol.explainer(),
            Self::Scale(protocol) => {
                let explainer = scale_proto::explain::Explainer::of(protocol.name());
                // The names of the enum are those of the driver; a test holds them together.
                explainer!(scale_proto, explainer.unwrap_or_else(|| unreachable!("{protocol:?}")))
            }
        }
    }

    /// Who says these bytes, as far as they tell.
    fn direction(self, bytes: &[u8]) -> Direction {
        match self {
            Self::Kkt(protocol) => protocol.direction(bytes),
            Self::Scale(protocol) if protocol.asks(bytes) => Direction::Request,
            Self::Scale(_) => Direction::Answer,
        }
    }
}

impl Protocol {
    fn name(self) -> &'static str {
        match self {
            Self::AtolV2 => "atol-v2",
            Self::AtolV3 => "atol-v3",
            Self::Sp80xPone => "sp80x-pone",
            Self::Sp80xArm => "sp80x-arm",
            Self::Sp80xPirit => "sp80x-pirit",
        }
    }

    fn explainer(self) -> Explain {
        let atol =
            |link| -> Explain { explainer!(kkt_atol, kkt_atol::explain::Explainer::new(link)) };
        let sp80x = |dialect| -> Explain {
            explainer!(kkt_sp80x, kkt_sp80x::explain::Explainer::new(dialect))
        };
        match self {
            Self::AtolV2 => atol(kkt_atol::Link::V2),
            Self::AtolV3 => atol(kkt_atol::Link::V3),
            Self::Sp80xPone => sp80x(DialectName::Pone),
            Self::Sp80xArm => sp80x(DialectName::Arm),
            Self::Sp80xPirit => sp80x(DialectName::Pirit),
        }
    }

    /// Who says these bytes: the first byte of the data is of the host's set or of the device's; a
    /// frame with STX carries a password only from the host, a document of arm is named by its root.
    fn direction(self, bytes: &[u8]) -> Direction {
        let has = |text: &[u8]| bytes.windows(text.len()).any(|part| part == text);
        let (offset, host): (usize, &[u8]) = match self {
            // A command begins with the access password, 0000 unless somebody changed it, and no
            // answer does. A control byte both may say.
            Self::AtolV2 => {
                let command = bytes.starts_with(&[0x02, 0x00, 0x00]);
                return if command { Direction::Request } else { Direction::Answer };
            }
            Self::Sp80xPone | Self::Sp80xPirit if has(b"\x02PONE") || has(b"\x02PIRI") => {
                return Direction::Request;
            }
            Self::Sp80xArm if has(b"<ArmRequest") => return Direction::Request,
            Self::Sp80xPone | Self::Sp80xPirit => (0, &[0x05, 0x0A, 0x18]),
            Self::Sp80xArm => (0, &[]),
            Self::AtolV3 => (4, &[0xC1, 0xC2, 0xC3, 0xC4, 0xC5]),
        };
        match bytes.get(offset) {
            Some(byte) if host.contains(byte) => Direction::Request,
            _ => Direction::Answer,
        }
    }
}

fn outcome<M: Serialize, E: Display>(outcome: Result<(&'static str, M), E>) -> Outcome {
    let (name, message) = outcome.map_err(|error| error.to_string())?;
    Ok((name, to_raw_value(&message).map_err(|error| error.to_string())?))
}
