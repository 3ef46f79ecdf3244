//! Floods: what they are made of, and what must be left of a protocol after one.

use scale_proto::deframer::MAX_WAITING;
use scale_proto::protocol::massa_k_100;
use scale_proto::protocol::toledo_continuous::checksum;
use scale_proto::{Protocol, Said};

/// What a protocol's frames begin with, and a good answer of 5 g, or of 1.234 kg.
pub(crate) const FLOODS: [(&str, &[u8], &[u8]); 9] = [
    ("massa-k-100", b"\xF8\x55\xCE", b""),
    ("massa-k-2", b"\xC0", b"\x80\x00\x05\x00\x00"),
    ("pos2", b"\x02", b"\x15"),
    ("cas-ecr", b"\x01\x02", b"\x06"),
    ("cas-22", b"ST,GS,", b"ST,GS,1\xC4,  01.234 kg\r\n"),
    ("toledo-8217", b"\x02", b"\x0201.234\r"),
    ("sasi", b"\x02", b"\x0201.234\r"),
    ("mt-sics", b"S", b"S S      1.234 kg\r\n"),
    ("toledo-continuous", b"\x02", b"\x02-0   1234     0\r"),
];

/// The good answer.
pub(crate) fn good(protocol: &str, frame: &[u8]) -> Vec<u8> {
    match protocol {
        "massa-k-100" => massa_k_100::encode(&[0x24, 5, 0, 0, 0, 1, 1, 0, 0]),
        "toledo-continuous" => {
            let mut frame = frame.to_vec();
            frame.push(checksum(&frame));
            frame
        }
        _ => frame.to_vec(),
    }
}

/// Numbers that are the same in every run.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn bytes(&mut self, count: usize) -> Vec<u8> {
        let mut next = || {
            self.0 ^= self.0 << 13;
            self.0 ^= self.0 >> 7;
            self.0 ^= self.0 << 17;
            self.0.to_le_bytes()[3]
        };
        (0..count).map(|_| next()).collect()
    }
}

/// Pours a piece in and hears all that is said; what waits is bounded.
pub(crate) fn pour(protocol: &mut dyn Protocol, bytes: &[u8]) {
    protocol.push(bytes);
    assert!(protocol.waiting() <= MAX_WAITING, "{}", protocol.name());
    let mut said = 0;
    while protocol.next_said().is_some() {
        said += 1;
        assert!(said <= MAX_WAITING + bytes.len(), "{} says more than it heard", protocol.name());
    }
}

/// Whether a good answer that comes twice is heard: the first may end a line that began in the flood.
fn hears(protocol: &mut dyn Protocol, good: &[u8]) -> bool {
    let mut heard = false;
    for _ in 0..2 {
        // A pause, which the next answer of a scale that is asked always has before it.
        protocol.quiet();
        while protocol.next_said().is_some() {}
        protocol.push(good);
        protocol.quiet();
        while let Some(said) = protocol.next_said() {
            heard |= matches!(said, Ok(Said::Weight(_) | Said::Send(_)));
        }
        while protocol.give_up() {
            while let Some(said) = protocol.next_said() {
                heard |= matches!(said, Ok(Said::Weight(_)));
            }
        }
    }
    heard
}

/// Whether the next good answer is found after a flood.
pub(crate) fn recovers(protocol: &mut dyn Protocol, good: &[u8]) -> bool {
    // A line of the flood ends; a protocol that is asked asks again, and flushes.
    pour(protocol, b"\r\n");
    if matches!(protocol.name(), "pos2" | "cas-ecr") {
        protocol.ask();
        while protocol.next_said().is_some() {}
    }
    hears(protocol, good)
}
