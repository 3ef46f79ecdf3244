//! What looks, and where.

use std::path::PathBuf;
use std::time::Duration;

use crate::evidence::Evidence;
use crate::proc::{connection, process};
use crate::resolve::{Resolve, SystemResolver};
use crate::source::Source;
use crate::trace::Trace;

/// Looks at sources, one try at a time.
///
/// Environment variables for proxies are not read.
#[derive(Debug)]
pub struct Prober {
    pub(crate) resolver: Box<dyn Resolve + Send>,
    proc: PathBuf,
    #[cfg(feature = "tls")]
    pub(crate) trust: crate::tls::Trust,
}

impl Default for Prober {
    fn default() -> Self {
        Self::new()
    }
}

impl Prober {
    /// Asks the resolver of the system, reads `/proc`, and trusts the certificates of the system.
    #[must_use]
    pub fn new() -> Self {
        Self {
            resolver: Box::new(SystemResolver::new()),
            proc: "/proc".into(),
            #[cfg(feature = "tls")]
            trust: crate::tls::Trust::default(),
        }
    }

    /// Finds addresses in another way.
    #[must_use]
    pub fn resolving_by(self, resolver: impl Resolve + Send + 'static) -> Self {
        Self { resolver: Box::new(resolver), ..self }
    }

    /// Reads processes and connections in another folder than `/proc`.
    #[must_use]
    pub fn reading_proc(self, proc: impl Into<PathBuf>) -> Self {
        Self { proc: proc.into(), ..self }
    }

    /// Trusts only these certificates, each in DER.
    ///
    /// # Errors
    /// [`Evidence::Failed`] when none of them can be used.
    #[cfg(feature = "tls")]
    pub fn trusting(self, roots: impl IntoIterator<Item = Vec<u8>>) -> Result<Self, Evidence> {
        Ok(Self { trust: crate::tls::Trust::only(roots)?, ..self })
    }

    /// Looks once, blocking, and says what was observed.
    ///
    /// Takes `limit` at most, and the name server at most as long again.
    pub fn look(&mut self, source: &Source, limit: Duration) -> Evidence {
        match source {
            Source::Active(target) => self.check(target, limit),
            Source::Passive(Trace::Process(name)) => process::named(&self.proc, name),
            Source::Passive(Trace::Unit(unit)) => process::of_unit(&self.proc, unit),
            Source::Passive(Trace::Connection { host, port }) => {
                match self.resolver.resolve(host, port.unwrap_or(0), limit) {
                    Ok(addresses) => connection::to(&self.proc, &addresses, *port),
                    Err(why) => Evidence::Unresolved(why),
                }
            }
        }
    }
}
