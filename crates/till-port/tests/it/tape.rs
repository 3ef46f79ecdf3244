use std::io::{Read, Write};
use std::time::{Duration, Instant};

use till_port::{OpenError, Transport, is_tick};

use crate::support::{Folder, LONG, port};

const TAPE: &str = "\
# Device: toy
# Line: tcp
# Protocol: toy
# Origin: synthetic
# Source: here
# Date: 2026-11-24

> +0ms 01
< +120ms 02 03
! +0ms close
";

#[test]
fn an_address_plays_a_tape_in_real_time() {
    let folder = Folder::new("tape");
    let path = folder.0.join("a.tape");
    std::fs::write(&path, TAPE).unwrap();
    let mut port = port(&format!("tape:{}", path.display()));
    for _ in 0..2 {
        port.open().unwrap();
        assert!(is_tick(&port.read(&mut [0; 8]).unwrap_err()));
        let start = Instant::now();
        port.write_all(&[1]).unwrap();
        let mut buf = [0; 8];
        assert_eq!(port.read_by(&mut buf, start + LONG).unwrap(), 2);
        assert!(start.elapsed() >= Duration::from_millis(120));
        assert_eq!(buf[..2], [2, 3]);
        assert_eq!(port.read_by(&mut buf, start + LONG).unwrap(), 0);
    }
}

#[test]
fn a_bad_tape_is_named_with_its_line() {
    let folder = Folder::new("bad-tape");
    let path = folder.0.join("a.tape");
    std::fs::write(&path, TAPE.replace("02 03", "02 3")).unwrap();
    let error = port(&format!("tape:{}", path.display())).open().unwrap_err();
    assert!(matches!(error, OpenError::Tape(_)), "{error}");
    assert!(error.to_string().contains("a.tape, line 9: got `3`, expected two hex"), "{error}");
}
