//! What the simulators of both STX dialects do with frames.

use std::collections::BTreeMap;
use std::time::Duration;

use super::line::{Line, Misbehaviour};
use crate::frame::{self, ACK, Case, Deframer, ENQ, FS, Piece, Request};

/// The data of an answer, or an error code and the data beside it.
pub(super) type Outcome = Result<Vec<u8>, (u8, Vec<u8>)>;

/// Takes bytes from the host, and queues what `outcome` makes of each request.
pub(super) fn receive(
    (line, deframer, requests): (&mut Line, &mut Deframer, &mut BTreeMap<String, u64>),
    case: Case,
    bytes: &[u8],
    now: Duration,
    mut outcome: impl FnMut(&Request<'_>) -> Outcome,
) {
    // In pieces, so that many bytes at once are no overflow.
    for piece in bytes.chunks(4096) {
        deframer.push(piece);
        while let Some(result) = deframer.next_piece() {
            match result {
                Ok(Piece::Control(ENQ)) => line.send_byte(ACK, now),
                Ok(Piece::Frame(frame)) => {
                    let Ok(request) = frame.request() else { continue };
                    *requests.entry(request.to_string()).or_default() += 1;
                    if line.takes_request(now) {
                        let answer = answer(&request, outcome(&request), case, line.misbehaviour);
                        line.send(answer, now);
                    }
                }
                // What a device does with a broken frame is not known; this one waits.
                Ok(Piece::Control(_)) | Err(_) => {}
            }
        }
    }
}

/// A whole frame.
fn answer(
    request: &Request<'_>,
    outcome: Outcome,
    case: Case,
    misbehaviour: Misbehaviour,
) -> Vec<u8> {
    let other = u8::from(misbehaviour == Misbehaviour::OtherId);
    let (error, data) = match outcome {
        Ok(data) => (0, data),
        Err((code, data)) => (code, data),
    };
    let mut body = vec![request.packet_id ^ other];
    body.extend(format!("{}{error:02X}", request.code).bytes());
    body.extend(data);
    let spoilt = if misbehaviour == Misbehaviour::Broken { 0x55 } else { 0 };
    let mut bytes = Vec::new();
    frame::write(&body, frame::checksum(&body) ^ spoilt, case, &mut bytes);
    bytes
}

/// A field and the FS behind it.
pub(super) fn field(text: impl ToString) -> Vec<u8> {
    let mut bytes = text.to_string().into_bytes();
    bytes.push(FS);
    bytes
}
