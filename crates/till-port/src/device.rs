//! What a fake device is: bytes in, bytes out, and time, without any port.

use std::time::Duration;

/// A device to be served by a [`Fake`](crate::Fake): a simulator, or a tape.
///
/// `now` is the time since the device was switched on; it never runs backwards. The server calls
/// [`transmit`](Device::transmit) after every other call and whenever [`wake`](Device::wake) says.
pub trait Device: Send {
    /// A host opened the line.
    fn connect(&mut self, now: Duration);
    /// The host closed the line.
    fn disconnect(&mut self);
    /// Bytes arrived from the host, in pieces of any size.
    fn receive(&mut self, bytes: &[u8], now: Duration);
    /// The next piece to send now. Each piece is one write to the line; call until `None`.
    fn transmit(&mut self, now: Duration) -> Option<Vec<u8>>;
    /// When to call [`transmit`](Device::transmit) again without any bytes from the host.
    fn wake(&self) -> Option<Duration>;
    /// `true` once, when the device drops the line.
    fn hangs_up(&mut self) -> bool;
}
