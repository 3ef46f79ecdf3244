//! Many tills: polls their status, lists their problems, and opens doors to monitoring systems.
//!
//! ```text
//! list of tills ─> poll (a task a till: client, at most 1 request/s) ─bytes─> answer ─observation─┐
//!                                                                                                 v
//!                          http (page, JSON, CSV, metrics, http_sd) <── board <── judge (rules, pure)
//! ```
//!
//! `answer` and `judge` are pure: bytes become an [`Observation`](answer::Observation), observations
//! and the present moment become problems. Only `poll` and `http` do I/O.

pub mod answer;
pub mod board;
pub mod command;
pub mod config;
mod files;
pub mod fleet;
pub mod http;
pub mod judge;
pub mod plugin;
pub mod poll;
pub mod serve;
