//! How fast frames are read, for `cargo xtask bench`: two lines of a name and a figure.
//!
//! ```text
//! cargo run --release --example speed
//! ```

use std::hint::black_box;
use std::time::Instant;

use kkt_sp80x::frame::{Deframer, Piece};

const FRAMES: u32 = 200_000;

fn main() {
    let frame = frame();
    let mut deframer = Deframer::answers();
    let began = Instant::now();
    for _ in 0..FRAMES {
        deframer.push(black_box(&frame));
        while let Some(found) = deframer.next_piece() {
            if let Ok(Piece::Frame(frame)) = found {
                black_box(frame.answer().map(|answer| answer.fields().count()).ok());
            }
        }
    }
    let nanoseconds = began.elapsed().as_secs_f64() * 1e9 / f64::from(FRAMES);
    println!("nanoseconds-a-frame {nanoseconds:.1}");

    let mut deframer = Deframer::answers();
    let began = Instant::now();
    for _ in 0..256 {
        deframer.push(black_box(&[0x02; 4096]));
        while deframer.next_piece().is_some() {}
    }
    println!("milliseconds-a-mebibyte-of-stx {:.1}", began.elapsed().as_secs_f64() * 1e3);
}

/// An answer of 60 bytes.
fn frame() -> Vec<u8> {
    let mut body = b"\x20A000".to_vec();
    body.extend(b"1234\x1C".iter().cycle().take(51));
    let sum = body.iter().fold(0x03, |sum, byte| sum ^ byte);
    let check = format!("{sum:02x}");
    [&[0x02], body.as_slice(), &[0x03], check.as_bytes()].concat()
}
