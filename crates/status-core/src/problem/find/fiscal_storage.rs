//! The fiscal storage: its warnings, its phase, its term.

use std::time::Duration;

use super::{Critical, Found, Warning};
use crate::{
    kkt::{FiscalStorageFlag, FiscalStoragePhase},
    problem::text,
};

impl Found<'_> {
    pub(super) fn fiscal_storage(&mut self) {
        let (kkt, now) = (&self.snapshot.kkt, self.now);
        let max_age = self.snapshot.settings.max_age.fiscal_storage;
        if let Some(flags) = kkt.fiscal_storage_flags.young(max_age, now) {
            let worst = |flag: &FiscalStorageFlag| {
                matches!(
                    flag,
                    FiscalStorageFlag::NeedReplacement | FiscalStorageFlag::CriticalError
                )
            };
            if !flags.value.is_empty() {
                let severity = if flags.value.iter().any(worst) { Critical } else { Warning };
                let names: Vec<_> = flags
                    .value
                    .iter()
                    .map(|flag| text::fiscal_storage_flag(*flag, self.language))
                    .collect();
                let since = kkt.fiscal_storage_flags.unchanged_since();
                self.raise("fiscal-storage-warning", severity, "kkt", since, &names.join(", "));
            }
        }
        if let Some(phase) = kkt.fiscal_storage_phase.young(max_age, now) {
            let severity = match phase.value {
                FiscalStoragePhase::Fiscal => None,
                // A till that is being set up, or one for training.
                FiscalStoragePhase::Setup | FiscalStoragePhase::Ready => Some(Warning),
                FiscalStoragePhase::PostFiscal | FiscalStoragePhase::Archive => Some(Critical),
            };
            if let Some(severity) = severity {
                let name = text::fiscal_storage_phase(phase.value, self.language);
                let since = kkt.fiscal_storage_phase.unchanged_since();
                self.raise("fiscal-storage-phase", severity, "kkt", since, name);
            }
        }
        let until = kkt.fiscal_storage_valid_until.young(max_age, now).map(|until| until.value);
        let limit = self.snapshot.settings.thresholds.fiscal_storage_expiring;
        let (Some(until), Some(limit)) = (until, limit) else { return };
        let end = until.at(23, 59, 59, 0);
        let clock = self.snapshot.kkt_clock(now);
        let today = clock.unwrap_or_else(|| self.kkt_zone.to_datetime(now.wall));
        let left = Duration::try_from(end.duration_since(today)).unwrap_or_default();
        if left < limit {
            let days = (left.as_secs() / 86_400).to_string();
            let since =
                end.checked_sub(limit).ok().and_then(|at| self.kkt_zone.to_timestamp(at).ok());
            self.raise("fiscal-storage-expiring", Warning, "kkt", since, &days);
        }
    }
}
