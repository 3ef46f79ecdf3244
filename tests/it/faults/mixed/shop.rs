//! The till whose devices, till program and service have every fault, and go on changing meanwhile.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use kkt_atol::sim::Misbehaviour as Kkt;
use kkt_atol::{Fault, Link};
use scale_proto::sim::Misbehaviour as Scale;
use till_port::{Fake, Line};

use super::super::Random;
use super::super::line::Breaking;
use super::super::till::{Service, Till};
use super::truth::Truth;
use super::vision::{self, Vision};

type SimulatedKkt = Breaking<kkt_atol::sim::Simulator>;
type SimulatedScale = Breaking<scale_proto::sim::Simulator>;

/// How long a fault lasts, and how long everything is well after it: longer than any value may be old.
const FAULT: Duration = Duration::from_millis(2500);
const WELL: Duration = Duration::from_millis(2000);
/// How often something changes, at most.
const CHANGE: u64 = 600;

const LINES: [Line; 4] = [Line::Up, Line::Up, Line::Unplugged, Line::Busy];
const KKT: [Kkt; 10] = [
    Kkt::None,
    Kkt::None,
    Kkt::Silent,
    Kkt::Delay(Duration::from_millis(150)),
    Kkt::Garbage,
    Kkt::WrongChecksum,
    Kkt::NoiseBefore,
    Kkt::Split,
    Kkt::HangUp,
    Kkt::OtherId,
];
const SCALE: [Scale; 9] = [
    Scale::None,
    Scale::None,
    Scale::Silent,
    Scale::Delay(Duration::from_millis(150)),
    Scale::Garbage,
    Scale::WrongChecksum,
    Scale::NoiseBefore,
    Scale::Split,
    Scale::HangUp,
];
const ERRORS: [Option<Fault>; 4] =
    [None, None, Some(Fault::WRONG_PASSWORD), Some(Fault::FN_EXCHANGE)];

/// What happens to the service.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Happens {
    Nothing,
    Killed,
    Paused,
    Terminated,
}

pub(super) struct Shop<'a> {
    truth: &'a Truth,
    random: Random,
    till: Till,
    service: Option<Service>,
    kkt: Arc<Mutex<SimulatedKkt>>,
    kkt_line: Fake,
    scale: Arc<Mutex<SimulatedScale>>,
    scale_line: Fake,
    vision: Arc<Mutex<Vision>>,
    /// The till program tells nothing, not even that it is alive.
    mute: bool,
    open: bool,
    events: u64,
    unsent: u16,
    began: i64,
    rounds: u64,
    happened: Vec<String>,
    /// Descriptors and memory (KiB) of the present service: after its first calm, and the most since.
    usage: Option<[(u64, u64); 2]>,
    grew: (u64, u64),
}

impl<'a> Shop<'a> {
    pub(super) fn new(truth: &'a Truth, seed: u64) -> Self {
        let any = SocketAddr::from(([127, 0, 0, 1], 0));
        let kkt = kkt_atol::sim::Simulator::new(Default::default(), Link::V3);
        let kkt = Arc::new(Mutex::new(Breaking::new(kkt)));
        let scale = scale_proto::sim::Simulator::of("massa-k-100", Default::default()).unwrap();
        let scale = Arc::new(Mutex::new(Breaking::new(scale)));
        let till = Till::new("mixed", "");
        let kkt_line = Fake::tcp(any, Arc::clone(&kkt)).unwrap();
        let place = till.folder.0.join("scale");
        let scale_line = Fake::pty(Some(place), Arc::clone(&scale)).unwrap();
        let vision = Arc::new(Mutex::new(Vision::Well));
        let text = format!(
            "silence_seconds = 4\n\
             [kkt]\ndriver = \"atol\"\nlink = \"v3\"\naddress = \"{}\"\nhold = \"always\"\n\
             owns_device = true\n[scale]\nprotocol = \"massa-k-100\"\naddress = \"{}\"\n\
             [vision]\ntarget = \"http://{}/\"\nevery = 1\nlimit = 0.3\nfailures = 3\n\
             [poll]\nfast = 1\npaper = 1\nofd = 1\nfiscal_storage = 1\ninventory = 1\n\
             [max_age]\nweight = 3\nreceipt = 3\npaper = 3\nvision = 3\nofd = 3\n",
            kkt_line.address(),
            scale_line.address(),
            vision::serve(Arc::clone(&vision)),
        );
        let till = till.with(&text);
        let yes = || Some(Some("1".to_owned()));
        truth.change(
            &[
                ("ofd", Some(Some("0".to_owned()))),
                ("paper", yes()),
                ("vision", yes()),
                ("weight", Some(Some("0.000".to_owned()))),
            ],
            || {},
        );
        let service = Some(till.start());
        let began = Timestamp::now().as_second() - 30 * 24 * 3600;
        let mut shop = Self {
            truth,
            random: Random(seed),
            till,
            service,
            kkt,
            kkt_line,
            scale,
            scale_line,
            vision,
            mute: false,
            open: false,
            events: 0,
            unsent: 0,
            began,
            rounds: 0,
            happened: Vec::new(),
            usage: None,
            grew: (0, 0),
        };
        shop.event();
        shop
    }

    pub(super) fn api(&self) -> SocketAddr {
        self.service.as_ref().unwrap().api
    }

    pub(super) fn rounds(&self) -> u64 {
        self.rounds
    }

    /// What each round was, for a failure.
    pub(super) fn happened(&self) -> &[String] {
        &self.happened
    }

    /// Each of the till's parts has a fault or none, by chance.
    pub(super) fn fault(&mut self, place: &Mutex<SocketAddr>) {
        self.rounds += 1;
        let kkt =
            (self.random.one_of(&LINES), self.random.one_of(&KKT), self.random.one_of(&ERRORS));
        let scale = (self.random.one_of(&LINES), self.random.one_of(&SCALE));
        self.mute = self.random.below(4) == 0;
        let vision = self.random.one_of(&[
            Vision::Well,
            Vision::WrongStatus,
            Vision::HangsUp,
            Vision::Silent,
        ]);
        let happens = self.random.one_of(&[
            Happens::Nothing,
            Happens::Nothing,
            Happens::Killed,
            Happens::Paused,
            Happens::Terminated,
        ]);
        let broken = self.random.below(3) == 0;
        self.set_vision(vision);
        {
            let mut device = self.kkt();
            device.sim.misbehave(kkt.1);
            device.sim.state_mut().error = kkt.2;
        }
        self.scale().sim.misbehave(scale.1);
        if broken {
            let bytes = [self.random.below(80), self.random.below(24)];
            let [kkt, scale] = bytes.map(|bytes| usize::try_from(bytes).unwrap());
            self.kkt().after(kkt);
            self.scale().after(scale);
        }
        self.kkt_line.set_line(kkt.0);
        self.scale_line.set_line(scale.0);
        let what = (kkt, scale, vision, happens, self.mute, broken);
        self.happened.push(format!("{} {what:?}", Timestamp::now()));
        self.happen(happens, place);
        self.live(FAULT);
        if happens == Happens::Paused {
            self.service.as_ref().unwrap().signal("-USR2");
        }
    }

    /// All is well again, and stays so for a while.
    pub(super) fn recover(&mut self) {
        self.kkt().sim.misbehave(Kkt::None);
        self.kkt().sim.state_mut().error = None;
        self.scale().sim.misbehave(Scale::None);
        self.kkt_line.set_line(Line::Up);
        self.scale_line.set_line(Line::Up);
        self.mute = false;
        self.set_vision(Vision::Well);
        self.event();
        self.live(WELL);
        self.measure();
    }

    fn happen(&mut self, happens: Happens, place: &Mutex<SocketAddr>) {
        let service = self.service.as_mut().unwrap();
        match happens {
            Happens::Nothing => return,
            Happens::Paused => return service.signal("-USR1"),
            Happens::Killed => {}
            Happens::Terminated => {
                assert_eq!(service.terminate(), Some(0), "{}", service.log());
            }
        }
        assert!(!service.log().contains("panicked"), "{}", service.log());
        self.service = None;
        let service = self.till.start();
        *place.lock().unwrap() = service.api;
        self.service = Some(service);
        self.usage = None;
    }

    /// The devices and the till program do something, now and then.
    fn live(&mut self, span: Duration) {
        let end = Instant::now() + span;
        while Instant::now() < end {
            match self.random.below(4) {
                0 => self.queue(),
                1 => self.paper(),
                2 => self.weigh(),
                _ if !self.mute => self.event(),
                _ => {}
            }
            let wait = Duration::from_millis(1 + self.random.below(CHANGE));
            std::thread::park_timeout(wait.min(end.saturating_duration_since(Instant::now())));
        }
    }

    fn queue(&mut self) {
        self.unsent += 1;
        let unsent = self.unsent;
        self.truth.change(&[("ofd", Some(Some(unsent.to_string())))], || {
            self.kkt().sim.state_mut().unsent.count = unsent;
        });
    }

    fn paper(&mut self) {
        let paper = !self.kkt().sim.state().paper;
        self.truth.change(&[("paper", Some(paper.then(|| "1".to_owned())))], || {
            self.kkt().sim.state_mut().paper = paper;
        });
    }

    fn weigh(&mut self) {
        let grams = i32::try_from(self.random.below(15_000)).unwrap();
        let overload = self.random.below(8) == 0;
        self.truth.change(&[("weight", self.weight(grams, overload))], || {
            let mut scale = self.scale();
            scale.sim.state_mut().weight_grams = grams;
            scale.sim.state_mut().overload = overload;
        });
    }

    /// What "weight" says now: nothing while a receipt is open.
    fn weight(&self, grams: i32, overload: bool) -> Option<Option<String>> {
        let shown = format!("{}.{:03}", grams / 1000, grams % 1000);
        if self.open { Some(None) } else { (!overload).then_some(Some(shown)) }
    }

    /// A receipt opens or closes, something is sold, somebody signs in.
    fn event(&mut self) {
        self.events += 1;
        let number = self.events;
        let at = self.began + i64::try_from(number).unwrap();
        let wall = Timestamp::from_second(at).unwrap();
        let time = || Some(Some(at.to_string()));
        let (event, facts) = match (self.random.below(4), self.open) {
            (0, _) => {
                let event = format!(r#""user-signed-in","role_id":"{number}""#);
                (event, vec![("user_role_id", Some(Some(number.to_string())))])
            }
            (1, true) => (r#""item-added""#.to_owned(), vec![("last_receipt_time", time())]),
            (_, true) => {
                self.open = false;
                let (grams, overload) = self.on_the_scale();
                let weight = self.weight(grams, overload);
                let facts = vec![
                    ("last_receipt_time", Some(None)),
                    ("downtime", time()),
                    ("weight", weight),
                ];
                (r#""receipt-closed""#.to_owned(), facts)
            }
            (_, false) => {
                self.open = true;
                let facts = vec![
                    ("last_receipt_time", time()),
                    ("downtime", Some(None)),
                    ("weight", Some(None)),
                ];
                (r#""receipt-opened""#.to_owned(), facts)
            }
        };
        let event = format!(r#"{{"event":{event},"id":"{number}","at":"{wall}"}}"#);
        let service = self.service.as_ref().unwrap();
        self.truth.change(&facts, || service.told(&event));
    }

    fn on_the_scale(&self) -> (i32, bool) {
        let scale = self.scale();
        (scale.sim.state().weight_grams, scale.sim.state().overload)
    }

    fn set_vision(&self, mode: Vision) {
        let up = mode == Vision::Well;
        let said = Some(up.then(|| "1".to_owned()));
        self.truth.change(&[("vision", said)], || *self.vision.lock().unwrap() = mode);
    }

    fn kkt(&self) -> MutexGuard<'_, SimulatedKkt> {
        self.kkt.lock().unwrap()
    }

    fn scale(&self) -> MutexGuard<'_, SimulatedScale> {
        self.scale.lock().unwrap()
    }

    /// Descriptors and memory of the service.
    fn measure(&mut self) {
        let process = self.service.as_ref().unwrap().process.0.id();
        let open = std::fs::read_dir(format!("/proc/{process}/fd")).unwrap().count() as u64;
        let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
        let rss = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        let rss: u64 = rss.trim().trim_end_matches(" kB").parse().unwrap();
        let now = (open, rss);
        let [first, most] = self.usage.get_or_insert([now, now]);
        *most = (most.0.max(now.0), most.1.max(now.1));
        self.grew.0 = self.grew.0.max(most.0 - first.0);
        self.grew.1 = self.grew.1.max(most.1 - first.1);
    }

    pub(super) fn usage(&self) -> String {
        let (open, rss) = self.grew;
        format!("of one service the descriptors grew by at most {open}, the memory by {rss} KiB")
    }

    pub(super) fn is_well(&mut self) {
        // Its connections come and go; what leaks with each fault would be more.
        assert!(self.grew.0 <= 8, "{}: {:#?}", self.usage(), self.happened);
        self.service.as_mut().unwrap().is_well();
    }
}
