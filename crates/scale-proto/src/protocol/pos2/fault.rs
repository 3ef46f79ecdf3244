//! The error codes of POS2.

use crate::weight::{Fault, FaultKind};

/// The error code of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ErrorCode(pub u8);

impl ErrorCode {
    /// The command is not known.
    pub const UNKNOWN_COMMAND: Self = Self(120);
    /// The password is wrong; the scale counts that.
    pub const WRONG_PASSWORD: Self = Self(122);

    /// The documented meaning in English; `None` for an unknown code.
    #[must_use]
    pub fn name_en(self) -> Option<&'static str> {
        self.meaning().map(|(_, en, _)| en)
    }

    /// The documented meaning in Russian; `None` for an unknown code.
    #[must_use]
    pub fn name_ru(self) -> Option<&'static str> {
        self.meaning().map(|(_, _, ru)| ru)
    }

    /// The error as a fault of any scale.
    #[must_use]
    pub fn fault(self) -> Fault {
        let unknown = (FaultKind::Refused, "an error that is not documented", "неизвестная ошибка");
        let (kind, en, ru) = self.meaning().unwrap_or(unknown);
        Fault { code: Some(self.0), ..Fault::new(kind, en, ru) }
    }

    /// Source: docs/protocols/pos2.md section 6.
    fn meaning(self) -> Option<(FaultKind, &'static str, &'static str)> {
        use FaultKind::{Defect, NotReady, NotWeighing, Refused, WrongPassword};
        Some(match self.0 {
            17 => (Refused, "bad tare value", "недопустимое значение тары"),
            120 => (Refused, "unknown command", "неизвестная команда"),
            121 => (Refused, "wrong data length", "неверная длина данных команды"),
            122 => (WrongPassword, "wrong password", "неверный пароль"),
            123 => (NotWeighing, "not in this mode", "команда не выполняется в данном режиме"),
            124 => (Refused, "wrong parameter value", "неверное значение параметра"),
            150 => (Refused, "zeroing failed", "ошибка при попытке установки нуля"),
            151 => (Refused, "taring failed", "ошибка при установке тары"),
            152 => (NotReady, "weight not fixed", "вес не фиксирован"),
            166 => (Defect, "failure of the non-volatile memory", "сбой энергонезависимой памяти"),
            167 => (
                Refused,
                "not supported by this interface",
                "команда не поддерживается интерфейсом",
            ),
            170 => (
                WrongPassword,
                "number of attempts with a wrong password exhausted",
                "исчерпан лимит попыток с неверным паролем",
            ),
            180 => (
                Refused,
                "blocked by the calibration switch",
                "режим заблокирован градуировочным переключателем",
            ),
            181 => (Refused, "keyboard locked", "клавиатура заблокирована"),
            182 => {
                (Refused, "channel type cannot be changed", "нельзя поменять тип текущего канала")
            }
            183 => (
                Refused,
                "present channel cannot be switched off",
                "нельзя выключить текущий канал",
            ),
            184 => (
                NotWeighing,
                "nothing can be done with this channel",
                "с данным каналом ничего нельзя делать",
            ),
            185 => (Refused, "wrong channel number", "неверный номер канала"),
            186 => (Defect, "ADC does not answer", "нет ответа от АЦП"),
            _ => return None,
        })
    }
}
