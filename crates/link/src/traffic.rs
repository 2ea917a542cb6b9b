//! Counting bytes and connections, so that "idle costs nothing" is a number and not a hope.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// Bytes that went each way, counted where we stand.
#[derive(Debug, Default)]
pub struct Flow {
    received: AtomicU64,
    sent: AtomicU64,
}

impl Flow {
    /// Bytes received so far.
    #[must_use]
    pub fn received_bytes(&self) -> u64 {
        self.received.load(Relaxed)
    }

    /// Bytes sent so far.
    #[must_use]
    pub fn sent_bytes(&self) -> u64 {
        self.sent.load(Relaxed)
    }

    pub(crate) fn add_received(&self, bytes: usize) {
        self.received.fetch_add(bytes as u64, Relaxed);
    }

    pub(crate) fn add_sent(&self, bytes: usize) {
        self.sent.fetch_add(bytes as u64, Relaxed);
    }
}

/// What a listener or a client has carried since it was made.
#[derive(Debug, Default)]
pub struct Traffic {
    /// HTTP bytes inside TLS, heads and bodies. Exact on a listener; on a client, bodies exactly and
    /// heads as they would be written in HTTP/1.1.
    pub plain: Flow,
    /// TCP payload bytes, TLS included. Counted on a listener only; 0 on a client.
    pub wire: Flow,
    connections: AtomicU64,
    resumed: AtomicU64,
    failed: AtomicU64,
    requests: AtomicU64,
}

impl Traffic {
    /// Connections whose handshake ended well. Counted on a listener only.
    #[must_use]
    pub fn connections(&self) -> u64 {
        self.connections.load(Relaxed)
    }

    /// Those of [`Self::connections`] that resumed an earlier session.
    #[must_use]
    pub fn resumed(&self) -> u64 {
        self.resumed.load(Relaxed)
    }

    /// Handshakes that failed, ran out of time, or were turned away.
    #[must_use]
    pub fn failed_handshakes(&self) -> u64 {
        self.failed.load(Relaxed)
    }

    /// Requests begun.
    #[must_use]
    pub fn requests(&self) -> u64 {
        self.requests.load(Relaxed)
    }

    pub(crate) fn count_connection(&self, resumed: bool) {
        self.connections.fetch_add(1, Relaxed);
        self.resumed.fetch_add(u64::from(resumed), Relaxed);
    }

    pub(crate) fn count_failed_handshake(&self) {
        self.failed.fetch_add(1, Relaxed);
    }

    pub(crate) fn count_request(&self) {
        self.requests.fetch_add(1, Relaxed);
    }
}

/// A stream that counts what passes, for itself and for the listener as a whole.
#[derive(Debug)]
pub(crate) struct Counted<S> {
    pub(crate) inner: S,
    own: Arc<Flow>,
    all: Arc<Traffic>,
    side: fn(&Traffic) -> &Flow,
}

impl<S> Counted<S> {
    pub(crate) fn new(inner: S, all: Arc<Traffic>, side: fn(&Traffic) -> &Flow) -> Self {
        Self {
            inner,
            own: Arc::default(),
            all,
            side,
        }
    }

    /// This stream's own count.
    pub(crate) fn own(&self) -> &Arc<Flow> {
        &self.own
    }

    fn sent(&self, outcome: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        if let Poll::Ready(Ok(bytes)) = outcome {
            self.own.add_sent(bytes);
            (self.side)(&self.all).add_sent(bytes);
        }
        outcome
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Counted<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let outcome = Pin::new(&mut self.inner).poll_read(cx, buf);
        let bytes = buf.filled().len().saturating_sub(before);
        self.own.add_received(bytes);
        (self.side)(&self.all).add_received(bytes);
        outcome
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Counted<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let outcome = Pin::new(&mut self.inner).poll_write(cx, buf);
        self.sent(outcome)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let outcome = Pin::new(&mut self.inner).poll_write_vectored(cx, bufs);
        self.sent(outcome)
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
