//! What this service does to the devices of a till, counted: what a retailer wants to see before
//! anything of his is watched.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use status_core::metrics::{Exposition, Kind};
use status_core::{Settings, Trouble};

/// The counts of every device, from the beginning of the service on.
#[derive(Debug, Default)]
pub(crate) struct Impacts {
    pub(crate) kkt: Arc<Impact>,
    pub(crate) scale: Arc<Impact>,
    pub(crate) vision: Arc<Impact>,
}

/// The counts of one device.
#[derive(Debug, Default)]
pub(crate) struct Impact(Mutex<Counts>);

#[derive(Clone, Debug, Default)]
struct Counts {
    opens: u64,
    held: Duration,
    longest: Duration,
    open_since: Option<Instant>,
    conflicts: u64,
    cut_short: u64,
    cycles: u64,
    requests: u64,
    received: u64,
    sent: u64,
    errors: BTreeMap<&'static str, u64>,
}

/// Every reason of an error.
const REASONS: [&str; 6] = ["busy", "cannot-open", "failed", "garbage", REFUSED, "silent"];
const REFUSED: &str = "refused";

impl Impact {
    /// A round of questions begins.
    pub(crate) fn cycle(&self) {
        self.counts().cycles += 1;
    }

    /// One question is asked.
    pub(crate) fn request(&self) {
        self.counts().requests += 1;
    }

    /// No good answer came.
    pub(crate) fn failed(&self, trouble: &Trouble) {
        let reason = match trouble {
            Trouble::Busy(_) => "busy",
            Trouble::CannotOpen(_) => "cannot-open",
            Trouble::Failed(_) => "failed",
            Trouble::Garbage(_) => "garbage",
            Trouble::Silent(_) => "silent",
        };
        *self.counts().errors.entry(reason).or_default() += 1;
    }

    /// The device answered with an error.
    pub(crate) fn refused(&self) {
        *self.counts().errors.entry(REFUSED).or_default() += 1;
    }

    /// Another program was found to work with the device.
    pub(crate) fn conflict(&self) {
        self.counts().conflicts += 1;
    }

    /// The device was let go of in the middle of a question.
    pub(crate) fn cut_short(&self) {
        self.counts().cut_short += 1;
    }

    /// Bytes came.
    pub(crate) fn received(&self, bytes: usize) {
        self.counts().received += bytes as u64;
    }

    /// Bytes went out.
    pub(crate) fn sent(&self, bytes: usize) {
        self.counts().sent += bytes as u64;
    }

    fn counts(&self) -> MutexGuard<'_, Counts> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A port that is open; closed when this is dropped.
#[derive(Debug)]
pub(crate) struct OpenPort(Arc<Impact>);

impl OpenPort {
    pub(crate) fn new(impact: &Arc<Impact>) -> Self {
        let mut counts = impact.counts();
        counts.opens += 1;
        counts.open_since = Some(Instant::now());
        drop(counts);
        Self(Arc::clone(impact))
    }
}

impl Drop for OpenPort {
    fn drop(&mut self) {
        let mut counts = self.0.counts();
        *counts = counts.at(Instant::now());
        counts.open_since = None;
    }
}

impl Counts {
    /// The same with the time that the port has been open until `now`.
    fn at(&self, now: Instant) -> Self {
        let lasts = self.open_since.map_or(Duration::ZERO, |since| now.duration_since(since));
        let (held, longest) = (self.held + lasts, self.longest.max(lasts));
        Self { held, longest, ..self.clone() }
    }
}

impl Impacts {
    /// Writes the counts of the devices that there are. A device that is never opened has its zeros:
    /// that is the answer.
    pub(crate) fn write(&self, settings: &Settings, out: &mut Exposition) {
        let now = Instant::now();
        let all = [
            ("kkt", &self.kkt, settings.kkt.is_some()),
            ("scale", &self.scale, settings.scale.is_some()),
            ("vision", &self.vision, settings.vision),
        ];
        let devices: Vec<_> = all
            .into_iter()
            .filter(|(.., there)| *there)
            .map(|(device, impact, _)| (device, impact.counts().at(now)))
            .collect();
        for (name, help, value) in OF_A_DEVICE {
            let mut family = out.family(Kind::Counter, name, help);
            for (device, counts) in &devices {
                family.sample(&[("device", device)], value(counts));
            }
        }
        let mut errors = out.family(
            Kind::Counter,
            "till_device_errors_total",
            "Questions to a device, and openings of its port, that brought no good answer.",
        );
        for (device, counts) in &devices {
            for reason in REASONS {
                let count = counts.errors.get(reason).copied().unwrap_or_default();
                errors.sample(&[("device", device), ("reason", reason)], count as f64);
            }
        }
        // Vision is looked at in several ways, and none of them holds a port.
        let ports: Vec<_> = devices.iter().filter(|(device, _)| *device != "vision").collect();
        for (name, help, value) in OF_A_PORT {
            let mut family = out.family(Kind::Counter, name, help);
            for (device, counts) in &ports {
                family.sample(&[("device", device)], value(counts));
            }
        }
        let mut longest = out.family(
            Kind::Gauge,
            "till_device_longest_hold_seconds",
            "The longest time for which this service had the port of a device open.",
        );
        for (device, counts) in &ports {
            longest.sample(&[("device", device)], counts.longest.as_secs_f64());
        }
        let mut bytes = out.family(
            Kind::Counter,
            "till_device_bytes_total",
            "Bytes that went through the port of a device.",
        );
        for (device, counts) in &ports {
            for (way, count) in [("received", counts.received), ("sent", counts.sent)] {
                bytes.sample(&[("device", device), ("direction", way)], count as f64);
            }
        }
    }
}

type Counter = (&'static str, &'static str, fn(&Counts) -> f64);

const OF_A_DEVICE: [Counter; 3] = [
    ("till_device_cycles_total", "Rounds of questions to a device.", |it| it.cycles as f64),
    ("till_device_requests_total", "Questions to a device.", |it| it.requests as f64),
    (
        "till_device_conflicts_total",
        "Times that another program was found to work with a device, or to have its lock file.",
        |it| it.conflicts as f64,
    ),
];

const OF_A_PORT: [Counter; 3] = [
    ("till_device_opens_total", "Times that this service opened the port of a device.", |it| {
        it.opens as f64
    }),
    (
        "till_device_held_seconds_total",
        "How long this service had the port of a device open, in all.",
        |it| it.held.as_secs_f64(),
    ),
    (
        "till_device_cut_short_total",
        "Times that a device was let go of in the middle of a question.",
        |it| it.cut_short as f64,
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn written(impacts: &Impacts, settings: &Settings) -> Vec<String> {
        let mut out = Exposition::default();
        impacts.write(settings, &mut out);
        out.finish().lines().filter(|line| !line.starts_with('#')).map(str::to_owned).collect()
    }

    fn value(lines: &[String], name: &str) -> f64 {
        let line = lines.iter().find_map(|line| line.strip_prefix(name));
        line.unwrap_or_else(|| panic!("no {name} in {lines:?}")).trim().parse().unwrap()
    }

    #[test]
    fn a_device_that_is_not_there_has_no_counts_and_one_that_is_never_asked_has_zeros() {
        let impacts = Impacts::default();
        assert_eq!(written(&impacts, &Settings::default()), Vec::<String>::new());
        let lines = written(&impacts, &Settings { vision: true, ..Settings::default() });
        assert_eq!(value(&lines, "till_device_requests_total{device=\"vision\"}"), 0.0);
        assert!(!lines.iter().any(|line| line.contains("opens")), "no port: {lines:?}");
    }

    #[test]
    fn a_port_is_held_while_it_is_open_and_not_longer() {
        let impact = Arc::new(Impact::default());
        let port = OpenPort::new(&impact);
        let opened = impact.counts().open_since.unwrap();
        let later = |seconds| opened + Duration::from_secs(seconds);
        assert_eq!(impact.counts().at(later(7)).held, Duration::from_secs(7), "it goes on");
        drop(port);
        let counts = impact.counts().at(later(60));
        assert!(counts.open_since.is_none() && counts.held == counts.longest, "{counts:?}");
        assert_eq!((counts.opens, counts.held), (1, impact.counts().held), "it ended");
    }

    #[test]
    fn every_trouble_has_its_reason() {
        let impact = Impact::default();
        let text = || "why".to_owned();
        for trouble in [
            Trouble::Busy(text()),
            Trouble::CannotOpen(text()),
            Trouble::Failed(text()),
            Trouble::Garbage(text()),
            Trouble::Silent(text()),
        ] {
            impact.failed(&trouble);
        }
        impact.refused();
        let counted: Vec<_> = impact.counts().errors.clone().into_iter().collect();
        assert_eq!(counted, REASONS.map(|reason| (reason, 1)));
    }
}
