//! The real service beside a till program on one simulated KKT: whatever the policy, the till program
//! notices nothing, and what reaches the device from us is on the safe list.

mod till_program;
mod watched;

use std::fs::File;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use kkt_atol::Link;
use kkt_atol::sim::{Misbehaviour, Simulator};
use till_port::Fake;
use till_status::config::PosListen;
use till_status::{Config, Running, Service};

use crate::safety::safe_list;
use crate::support::{get, request, until};
use till_program::{Harm, TillProgram};
use watched::Watched;

/// Long enough for any machine.
const LIMIT: Duration = Duration::from_secs(60);
/// Receipts of a run; each begins in another moment of what the service does.
const RECEIPTS: u64 = 8;

/// How till program and service share the KKT.
struct Policy {
    name: &'static str,
    keys: &'static str,
    /// Events before the till program opens the port, and after it closed it.
    before: &'static str,
    after: &'static str,
    /// They share a lock file.
    lock: bool,
    asks: bool,
}

const NEVER: Policy = Policy {
    name: "never",
    keys: "hold = \"never\"",
    before: r#"{"event":"receipt-opened"}"#,
    after: r#"{"event":"receipt-closed"}"#,
    lock: false,
    asks: false,
};

const ALWAYS: Policy = Policy {
    name: "always",
    keys: "hold = \"always\"\nowns_device = true",
    before: r#"{"event":"kkt-taken"}"#,
    after: r#"{"event":"kkt-released"}"#,
    lock: false,
    asks: true,
};

const PER_POLL: Policy = Policy {
    name: "per-poll",
    keys: "hold = \"per-poll\"",
    before: r#"{"event":"receipt-opened"}"#,
    after: r#"{"event":"receipt-closed"}"#,
    lock: false,
    asks: true,
};

const EVENTS: Policy = Policy {
    name: "per-poll with events",
    keys: "hold = \"per-poll\"\narbiter = \"events\"",
    before: r#"[{"event":"kkt-taken"},{"event":"receipt-opened"}]"#,
    after: r#"[{"event":"receipt-closed"},{"event":"kkt-released"}]"#,
    lock: false,
    asks: true,
};

/// Its receipts are not told, so that only the lock keeps the two apart.
const LOCK: Policy = Policy {
    name: "per-poll with a lock file",
    keys: "hold = \"per-poll\"\narbiter = \"lock:{lock}\"",
    before: r#"{"event":"alive"}"#,
    after: r#"{"event":"alive"}"#,
    lock: true,
    asks: true,
};

#[test]
fn a_till_program_notices_nothing_over_tcp() {
    let serve = |device| Fake::tcp(SocketAddr::from(([127, 0, 0, 1], 0)), device).unwrap();
    all(&[NEVER, ALWAYS, PER_POLL, EVENTS, LOCK], Link::V3, &serve);
}

/// Without an arbiter a serial port is not opened per poll: the configuration refuses it.
#[cfg(unix)]
#[test]
fn a_till_program_notices_nothing_over_a_pty() {
    for link in [Link::V2, Link::V3] {
        all(&[NEVER, ALWAYS, EVENTS, LOCK], link, &|device| Fake::pty(None, device).unwrap());
    }
}

type Serve<'a> = &'a (dyn Fn(Arc<Mutex<Watched>>) -> Fake + Sync);

fn all(policies: &[Policy], link: Link, serve: Serve<'_>) {
    std::thread::scope(|scope| {
        for policy in policies {
            scope.spawn(move || run(policy, link, serve));
        }
    });
}

/// The till program does not wait for a KKT that keeps us waiting: a call that is under way ends.
#[test]
fn a_silent_kkt_is_let_go_of_all_the_same() {
    let serve = |device| Fake::tcp(SocketAddr::from(([127, 0, 0, 1], 0)), device).unwrap();
    for (policy, pauses) in [(ALWAYS, false), (ALWAYS, true), (PER_POLL, false), (EVENTS, false)] {
        let device = device(Link::V3);
        device.lock().unwrap().sim.misbehave(Misbehaviour::Silent);
        let fake = serve(Arc::clone(&device));
        let lock = Lock::new(&fake);
        let running = start(&policy, Link::V3, &fake, &lock);
        let mut till = TillProgram::new(Arc::clone(&device), fake.address());
        tell(&running, r#"[{"event":"hello","receipt":"closed"},{"event":"kkt-released"}]"#);
        let seen = |least: u64| {
            until(LIMIT, || (device.lock().unwrap().seen.asked >= least).then_some(()));
        };
        seen(1);
        if pauses {
            running.switch().pause();
            until(LIMIT, || (!device.lock().unwrap().connected).then_some(()));
            let asked = device.lock().unwrap().seen.asked;
            running.switch().resume();
            seen(asked + 1);
        }
        tell(&running, policy.before);
        till.look_for_others();
        assert_eq!(till.harm, Harm::default(), "{}", policy.name);
        tell(&running, policy.after);
        // With per-poll the budget ends each opening, though the driver would wait for seconds.
        seen(3);
        let seen = &device.lock().unwrap().seen;
        assert!(policy.name == ALWAYS.name || seen.connections >= 3, "{seen:?}");
        assert!(seen.harm.is_empty(), "{seen:?}");
    }
}

fn device(link: Link) -> Arc<Mutex<Watched>> {
    let mut sim = Simulator::new(Default::default(), link);
    sim.state_mut().unsent.count = 3;
    Arc::new(Mutex::new(Watched::new(sim)))
}

fn run(policy: &Policy, link: Link, serve: Serve<'_>) {
    let device = device(link);
    let fake = serve(Arc::clone(&device));
    let lock = Lock::new(&fake);
    let running = start(policy, link, &fake, &lock);
    let mut till = TillProgram::new(Arc::clone(&device), fake.address());
    tell(&running, r#"[{"event":"hello","receipt":"closed"},{"event":"kkt-released"}]"#);
    let asked = || device.lock().unwrap().seen.asked;
    for number in 0..RECEIPTS {
        if policy.asks {
            // In the middle of an opening, another time at its end.
            let before = asked();
            until(LIMIT, || (asked() > before + number % 4).then_some(()));
        }
        // Over the link v2 the KKT speaks five times in an exchange, and the last of these delays is
        // longer than the port may be held.
        let step = if link == Link::V2 { 45 } else { 15 };
        let slow = Duration::from_millis(step * (number % 3));
        device.lock().unwrap().sim.misbehave(Misbehaviour::Delay(slow));
        let locked = policy.lock.then(|| lock.wait());
        tell(&running, policy.before);
        till.receipt(5);
        tell(&running, policy.after);
        drop(locked);
    }
    if policy.asks {
        let api = running.api()[0];
        for (name, value) in [("ofd", "3"), ("paper", "1")] {
            let path = format!("/api/v1/status/{name}");
            until(LIMIT, || (get(api, &path).body == value).then_some(()));
        }
    }
    running.stop();
    let name = policy.name;
    assert_eq!(till.harm, Harm::default(), "{name}");
    let seen = &device.lock().unwrap().seen;
    assert!(seen.harm.is_empty(), "{name}: {:?}", seen.harm);
    let safe = safe_list("atol");
    let foreign: Vec<_> = seen.commands.keys().filter(|hex| !safe.contains(*hex)).collect();
    assert!(foreign.is_empty(), "{name}: {foreign:?}");
    assert_eq!(seen.connections > 0, policy.asks, "{name}");
    if policy.asks && link == Link::V3 {
        assert!(seen.first_tasks.len() > 1, "{name}: task ids begin anywhere, {seen:?}");
    }
}

fn start(policy: &Policy, link: Link, fake: &Fake, lock: &Lock) -> Running {
    let keys = policy.keys.replace("{lock}", &lock.0.display().to_string());
    let text = format!(
        "[pos]\nsource = \"events\"\n[poll]\nfast = 1\npaper = 1\nofd = 1\nfiscal_storage = 1\n\
         inventory = 1\n[kkt]\ndriver = \"atol\"\nlink = \"{link}\"\naddress = \"{}\"\n{keys}\n",
        fake.address()
    );
    let mut config = Config::parse(&text).unwrap();
    let any = SocketAddr::from(([127, 0, 0, 1], 0));
    config.api.listen = vec![any];
    config.pos.listen = PosListen::Tcp(any);
    // A file cannot say so: the more often, the more chances to do harm.
    config.kkt.as_mut().unwrap().open_every = Duration::from_millis(100);
    Service::start(config, None).unwrap()
}

fn tell(running: &Running, events: &str) {
    let Some(PosListen::Tcp(pos)) = running.pos() else { panic!("a loopback port") };
    let answer = request(*pos, "POST", "/till/v1/pos/events", &[], events);
    assert_eq!(answer.status, 202, "{events}: {}", answer.body);
}

/// The lock file of a run, removed at its end.
struct Lock(PathBuf);

impl Lock {
    fn new(fake: &Fake) -> Self {
        let place: String = fake.address().to_string().replace(['/', ':'], "-");
        let path = std::env::temp_dir().join(format!("till-{}-{place}", std::process::id()));
        File::create(&path).unwrap();
        Self(path)
    }

    /// As the till program takes it: it waits, which is never long.
    fn wait(&self) -> File {
        let file = File::open(&self.0).unwrap();
        file.lock().unwrap();
        file
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}
