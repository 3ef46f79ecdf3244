//! TLS: whom a server's certificate has to come from.

use std::fmt;
use std::io;
use std::sync::Arc;

use rustls::client::Resumption;
use rustls::crypto::ring::default_provider;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{CertificateError, ClientConfig, ClientConnection, Error, RootCertStore, StreamOwned};

use crate::evidence::Evidence;
use crate::stream::{Clock, Timed};

/// Whose certificates are trusted; those of the system are read when they are first needed.
#[derive(Clone, Default)]
pub(crate) struct Trust {
    config: Option<Arc<ClientConfig>>,
}

impl Trust {
    /// Only these, each in DER.
    pub(crate) fn only(roots: impl IntoIterator<Item = Vec<u8>>) -> Result<Self, Evidence> {
        let config = config(roots.into_iter().map(CertificateDer::from).collect(), Vec::new())?;
        Ok(Self { config: Some(config) })
    }

    /// Shakes hands over a connection.
    pub(crate) fn secure<'c>(
        &mut self,
        timed: Timed<'c>,
        host: &str,
        clock: &Clock,
    ) -> Result<StreamOwned<ClientConnection, Timed<'c>>, Evidence> {
        let config = Arc::clone(self.config()?);
        let failed = |why: String| Evidence::Failed(why);
        let name = ServerName::try_from(host.to_owned());
        let name = name.map_err(|error| failed(format!("{host:?} is no name for TLS: {error}")))?;
        let connection = ClientConnection::new(config, name);
        let connection = connection.map_err(|error| failed(error.to_string()))?;
        let mut stream = StreamOwned::new(connection, timed);
        while stream.conn.is_handshaking() {
            let done = stream.conn.complete_io(&mut stream.sock);
            done.map_err(|error| match certificate_fault(&error, host) {
                Some(why) => Evidence::Tls(why),
                None => clock.evidence("TLS handshake", &error),
            })?;
        }
        Ok(stream)
    }

    fn config(&mut self) -> Result<&Arc<ClientConfig>, Evidence> {
        match &mut self.config {
            Some(config) => Ok(config),
            none => {
                let found = rustls_native_certs::load_native_certs();
                let errors = found.errors.iter().map(ToString::to_string).collect();
                Ok(none.insert(config(found.certs, errors)?))
            }
        }
    }
}

/// Without any certificate nobody can be trusted, which says nothing of the link.
fn config(
    certificates: Vec<CertificateDer<'static>>,
    mut errors: Vec<String>,
) -> Result<Arc<ClientConfig>, Evidence> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(certificates);
    if roots.is_empty() {
        errors.insert(0, "no trusted certificates are found on this machine".to_owned());
        return Err(Evidence::Failed(errors.join("; ")));
    }
    let builder = ClientConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| Evidence::Failed(error.to_string()))?;
    let mut config = builder.with_root_certificates(roots).with_no_client_auth();
    // A resumed session would not look at the certificate again, which may have expired.
    config.resumption = Resumption::disabled();
    Ok(Arc::new(config))
}

/// What is wrong with the certificate, in words for who has to renew it.
fn certificate_fault(error: &io::Error, host: &str) -> Option<String> {
    let Error::InvalidCertificate(fault) = error.get_ref()?.downcast_ref::<Error>()? else {
        return None;
    };
    Some(match fault {
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            "the certificate is expired (or the clock of this till is wrong)".to_owned()
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            "the certificate is not valid yet (or the clock of this till is wrong)".to_owned()
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            format!("the certificate is not for {host}")
        }
        CertificateError::UnknownIssuer => {
            "the certificate is of nobody whom this till trusts (the system's certificates)".to_owned()
        }
        other if other.to_string().contains("CaUsedAsEndEntity") => {
            "the certificate is that of an authority, not of a server (one that is signed by itself \
             has to be made with CA:FALSE)"
                .to_owned()
        }
        other => format!("the certificate is not accepted: {other}"),
    })
}

impl fmt::Debug for Trust {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Trust").field("is_read", &self.config.is_some()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
