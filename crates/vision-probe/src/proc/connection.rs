//! Established connections, by the kernel's tables `/proc/net/tcp` and `tcp6`.
//!
//! ```text
//!   sl  local_address rem_address   st tx_queue rx_queue …
//!    0: 0100007F:1F9A 0700000A:2328 01 00000000:00000000 …
//! ```
//!
//! Addresses are words of 32 bits in the byte order of the machine, ports are plain numbers, state
//! `01` is ESTABLISHED. Source: the kernel's `Documentation/networking/proc_net_tcp.rst` and
//! `include/net/tcp_states.h`.

use std::fs::File;
use std::io::{BufRead, BufReader, ErrorKind};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::Path;

use crate::evidence::Evidence;

/// Whether there is a connection to one of the addresses; without a port: to any of theirs.
pub(crate) fn to(proc: &Path, addresses: &[SocketAddr], port: Option<u16>) -> Evidence {
    let mut tables = 0;
    let mut unread = None;
    for name in ["tcp", "tcp6"] {
        let path = proc.join("net").join(name);
        let table = match File::open(&path) {
            Ok(table) => table,
            // A machine may have only one of the two protocols.
            Err(error) if error.kind() == ErrorKind::NotFound => continue,
            Err(error) => return Evidence::Failed(format!("{}: {error}", path.display())),
        };
        tables += 1;
        for (number, line) in BufReader::new(table).lines().enumerate().skip(1) {
            let row = line.ok().and_then(|line| Row::parse(&line));
            let Some(row) = row else {
                unread =
                    Some(format!("line {} of {} has an unknown form", number + 1, path.display()));
                continue;
            };
            let wanted = |address: &SocketAddr| {
                address.ip().to_canonical() == row.remote.ip()
                    && port.is_none_or(|port| port == row.remote.port())
            };
            if row.established && addresses.iter().any(wanted) {
                return Evidence::Established { to: row.remote };
            }
        }
    }
    match unread {
        // The connection may stand in the line that is not understood.
        Some(why) => Evidence::Failed(why),
        None if tables == 0 => {
            let place = proc.join("net/tcp");
            Evidence::Failed(format!("{}: the kernel shows no connections here", place.display()))
        }
        None => Evidence::NotEstablished,
    }
}

/// One connection of a table.
#[derive(Debug, PartialEq, Eq)]
struct Row {
    /// An IPv4 address also where an IPv6 socket holds it.
    remote: SocketAddr,
    established: bool,
}

impl Row {
    fn parse(line: &str) -> Option<Self> {
        let mut fields = line.split_ascii_whitespace().skip(2);
        let (ip, port) = fields.next()?.split_once(':')?;
        let state = u8::from_str_radix(fields.next()?, 16).ok()?;
        let port = u16::from_str_radix(port, 16).ok()?;
        Some(Self {
            remote: SocketAddr::new(address(ip)?, port),
            established: state == ESTABLISHED,
        })
    }
}

fn address(hex: &str) -> Option<IpAddr> {
    let word = |at: usize| {
        let digits = hex.get(at * 8..at * 8 + 8)?;
        u32::from_str_radix(digits, 16).ok().map(u32::to_ne_bytes)
    };
    match hex.len() {
        8 => Some(Ipv4Addr::from(word(0)?).into()),
        32 => {
            let mut bytes = [0; 16];
            for (at, place) in bytes.chunks_exact_mut(4).enumerate() {
                place.copy_from_slice(&word(at)?);
            }
            Some(IpAddr::from(Ipv6Addr::from(bytes)).to_canonical())
        }
        _ => None,
    }
}

const ESTABLISHED: u8 = 1;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_of_both_tables() {
        let hex = |bytes: &[u8]| {
            let words = bytes.chunks(4).map(|word| u32::from_ne_bytes(word.try_into().unwrap()));
            words.map(|word| format!("{word:08X}")).collect::<String>()
        };
        for ip in ["10.0.0.7", "127.0.0.1", "::1", "fe80::1:2", "2001:db8::ff"] {
            let bytes = match ip.parse().unwrap() {
                IpAddr::V4(ip) => ip.octets().to_vec(),
                IpAddr::V6(ip) => ip.octets().to_vec(),
            };
            let row = format!("   0: 00000000:1F9A {}:2328 01 00000000:00000000 00", hex(&bytes));
            let remote = SocketAddr::new(ip.parse().unwrap(), 9000);
            assert_eq!(Row::parse(&row), Some(Row { remote, established: true }), "{row}");
        }
        let mapped = hex(&"::ffff:10.0.0.7".parse::<Ipv6Addr>().unwrap().octets());
        let row = Row::parse(&format!("12: {mapped}:0001 {mapped}:2328 08 0")).unwrap();
        assert_eq!(row.remote.to_string(), "10.0.0.7:9000");
        assert!(!row.established);
    }

    #[test]
    fn what_is_no_row() {
        for line in
            ["", "0: a", "0: a b c", "0: a 0100007F 01", "0: a 0100007:1 01", "0: a 0100007F:1 x"]
        {
            assert_eq!(Row::parse(line), None, "{line}");
        }
        assert_eq!(Row::parse("0: a \u{e9}\u{e9}\u{e9}\u{e9}:1 01"), None);
    }
}
