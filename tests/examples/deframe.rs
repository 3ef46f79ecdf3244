//! Work for the deframers, to be counted by `cargo xtask bench`:
//!
//! `deframe PROTOCOL frames COUNT` finds and decodes COUNT frames of about 60 bytes.
//! `deframe PROTOCOL random|start MIB` finds the one good frame behind a flood of so many MiB of
//! random bytes or of bytes that begin a frame.

use std::process::ExitCode;

use kkt_atol::Command as _;
use kkt_atol::command::ReadStatus;
use kkt_atol::{v2, v3};
use kkt_sp80x::frame as stx;

/// What a deframer makes of one protocol.
struct Protocol {
    name: &'static str,
    /// A frame of about 60 bytes.
    frame: fn() -> Option<Vec<u8>>,
    /// A byte that begins a frame.
    start: u8,
    /// Takes bytes, and says how many good frames it has found so far.
    finder: fn() -> Finder,
}

type Finder = Box<dyn FnMut(&[u8]) -> usize>;

const PROTOCOLS: &[Protocol] = &[
    Protocol { name: "atol-v2", frame: atol_v2, start: v2::frame::STX, finder: find_atol_v2 },
    Protocol { name: "atol-v3", frame: atol_v3, start: v3::frame::START, finder: find_atol_v3 },
    Protocol { name: "sp80x-pone", frame: sp80x, start: stx::STX, finder: find_sp80x },
];

/// As a device that prints would send in one piece.
const PIECE: usize = 4096;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let found = match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [name, what, number] => work(name, what, number),
        _ => None,
    };
    match found {
        Some(found) => {
            println!("{found}");
            ExitCode::SUCCESS
        }
        None => {
            eprintln!("expected PROTOCOL frames|random|start NUMBER");
            ExitCode::FAILURE
        }
    }
}

fn work(name: &str, what: &str, number: &str) -> Option<usize> {
    let protocol = PROTOCOLS.iter().find(|protocol| protocol.name == name)?;
    let number: usize = number.parse().ok()?;
    let frame = (protocol.frame)()?;
    let mut find = (protocol.finder)();
    let mut found = 0;
    match what {
        "frames" => {
            for _ in 0..number {
                found += find(&frame);
            }
        }
        "random" | "start" => {
            let mut noise = Noise(0x2545_F491_4F6C_DD1D);
            let mut piece = vec![protocol.start; PIECE];
            for _ in 0..number * (1 << 20) / PIECE {
                if what == "random" {
                    piece.fill_with(|| noise.next());
                }
                let _ = find(&piece);
            }
            // Random bytes may end in the middle of a frame, whose end is not ours to choose.
            for _ in 0..128 {
                found += find(&frame);
            }
            found = usize::from(found > 0);
        }
        _ => return None,
    }
    Some(found)
}

/// Random bytes that are the same each time (xorshift64*).
struct Noise(u64);

impl Noise {
    fn next(&mut self) -> u8 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D).to_be_bytes()[0]
    }
}

/// An answer to 3Fh, and zeros up to sixty bytes: a device may send more than is known.
fn status() -> Vec<u8> {
    let mut status = vec![0x44, 0x30, 0x01, 0x26, 0x11, 0x24, 0x01, 0x56, 0x07, 0x4B];
    status.extend([0x00, 0x10, 0x65, 0x43, 0x39, 0x33, 0x30, 0x01, 0x00, 0x42, 0x00, 0x17, 0x01]);
    status.extend([0x00, 0x00, 0x01, 0x23, 0x45, 0x02, 0x06]);
    status
}

fn atol_v2() -> Option<Vec<u8>> {
    let mut data = status();
    data.resize(60 - 3, 0);
    let mut frame = Vec::new();
    v2::frame::encode(&data, &mut frame).ok()?;
    Some(frame)
}

fn find_atol_v2() -> Finder {
    let mut deframer = v2::frame::Deframer::for_answers();
    Box::new(move |bytes| {
        let mut found = 0;
        deframer.push(bytes);
        while let Some(item) = deframer.next_item() {
            if let Ok(v2::frame::Item::Frame(data)) = item {
                found += usize::from(decoded(data));
            }
        }
        found
    })
}

fn atol_v3() -> Option<Vec<u8>> {
    let mut data = vec![0xA6, 0x80];
    data.extend(status());
    data.resize(60 - 5, 0);
    let mut frame = Vec::new();
    v3::frame::encode(v3::frame::ASYNC_ID, &data, &mut frame).ok()?;
    Some(frame)
}

fn find_atol_v3() -> Finder {
    let mut deframer = v3::frame::Deframer::new();
    Box::new(move |bytes| {
        let mut found = 0;
        deframer.push(bytes);
        while let Some(frame) = deframer.next_frame() {
            let Ok(frame) = frame else { continue };
            if let [0xA6, _, data @ ..] = frame.data {
                found += usize::from(decoded(data));
            }
        }
        found
    })
}

fn decoded(data: &[u8]) -> bool {
    data.get(..30).is_some_and(|status| ReadStatus.decode(status).is_ok())
}

/// An answer of 60 bytes to A0.
fn sp80x() -> Option<Vec<u8>> {
    let mut body = b"\x20A000".to_vec();
    body.extend(b"1234\x1C".iter().cycle().take(51));
    let sum = body.iter().fold(stx::ETX, |sum, byte| sum ^ byte);
    let check = format!("{sum:02x}");
    Some([&[stx::STX], body.as_slice(), &[stx::ETX], check.as_bytes()].concat())
}

fn find_sp80x() -> Finder {
    let mut deframer = stx::Deframer::answers();
    Box::new(move |bytes| {
        let mut found = 0;
        deframer.push(bytes);
        while let Some(piece) = deframer.next_piece() {
            let Ok(stx::Piece::Frame(frame)) = piece else { continue };
            let fields = frame.answer().map(|answer| answer.fields().count());
            found += usize::from(fields.is_ok_and(|count| count > 1));
        }
        found
    })
}
