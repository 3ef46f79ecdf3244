//! What a request costs, against a bare hyper server in the same run, and a million of them.
//!
//! Both servers are asked in turns by the same client, and only their own processor time counts. So a
//! slow or busy machine slows both, and the ratio stays.

use std::process::Command;
use std::time::Instant;

use anyhow::Context;

use crate::lab::{self, Crowd, Figures, OFD, Process, SEVEN, Till};

/// A request may cost so much more than one to a bare server.
const RATIO_LIMIT: f64 = 1.25;
/// How often each server is asked in its turn, and how many turns it has.
const TURN: u32 = 20_000;
const TURNS: usize = 9;
/// As many connections as one address may hold.
const CONNECTIONS: usize = 8;
const MANY: u32 = 1_000_000;
const GROWTH_LIMIT_MIB: f64 = 0.25;

pub(super) fn run(till: &Till, service: &Process, figures: &mut Figures) -> anyhow::Result<()> {
    lab::build(&["-p", "workspace-tests", "--example", "bare"])?;
    let mut command = Command::new(lab::folder().join("examples").join("bare"));
    let (bare, address) = Process::ready(&mut command)?;
    let address = address.parse().context("the address of the bare server")?;

    let mut ratios = Vec::new();
    for turn in 0..TURNS {
        // Who comes first is changed, so that neither has the warmer machine.
        let (ours, theirs) = if turn % 2 == 0 {
            let ours = cost(till.api, service)?;
            (ours, cost(address, &bare)?)
        } else {
            let theirs = cost(address, &bare)?;
            (cost(till.api, service)?, theirs)
        };
        ratios.push(ours / theirs);
    }
    ratios.sort_by(f64::total_cmp);
    let median = ratios.get(TURNS / 2).context("no request was measured")?;
    figures.add("processor for a request, against bare hyper", *median, "x", RATIO_LIMIT);
    drop(bare);

    let before = service.memory("RssAnon")?;
    let (began, mut asked) = (Instant::now(), 0);
    let mut crowd = Crowd::new(till.api, CONNECTIONS)?;
    while asked < MANY {
        for name in SEVEN {
            asked += crowd.ask(&format!("/api/v1/status/{name}"))?;
        }
        asked += crowd.ask("/till/v1/status")?;
    }
    let grown = service.memory("RssAnon")? - before;
    figures.add("memory more after a million requests", grown, "MiB", GROWTH_LIMIT_MIB);
    println!("({asked} requests in {:.0} s)", began.elapsed().as_secs_f64());
    Ok(())
}

/// Processor seconds of a server for its turn.
fn cost(server: std::net::SocketAddr, process: &Process) -> anyhow::Result<f64> {
    let mut crowd = Crowd::new(server, CONNECTIONS)?;
    let (before, mut asked) = (process.processor()?, 0);
    while asked < TURN {
        asked += crowd.ask(OFD)?;
    }
    Ok((process.processor()? - before).as_secs_f64())
}
