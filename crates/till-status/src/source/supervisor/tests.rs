use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Mutex, PoisonError};

use status_core::Moment;

use super::*;

/// A source that says what is done with it, and hangs or dies as its plan says.
struct Planned {
    device: &'static str,
    number: usize,
    plan: Plan,
    told: Sender<String>,
    /// It hangs until this is dropped.
    hang: Arc<Mutex<Receiver<()>>>,
    rest: Option<Instant>,
}

#[derive(Clone, Copy, PartialEq)]
enum Plan {
    Well,
    Hangs,
    Dies,
}

impl Source for Planned {
    fn name(&self) -> &'static str {
        self.device
    }

    fn step(&mut self, _: &Shared) -> Instant {
        let _ = self.told.send(format!("{} {} asks", self.device, self.number));
        match self.plan {
            Plan::Hangs => drop(self.hang.lock().unwrap_or_else(PoisonError::into_inner).recv()),
            // A panic in a step is caught; one at the closing after it ends the thread.
            Plan::Dies => panic!("planned"),
            Plan::Well => {}
        }
        Instant::now() + Duration::from_secs(3600)
    }

    fn close(&mut self) {
        let _ = self.told.send(format!("{} {} closes", self.device, self.number));
        assert!(self.plan != Plan::Dies, "planned");
    }

    fn rest(&mut self, until: Instant, why: Option<Trouble>) {
        let why = why.map_or_else(|| "nothing".to_owned(), |why| why.text().to_owned());
        let _ = self.told.send(format!("{} {} rests: {why}", self.device, self.number));
        self.rest = Some(until);
    }

    fn rests_until(&self) -> Option<Instant> {
        self.rest
    }

    fn report(&self, _: Trouble, _: &mut Snapshot, _: Moment) {}
}

struct Bench {
    supervisor: Supervisor,
    shared: Arc<Shared>,
    told: Receiver<String>,
    /// Lets go of what hangs.
    hold: Option<Sender<()>>,
}

const CONFIG: &str = "[vision]\ntarget = \"tcp://127.0.0.1:9\"\n[scale]\nprotocol = \"cas-22\"\n\
                      address = \"tcp:127.0.0.1:8\"\n";

/// The devices of that configuration, with a KKT beside them.
const ASKED: [&str; 3] = ["kkt", "scale", "vision"];

impl Bench {
    /// Each device is planned by number: its first thread, its second, and the last one for all others.
    fn new(text: &str, plans: &'static [(&'static str, &'static [Plan])]) -> Self {
        let config = Config::parse(text).unwrap();
        let shared = Arc::new(Shared::new(|now| Snapshot::new(config.settings(), now)));
        let (tell, told) = channel();
        let (hold, hang) = channel();
        let hang = Arc::new(Mutex::new(hang));
        let mut made = std::collections::HashMap::new();
        let build = move |name: &str, config: &Config| {
            one(name, config, &mut None)?;
            let device = DEVICES.into_iter().find(|device| *device == name)?;
            let number = made.entry(device).and_modify(|made| *made += 1).or_insert(0);
            let plans =
                plans.iter().find(|(planned, _)| *planned == device).map(|(_, plans)| plans);
            let plan = plans.and_then(|plans| plans.get(*number).or(plans.last())).copied();
            Some(Box::new(Planned {
                device,
                number: *number,
                plan: plan.unwrap_or(Plan::Well),
                told: tell.clone(),
                hang: Arc::clone(&hang),
                rest: None,
            }) as Box<dyn Source>)
        };
        let supervisor = Supervisor::building(Arc::clone(&shared), config, Box::new(build));
        Self { supervisor, shared, told, hold: Some(hold) }
    }

    /// Looks until that was told.
    #[track_caller]
    fn look_until(&mut self, wanted: &str, at: impl Fn() -> Instant) -> Vec<String> {
        self.look_until_all(&[wanted.to_owned()], at)
    }

    #[track_caller]
    fn look_until_all(&mut self, wanted: &[String], at: impl Fn() -> Instant) -> Vec<String> {
        let deadline = Instant::now() + Duration::from_secs(20);
        let mut all: Vec<String> = Vec::new();
        while !wanted.iter().all(|wanted| all.contains(wanted)) {
            self.supervisor.look(at()).unwrap();
            all.extend(self.told.recv_timeout(Duration::from_millis(5)));
            all.extend(self.told.try_iter());
            assert!(Instant::now() < deadline, "{wanted:?} are not among {all:?}");
        }
        all
    }

    /// Waits until a thread has ended its turn: an hour later it would seem to hang in it.
    #[track_caller]
    fn rests(&self, device: &str, later: Instant) {
        let deadline = Instant::now() + Duration::from_secs(20);
        let pulses = self.shared.watch().pulses();
        while pulses.all_stuck(later).iter().any(|stuck| stuck.device == device) {
            assert!(Instant::now() < deadline, "{device} is at work for ever");
            std::thread::yield_now();
        }
    }

    fn end(mut self) {
        drop(self.hold.take());
        self.shared.stop();
        let deadline = Instant::now() + Duration::from_secs(20);
        let left = |supervisor: &Supervisor| {
            let mut left = supervisor.devices.iter().flat_map(|device| &device.left);
            left.any(|thread| !thread.handle.is_finished())
        };
        while !self.supervisor.ended() || left(&self.supervisor) {
            assert!(Instant::now() < deadline);
            std::thread::yield_now();
        }
    }
}

#[test]
fn what_hangs_is_replaced_alone() {
    use Plan::{Hangs, Well};
    let mut bench = Bench::new(CONFIG, &[("scale", &[Hangs, Well])]);
    bench.look_until("scale 0 asks", Instant::now);
    let hour = || Instant::now() + Duration::from_secs(3600);
    bench.rests("vision", hour());
    // Vision sleeps: an hour without a sign of life is none in which it hangs.
    let told = bench.look_until("scale 1 asks", hour);
    assert!(!told.iter().any(|told| told.starts_with("vision 1")), "{told:?}");
    assert!(!told.contains(&"scale 0 closes".to_owned()), "it hangs still");
    let trouble = format!("{:?}", bench.shared.snapshot());
    assert!(trouble.contains("the thread of the scale has not come back"), "{trouble}");
    drop(bench.hold.take());
    bench.look_until("scale 0 closes", Instant::now);
    bench.end();
}

#[test]
fn a_device_that_always_hangs_takes_four_threads_and_no_more() {
    let mut bench = Bench::new(CONFIG, &[("scale", &[Plan::Hangs])]);
    let hour = || Instant::now() + Duration::from_secs(3600);
    bench.look_until("scale 3 asks", hour);
    for _ in 0..20 {
        bench.supervisor.look(hour()).unwrap();
    }
    assert!(!bench.told.try_iter().any(|told| told.starts_with("scale 4")));
    bench.end();
}

#[test]
fn a_thread_that_died_is_started_again_after_a_rest() {
    use Plan::{Dies, Well};
    let mut bench = Bench::new(CONFIG, &[("vision", &[Dies, Well])]);
    bench.look_until("vision 0 closes", Instant::now);
    // It rests by the time that it is given.
    let died = Instant::now();
    let deadline = died + Duration::from_secs(20);
    while bench
        .supervisor
        .devices
        .iter()
        .any(|device| device.name == "vision" && device.thread.is_some())
    {
        bench.supervisor.look(died).unwrap();
        assert!(Instant::now() < deadline);
    }
    bench.supervisor.look(died + AFTER_PANIC / 2).unwrap();
    assert_eq!(bench.supervisor.running().count(), 1, "the scale goes on");
    bench.look_until("vision 1 asks", || died + AFTER_PANIC);
    bench.end();
}

const KKT: &str = "[kkt]\ndriver = \"atol\"\nlink = \"v3\"\naddress = \"tcp:127.0.0.1:9\"\n\
                   hold = \"always\"\nowns_device = true\n";

#[test]
fn a_kkt_that_hangs_ends_the_process_and_the_next_one_leaves_it_alone() {
    let mut bench = Bench::new(KKT, &[("kkt", &[Plan::Hangs])]);
    bench.look_until("kkt 0 asks", Instant::now);
    let stuck = bench.supervisor.look(Instant::now() + Duration::from_secs(3600)).unwrap_err();
    assert_eq!(stuck.device, "kkt");
    assert_eq!(bench.told.try_iter().count(), 0, "it is neither closed nor asked by another");
    bench.end();

    let mut bench = Bench::new(KKT, &[]);
    let until = Instant::now() + Duration::from_secs(600);
    bench.supervisor.rest_kkt(until, Trouble::Failed("it hung".to_owned()));
    let told = bench.look_until("kkt 0 asks", Instant::now);
    assert_eq!(told, ["kkt 0 rests: it hung", "kkt 0 asks"]);
    // A change of its section is no way around the rest.
    let other = Config::parse(&KKT.replace(":9", ":10")).unwrap();
    bench.supervisor.configure(other);
    let mut told = bench.look_until("kkt 1 asks", Instant::now);
    // The bell rings, so a thread may ask once more.
    told.retain(|told| told != "kkt 0 asks");
    told.dedup();
    assert_eq!(told, ["kkt 0 closes", "kkt 1 rests: nothing", "kkt 1 asks"]);
    bench.end();
}

#[test]
fn only_a_device_whose_section_changed_has_another_thread() {
    let mut bench = Bench::new(&format!("{CONFIG}{KKT}"), &[]);
    bench.look_until_all(&ASKED.map(|device| format!("{device} 0 asks")), Instant::now);
    for (number, (change, changed)) in [
        ("[thresholds]\nofd_queue = 5\n[log]\nlevel = \"debug\"\n[api]\nrate = 5\n", &[][..]),
        ("[poll]\nofd = \"50s\"\n", &["kkt"][..]),
        ("[poll]\nofd = \"50s\"\nfast = \"2s\"\n", &["kkt", "scale"]),
    ]
    .into_iter()
    .enumerate()
    {
        let text = format!("{CONFIG}{KKT}{change}");
        bench.supervisor.configure(Config::parse(&text).unwrap());
        let last = |device: &&str| match *device {
            "scale" => "scale 1 asks".to_owned(),
            device => format!("{device} {number} asks"),
        };
        let wanted: Vec<_> = changed.iter().map(last).collect();
        let told = bench.look_until_all(&wanted, Instant::now);
        for device in ASKED {
            // The bell wakes all of them; only who is replaced closes.
            let closed = |told: &String| told.starts_with(device) && told.ends_with("closes");
            let touched = told.iter().any(closed);
            assert_eq!(touched, changed.contains(&device), "{device}: {told:?}");
        }
    }
    // A section that is gone has no thread.
    bench.supervisor.configure(Config::parse(CONFIG).unwrap());
    bench.look_until("kkt 2 closes", Instant::now);
    let deadline = Instant::now() + Duration::from_secs(20);
    while bench.supervisor.running().any(|device| device == "kkt") {
        assert!(Instant::now() < deadline);
    }
    bench.supervisor.look(Instant::now()).unwrap();
    assert_eq!(bench.supervisor.running().count(), 2);
    bench.end();
}
