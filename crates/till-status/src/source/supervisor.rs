//! Who keeps the device threads: one for each device, a new one for one that died or hangs or whose
//! section changed, and for a KKT that hangs the end of the process.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use status_core::{Snapshot, Trouble, VisionLink, VisionReading};
use vision_probe::Prober;

use super::{AFTER_PANIC, DEVICES, Source, Thread, one, same, same_device, start};
use crate::config::Config;
use crate::pulse::Stuck;
use crate::shared::Shared;

/// So many hanging threads of one device are left behind, each with its port and its stack.
const LEFT_BEHIND: usize = 3;

/// The threads of all devices.
pub(crate) struct Supervisor {
    shared: Arc<Shared>,
    config: Config,
    build: Box<Build>,
    devices: [Device; 4],
}

/// Makes the source of a device by a configuration; none when there is nothing to ask.
type Build = dyn FnMut(&str, &Config) -> Option<Box<dyn Source>> + Send;

#[derive(Debug)]
struct Device {
    name: &'static str,
    thread: Option<Thread>,
    /// Threads that hang and were replaced.
    left: Vec<Thread>,
    /// What is known of the device is not true of the one that is asked next.
    forget: bool,
    /// The device has to be left alone until then, and why.
    rest: Option<(Instant, Option<Trouble>)>,
    /// A thread is not started before.
    not_before: Option<Instant>,
}

impl Supervisor {
    /// Nothing is started yet.
    pub(crate) fn new(shared: Arc<Shared>, config: Config, prober: Prober) -> Self {
        let mut prober = Some(prober);
        let build = move |device: &str, config: &Config| one(device, config, &mut prober);
        Self::building(shared, config, Box::new(build))
    }

    fn building(shared: Arc<Shared>, config: Config, build: Box<Build>) -> Self {
        let devices = DEVICES.map(|name| Device {
            name,
            thread: None,
            left: Vec::new(),
            forget: false,
            rest: None,
            not_before: None,
        });
        Self { shared, config, build, devices }
    }

    /// The KKT is left alone until then.
    pub(crate) fn rest_kkt(&mut self, until: Instant, why: Trouble) {
        for device in self.devices.iter_mut().filter(|device| device.name == "kkt") {
            device.rest = Some((until, Some(why.clone())));
        }
    }

    /// Another configuration applies. A device that is asked as before keeps its thread and its port; that
    /// of any other is asked to end, and [`look`](Self::look) starts the next one once it has.
    pub(crate) fn configure(&mut self, config: Config) {
        for device in &mut self.devices {
            if same(device.name, &self.config, &config) {
                continue;
            }
            device.forget |= !same_device(device.name, &self.config, &config);
            if let Some(thread) = &device.thread {
                thread.stop.store(true, Ordering::Relaxed);
            }
        }
        self.config = config;
        self.shared.wake();
    }

    /// Starts what is to run and does not, and replaces what hangs.
    ///
    /// # Errors
    /// [`Stuck`] when the thread of the KKT hangs: only the end of the process closes its port.
    pub(crate) fn look(&mut self, now: Instant) -> Result<(), Stuck> {
        for stuck in self.shared.watch().pulses().all_stuck(now) {
            if stuck.device == "kkt" {
                return Err(stuck);
            }
            self.replace(stuck);
        }
        for device in &mut self.devices {
            device.ended(&self.shared, now);
            device.start(&self.shared, &self.config, &mut self.build, now);
        }
        Ok(())
    }

    /// Have all threads ended that can?
    pub(crate) fn ended(&self) -> bool {
        self.running().next().is_none()
    }

    /// The devices whose threads still run.
    pub(crate) fn running(&self) -> impl Iterator<Item = &'static str> {
        let runs = |device: &&Device| {
            device.thread.as_ref().is_some_and(|thread| !thread.handle.is_finished())
        };
        self.devices.iter().filter(runs).map(|device| device.name)
    }

    /// A hanging thread is left behind: when it comes back it ends.
    fn replace(&mut self, stuck: Stuck) {
        let Some(device) = self.devices.iter_mut().find(|device| device.name == stuck.device)
        else {
            return;
        };
        device.left.retain(|thread| !thread.handle.is_finished());
        if device.left.len() >= LEFT_BEHIND {
            return;
        }
        let Some(thread) = device.thread.take() else { return };
        tracing::error!(device = stuck.device, "{stuck}; another one takes its place");
        thread.stop.store(true, Ordering::Relaxed);
        device.left.push(thread);
        self.shared.watch().pulses().rests(stuck.device);
        let evidence = stuck.to_string();
        self.shared.update(|snapshot, now| match stuck.device {
            "scale" => snapshot.scale_failed(Trouble::Failed(evidence), now),
            _ => {
                let reading = VisionReading { link: VisionLink::Unknown, evidence };
                snapshot.vision_observed(reading, now);
            }
        });
    }
}

impl Device {
    /// Takes leave of a thread that ended.
    fn ended(&mut self, shared: &Shared, now: Instant) {
        let Some(thread) = self.thread.take_if(|thread| thread.handle.is_finished()) else {
            return;
        };
        let asked = thread.stop.load(Ordering::Relaxed) || shared.stopping();
        let rest = thread.handle.join().unwrap_or_default();
        shared.watch().pulses().rests(self.name);
        if !asked {
            tracing::error!(device = self.name, "its thread ended by itself and is started again");
            self.not_before = Some(now + AFTER_PANIC);
        }
        // It is kept for another KKT too: to wait in vain does no harm.
        self.rest = rest.filter(|until| *until > now).map(|until| (until, None));
    }

    fn start(&mut self, shared: &Arc<Shared>, config: &Config, build: &mut Build, now: Instant) {
        let early = self.not_before.is_some_and(|not_before| now < not_before);
        if self.thread.is_some() || early || shared.stopping() {
            return;
        }
        if std::mem::take(&mut self.forget) {
            shared.update(|snapshot, _| forget(self.name, snapshot));
        }
        let Some(mut source) = build(self.name, config) else { return };
        if let Some((until, why)) = self.rest.take() {
            source.rest(until, why);
        }
        match start(source, Arc::clone(shared)) {
            Ok(thread) => {
                self.thread = Some(thread);
                self.not_before = None;
            }
            Err(error) => {
                tracing::error!(device = self.name, %error, "the system gives no thread");
                self.not_before = Some(now + Duration::from_secs(60));
            }
        }
    }
}

fn forget(device: &str, snapshot: &mut Snapshot) {
    match device {
        "pos" => snapshot.feed_interrupted(),
        "kkt" => snapshot.forget_kkt(),
        "scale" => snapshot.forget_scale(),
        _ => snapshot.forget_vision(),
    }
}

#[cfg(test)]
mod tests;
