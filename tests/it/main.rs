//! The tests that cross crates: tapes through the drivers, the real programs over real sockets,
//! and the invariants of docs/architecture.md.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod answers;
mod atol_docs;
mod atol_frames;
mod decode;
mod demo;
mod dump_sp80x;
mod dump_twice;
mod faults;
mod field_kit;
mod harm;
mod hostile;
mod http;
mod invariants;
mod kkt_docs;
mod links;
mod live;
mod log;
mod metrics;
mod openapi;
mod protocols;
mod record;
mod replay;
mod safety;
mod scale_docs;
mod scan;
mod script;
mod seven;
mod sp80x_demo;
mod sp80x_docs;
mod sp80x_sim;
mod support;
mod support_bundle;
