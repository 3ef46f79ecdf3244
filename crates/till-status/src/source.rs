//! One thread for each device: it owns the port and the driver, and publishes what it reads.
//!
//! Every read and write of a port returns within a tick and every call of a driver has a deadline,
//! so a thread always comes back to its loop. If one ever did not, it would not be abandoned with
//! the port open: the process does not wait for it when it stops, and its end closes the port.

mod backoff;
mod kkt;
mod line;
mod log;
mod scale;
mod seven;
mod vision;

pub use kkt::atol_settings;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
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

    /// Lets go of its port.
    fn close(&mut self);

    /// Publishes a trouble of it.
    fn report(&self, trouble: Trouble, snapshot: &mut Snapshot, now: Moment);
}

/// The sources of a configuration, in the order in which `once` asks them: the receipt before the
/// scale, which is only read when no receipt is open.
pub(crate) fn all(config: &Config, prober: Prober) -> Vec<Box<dyn Source>> {
    let mut sources: Vec<Box<dyn Source>> = Vec::new();
    if let Some(log) = &config.pos.log {
        sources.push(Box::new(log::LogSource::new(log)));
    }
    if let Some(seven) = &config.pos.seven {
        sources.push(Box::new(seven::SevenSource::new(seven)));
    }
    // A KKT that may never be opened has no thread at all.
    if let Some(kkt) = config.kkt.as_ref().filter(|kkt| kkt.hold != Hold::Never) {
        sources.push(kkt::source(kkt, &config.poll, config.scale.is_some()));
    }
    if let Some(scale) = &config.scale {
        let kkt = config.kkt.as_ref().map(|kkt| &kkt.address);
        sources.push(Box::new(scale::ScaleSource::new(scale, kkt, config.poll.fast)));
    }
    if let Some(vision) = &config.vision {
        sources.push(Box::new(vision::VisionSource::new(vision, prober)));
    }
    sources
}

/// Starts the thread of a source.
pub(crate) fn start(
    source: Box<dyn Source>,
    shared: Arc<Shared>,
) -> std::io::Result<JoinHandle<()>> {
    let name = source.name();
    std::thread::Builder::new()
        .name(name.to_owned())
        .stack_size(STACK)
        .spawn(move || run(source, &shared))
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

fn run(mut source: Box<dyn Source>, shared: &Shared) {
    let mut heard = 0;
    while !shared.stopping() {
        let (next, panicked) = guarded_step(&mut *source, shared);
        // A rest after a panic is not cut short by the bell.
        while shared.sleep(next, &mut heard) && panicked && Instant::now() < next {}
    }
    source.close();
}

fn panic_text(panic: &(dyn std::any::Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("panic")
}

#[cfg(test)]
mod tests;
