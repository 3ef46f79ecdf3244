//! `till-status check-config`

mod hours;
mod missing;
mod sources;
mod sp80x;

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use status_core::{Hold, KktReceipt, PosSource, WithoutReceiptState};
use till_status::Config;
use till_status::config::{Arbiter, Effective, Kkt, KktLink};
use vision_probe::Need;

/// Check a configuration and say what it does.
///
/// It is the file with its drop-ins (the files *.toml in the folder FILE.d, in the order of their names)
/// and what the environment says. When it is more than the file, it is said of each key where it was said.
/// No device and no port is opened. A file or folder that the service will miss is noted: a lock file,
/// and the folders of state_file, pause_file and the socket.
/// Exit code: 0 when the configuration can be used, 2 when it cannot; then every fault is listed with
/// its file and line.
#[derive(Debug, Args)]
#[command(after_help = super::after_help("till-status check-config /etc/till-status/till-status.toml"))]
pub(crate) struct CheckConfig {
    /// The configuration file
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Print what it all comes to: a whole configuration with the defaults and without passwords, behind
    /// each key where it was said
    #[arg(long)]
    print: bool,
}

impl CheckConfig {
    pub(crate) fn run(self) -> ExitCode {
        match Effective::load(&self.file) {
            Ok(effective) => {
                let text = match self.print {
                    true => effective.to_string(),
                    false => format!(
                        "{}: can be used\n{}{}",
                        self.file.display(),
                        summary(effective.config()),
                        sources::told(&effective, &self.file)
                    ),
                };
                // Whoever closes the pipe early has read enough.
                let _ = std::io::stdout().write_all(text.as_bytes());
                ExitCode::SUCCESS
            }
            Err(error) => super::cannot(error),
        }
    }
}

/// When the port of the KKT is open, in words.
fn hold(kkt: &Kkt) -> String {
    match kkt.hold {
        Hold::Never => "never opened: only events tell about it".to_owned(),
        Hold::Always => "held all the time".to_owned(),
        Hold::PerPoll { .. } => {
            let arbiter = match &kkt.arbiter {
                None => String::new(),
                Some(Arbiter::Events) => ", only between kkt-released and kkt-taken".to_owned(),
                Some(Arbiter::Lock(path)) => {
                    format!(", only while nobody else has locked {}", path.display())
                }
            };
            format!(
                "opened at most every {} s for at most {} ms, only while events say that no receipt \
                 is open{arbiter}",
                kkt.open_every.as_secs_f32(),
                kkt.hold_at_most.as_millis()
            )
        }
    }
}

fn summary(config: &Config) -> String {
    let mut lines = Vec::new();
    let mut line = |name: &str, text: String| lines.push(format!("  {name:<8}{text}\n"));
    let settings = config.settings();
    let kind = match config.till.kind.as_str() {
        "" => String::new(),
        kind => format!(", {kind}"),
    };
    line("till", format!("{}{kind}", settings.till.name));
    let listen: Vec<_> = config.api.listen.iter().map(ToString::to_string).collect();
    let allow: Vec<_> = config.api.allow.iter().map(ToString::to_string).collect();
    let only = match config.api.listen.iter().all(|address| address.ip().is_loopback()) {
        true => " (loopback only: a monitor elsewhere cannot reach this till)",
        false => "",
    };
    line("api", format!("listens on {}{only}", listen.join(", ")));
    line("", format!("serves {}", allow.join(", ")));
    if !config.api.monitors.is_empty() {
        let monitors: Vec<_> = config.api.monitors.iter().map(ToString::to_string).collect();
        line("", format!("keeps room for {}", monitors.join(", ")));
    }
    if let Some(file) = &config.api.token_file {
        line("", format!("wants the token of {}", file.display()));
    }
    line(
        "pos",
        match config.pos.source {
            PosSource::None => "no events".to_owned(),
            PosSource::Events => format!("takes events on {}", config.pos.listen),
            PosSource::Seven => {
                let place = settings.pos_place.as_str();
                format!("asks the till program at {place} for everything; no device is touched")
            }
            PosSource::Log => config.pos.log.as_ref().map_or_else(String::new, |log| {
                format!("follows the log {} by {} rules", log.path, log.rules.rules.len())
            }),
        },
    );
    line(
        "kkt",
        match &config.kkt {
            None => "none".to_owned(),
            Some(kkt) => {
                let receipt = match kkt.receipt {
                    KktReceipt::LineByLine => "its receipt is the till's receipt",
                    KktReceipt::AtPayment | KktReceipt::Unknown => {
                        "its receipt says nothing about the till's receipt"
                    }
                };
                let kind = match (&kkt.sp80x, kkt.link) {
                    (Some(sp80x), _) => sp80x::kind(sp80x),
                    (None, KktLink::V2) => {
                        format!("{}, link v2 (\"ATOL 2.4\" in its settings),", kkt.driver())
                    }
                    (None, KktLink::V3) => {
                        format!("{}, link v3 (\"ATOL 3.0\" in its settings),", kkt.driver())
                    }
                };
                format!("{kind} at {}, {}, {receipt}", kkt.address, hold(kkt))
            }
        },
    );
    for told in config.kkt.iter().filter_map(|kkt| kkt.sp80x.as_ref()).flat_map(sp80x::told) {
        line("", told);
    }
    if let Some(zone) = config.kkt.as_ref().and_then(|kkt| kkt.device_zone.as_ref()) {
        let name = zone.iana_name().map(str::to_owned);
        let offset = || zone.to_fixed_offset().map(|offset| offset.to_string());
        let zone = name.or_else(|| offset().ok()).unwrap_or_else(|| "of its own".to_owned());
        line("", format!("its clock is in the zone {zone}"));
    }
    line(
        "scale",
        match &config.scale {
            None => "none".to_owned(),
            Some(scale) => {
                let unknown = match scale.without_receipt_state {
                    WithoutReceiptState::Refuse => "left alone",
                    WithoutReceiptState::Read => "read",
                };
                let (protocol, address) = (&scale.protocol, &scale.address);
                format!("{protocol} at {address}, {unknown} while the receipt state is unknown")
            }
        },
    );
    let standing = config.scale.as_ref().map(|scale| scale.standing);
    if let Some(standing) = standing.filter(|standing| standing.milligrams > 0) {
        let (grams, off) = (standing.milligrams / 1000, standing.tolerance_milligrams / 1000);
        line("", format!("carries {grams} g all the time, {off} g more or less"));
    }
    line(
        "vision",
        match &config.vision {
            None => "none".to_owned(),
            Some(vision) => {
                let sources: Vec<_> = vision.sources.iter().map(ToString::to_string).collect();
                let need = match (vision.need, sources.len()) {
                    (_, 1) => "",
                    (Need::All, _) => "all of ",
                    (Need::Any, _) => "any of ",
                };
                let every = vision.every.as_secs_f32();
                format!("{need}{}, looked at every {every} s", sources.join(", "))
            }
        },
    );
    for (index, told) in config.hours.iter().flat_map(hours::told).enumerate() {
        line(if index == 0 { "hours" } else { "" }, told);
    }
    let pause = match &config.till.pause_file {
        Some(file) if config.till.paused() => {
            format!("paused now, because {} is there", file.display())
        }
        Some(file) => format!("while {} is there, or by SIGUSR1", file.display()),
        None => "only by SIGUSR1, until SIGUSR2 or a restart".to_owned(),
    };
    line("pause", pause);
    line("config", config.hash.clone());
    for note in missing::notes(config) {
        line("note", note);
    }
    lines.concat()
}
