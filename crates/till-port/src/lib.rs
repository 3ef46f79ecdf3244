#![doc = include_str!("../README.md")]

mod address;
mod device;
mod direct;
mod fake;
mod hex;
mod line_settings;
mod list;
mod open;
mod player;
mod port;
mod recorder;
mod serial;
mod tape;
mod tape_device;
mod tcp;
mod transport;
mod usb;

pub use address::{Address, AddressError, SerialAddress, SerialPlace};
pub use device::Device;
pub use direct::Direct;
pub use fake::{Fake, Line, Second};
pub use hex::Hex;
pub use line_settings::{DataBits, LineSettings, Parity, StopBits};
pub use list::{KnownPort, UsbDevice, ports};
pub use open::{OpenError, OpenOptions, System};
pub use player::{Mismatch, Player};
pub use port::Port;
pub use recorder::{Recorder, Recording};
pub use tape::{Action, Header, LoadError, Origin, Step, Tape, TapeError};
pub use tape_device::TapeDevice;
pub use transport::{TICK, Transport, is_tick};
pub use usb::Identity;
