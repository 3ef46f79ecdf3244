//! How a serial line is set: speed, parity, bits, DTR.

use std::fmt;
use std::time::Duration;

use serialport::SerialPortBuilder;

/// The settings of a serial line, applied explicitly at every open.
///
/// Defaults to 115200 baud, 8 data bits, no parity, 1 stop bit, DTR not raised.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LineSettings {
    /// Bits a second.
    pub baud: u32,
    /// The check bit of each byte.
    pub parity: Parity,
    /// How many bits a byte has on the line.
    pub data_bits: DataBits,
    /// How many stop bits follow a byte.
    pub stop_bits: StopBits,
    /// Whether the line DTR is raised after opening; otherwise it is lowered.
    ///
    /// Linux itself raises DTR for the moment between opening and this setting.
    pub dtr: bool,
}

/// The check bit of each byte on a serial line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Parity {
    None,
    Even,
    Odd,
}

/// How many bits a byte has on a serial line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum DataBits {
    Seven,
    Eight,
}

/// How many stop bits follow a byte on a serial line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum StopBits {
    One,
    Two,
}

/// As people write it: `115200 8N1`.
impl fmt::Display for LineSettings {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bits = if self.data_bits == DataBits::Eight { 8 } else { 7 };
        let parity = match self.parity {
            Parity::None => 'N',
            Parity::Even => 'E',
            Parity::Odd => 'O',
        };
        let stop = if self.stop_bits == StopBits::One { 1 } else { 2 };
        write!(out, "{} {bits}{parity}{stop}", self.baud)
    }
}

impl Default for LineSettings {
    fn default() -> Self {
        Self {
            baud: 115_200,
            parity: Parity::None,
            data_bits: DataBits::Eight,
            stop_bits: StopBits::One,
            dtr: false,
        }
    }
}

impl LineSettings {
    /// What the serial library is asked for. Pure, because a pty silently drops parity and 7 bits
    /// and has no DTR, so that only this can be tested without a real line.
    pub(crate) fn builder(&self, path: &str, tick: Duration) -> SerialPortBuilder {
        let parity = match self.parity {
            Parity::None => serialport::Parity::None,
            Parity::Even => serialport::Parity::Even,
            Parity::Odd => serialport::Parity::Odd,
        };
        let data_bits = match self.data_bits {
            DataBits::Seven => serialport::DataBits::Seven,
            DataBits::Eight => serialport::DataBits::Eight,
        };
        let stop_bits = match self.stop_bits {
            StopBits::One => serialport::StopBits::One,
            StopBits::Two => serialport::StopBits::Two,
        };
        let builder = serialport::new(path, self.baud)
            .parity(parity)
            .data_bits(data_bits)
            .stop_bits(stop_bits)
            .flow_control(serialport::FlowControl::None)
            .dtr_on_open(self.dtr)
            .timeout(tick);
        #[cfg(unix)]
        let builder = builder.exclusive(true);
        builder
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seven_bits_even_parity_two_stop_bits_reach_the_library() {
        let settings = LineSettings {
            baud: 4800,
            parity: Parity::Even,
            data_bits: DataBits::Seven,
            stop_bits: StopBits::Two,
            dtr: true,
        };
        let wanted = serialport::new("/dev/ttyS0", 4800)
            .parity(serialport::Parity::Even)
            .data_bits(serialport::DataBits::Seven)
            .stop_bits(serialport::StopBits::Two)
            .dtr_on_open(true)
            .timeout(Duration::from_millis(50));
        assert_eq!(settings.builder("/dev/ttyS0", Duration::from_millis(50)), wanted);
    }

    #[test]
    fn dtr_is_lowered_unless_asked_for() {
        let builder = LineSettings::default().builder("/dev/ttyS0", Duration::ZERO);
        assert_eq!(builder, serialport::new("/dev/ttyS0", 115_200).dtr_on_open(false));
        assert_ne!(builder, serialport::new("/dev/ttyS0", 115_200).preserve_dtr_on_open());
    }

    #[test]
    fn odd_parity_is_not_even_parity() {
        let odd = LineSettings { parity: Parity::Odd, ..LineSettings::default() };
        let wanted = serialport::new("p", 115_200).parity(serialport::Parity::Odd);
        assert_eq!(odd.builder("p", Duration::ZERO), wanted.dtr_on_open(false));
    }
}
