//! A wire with a counter: passes bytes between a node and the hub and counts them each way.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use anyhow::Result;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// TCP payload, TLS included.
#[derive(Default)]
struct Counts {
    to_hub: AtomicU64,
    to_node: AtomicU64,
    connections: AtomicU64,
}

/// The wire.
pub(crate) struct Proxy {
    pub(crate) address: String,
    counts: Arc<Counts>,
    keeper: JoinHandle<()>,
}

/// Bytes each way and connections made, since the wire was laid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Carried {
    pub(crate) to_hub: u64,
    pub(crate) to_node: u64,
    pub(crate) connections: u64,
}

impl Carried {
    /// What was carried since `before`.
    pub(crate) const fn since(self, before: Self) -> Self {
        Self {
            to_hub: self.to_hub - before.to_hub,
            to_node: self.to_node - before.to_node,
            connections: self.connections - before.connections,
        }
    }

    pub(crate) const fn both(self) -> u64 {
        self.to_hub + self.to_node
    }
}

impl Proxy {
    /// Lays a wire to the hub at `hub`.
    pub(crate) async fn lay(hub: String) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?.to_string();
        let counts = Arc::<Counts>::default();
        let keeper = tokio::spawn(keep(listener, hub, Arc::clone(&counts)));
        Ok(Self {
            address,
            counts,
            keeper,
        })
    }

    pub(crate) fn carried(&self) -> Carried {
        Carried {
            to_hub: self.counts.to_hub.load(Relaxed),
            to_node: self.counts.to_node.load(Relaxed),
            connections: self.counts.connections.load(Relaxed),
        }
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.keeper.abort();
    }
}

async fn keep(listener: TcpListener, hub: String, counts: Arc<Counts>) {
    while let Ok((node, _)) = listener.accept().await {
        let Ok(hub) = TcpStream::connect(&hub).await else {
            continue;
        };
        // Without it the wire itself would hold small packets back.
        let _ = (node.set_nodelay(true), hub.set_nodelay(true));
        counts.connections.fetch_add(1, Relaxed);
        let (from_node, to_node) = node.into_split();
        let (from_hub, to_hub) = hub.into_split();
        tokio::spawn(pass(from_node, to_hub, Arc::clone(&counts), |counts| &counts.to_hub));
        tokio::spawn(pass(from_hub, to_node, Arc::clone(&counts), |counts| &counts.to_node));
    }
}

async fn pass(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, counts: Arc<Counts>, side: fn(&Counts) -> &AtomicU64) {
    let mut buffer = vec![0; 64 << 10];
    while let Ok(bytes) = from.read(&mut buffer).await {
        if bytes == 0 || to.write_all(&buffer[..bytes]).await.is_err() {
            break;
        }
        side(&counts).fetch_add(bytes as u64, Relaxed);
    }
    // The other end may be gone already.
    let _ = to.shutdown().await;
}
