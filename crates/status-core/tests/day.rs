//! A day of a till, second by second: receipts, a printer that is busy, switched off and without paper, a
//! till program that dies, restarts of the service and of the whole till.
//!
//! Whatever is answered by 200 or 204 must be true at the moment that `Last-Modified` names, every problem
//! must be one, and each that there was must have been told.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use status_core::{
    Answer, Endpoint, Evidence, Hold, Hours, KktReading, KktReceipt, KktSettings, Language, Moment,
    OfdQueue, Opening, PosSource, SavedState, ScaleOutcome, ScaleReading, ScaleSettings,
    ScaleWeight, Settings, Shift, Snapshot, Trouble, Unstable, Value, VisionLink, VisionReading,
    WithoutReceiptState, answer, parse_events, problems,
};

const MINUTE: u64 = 60;
const HOUR: u64 = 3600;
const DAY: u64 = 24 * HOUR;

/// What is so at one second.
#[derive(Clone, Debug, Default)]
struct Truth {
    open: bool,
    last_activity: Option<u64>,
    last_closed: Option<u64>,
    role: Option<u32>,
    unsent: u32,
    paper: bool,
    vision: bool,
    grams: i64,
}

/// The shop: what happens, and what the devices and the till program do.
struct Shop {
    random: u64,
    second: u64,
    is: Truth,
    next_customer: u64,
    next_item: u64,
    pays_at: u64,
    receipts: u32,
    refilled_at: u64,
    printing_until: u64,
    kkt_off_until: u64,
    vision_down_until: u64,
    program_down_until: u64,
    service_down_until: u64,
    /// A till program that lost the service tries again after a while.
    tells_again_at: u64,
    /// What the till program has to tell.
    to_tell: Vec<String>,
    told: u64,
}

impl Shop {
    fn new(seed: u64) -> Self {
        Self {
            random: seed,
            second: 0,
            is: Truth { paper: true, vision: true, ..Truth::default() },
            next_customer: 8 * HOUR + 60,
            next_item: 0,
            pays_at: 0,
            receipts: 0,
            refilled_at: 0,
            printing_until: 0,
            kkt_off_until: 0,
            vision_down_until: 0,
            program_down_until: 0,
            service_down_until: 0,
            tells_again_at: 0,
            to_tell: Vec::new(),
            told: 0,
        }
    }

    /// SplitMix64: the same day for the same seed.
    fn random(&mut self, least: u64, most: u64) -> u64 {
        self.random = self.random.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.random;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        least + (mixed ^ (mixed >> 31)) % (most - least + 1)
    }

    /// Once in so many seconds on average.
    fn once_in(&mut self, seconds: u64) -> bool {
        self.random(1, seconds) == 1
    }

    fn program_runs(&self) -> bool {
        self.second >= self.program_down_until
    }

    fn kkt_answers(&self) -> bool {
        self.second >= self.kkt_off_until && self.second >= self.printing_until
    }

    fn tell(&mut self, event: &str) {
        self.told += 1;
        let text =
            format!(r#"{{"event":{event},"id":"{}","at":"{}"}}"#, self.told, wall(self.second));
        self.to_tell.push(text);
    }

    /// The full present state, when the till program has come up.
    fn hello(&mut self) {
        let is = self.is.clone();
        let receipt = if is.open { "open" } else { "closed" };
        let time = |name: &str, at: Option<u64>| {
            at.map_or(String::new(), |at| format!(r#","{name}":"{}""#, wall(at)))
        };
        let user = is.role.map_or("null".to_owned(), |role| format!(r#"{{"role_id":"{role}"}}"#));
        let (activity, closed) =
            (time("last_activity_at", is.last_activity), time("last_closed_at", is.last_closed));
        self.tell(&format!(r#""hello","receipt":"{receipt}"{activity}{closed},"user":{user}"#));
    }

    /// One second goes by.
    fn live(&mut self) {
        self.faults();
        let second = self.second;
        if second == self.program_down_until && second > 0 || second == 1 {
            self.hello();
        }
        if self.program_runs() {
            self.people();
            self.customers();
            if second % MINUTE == 0 {
                self.tell(r#""alive""#);
            }
        }
        self.paper_and_queue();
        // Somebody leaves a bag on the scale before noon, while no customer comes.
        self.is.grams = match second {
            _ if (10 * HOUR..10 * HOUR + 20 * MINUTE).contains(&second) => 350,
            _ if self.is.open => i64::try_from(second % 5 * 100).unwrap(),
            _ => 0,
        };
    }

    fn faults(&mut self) {
        let second = self.second;
        if self.once_in(4 * HOUR) {
            self.kkt_off_until = second + self.random(5, 120);
        }
        if self.once_in(5 * HOUR) {
            self.vision_down_until = second + self.random(5, 300);
        }
        self.is.vision = second >= self.vision_down_until;
        if self.once_in(2 * HOUR) {
            // The service alone is restarted, or the till program alone, or the whole till with its KKT.
            let which = self.random(0, 2);
            let (short, long) = (second + self.random(1, 20), second + self.random(60, 180));
            match which {
                0 => {
                    self.service_down_until = short;
                    self.tells_again_at = short + self.random(0, 30);
                }
                1 => self.program_down_until = self.program_down_until.max(long),
                _ => {
                    self.service_down_until = long;
                    self.program_down_until = self.program_down_until.max(long + 20);
                    self.kkt_off_until = long.saturating_sub(10);
                }
            }
        }
        if second == 18 * HOUR {
            self.program_down_until = second + 10 * MINUTE;
        }
    }

    fn people(&mut self) {
        let role = match self.second {
            second if second < 8 * HOUR => None,
            second if second < 15 * HOUR => Some(12),
            second if second < 22 * HOUR => Some(30),
            _ => None,
        };
        if role != self.is.role && !self.is.open {
            self.is.role = role;
            match role {
                Some(role) => self.tell(&format!(r#""user-signed-in","role_id":"{role}""#)),
                None => self.tell(r#""user-signed-out""#),
            }
        }
    }

    fn customers(&mut self) {
        let second = self.second;
        // A till program that was down finds its receipt as it was, and is late with it.
        if self.is.open && second >= self.pays_at {
            (self.is.open, self.is.last_closed) = (false, Some(second));
            let event =
                if self.once_in(20) { r#""receipt-cancelled""# } else { r#""receipt-closed""# };
            self.tell(event);
            self.is.unsent += 1;
            self.receipts += 1;
            self.printing_until = second + self.random(1, 8);
            self.next_customer = second + self.random(5, 200);
            if self.receipts % 60 == 0 {
                (self.is.paper, self.refilled_at) = (false, second + self.random(40, 200));
            }
        } else if self.is.open && second >= self.next_item && second + 5 < self.pays_at {
            self.is.last_activity = Some(second);
            self.tell(r#""item-added""#);
            self.next_item = second + self.random(1, 15);
        }
        // Nobody comes while the bag lies on the scale, and after lunch.
        let quiet = (9 * HOUR + 59 * MINUTE..10 * HOUR + 21 * MINUTE).contains(&second)
            || (13 * HOUR..15 * HOUR + 30 * MINUTE).contains(&second);
        let open = (8 * HOUR..22 * HOUR).contains(&second);
        if !self.is.open && open && !quiet && self.is.role.is_some() && second >= self.next_customer
        {
            (self.is.open, self.is.last_activity) = (true, Some(second));
            self.tell(r#""receipt-opened""#);
            self.next_item = second + 2;
            self.pays_at = second + self.random(10, 200);
            // One of them has forgotten the purse.
            if (16 * HOUR..16 * HOUR + 10 * MINUTE).contains(&second) {
                (self.pays_at, self.next_item) = (second + 40 * MINUTE, u64::MAX);
            }
        }
    }

    fn paper_and_queue(&mut self) {
        if !self.is.paper && self.second >= self.refilled_at {
            self.is.paper = true;
        }
        // The KKT sends a document every half a minute, once it is on.
        if self.is.unsent > 0 && self.second % 30 == 0 && self.second >= self.kkt_off_until {
            self.is.unsent -= 1;
        }
    }
}

fn wall(second: u64) -> Timestamp {
    let midnight: Timestamp = "2026-11-24T00:00:00Z".parse().unwrap();
    midnight + Duration::from_secs(second)
}

/// The service on that till, for one run of it.
struct Service {
    till: Snapshot,
    began: u64,
}

impl Service {
    fn start(second: u64, saved: Option<SavedState>) -> Self {
        let now = Moment { mono: Duration::ZERO, wall: wall(second) };
        let mut till = Snapshot::new(settings(), now);
        if let Some(saved) = saved {
            till.restore(saved, now);
        }
        Self { till, began: second }
    }

    fn now(&self, second: u64) -> Moment {
        Moment { mono: Duration::from_secs(second - self.began), wall: wall(second) }
    }

    /// What its threads do in one second, each with its own tier.
    fn live(&mut self, shop: &mut Shop) {
        let (second, now) = (shop.second, self.now(shop.second));
        if second >= shop.tells_again_at {
            for event in std::mem::take(&mut shop.to_tell) {
                self.till.apply(&parse_events(event.as_bytes()).unwrap(), now);
            }
        }
        let running = second - self.began;
        let due = |every: u64| running % every == 0;
        if due(5) || due(60) {
            self.ask_kkt(shop, due(60), now);
        }
        if self.till.scale_allowed(now) {
            let weight = ScaleWeight {
                milligrams: shop.is.grams * 1000,
                decimals: 3,
                tare_milligrams: None,
                stable: Some(true),
                zero: None,
                net: None,
            };
            let outcome = ScaleOutcome::Weight(weight);
            self.till.scale_answered(ScaleReading { evidence: Evidence::Device, outcome }, now);
        }
        if due(10) {
            let link = if shop.is.vision { VisionLink::Up } else { VisionLink::Down };
            self.till.vision_observed(VisionReading { link, evidence: "x".to_owned() }, now);
        }
    }

    fn ask_kkt(&mut self, shop: &Shop, queue: bool, now: Moment) {
        if !shop.kkt_answers() {
            let off = shop.second < shop.kkt_off_until;
            let why = "x".to_owned();
            let trouble = if off { Trouble::CannotOpen(why) } else { Trouble::Silent(why) };
            self.till.kkt_failed(trouble, now);
            return;
        }
        let clock = TimeZone::UTC.to_datetime(now.wall);
        let is = &shop.is;
        let ofd = OfdQueue {
            unsent_documents: is.unsent,
            first_unsent_number: (is.unsent > 0).then(|| shop.receipts - is.unsent),
            first_unsent_at: (is.unsent > 0).then(|| clock - SignedDuration::from_mins(5)),
        };
        let open = (8 * HOUR..22 * HOUR).contains(&shop.second);
        self.till.kkt_answered(
            KktReading {
                paper_present: Some(is.paper),
                cover_open: Some(false),
                printer_faults: Some(Vec::new()),
                device_time: Some(clock),
                ofd: queue.then_some(ofd),
                shift: queue.then_some(Shift { open, number: Some(18) }),
                ..KktReading::new(Evidence::Device)
            },
            now,
        );
    }
}

fn settings() -> Settings {
    let opening = Opening { from: 8 * 60, until: 22 * 60 };
    Settings {
        kkt: Some(KktSettings {
            driver: "atol".to_owned(),
            hold: Hold::Always,
            receipt: KktReceipt::AtPayment,
            operators: Default::default(),
        }),
        scale: Some(ScaleSettings {
            protocol: "massa-k-100".to_owned(),
            unstable: Unstable::Serve,
            without_receipt_state: WithoutReceiptState::Refuse,
        }),
        vision: true,
        pos: PosSource::Events,
        hours: Some(Hours { week: std::array::from_fn(|_| vec![opening]), ..Hours::default() }),
        ..Settings::default()
    }
}

/// The answer that is true for `is`.
fn truth(endpoint: Endpoint, is: &Truth) -> Option<Value> {
    let time = |second: Option<u64>| second.map(|second| Value::Time(wall(second)));
    match endpoint {
        Endpoint::LastReceiptTime => time(is.last_activity).filter(|_| is.open),
        Endpoint::Downtime => time(is.last_closed).filter(|_| !is.open),
        Endpoint::UserRoleId => is.role.map(|role| Value::Id(role.to_string())),
        Endpoint::Ofd => Some(Value::Count(is.unsent)),
        Endpoint::Paper => is.paper.then_some(Value::Flag),
        Endpoint::Vision => is.vision.then_some(Value::Flag),
        Endpoint::Weight => {
            let milligrams = is.grams * 1000;
            (!is.open).then_some(Value::Weight { milligrams, decimals: 3 })
        }
    }
}

/// How often each endpoint answered definitely, and which problems there were.
#[derive(Debug, Default)]
struct Told {
    definite: BTreeMap<&'static str, u64>,
    seconds: u64,
    problems: BTreeMap<&'static str, u64>,
    restarts: u64,
}

fn live(seed: u64) -> Told {
    let (mut shop, mut history, mut told) = (Shop::new(seed), Vec::new(), Told::default());
    let mut service = Some(Service::start(0, None));
    let mut saved = None;
    for second in 0..DAY {
        shop.second = second;
        shop.live();
        history.push(shop.is.clone());
        if second < shop.service_down_until {
            // Killed: what it had written with its last event is what is left.
            service = None;
            continue;
        }
        let running = service.get_or_insert_with(|| {
            told.restarts += 1;
            Service::start(second, saved.clone())
        });
        let waiting = shop.to_tell.len();
        running.live(&mut shop);
        if shop.to_tell.len() < waiting {
            saved = Some(running.till.saved_state());
        }
        check(seed, running, &shop, &history, &mut told);
    }
    told
}

fn check(seed: u64, service: &Service, shop: &Shop, history: &[Truth], told: &mut Told) {
    let (second, now) = (shop.second, service.now(shop.second));
    told.seconds += 1;
    for endpoint in Endpoint::ALL {
        let (value, observed) = match answer(endpoint, &service.till, now) {
            Answer::Known { value, observed } => (Some(value), observed),
            Answer::Empty { observed } => (None, observed),
            Answer::Unknown(_) => continue,
        };
        *told.definite.entry(endpoint.name()).or_default() += 1;
        let then = observed.duration_since(wall(0)).as_secs();
        let then = usize::try_from(then).unwrap();
        assert!(
            then < history.len(),
            "{} of day {seed} at {second} is from the future",
            endpoint.name()
        );
        let wanted = truth(endpoint, &history[then]);
        assert_eq!(
            value,
            wanted,
            "{} of day {seed} at {second}, observed at {then}",
            endpoint.name()
        );
    }
    if second % 10 == 0 {
        for problem in problems(&service.till, now, &TimeZone::UTC, Language::En) {
            *told.problems.entry(problem.code).or_default() += 1;
            assert!(is_true(problem.code, shop, history), "{problem:?} of day {seed} at {second}");
            assert!(problem.since.is_some_and(|since| since <= now.wall), "{problem:?}");
        }
    }
}

/// Is that a problem of the shop, or was it so short a while ago that nobody can know better yet?
fn is_true(code: &str, shop: &Shop, history: &[Truth]) -> bool {
    let second = shop.second;
    let lately = |seconds: u64| {
        let from = history.len().saturating_sub(usize::try_from(seconds).unwrap());
        &history[from..]
    };
    match code {
        "paper-out" => lately(35).iter().any(|is| !is.paper),
        "kkt-not-connected" | "kkt-silent" => second < shop.kkt_off_until + 10,
        "vision-down" => lately(11).iter().any(|is| !is.vision),
        "feed-silent" => second < shop.program_down_until,
        "receipt-open-long" => lately(30 * MINUTE)
            .iter()
            .all(|is| is.open && is.last_activity == shop.is.last_activity),
        "till-idle" => lately(2 * HOUR).iter().all(|is| !is.open) && second >= 10 * HOUR,
        "scale-loaded" => lately(5 * MINUTE).iter().all(|is| is.grams > 20 && !is.open),
        _ => false,
    }
}

#[test]
fn a_day_without_a_false_word() {
    let (mut seen, mut restarts) = (BTreeSet::new(), 0);
    for seed in 1..=2 {
        let told = live(seed);
        // It is not true by saying nothing; before the first receipt nobody knows of a last one.
        for endpoint in Endpoint::ALL {
            let definite = told.definite.get(endpoint.name()).copied().unwrap_or_default();
            assert!(definite * 10 >= told.seconds * 6, "{} {told:?}", endpoint.name());
        }
        // What lasts for hours may begin anew with a restart; the others are told every day.
        for code in ["paper-out", "feed-silent", "kkt-not-connected"] {
            assert!(
                told.problems.contains_key(code),
                "{code} of day {seed} was not told: {told:?}"
            );
        }
        restarts += told.restarts;
        seen.extend(told.problems.into_keys());
    }
    assert!(restarts >= 8, "{restarts}");
    let all = [
        "feed-silent",
        "kkt-not-connected",
        "paper-out",
        "receipt-open-long",
        "scale-loaded",
        "till-idle",
        "vision-down",
    ];
    assert_eq!(seen.into_iter().collect::<Vec<_>>(), all);
}
