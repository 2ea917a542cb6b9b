//! The door: an address that the operator chose, open and then attended.

use std::io;
use std::net::SocketAddr;

use axum::Router;
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::serve::serve;

/// A port, open but not yet attended.
#[derive(Debug)]
pub struct Door {
    listener: TcpListener,
    address: SocketAddr,
}

impl Door {
    /// Opens the port.
    ///
    /// # Errors
    /// What the system says.
    pub async fn open(listen: SocketAddr) -> io::Result<Self> {
        let listener = TcpListener::bind(listen).await?;
        let address = listener.local_addr()?;
        if !address.ip().is_loopback() {
            tracing::warn!(%address, "pages are served beyond this machine, without encryption: passwords can be read on that network");
        }
        Ok(Self { listener, address })
    }

    /// Where it is.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Attends it until told to stop.
    pub async fn attend(self, routes: Router, stopping: watch::Receiver<bool>) {
        serve(self.listener, routes, stopping).await;
    }
}
