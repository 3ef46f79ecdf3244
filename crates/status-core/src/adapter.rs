//! From a driver's values to readings: the only place that knows both vocabularies.

#[cfg(feature = "atol")]
pub mod atol;
#[cfg(feature = "scale")]
pub mod scale;
#[cfg(feature = "sp80x")]
pub mod sp80x;
#[cfg(feature = "vision")]
pub mod vision;
