//! Client and server over loopback. Limits are short here; no test looks at how long anything took.

mod bounds;
mod parties;
mod stop;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{ConnectInfo, Query};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use proof::OriginKey;
use rustls::ClientConfig;
use rustls::version::TLS13;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio_rustls::client::TlsStream;

use crate::pin::PinVerifier;
use crate::{
    Authority, Client, Identity, Limits, Patience, Peer, Pin, Problem, ProblemKind, TlsListener, Traffic, serve,
};

const SHORT: Duration = Duration::from_millis(200);

/// A hub on loopback.
struct Hub {
    addr: SocketAddr,
    pin: Pin,
    traffic: Arc<Traffic>,
    stop: oneshot::Sender<()>,
    served: JoinHandle<usize>,
}

impl Hub {
    async fn start(limits: Limits, routes: Router) -> Self {
        Self::of(&authority(1), limits, routes).await
    }

    async fn of(authority: &Authority, limits: Limits, routes: Router) -> Self {
        let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let listener = TlsListener::new(socket, authority, limits).unwrap();
        let (addr, traffic) = (listener.addr(), listener.traffic());
        let (stop, stopped) = oneshot::channel::<()>();
        let shutdown = async move { stopped.await.unwrap_or_default() };
        let served = tokio::spawn(serve(listener, routes, shutdown));
        Self {
            addr,
            pin: authority.ca_fingerprint(),
            traffic,
            stop,
            served,
        }
    }

    fn client(&self, identity: Option<&Identity>) -> Client {
        Client::new(&self.addr.to_string(), self.pin, identity, Patience::default()).unwrap()
    }

    fn impatient(&self) -> Client {
        let patience = Patience {
            silence: SHORT * 3,
            connect: Duration::from_secs(2),
            ..Patience::default()
        };
        Client::new(&self.addr.to_string(), self.pin, None, patience).unwrap()
    }

    /// A TLS connection that speaks HTTP/1.1 by hand, or says nothing.
    async fn by_hand(&self) -> TlsStream<TcpStream> {
        let provider = crate::tls::provider();
        let config = ClientConfig::builder_with_provider(provider.clone())
            .with_protocol_versions(&[&TLS13])
            .unwrap()
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(PinVerifier::new(self.pin, provider)))
            .with_no_client_auth();
        let tcp = TcpStream::connect(self.addr).await.unwrap();
        let name = "hub.example".try_into().unwrap();
        tokio_rustls::TlsConnector::from(Arc::new(config))
            .connect(name, tcp)
            .await
            .unwrap()
    }

    /// Stops and says how many connections were cut off.
    async fn stop(self) -> usize {
        self.stop.send(()).unwrap();
        self.served.await.unwrap()
    }
}

fn authority(seed: u8) -> Authority {
    Authority::create([seed; 32], [seed + 100; 32], &["hub.example".to_owned()]).unwrap()
}

fn identity(seed: u8) -> (OriginKey, Identity) {
    let key = OriginKey::from_seed([seed; 32]);
    let identity = Identity::new(&key).unwrap();
    (key, identity)
}

/// The routes most tests need.
fn routes() -> Router {
    async fn who(ConnectInfo(peer): ConnectInfo<Peer>) -> Response {
        match peer.key {
            Some(key) => key.to_string().into_response(),
            None => Problem::new(ProblemKind::Unauthenticated, "").into_response(),
        }
    }
    async fn lines(Query(count): Query<Vec<(String, usize)>>) -> String {
        "x".repeat(count.first().map_or(0, |(_, count)| *count))
    }
    async fn panics() -> Response {
        panic!("the secret of the house");
    }
    Router::new()
        .route("/health", get(async || "well"))
        .route("/who", get(who))
        .route("/lines", get(lines))
        .route("/panic", get(panics))
        .route("/never", get(std::future::pending::<()>))
        .route("/echo", post(async |body: Bytes| body))
}

/// Everything the other side sends until it closes; an abrupt end is an end too.
async fn read_to_end(stream: &mut TlsStream<TcpStream>) -> String {
    let mut bytes = Vec::new();
    let _ = stream.read_to_end(&mut bytes).await;
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Asks by hand and reads until the hub closes.
async fn ask(hub: &Hub, request: &[u8]) -> String {
    let mut stream = hub.by_hand().await;
    stream.write_all(request).await.unwrap();
    read_to_end(&mut stream).await
}
