//! One thread for each device: it owns the port and the driver, and publishes what it reads.
//!
//! Every read and write of a port returns within a tick and every call of a driver has a deadline,
//! so a thread always comes back to its loop. If one ever does not, the [`Supervisor`] replaces it; that
//! of a KKT is not abandoned with the port open: the process ends, and its end closes the port.

mod backoff;
mod kkt;
mod line;
mod log;
mod scale;
mod seven;
mod supervisor;
mod vision;

pub use kkt::{atol_settings, sp80x_settings};
pub(crate) use supervisor::Supervisor;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use status_core::{Hold, Moment, Snapshot, Trouble};
use vision_probe::Prober;

use crate::config::Config;
use crate::shared::Shared;

/// A device thread needs little: drivers have small buffers and shallow calls.
const STACK: usize = 256 * 1024;
/// How long a thread rests after a panic before it begins anew.
const AFTER_PANIC: Duration = Duration::from_secs(5);

/// Something that is asked again and again.
pub(crate) trait Source: Send {
    /// Its name: `kkt`, `scale`, `vision`.
    fn name(&self) -> &'static str;

    /// Does what is due now, and says when to come again. It may be called sooner.
    fn step(&mut self, shared: &Shared) -> Instant;

    /// How long a step may take without a tick of its port; none by default.
    fn patience(&self) -> Duration {
        Duration::ZERO
    }

    /// Keeps its last bytes for the support, if it has any: see [`trace`](crate::trace).
    fn trace(&mut self, _folder: &Path) {}

    /// Lets go of its port.
    fn close(&mut self);

    /// Leaves its device alone until then, and says why if there is more to say than that it starts.
    fn rest(&mut self, _until: Instant, _why: Option<Trouble>) {}

    /// Until when its device has to be left alone, whoever asks it next.
    fn rests_until(&self) -> Option<Instant> {
        None
    }

    /// Publishes a trouble of it.
    fn report(&self, trouble: Trouble, snapshot: &mut Snapshot, now: Moment);
}

/// Every device that may have a thread, in the order in which `once` asks them: the receipt before the
/// scale, which is only read when no receipt is open.
pub(crate) const DEVICES: [&str; 4] = ["pos", "kkt", "scale", "vision"];

/// The sources of a configuration.
pub(crate) fn all(config: &Config, prober: Prober) -> Vec<Box<dyn Source>> {
    let mut prober = Some(prober);
    DEVICES.into_iter().filter_map(|device| one(device, config, &mut prober)).collect()
}

/// The source of one device; none when there is nothing to ask. The first one of Vision takes the prober.
fn one(device: &str, config: &Config, prober: &mut Option<Prober>) -> Option<Box<dyn Source>> {
    let mut source: Box<dyn Source> = match device {
        // The till program, where it does not call by itself.
        "pos" => match (&config.pos.log, &config.pos.seven) {
            (Some(log), _) => Box::new(log::LogSource::new(log)),
            (None, Some(seven)) => Box::new(seven::SevenSource::new(seven)),
            (None, None) => return None,
        },
        // A KKT that may never be opened has no thread at all.
        "kkt" => {
            let kkt = config.kkt.as_ref().filter(|kkt| kkt.hold != Hold::Never)?;
            kkt::source(kkt, &config.poll, config.scale.is_some())
        }
        "scale" => {
            let kkt = config.kkt.as_ref().map(|kkt| &kkt.address);
            Box::new(scale::ScaleSource::new(config.scale.as_ref()?, kkt, config.poll.fast))
        }
        _ => {
            let prober = prober.take().unwrap_or_default();
            Box::new(vision::VisionSource::new(config.vision.as_ref()?, prober))
        }
    };
    if let Some(folder) = &config.log.trace {
        source.trace(folder);
    }
    Some(source)
}

/// Is a device asked in the same way by both configurations?
fn same(device: &str, one: &Config, other: &Config) -> bool {
    let address = |config: &Config| config.kkt.as_ref().map(|kkt| kkt.address.clone());
    if one.log.trace != other.log.trace {
        return false;
    }
    match device {
        "pos" => one.pos == other.pos,
        "kkt" => {
            let asked = |config: &Config| (config.kkt.clone(), config.scale.is_some());
            asked(one) == asked(other) && one.poll == other.poll
        }
        "scale" => {
            let asked = |config: &Config| (config.scale.clone(), config.poll.fast);
            asked(one) == asked(other) && address(one) == address(other)
        }
        _ => one.vision == other.vision,
    }
}

/// Is it the same device, however it is asked?
fn same_device(device: &str, one: &Config, other: &Config) -> bool {
    match device {
        "pos" => one.pos == other.pos,
        "kkt" => one.kkt == other.kkt,
        "scale" => one.scale == other.scale,
        _ => one.vision == other.vision,
    }
}

/// A thread of a source, which says at its end until when the device has to be left alone.
#[derive(Debug)]
struct Thread {
    handle: JoinHandle<Option<Instant>>,
    stop: Arc<AtomicBool>,
}

/// Starts the thread of a source.
fn start(source: Box<dyn Source>, shared: Arc<Shared>) -> std::io::Result<Thread> {
    let stop = Arc::new(AtomicBool::new(false));
    let asked = Arc::clone(&stop);
    let handle = std::thread::Builder::new()
        .name(source.name().to_owned())
        .stack_size(STACK)
        .spawn(move || run(source, &shared, &asked))?;
    Ok(Thread { handle, stop })
}

/// One step, in which a panic is a trouble of this source and of no other.
///
/// Says when to come again, and whether it panicked.
pub(crate) fn guarded_step(source: &mut dyn Source, shared: &Shared) -> (Instant, bool) {
    let worked = catch_unwind(AssertUnwindSafe(|| source.step(shared)));
    let worked = worked.map(|next| (next, false));
    worked.unwrap_or_else(|panic| {
        let text = panic_text(&*panic);
        tracing::error!(device = source.name(), "internal error: {text}");
        source.close();
        let trouble = Trouble::Failed(format!("internal error of the service: {text}"));
        shared.update(|snapshot, now| source.report(trouble, snapshot, now));
        (Instant::now() + AFTER_PANIC, true)
    })
}

fn run(mut source: Box<dyn Source>, shared: &Shared, stop: &AtomicBool) -> Option<Instant> {
    let mut heard = 0;
    let (name, pulses) = (source.name(), shared.watch().pulses());
    let ended = || shared.stopping() || stop.load(Ordering::Relaxed);
    while !ended() {
        pulses.works(name, source.patience(), Instant::now());
        let (next, panicked) = guarded_step(&mut *source, shared);
        // One that was replaced meanwhile is not the one whose pulse is felt.
        if !ended() {
            pulses.rests(name);
        }
        // A rest after a panic is not cut short by the bell.
        while !ended() && shared.sleep(next, &mut heard) && panicked && Instant::now() < next {}
    }
    source.close();
    if !stop.load(Ordering::Relaxed) {
        pulses.rests(name);
    }
    source.rests_until()
}

fn panic_text(panic: &(dyn std::any::Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("panic")
}

#[cfg(test)]
mod tests;
