//! The door through which a running service gets another configuration.

use std::sync::Arc;

use tokio::sync::{mpsc, oneshot};

use super::Health;
use crate::config::{Config, ConfigError};
use crate::shared::Shared;

/// Gives a running service another configuration.
#[derive(Clone, Debug)]
pub struct Reloader {
    shared: Arc<Shared>,
    asks: mpsc::Sender<Ask>,
}

/// What was read, and where to tell what came of it.
pub(super) struct Ask {
    pub(super) wanted: Result<Config, String>,
    pub(super) done: oneshot::Sender<Result<Vec<std::net::SocketAddr>, String>>,
}

impl Reloader {
    pub(super) fn new(shared: &Arc<Shared>) -> (Self, mpsc::Receiver<Ask>) {
        let (asks, asked) = mpsc::channel(1);
        (Self { shared: Arc::clone(shared), asks }, asked)
    }

    /// Has the service take over what changed, and only that. A configuration that could not be read, or a
    /// port that cannot be opened, leaves everything as it was; the document says so by the problem
    /// `config-not-applied` until it is mended. Returns when it is done; the health is that of the service
    /// at its new addresses.
    ///
    /// # Errors
    /// Why nothing was taken over, in a sentence.
    pub async fn reload(&self, loaded: Result<Config, ConfigError>) -> Result<Health, String> {
        let (done, outcome) = oneshot::channel();
        let wanted = loaded.map_err(|error| error.to_string());
        let ended = |_| "the service has ended".to_owned();
        self.asks.send(Ask { wanted, done }).await.map_err(|_| ended(()))?;
        let api = outcome.await.map_err(|_| ended(()))??;
        Ok(Health::of(&self.shared, api))
    }
}
