//! A thousand damaged configurations: each is refused with a line and exit code 2, or can be used.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::process::Command;

const SAMPLE: &str = include_str!("../dist/till-status.toml");
const COUNT: usize = 1000;
const ODD: &[u8] = b"\"[]{}=.#'\n\r\0\xff-9ax";

/// The same numbers at each run (xorshift64).
struct Numbers(u64);

impl Numbers {
    fn next(&mut self, below: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % u64::try_from(below).unwrap()).unwrap()
    }
}

/// The sample with everything that stands in comments, except what only goes with other values.
fn everything() -> String {
    let lines = SAMPLE.lines().map(|line| match line.strip_prefix('#') {
        Some(key) if !key.starts_with(' ') && !key.is_empty() => key,
        _ => line,
    });
    lines.filter(|line| !line.starts_with('#')).map(|line| format!("{line}\n")).collect()
}

fn damaged(text: &str, numbers: &mut Numbers) -> String {
    let mut bytes = text.as_bytes().to_owned();
    for _ in 0..=numbers.next(3) {
        let at = numbers.next(bytes.len());
        let end = (at + 1 + numbers.next(40)).min(bytes.len());
        match numbers.next(7) {
            0 => bytes[at] = ODD[numbers.next(ODD.len())],
            1 => drop(bytes.drain(at..end)),
            2 => {
                let piece = bytes[at..end].to_owned();
                let place = numbers.next(bytes.len());
                bytes.splice(place..place, piece);
            }
            3 => drop(bytes.splice(at..at, [b'['; 1000])),
            4 => drop(bytes.splice(at..at, b"a.".repeat(1000))),
            5 => drop(bytes.splice(at..at, b"99999999999999999999".to_owned())),
            _ => bytes.truncate(at + 1),
        }
    }
    // A configuration is text; what is none is refused before anything is read.
    String::from_utf8_lossy(&bytes).into_owned()
}

#[test]
fn each_of_a_thousand_is_refused_with_its_line_or_can_be_used() {
    let folder = std::env::temp_dir().join(format!("till-mutated-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join("till.toml");
    let name = file.to_str().unwrap();
    let (whole, mut numbers, mut refused) = (everything(), Numbers(0x7117), 0);
    for round in 0..COUNT {
        let text = damaged(&whole, &mut numbers);
        std::fs::write(&file, &text).unwrap();
        let command = Command::new(env!("CARGO_BIN_EXE_till-status"))
            .args(["check-config", name])
            .output()
            .unwrap();
        let told = String::from_utf8_lossy(&command.stderr);
        assert!(!told.contains("panicked"), "{round}: {told}\n{text}");
        match command.status.code() {
            Some(0) => {}
            Some(2) => {
                refused += 1;
                let lines = text.split('\n').count();
                for (number, fault) in told.lines().enumerate() {
                    let fault = if number == 0 { &fault["till-status: ".len()..] } else { fault };
                    let rest = fault.strip_prefix(&format!("{name}:"));
                    let line = rest.and_then(|rest| rest.split(':').next()?.parse::<usize>().ok());
                    let line = line.unwrap_or_else(|| panic!("{round}: no line in {fault}"));
                    assert!((1..=lines).contains(&line), "{round}: {fault}");
                }
            }
            other => panic!("{round}: ended with {other:?}: {told}\n{text}"),
        }
    }
    std::fs::remove_dir_all(&folder).unwrap();
    assert!(refused > COUNT / 2, "only {refused} were damaged enough");
}
