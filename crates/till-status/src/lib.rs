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
mod notice;
mod once;
mod pause;
mod service;
mod shared;
mod source;
mod state;

pub use config::{Config, ConfigError};
pub use http::Problem;
pub use once::{Once, Told, once};
pub use pause::Switch;
pub use service::{Running, Service, StartError};
pub use source::atol_settings;
