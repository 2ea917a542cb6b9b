//! The hub's HTTP loop. `axum::serve` has no limits of its own, so hyper is driven directly.

use std::convert::Infallible;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use axum::Router;
use axum::extract::ConnectInfo;
use axum::response::Response;
use axum::serve::Listener as _;
use hyper::Request;
use hyper::body::Incoming;
use hyper::service::{Service as _, service_fn};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::service::TowerToHyperService;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval, timeout};

use crate::{Flow, Limits, Peer, Stream, TlsListener, Traffic, guarded};

/// Most header fields in a request on HTTP/1.1.
const HEADERS_MAX: usize = 64;
/// What one HTTP/2 request may have under way towards us, in bytes.
const STREAM_WINDOW_BYTES: u32 = 64 * 1024;
/// What one HTTP/2 connection may have under way towards us, in bytes.
const CONNECTION_WINDOW_BYTES: u32 = 256 * 1024;
/// What one HTTP/2 request may have waiting to be sent, in bytes.
const SEND_BUFFER_BYTES: usize = 64 * 1024;

/// Serves the router on the listener until `shutdown` completes, then lets requests under way finish
/// for at most `grace`. Handlers find their [`Peer`] as `ConnectInfo<Peer>`. Returns how many
/// connections had to be cut off.
///
/// No `Date` header is sent: when the hub's own clock is in doubt it must not offer the time, and the
/// protocol says the time where it may.
pub async fn serve(mut listener: TlsListener, router: Router, shutdown: impl Future<Output = ()> + Send) -> usize {
    let limits = Arc::new(listener.limits.clone());
    let traffic = listener.traffic();
    let router = guarded(router, &limits);
    let (stop, stopping) = watch::channel(false);
    let mut talks = JoinSet::new();
    let mut shutdown = pin!(shutdown);
    loop {
        tokio::select! {
            biased;
            () = &mut shutdown => break,
            Some(_) = talks.join_next() => {}
            (stream, peer) = listener.accept() => {
                let talk = Talk { peer, router: router.clone(), traffic: traffic.clone(), activity: Arc::default() };
                talks.spawn(talk.hold(stream, limits.clone(), stopping.clone()));
            }
        }
    }
    drop(listener);
    // Fails only when no connection is left to hear it.
    let _ = stop.send(true);
    let _ = timeout(limits.grace, async { while talks.join_next().await.is_some() {} }).await;
    let cut = talks.len();
    if cut > 0 {
        tracing::warn!(connections = cut, "cut off at shutdown");
    }
    talks.shutdown().await;
    cut
}

/// One connection and its requests.
struct Talk {
    peer: Peer,
    router: Router,
    traffic: Arc<Traffic>,
    activity: Arc<Activity>,
}

impl Talk {
    async fn hold(self, stream: Stream, limits: Arc<Limits>, mut stopping: watch::Receiver<bool>) {
        let flow = stream.flow();
        let activity = self.activity.clone();
        let builder = builder(&limits, stream.is_http2());
        let service = service_fn(move |request| self.answer(request));
        let mut connection = pin!(builder.serve_connection(TokioIo::new(stream), service));
        let mut watchman = interval(limits.idle);
        watchman.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut seen = Seen::default();
        let mut asked_to_stop = false;
        loop {
            tokio::select! {
                outcome = connection.as_mut() => {
                    if let Err(error) = outcome {
                        tracing::debug!(error, "a connection ended badly");
                    }
                    return;
                }
                // An error means that the server is gone, which is as good a reason.
                _ = stopping.changed(), if !asked_to_stop => {
                    asked_to_stop = true;
                    connection.as_mut().graceful_shutdown();
                }
                _ = watchman.tick() => {
                    if !seen.something_new(&flow, &activity) {
                        tracing::debug!("a connection that rested too long is closed");
                        return;
                    }
                }
            }
        }
    }

    fn answer(&self, mut request: Request<Incoming>) -> impl Future<Output = Result<Response, Infallible>> + use<> {
        self.traffic.count_request();
        request.extensions_mut().insert(ConnectInfo(self.peer));
        let running = Running::begin(&self.activity);
        let answer = TowerToHyperService::new(self.router.clone()).call(request);
        async move {
            let answer = answer.await;
            drop(running);
            answer
        }
    }
}

fn builder(limits: &Limits, http2: bool) -> Builder<TokioExecutor> {
    let head_bytes_max = usize::try_from(limits.head_bytes_max).unwrap_or(usize::MAX);
    let mut builder = Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.head)
        .max_buf_size(head_bytes_max.max(8 * 1024))
        .max_headers(HEADERS_MAX)
        .auto_date_header(false);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(limits.streams_max)
        .max_header_list_size(limits.head_bytes_max)
        .initial_stream_window_size(STREAM_WINDOW_BYTES)
        .initial_connection_window_size(CONNECTION_WINDOW_BYTES)
        .max_send_buf_size(SEND_BUFFER_BYTES)
        .auto_date_header(false);
    // The handshake has settled the version: nothing is guessed from the first bytes.
    if http2 {
        builder.http2_only()
    } else {
        builder.http1_only()
    }
}

/// What happens on one connection, as far as its watchman asks.
#[derive(Debug, Default)]
struct Activity {
    begun: AtomicU64,
    running: AtomicU64,
}

/// One request under way.
struct Running(Arc<Activity>);

impl Running {
    fn begin(activity: &Arc<Activity>) -> Self {
        activity.begun.fetch_add(1, Relaxed);
        activity.running.fetch_add(1, Relaxed);
        Self(activity.clone())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.0.running.fetch_sub(1, Relaxed);
    }
}

/// What the watchman saw on his last round.
#[derive(Default)]
struct Seen {
    rounds: u64,
    begun: u64,
    received: u64,
    sent: u64,
}

impl Seen {
    /// A connection lives if a request began, if something was sent, or if something was received
    /// for a request under way. Bytes that never become a request do not keep it alive.
    fn something_new(&mut self, flow: &Flow, activity: &Activity) -> bool {
        let now = Self {
            rounds: self.rounds + 1,
            begun: activity.begun.load(Relaxed),
            received: flow.received_bytes(),
            sent: flow.sent_bytes(),
        };
        let uploading = activity.running.load(Relaxed) > 0 && now.received != self.received;
        // The first tick of an interval comes at once.
        let alive = self.rounds == 0 || now.begun != self.begun || now.sent != self.sent || uploading;
        *self = now;
        alive
    }
}
