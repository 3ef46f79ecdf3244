//! Tills of every make and temper, through the real client over loopback.

#![allow(clippy::unwrap_used)]

mod good;
mod hostile;
mod polling;
mod random;
mod server;
