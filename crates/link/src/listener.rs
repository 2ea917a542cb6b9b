//! Accepting TLS connections, so that a slow stranger costs the others nothing.

use std::collections::HashMap;
use std::io;
use std::io::ErrorKind::{ConnectionAborted, ConnectionReset, Interrupted};
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::serve::Listener;
use rustls::HandshakeKind;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio::task::{JoinHandle, JoinSet};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use crate::tls::{ALPN_H2, TlsError, ed25519_key};
use crate::traffic::{Counted, Flow};
use crate::{Authority, Limits, Peer, Traffic};

/// Finished handshakes that may wait to be taken up.
const ARRIVALS_MAX: usize = 32;
/// Rest after the system refused to accept (no file handles left), so that the loop does not spin.
const ACCEPT_REST: Duration = Duration::from_secs(1);

/// A TCP listener whose connections arrive with their TLS handshake done and their [`Peer`] known.
///
/// Handshakes run beside one another, bounded in number and in time, so that accepting never waits
/// for a client that dribbles.
#[derive(Debug)]
pub struct TlsListener {
    arrivals: mpsc::Receiver<(Stream, Peer)>,
    local: SocketAddr,
    doorkeeper: JoinHandle<()>,
    pub(crate) limits: Limits,
    traffic: Arc<Traffic>,
}

impl TlsListener {
    /// Starts accepting on this socket. Must be called within a tokio runtime.
    ///
    /// # Errors
    /// [`TlsError`] if the authority's certificates are not usable or the socket has no address.
    pub fn new(socket: TcpListener, authority: &Authority, limits: Limits) -> Result<Self, TlsError> {
        let local = socket.local_addr()?;
        let traffic = Arc::new(Traffic::default());
        let (sender, arrivals) = mpsc::channel(ARRIVALS_MAX);
        let door = Door {
            acceptor: TlsAcceptor::from(authority.server_config()?),
            connections: Arc::new(Semaphore::new(limits.connections_max)),
            handshakes: Arc::new(Semaphore::new(limits.handshakes_max)),
            by_address: Arc::default(),
            limits: limits.clone(),
            traffic: traffic.clone(),
            sender,
        };
        let doorkeeper = tokio::spawn(door.keep(socket));
        Ok(Self {
            arrivals,
            local,
            doorkeeper,
            limits,
            traffic,
        })
    }

    /// The counters of this listener, which go on when it has been handed to [`crate::serve`].
    #[must_use]
    pub fn traffic(&self) -> Arc<Traffic> {
        self.traffic.clone()
    }

    /// Where it listens.
    #[must_use]
    pub const fn addr(&self) -> SocketAddr {
        self.local
    }
}

impl Drop for TlsListener {
    fn drop(&mut self) {
        self.doorkeeper.abort();
    }
}

impl Listener for TlsListener {
    type Io = Stream;
    type Addr = Peer;

    async fn accept(&mut self) -> (Stream, Peer) {
        match self.arrivals.recv().await {
            Some(arrival) => arrival,
            // The doorkeeper ends only with this listener; nobody will ever come.
            None => std::future::pending().await,
        }
    }

    fn local_addr(&self) -> io::Result<Peer> {
        Ok(Peer {
            key: None,
            addr: self.local,
        })
    }
}

/// An accepted connection after its handshake. Its place among the connections is free again when it is dropped.
#[derive(Debug)]
pub struct Stream {
    inner: Counted<TlsStream<Counted<TcpStream>>>,
    _place: OwnedSemaphorePermit,
}

impl Stream {
    /// HTTP bytes on this connection.
    #[must_use]
    pub fn flow(&self) -> Arc<Flow> {
        self.inner.own().clone()
    }

    /// Whether the handshake settled on HTTP/2.
    #[must_use]
    pub fn is_http2(&self) -> bool {
        self.inner.inner.get_ref().1.alpn_protocol() == Some(ALPN_H2)
    }
}

impl AsyncRead for Stream {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_read(cx, buf)
    }
}

impl AsyncWrite for Stream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write(cx, buf)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}

/// Handshakes under way, by address.
type ByAddress = Arc<Mutex<HashMap<IpAddr, usize>>>;

/// The accept loop and what it hands out.
struct Door {
    acceptor: TlsAcceptor,
    connections: Arc<Semaphore>,
    handshakes: Arc<Semaphore>,
    by_address: ByAddress,
    limits: Limits,
    traffic: Arc<Traffic>,
    sender: mpsc::Sender<(Stream, Peer)>,
}

impl Door {
    async fn keep(self, socket: TcpListener) {
        let mut handshakes = JoinSet::new();
        loop {
            while handshakes.try_join_next().is_some() {}
            // Neither semaphore is ever closed.
            let Ok(place) = self.connections.clone().acquire_owned().await else {
                return;
            };
            let Ok(turn) = self.handshakes.clone().acquire_owned().await else {
                return;
            };
            let (tcp, addr) = match socket.accept().await {
                Ok(accepted) => accepted,
                // The client went away while it waited in the system's queue.
                Err(error) if matches!(error.kind(), ConnectionAborted | ConnectionReset | Interrupted) => continue,
                Err(error) => {
                    tracing::warn!(%error, "a connection could not be accepted");
                    tokio::time::sleep(ACCEPT_REST).await;
                    continue;
                }
            };
            let Some(share) = Share::take(&self.by_address, addr.ip(), self.limits.handshakes_per_address_max) else {
                self.traffic.count_failed_handshake();
                tracing::warn!(address = %addr.ip(), "too many handshakes under way from this address");
                continue;
            };
            let acceptor = self.acceptor.clone();
            let traffic = self.traffic.clone();
            let sender = self.sender.clone();
            let limit = self.limits.handshake;
            handshakes.spawn(async move {
                let arrival =
                    match tokio::time::timeout(limit, greet(acceptor, tcp, addr, place, traffic.clone())).await {
                        Ok(Ok(arrival)) => arrival,
                        Ok(Err(error)) => {
                            traffic.count_failed_handshake();
                            tracing::debug!(address = %addr, %error, "a TLS handshake failed");
                            return;
                        }
                        Err(_) => {
                            traffic.count_failed_handshake();
                            tracing::debug!(address = %addr, "a TLS handshake ran out of time");
                            return;
                        }
                    };
                drop((turn, share));
                // Fails only when the listener is gone, and then the connection goes too.
                let _ = sender.send(arrival).await;
            });
        }
    }
}

async fn greet(
    acceptor: TlsAcceptor,
    tcp: TcpStream,
    addr: SocketAddr,
    place: OwnedSemaphorePermit,
    traffic: Arc<Traffic>,
) -> io::Result<(Stream, Peer)> {
    tcp.set_nodelay(true)?;
    let wire = Counted::new(tcp, traffic.clone(), |traffic| &traffic.wire);
    let tls = acceptor.accept(wire).await?;
    let session = tls.get_ref().1;
    let key = session
        .peer_certificates()
        .and_then(|shown| shown.first())
        .and_then(ed25519_key);
    traffic.count_connection(session.handshake_kind() == Some(HandshakeKind::Resumed));
    let inner = Counted::new(tls, traffic, |traffic| &traffic.plain);
    Ok((Stream { inner, _place: place }, Peer { key, addr }))
}

/// One handshake's share of its address, given back when dropped.
struct Share {
    by_address: ByAddress,
    ip: IpAddr,
}

impl Share {
    fn take(by_address: &ByAddress, ip: IpAddr, most: usize) -> Option<Self> {
        let mut counts = by_address.lock().unwrap_or_else(PoisonError::into_inner);
        let count = counts.entry(ip).or_default();
        if *count >= most {
            return None;
        }
        *count += 1;
        Some(Self {
            by_address: by_address.clone(),
            ip,
        })
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        let mut counts = self.by_address.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = counts.get_mut(&self.ip) {
            *count -= 1;
            if *count == 0 {
                counts.remove(&self.ip);
            }
        }
    }
}
