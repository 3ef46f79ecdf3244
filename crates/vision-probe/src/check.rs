//! One try of a target, blocking, within a time limit over all of it.

use std::time::Duration;

use crate::evidence::Evidence;
use crate::http::Question;
use crate::prober::Prober;
use crate::stream::{Clock, Stream, Timed};
use crate::target::{Kind, Target};

impl Prober {
    /// With several addresses each is tried in turn until one connects. An HTTP answer is read up to
    /// 64 KiB of head and body; a chunked body is searched as it comes, so an expected text must not
    /// lie across two chunks.
    pub(crate) fn check(&mut self, target: &Target, limit: Duration) -> Evidence {
        let addresses = match self.resolver.resolve(&target.host, target.port, limit) {
            Ok(addresses) => addresses,
            Err(why) => return Evidence::Unresolved(why),
        };
        let clock = Clock::start(limit);
        let timed = match clock.connect(&addresses) {
            Ok(timed) => timed,
            Err(evidence) => return evidence,
        };
        let Kind::Http { tls, path, expect_status, expect_text } = &target.kind else {
            return Evidence::Connected { after: clock.elapsed() };
        };
        let stream = if *tls { self.secure(timed, &target.host, &clock) } else { Ok(boxed(timed)) };
        let authority = target.authority();
        let text = expect_text.as_deref();
        let question = Question { authority: &authority, path, status: *expect_status, text };
        match stream {
            Ok(mut stream) => question.ask(&mut *stream, &clock),
            Err(evidence) => evidence,
        }
    }

    #[cfg(feature = "tls")]
    fn secure<'c>(
        &mut self,
        timed: Timed<'c>,
        host: &str,
        clock: &'c Clock,
    ) -> Result<Box<dyn Stream + 'c>, Evidence> {
        self.trust.secure(timed, host, clock).map(boxed)
    }

    /// A target of this kind cannot be read without the feature, only be made by hand.
    #[cfg(not(feature = "tls"))]
    fn secure<'c>(
        &mut self,
        _: Timed<'c>,
        _: &str,
        _: &'c Clock,
    ) -> Result<Box<dyn Stream + 'c>, Evidence> {
        Err(Evidence::Failed("this program was built without TLS".to_owned()))
    }
}

fn boxed<'c>(stream: impl Stream + 'c) -> Box<dyn Stream + 'c> {
    Box::new(stream)
}

#[cfg(test)]
mod tests;
