//! What the commands of both STX dialects have in common.

use crate::dialect::Stx;
use crate::frame::{self, Answer, Code, Envelope, FS, NoData};

/// Writes a request.
pub(crate) fn encode<D: Stx>(envelope: &Envelope, code: Code, fields: &[u32], out: &mut Vec<u8>) {
    let mut body = Vec::with_capacity(16);
    body.extend(D::PASSWORD);
    body.push(envelope.packet_id.byte());
    body.extend_from_slice(code.to_string().as_bytes());
    for field in fields {
        body.extend_from_slice(field.to_string().as_bytes());
        body.push(FS);
    }
    if fields.is_empty() && envelope.no_data == NoData::LoneFs {
        body.push(FS);
    }
    frame::write(&body, frame::checksum(&body), D::CASE, out);
}

/// Whether an answer is to a request of that command in that envelope.
pub(crate) fn answers(answer: &Answer<'_>, envelope: &Envelope, code: Code) -> bool {
    answer.packet_id == envelope.packet_id.byte() && answer.code == code
}

/// Makes a type with `fields` and `read` a command.
macro_rules! command {
    ($dialect:ty, $command:ty, $code:expr, $answer:ty) => {
        impl $crate::dialect::sealed::Sealed for $command {}

        impl $crate::Command for $command {
            type Dialect = $dialect;
            type Answer = $answer;

            fn encode(&self, envelope: &$crate::frame::Envelope, out: &mut Vec<u8>) {
                $crate::command::stx::encode::<$dialect>(envelope, $code, &self.fields(), out);
            }

            fn is_answered_by(
                &self,
                envelope: &$crate::frame::Envelope,
                answer: &$crate::frame::Answer<'_>,
            ) -> bool {
                $crate::command::stx::answers(answer, envelope, $code)
            }

            fn decode(
                &self,
                answer: &$crate::frame::Answer<'_>,
            ) -> Result<$answer, $crate::error::DecodeError> {
                self.read(answer)
            }
        }
    };
}
pub(crate) use command;
