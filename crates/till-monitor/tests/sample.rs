//! `dist/till-monitor.toml` is the documentation of every key.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use till_monitor::config::{Config, Kind, Store};

const SAMPLE: &str = include_str!("../dist/till-monitor.toml");

#[test]
fn the_sample_says_every_default() {
    let read = Config::parse(SAMPLE).unwrap();
    assert_eq!(read.monitor, Config::default().monitor);
    assert_eq!(read.kinds["staffed"], Kind::default());
    assert_eq!(read.stores["12"], Store::default());
}

#[test]
fn what_is_commented_out_can_be_read() {
    let lines = SAMPLE.lines().map(|line| match line.strip_prefix('#') {
        Some(key) if !key.starts_with(' ') => key,
        _ => line,
    });
    let all = Config::parse(&lines.collect::<Vec<_>>().join("\n")).unwrap();
    assert!(all.monitor.tills.is_some() && all.monitor.shard.is_some());
    assert!(all.kinds["staffed"].till_idle.is_some() && all.tills[0].until.is_some());
}
