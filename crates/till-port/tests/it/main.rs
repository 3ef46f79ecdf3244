//! Ports, tapes and fakes through their public doors, over real TCP and real ptys.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod support;

#[cfg(unix)]
mod fake_pty;
mod fake_tcp;
#[cfg(unix)]
mod serial;
mod tape;
mod tcp;
#[cfg(target_os = "linux")]
mod usb;
