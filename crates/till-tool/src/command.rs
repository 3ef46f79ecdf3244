//! One command, one file.

pub(crate) mod decode;
pub(crate) mod demo;
pub(crate) mod dump;
pub(crate) mod log;
pub(crate) mod scan;
pub(crate) mod sim;
