//! `cargo xtask fleet --measure`: 5,000 tills, of which nearly half are ill, held to the limits.
//!
//! How tills are asked is counted at the tills. The processor's time is that of the monitor alone, so
//! that what else the machine does decides little; how much that is, is printed.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use nix::sys::signal::Signal;

use super::running::{Fleet, Monitor, favoured, get, number};

/// The full picture has to be there so soon after the start.
const PICTURE: Duration = Duration::from_secs(10);
const LATE_PERCENT: f64 = 1.0;
const GAP_MS: f64 = 1000.0;
const CPU_PERCENT: f64 = 40.0;
const MEMORY_MIB: f64 = 200.0;
/// A till's last six hours, a minute in 16 bytes.
const HISTORY_BYTES: f64 = 360.0 * 16.0;
/// How long the monitor is stopped.
const STALL: Duration = Duration::from_secs(5);
/// After each disturbance everything has to go its way again.
const SETTLE: Duration = Duration::from_secs(12);

/// Prints a line per figure; fails when one is beyond its limit.
pub(super) fn run(
    fleet: &Fleet,
    program: &Path,
    config: &Path,
    watched: Duration,
) -> anyhow::Result<()> {
    let mut figures = Figures::default();
    let began = Instant::now();
    let mut monitor = Monitor::start(favoured(program), config)?;
    let took = picture(fleet, &monitor, began)?;
    figures.at_most("full picture after the start", took, "s", PICTURE.as_secs_f64());

    let before = fleet.asked()?;
    let (used, since) = (monitor.processor()?, Instant::now());
    std::thread::sleep(watched);
    let after = fleet.asked()?;
    let seconds = since.elapsed().as_secs_f64();
    let cpu = (monitor.processor()? - used).as_secs_f64() / seconds * 100.0;
    let requests = after.live_requests - before.live_requests;
    let late = after.late - before.late + after.overdue;
    let each = requests / after.live / seconds;
    figures.at_least("requests a second to a live till", each, "1/s", 0.9);
    figures.at_most("of them late, over 1.5 s", late / requests * 100.0, "%", LATE_PERCENT);
    figures.at_most("live tills that were never asked", after.never, "", 0.0);
    figures.at_most("processor", cpu, "%", CPU_PERCENT);
    let memory = monitor.memory_mib()? + HISTORY_BYTES * after.tills / f64::from(1 << 20);
    figures.at_most("memory, with six hours of history", memory, "MiB", MEMORY_MIB);
    let thousands = after.tills / 1000.0;
    println!(
        "(of 1,000 tills: {:.1} % of a core, {:.0} MiB, {:.0} requests/s; load of the machine {})",
        cpu / thousands,
        memory / thousands,
        requests / seconds / thousands,
        std::fs::read_to_string("/proc/loadavg")?.trim(),
    );

    let mut gap = |what: &str, fleet: &Fleet| {
        let asked = fleet.asked()?;
        let overdue = asked.overdue / asked.live * 100.0;
        figures.at_least(&format!("shortest gap at a till, {what}"), asked.gap, "ms", GAP_MS);
        figures.at_most(&format!("live tills that wait, {what}"), overdue, "%", LATE_PERCENT);
        anyhow::Ok(())
    };
    gap("steady", fleet)?;
    monitor.signal(Signal::SIGHUP)?;
    std::thread::sleep(SETTLE);
    gap("after a reload", fleet)?;
    // Another language is another question: every till is begun anew.
    let text = std::fs::read_to_string(config)?;
    std::fs::write(config, text + "language = \"en\"\n")?;
    monitor.signal(Signal::SIGHUP)?;
    std::thread::sleep(SETTLE);
    gap("after a reload of all", fleet)?;
    monitor.signal(Signal::SIGSTOP)?;
    std::thread::sleep(STALL);
    monitor.signal(Signal::SIGCONT)?;
    std::thread::sleep(SETTLE);
    gap("after a stall of 5 s", fleet)?;
    for (signal, what) in [(Signal::SIGTERM, "after a restart"), (Signal::SIGKILL, "after a crash")]
    {
        monitor.signal(signal)?;
        monitor.wait()?;
        monitor = Monitor::start(favoured(program), config)?;
        std::thread::sleep(SETTLE);
        gap(what, fleet)?;
    }
    figures.verdict()
}

/// How long until everything is known of every till that answers.
fn picture(fleet: &Fleet, monitor: &Monitor, began: Instant) -> anyhow::Result<f64> {
    let live = fleet.asked()?.live;
    // The seven of a till take seven seconds; to look earlier would only be in the monitor's way.
    std::thread::sleep(Duration::from_secs(7));
    while began.elapsed() < 3 * PICTURE {
        let tills = get(monitor.page, "/monitor/v1/tills")?;
        let took = began.elapsed().as_secs_f64();
        let rows = tills.split("\"address\":").skip(1);
        let known = rows.filter(|till| !till.contains("\"unasked\"")).count();
        if f64::from(u32::try_from(known)?) >= live {
            return Ok(took);
        }
        std::thread::sleep(Duration::from_millis(250));
    }
    Ok(began.elapsed().as_secs_f64())
}

/// How the tills were asked.
struct Asked {
    tills: f64,
    live: f64,
    live_requests: f64,
    late: f64,
    overdue: f64,
    never: f64,
    gap: f64,
}

impl Fleet {
    fn asked(&self) -> anyhow::Result<Asked> {
        let json = get(self.control, "/fleet")?;
        let number = |name| number(&json, name).with_context(|| format!("no {name} in {json}"));
        Ok(Asked {
            tills: number("tills")?,
            live: number("live")?,
            live_requests: number("live_requests")?,
            late: number("live_late_over_1500_ms")?,
            overdue: number("live_overdue")?,
            never: number("live_never_asked")?,
            // None as long as no till was asked twice; that is above no limit.
            gap: number("shortest_gap_ms").unwrap_or(f64::NAN),
        })
    }
}

/// What was measured, and what of it is beyond its limit.
#[derive(Default)]
struct Figures {
    beyond: Vec<String>,
}

impl Figures {
    fn at_most(&mut self, name: &str, value: f64, unit: &str, limit: f64) {
        self.add(name, (value, unit), ("at most", limit), value <= limit);
    }

    fn at_least(&mut self, name: &str, value: f64, unit: &str, limit: f64) {
        self.add(name, (value, unit), ("at least", limit), value >= limit);
    }

    fn add(
        &mut self,
        name: &str,
        (value, unit): (f64, &str),
        (side, limit): (&str, f64),
        good: bool,
    ) {
        let verdict = if good { "ok" } else { "BEYOND" };
        println!("{name:<50} {value:>9.2} {unit:<4} {side} {limit:>7.2}  {verdict}");
        if !good {
            self.beyond.push(name.to_owned());
        }
    }

    fn verdict(self) -> anyhow::Result<()> {
        ensure!(self.beyond.is_empty(), "beyond the limit: {}", self.beyond.join(", "));
        Ok(())
    }
}
