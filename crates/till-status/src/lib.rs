//! The status of a till, straight from the till, over HTTP.
//!
//! [`Service::start`] runs everything in threads of its own: one for each device, which owns the port
//! and the driver and publishes readings; and one for HTTP, which answers from the latest
//! [`Snapshot`](status_core::Snapshot) and never waits for a device.
//!
//! ```text
//! device ─ till-port ─ driver ─ source/… ─┐
//!                                         ├─> Snapshot ─ answer() ─ http/routes ─> monitor
//! till program ─ events ─ http/pos ───────┘
//! ```
//!
//! The HTTP contract is in `docs/api.md`, every key of the configuration in `dist/till-status.toml`.

pub mod config;
pub mod feed;
pub mod gate;
mod http;
mod impact;
#[cfg(feature = "manual")]
pub mod manual;
mod notice;
mod once;
mod pause;
mod pulse;
mod service;
mod shared;
mod source;
mod state;
mod systemd;
mod trace;

/// The version, and the commit that it was built from.
pub const VERSION: &str = concat!(env!("CARGO_PKG_VERSION"), " (", env!("TILL_COMMIT"), ")");

pub use config::{Config, ConfigError};
pub use http::Problem;
pub use once::{Once, Told, once};
pub use pause::Switch;
pub use pulse::Stuck;
pub use service::{Health, Reloader, Running, Service, StartError};
pub use source::{atol_settings, sp80x_settings};
pub use systemd::Systemd;
