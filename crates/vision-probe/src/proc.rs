//! What Linux shows in `/proc`.

pub(crate) mod connection;
pub(crate) mod process;

#[cfg(unix)]
#[cfg(test)]
mod tests;
