//! The protocols of scales, as words of the command line.

use clap::ValueEnum;
use clap::builder::{PossibleValuesParser, TypedValueParser};

/// A protocol of scales.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ScaleProtocol {
    /// MASSA-K scale, Protocol 100.
    #[value(name = "massa-k-100")]
    MassaK100,
    /// MASSA-K scale, Protocol 2.
    #[value(name = "massa-k-2")]
    MassaK2,
    /// Shtrih-M or MERTECH scale, POS2.
    Pos2,
    /// CAS, MERTECH or other scale with the CAS ECR block.
    CasEcr,
    /// CAS scale with the stream of 22 bytes.
    #[value(name = "cas-22")]
    Cas22,
    /// Scale with Toledo 8217.
    #[value(name = "toledo-8217")]
    Toledo8217,
    /// Datalogic scale with SASI.
    Sasi,
    /// Mettler-Toledo scale, MT-SICS.
    MtSics,
    /// Scale with the continuous output of Toledo.
    ToledoContinuous,
}

impl ScaleProtocol {
    /// Its name, the same everywhere.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::MassaK100 => "massa-k-100",
            Self::MassaK2 => "massa-k-2",
            Self::Pos2 => "pos2",
            Self::CasEcr => "cas-ecr",
            Self::Cas22 => "cas-22",
            Self::Toledo8217 => "toledo-8217",
            Self::Sasi => "sasi",
            Self::MtSics => "mt-sics",
            Self::ToledoContinuous => "toledo-continuous",
        }
    }
}

impl ScaleProtocol {
    /// Whether the host says these bytes, as far as they tell.
    pub(crate) fn asks(self, bytes: &[u8]) -> bool {
        match (self, bytes) {
            (Self::MassaK100, [_, _, _, _, _, command, ..]) => {
                matches!(command, 0x20 | 0x23 | 0x72 | 0x75 | 0xA0 | 0xA3)
            }
            (Self::MassaK2, [_]) => true,
            (Self::Pos2, [0x05 | b'<' | b'G', ..]) => true,
            // Answers repeat the command and have an error code behind it.
            (Self::Pos2, [0x02, length, command, ..]) => matches!(
                (*command, *length),
                (0xEA | 0xFC, 1) | (0xE8, 2) | (0x30 | 0x31 | 0x3A, 5) | (0x32, 7)
            ),
            (Self::CasEcr, [0x05 | 0x11]) => true,
            (Self::Toledo8217 | Self::Sasi, [first, ..]) => first & 0x7F != 0x02,
            (Self::MtSics, line) => {
                matches!(line.trim_ascii_end(), b"S" | b"SI" | b"SIR" | b"TA" | b"Z" | b"T" | b"@")
            }
            _ => false,
        }
    }
}

/// A word of the command line: one of `T`, or a protocol of scales.
pub(crate) fn words<T, W>(
    scale: fn(ScaleProtocol) -> W,
    other: fn(T) -> W,
) -> impl TypedValueParser<Value = W>
where
    T: ValueEnum + Send + Sync + 'static,
    W: Clone + Send + Sync + 'static,
{
    let others = T::value_variants().iter().filter_map(ValueEnum::to_possible_value);
    let scales = ScaleProtocol::value_variants().iter().filter_map(ValueEnum::to_possible_value);
    PossibleValuesParser::new(others.chain(scales)).try_map(move |word| {
        let found = T::from_str(&word, false).map(other);
        found.or_else(|_| ScaleProtocol::from_str(&word, false).map(scale))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_names_are_those_of_the_driver() {
        let ours = ScaleProtocol::value_variants().iter().map(|protocol| protocol.name());
        assert_eq!(ours.collect::<Vec<_>>(), scale_proto::protocol::NAMES);
        for protocol in ScaleProtocol::value_variants() {
            let word = protocol.to_possible_value().map(|word| word.get_name().to_owned());
            assert_eq!(word.as_deref(), Some(protocol.name()));
            assert_eq!(crate::served::ServedScale::of(*protocol).protocol(), protocol.name());
        }
    }
}
