//! The tests that cross crates: tapes through the drivers, the real programs over real sockets,
//! and the invariants of docs/architecture.md.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod answers;
mod atol_docs;
mod decode;
mod demo;
mod hostile;
mod http;
mod invariants;
mod live;
mod massa_docs;
mod protocols;
mod replay;
mod safety;
mod sp80x_docs;
mod sp80x_sim;
mod support;
