//! A simulated fleet on loopback addresses, to look at and to measure with. No KKT, no protocol: only
//! what tills answer over HTTP, and the ways in which they do not.
//!
//! Each till counts how it is asked: `GET /fleet` of the control address tells.

mod answers;
mod control;
mod life;
mod serve;

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anyhow::Context;
use serde::Serialize;
use tokio::net::{TcpListener, TcpSocket, TcpStream};

use life::Life;
pub use life::Random;

/// What the fleet is made of. Shares are in percent of all tills.
#[derive(Clone, Debug)]
pub struct Plan {
    /// How many tills.
    pub tills: usize,
    /// Nobody answers: not even a refusal, as behind a cut line.
    pub dead: f64,
    /// Connections are reset.
    pub reset: f64,
    /// Answers take ten seconds.
    pub slow: f64,
    /// What comes is no HTTP, no document, or endless.
    pub garbage: f64,
    /// They have only the seven endpoints.
    pub seven: f64,
    /// Do things happen at the tills by themselves?
    pub lively: bool,
    /// How many tills stand in a store.
    pub per_store: usize,
    /// What happens is the same for the same seed.
    pub seed: u64,
}

/// How a till answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Behaviour {
    /// As it should.
    Well,
    /// Nobody is there.
    Dead,
    /// Connections are reset.
    Reset,
    /// Answers take ten seconds.
    Slow,
    /// Anything but an answer.
    Garbage,
}

/// One simulated till.
#[derive(Debug)]
pub struct Till {
    /// Its name.
    pub name: String,
    /// Its store.
    pub store: String,
    /// Its type.
    pub kind: &'static str,
    /// Has it only the seven?
    pub seven: bool,
    /// Where it is.
    pub address: SocketAddr,
    behaviour: Mutex<Behaviour>,
    life: Mutex<Life>,
    asked: Mutex<Asked>,
}

/// At one request a second, later than so many milliseconds after the last is late.
const LATE: u64 = 1500;

/// How a till was asked.
#[derive(Clone, Copy, Debug, Default)]
struct Asked {
    requests: u64,
    last: Option<std::time::Instant>,
    /// The shortest time between two requests, in milliseconds.
    shortest: Option<u64>,
    /// How many came later than they should.
    late: u64,
}

impl Till {
    fn life(&self) -> MutexGuard<'_, Life> {
        self.life.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn behaviour(&self) -> Behaviour {
        *self.behaviour.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn asked(&self) -> MutexGuard<'_, Asked> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Asked {
    fn count(&mut self) {
        let now = std::time::Instant::now();
        if let Some(last) = self.last.replace(now) {
            let gap = u64::try_from((now - last).as_millis()).unwrap_or(u64::MAX);
            self.shortest = Some(self.shortest.map_or(gap, |shortest| shortest.min(gap)));
            self.late += u64::from(gap > LATE);
        }
        self.requests += 1;
    }

    /// Should it have been asked again by now?
    fn overdue(&self) -> bool {
        self.last.is_none_or(|last| last.elapsed().as_millis() > u128::from(LATE))
    }
}

/// Starts a fleet, and never ends. `ready` is told where the control is and the list of tills.
///
/// # Errors
/// When the addresses cannot be had.
pub async fn run(
    plan: Plan,
    control: SocketAddr,
    list: Option<PathBuf>,
    ready: impl FnOnce(SocketAddr),
) -> anyhow::Result<()> {
    let mut random = Random::new(plan.seed);
    let hole = BlackHole::new().await?;
    let mut tills = Vec::new();
    for number in 0..plan.tills {
        let behaviour = behaviour(&plan, number);
        let (listener, address) = match behaviour {
            Behaviour::Dead => (None, hole.address),
            _ => {
                let listener = TcpListener::bind((ip(number)?, 0)).await;
                let listener =
                    listener.context("the limit of open files may be too low: ulimit -n")?;
                let address = listener.local_addr()?;
                (Some(listener), address)
            }
        };
        let (store, place) = (number / plan.per_store + 1, number % plan.per_store + 1);
        let till = Arc::new(Till {
            name: format!("{store}/{place}"),
            store: store.to_string(),
            kind: match place % 3 {
                0 => "kiosk",
                1 => "staffed",
                _ => "self-checkout",
            },
            seven: share(number.wrapping_mul(7919), plan.seven),
            address,
            behaviour: Mutex::new(behaviour),
            life: Mutex::new(Life::new(&mut random, plan.lively)),
            asked: Mutex::default(),
        });
        if let Some(listener) = listener {
            tokio::spawn(serve::serve(listener, Arc::clone(&till)));
        }
        tills.push(till);
    }
    if let Some(list) = list {
        std::fs::write(&list, csv(&tills)).with_context(|| list.display().to_string())?;
    }
    let tills: Arc<[Arc<Till>]> = tills.into();
    let control = TcpListener::bind(control).await?;
    ready(control.local_addr()?);
    tokio::join!(control::serve(control, Arc::clone(&tills)), live(&tills, random, plan.lively));
    drop(hole);
    Ok(())
}

/// Things happen once a second.
async fn live(tills: &[Arc<Till>], mut random: Random, lively: bool) {
    if !lively {
        return std::future::pending().await;
    }
    let mut tick = tokio::time::interval(std::time::Duration::from_secs(1));
    loop {
        tick.tick().await;
        for till in tills {
            till.life().pass(&mut random);
        }
    }
}

/// The list of tills for the monitor.
fn csv(tills: &[Arc<Till>]) -> String {
    let lines = tills.iter().map(|till| {
        let api = if till.seven { "auto" } else { "" };
        format!("{},{},{},{},{api}\n", till.name, till.store, till.kind, till.address)
    });
    "name,store,type,address,api\n".to_owned() + &lines.collect::<String>()
}

/// Shares are laid out so that every store has some of each.
fn behaviour(plan: &Plan, number: usize) -> Behaviour {
    let place = spread(number);
    let mut least = 0.0;
    for (share, behaviour) in [
        (plan.dead, Behaviour::Dead),
        (plan.reset, Behaviour::Reset),
        (plan.slow, Behaviour::Slow),
        (plan.garbage, Behaviour::Garbage),
    ] {
        if (least..least + share).contains(&place) {
            return behaviour;
        }
        least += share;
    }
    Behaviour::Well
}

fn share(number: usize, percent: f64) -> bool {
    spread(number) < percent
}

/// A number from 0 to 100, evenly spread over any run of numbers (the golden ratio).
fn spread(number: usize) -> f64 {
    let turns = u32::try_from(number % 1_000_003).unwrap_or_default();
    (f64::from(turns) * 0.618_033_988_75).fract() * 100.0
}

fn ip(number: usize) -> anyhow::Result<Ipv4Addr> {
    let number = u32::try_from(number + 1)?;
    Ok(Ipv4Addr::from(u32::from(Ipv4Addr::new(127, 1, 0, 0)) + number))
}

/// An address whose queue of connections is full: what is sent there is lost.
#[derive(Debug)]
struct BlackHole {
    address: SocketAddr,
    _listener: TcpListener,
    _waiting: Vec<TcpStream>,
}

impl BlackHole {
    async fn new() -> anyhow::Result<Self> {
        let socket = TcpSocket::new_v4()?;
        socket.bind((Ipv4Addr::new(127, 2, 0, 1), 0).into())?;
        let listener = socket.listen(1)?;
        let address = listener.local_addr()?;
        let mut waiting = Vec::new();
        // The queue takes one or two more than it was told.
        let limit = std::time::Duration::from_millis(200);
        while let Ok(stream) = tokio::time::timeout(limit, TcpStream::connect(address)).await {
            waiting.push(stream?);
        }
        Ok(Self { address, _listener: listener, _waiting: waiting })
    }
}
