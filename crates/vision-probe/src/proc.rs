//! What Linux shows in `/proc`.

pub(crate) mod connection;
pub(crate) mod process;

#[cfg(test)]
mod tests;
