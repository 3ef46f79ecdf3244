//! What the tapes of both links of ATOL have in common.

use kkt_atol::{Client, Error, OwnsDevice};
use till_port::Transport;

/// Asks a command; gives what the client made of the answer. The parts of a document the client asks for by
/// itself.
pub(super) fn ask(client: &mut Client<&mut dyn Transport>, command: &[u8]) -> Option<String> {
    Some(match command {
        [0xA4, 0x46] => return None,
        [0x3F] => text(client.status()),
        [0x45] => text(client.state_code()),
        [0xA5] => text(client.device_type()),
        [0xA4, 0x10] => text(client.shift()),
        [0xA4, 0x20] => text(client.ofd_queue()),
        [0xA4, 0x30] => text(client.fiscal_storage()),
        [0xA4, 0x31] => text(client.fiscal_storage_number()),
        [0xA4, 0x32] => text(client.fiscal_storage_term()),
        [0xA4, 0x33] => text(client.fiscal_storage_version()),
        [0xA4, 0x42] => text(client.unacknowledged()),
        [0x91, 0x12, ..] => text(client.shift_register()),
        [0x91, 0x13, ..] => text(client.receipt_register()),
        [0xA4, 0x45, n1, n2, n3, n4] => {
            let number = u32::from_le_bytes([*n1, *n2, *n3, *n4]);
            text(client.document(OwnsDevice, number))
        }
        other => panic!("the client has no command {other:02X?}"),
    })
}

fn text<T: std::fmt::Debug>(answer: Result<T, Error>) -> String {
    match answer {
        Ok(value) => format!("{value:?}"),
        // How long it took is not the tape's.
        Err(Error::Timeout { waiting_for, .. }) => format!("timeout waiting for {waiting_for}"),
        Err(error) => format!("error: {error}"),
    }
}
