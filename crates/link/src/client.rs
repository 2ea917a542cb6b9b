//! The side of a village or an auditor: one kept connection to one hub.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::body::Bytes;
use axum::http::{Method, header};
use reqwest::Url;
use rustls::ClientConfig;
use rustls::version::TLS13;
use tokio::time::timeout;

use crate::pin::PinVerifier;
use crate::tls::{NoClock, alpn, provider};
use crate::{Identity, LinkError, PROBLEM_BYTES_MAX, Patience, Pin, Problem, ProblemKind, Traffic};

/// What one HTTP/2 answer may have under way towards us, in bytes: a whole page.
const STREAM_WINDOW_BYTES: u32 = 512 * 1024;
/// What the connection may have under way towards us, in bytes.
const CONNECTION_WINDOW_BYTES: u32 = 1024 * 1024;

/// A hub's answer, whatever its status.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// The HTTP status.
    pub status: u16,
    /// The content type, if the hub named one.
    pub content_type: Option<String>,
    /// The entity tag, for asking again with less.
    pub etag: Option<String>,
    /// Seconds the hub asks us to wait before the next request.
    pub retry_after_s: Option<u32>,
    /// The body, whole.
    pub body: Vec<u8>,
}

impl Reply {
    /// The reply if its status is 2xx or 304.
    ///
    /// # Errors
    /// The hub's [`Problem`], or one made from the status when the answer carries none.
    pub fn accepted(self) -> Result<Self, Problem> {
        if (200..300).contains(&self.status) || self.status == 304 {
            return Ok(self);
        }
        let made = || Problem {
            status: self.status,
            ..Problem::new(
                ProblemKind::from_status(self.status),
                "the answer carries no problem document",
            )
        };
        let mut problem = Problem::parse(&self.body).unwrap_or_else(made);
        problem.retry_after_s = problem.retry_after_s.or(self.retry_after_s);
        Err(problem)
    }
}

/// A client of one hub, pinned to its certificate authority. Cheap to clone; clones share the connection.
///
/// It follows no redirect, reads no proxy from the environment, and puts no limit on a whole exchange,
/// only on silence ([`Patience`]). Any clock does.
#[derive(Clone)]
pub struct Client {
    http: Arc<Mutex<reqwest::Client>>,
    tls: ClientConfig,
    base: Url,
    patience: Patience,
    traffic: Arc<Traffic>,
}

impl Client {
    /// A client of the hub at `host:port` whose authority has this fingerprint. Without an identity it
    /// is a stranger and reaches only what strangers may.
    ///
    /// # Errors
    /// [`LinkError::Address`] or [`LinkError::Setup`].
    pub fn new(hub_addr: &str, pin: Pin, identity: Option<&Identity>, patience: Patience) -> Result<Self, LinkError> {
        let setup = |error: rustls::Error| LinkError::Setup(error.to_string());
        let provider = provider();
        let tls = ClientConfig::builder_with_details(provider.clone(), Arc::new(NoClock))
            .with_protocol_versions(&[&TLS13])
            .map_err(setup)?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(PinVerifier::new(pin, provider)));
        let mut tls = match identity {
            Some(identity) => tls
                .with_client_auth_cert(vec![identity.certificate().clone()], identity.private_key())
                .map_err(setup)?,
            None => tls.with_no_client_auth(),
        };
        tls.alpn_protocols = alpn();
        Self::with_tls(hub_addr, tls, patience)
    }

    pub(crate) fn with_tls(hub_addr: &str, tls: ClientConfig, patience: Patience) -> Result<Self, LinkError> {
        let address = || LinkError::Address(hub_addr.to_owned());
        let base = Url::parse(&format!("https://{hub_addr}")).map_err(|_| address())?;
        if base.path() != "/" || base.query().is_some() || base.fragment().is_some() || !base.username().is_empty() {
            return Err(address());
        }
        let http = Arc::new(Mutex::new(http(tls.clone(), &patience)?));
        Ok(Self {
            http,
            tls,
            base,
            patience,
            traffic: Arc::default(),
        })
    }

    /// What this client and its clones have sent and received.
    #[must_use]
    pub fn traffic(&self) -> &Arc<Traffic> {
        &self.traffic
    }

    /// GET. `path_and_query` begins with `/`; at most `max_bytes` of body are taken.
    ///
    /// # Errors
    /// [`LinkError`]: no answer that can be used.
    pub async fn get(&self, path_and_query: &str, max_bytes: usize) -> Result<Reply, LinkError> {
        self.get_waiting(path_and_query, max_bytes, Duration::ZERO).await
    }

    /// GET with the hub allowed to keep silent for `agreed` before it answers (a long poll).
    ///
    /// # Errors
    /// [`LinkError`]: no answer that can be used.
    pub async fn get_waiting(
        &self,
        path_and_query: &str,
        max_bytes: usize,
        agreed: Duration,
    ) -> Result<Reply, LinkError> {
        self.exchange(Method::GET, path_and_query, None, max_bytes, agreed)
            .await
    }

    /// POST with a body.
    ///
    /// # Errors
    /// [`LinkError`]: no answer that can be used.
    pub async fn post(
        &self,
        path_and_query: &str,
        content_type: &str,
        body: Bytes,
        max_bytes: usize,
    ) -> Result<Reply, LinkError> {
        self.exchange(
            Method::POST,
            path_and_query,
            Some((content_type, body)),
            max_bytes,
            Duration::ZERO,
        )
        .await
    }

    /// PUT with a body.
    ///
    /// # Errors
    /// [`LinkError`]: no answer that can be used.
    pub async fn put(
        &self,
        path_and_query: &str,
        content_type: &str,
        body: Bytes,
        max_bytes: usize,
    ) -> Result<Reply, LinkError> {
        self.exchange(
            Method::PUT,
            path_and_query,
            Some((content_type, body)),
            max_bytes,
            Duration::ZERO,
        )
        .await
    }

    async fn exchange(
        &self,
        method: Method,
        path_and_query: &str,
        body: Option<(&str, Bytes)>,
        max_bytes: usize,
        agreed: Duration,
    ) -> Result<Reply, LinkError> {
        let url = self.url(path_and_query)?;
        let body_bytes = body.as_ref().map_or(0, |(_, body)| body.len());
        let head = method.as_str().len() + path_and_query.len() + self.base.authority().len();
        let type_bytes = body.as_ref().map_or(0, |(content_type, _)| content_type.len());
        // "METHOD path HTTP/1.1", "host", "accept", "content-type", "content-length" with their separators.
        self.traffic.plain.add_sent(head + type_bytes + body_bytes + 70);
        self.traffic.count_request();

        let http = self.http.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let mut request = http.request(method, url);
        if let Some((content_type, body)) = body {
            request = request.header(header::CONTENT_TYPE, content_type).body(body);
        }
        let wait = self
            .patience
            .connect
            .saturating_add(self.patience.answer(body_bytes, agreed));
        let response = match timeout(wait, request.send()).await {
            Ok(sent) => sent.map_err(|error| LinkError::from_reqwest(&error, self.patience.connect))?,
            Err(_) => return Err(self.fell_silent(wait)),
        };
        self.read(response, max_bytes).await
    }

    /// A connection that fell silent may be dead without our knowing, and with HTTP/2 the next request
    /// would go into the same hole. The next one takes a new connection; the TLS session is resumed.
    fn fell_silent(&self, waited: Duration) -> LinkError {
        if let Ok(fresh) = http(self.tls.clone(), &self.patience) {
            *self.http.lock().unwrap_or_else(PoisonError::into_inner) = fresh;
        }
        LinkError::Silent(waited)
    }

    fn url(&self, path_and_query: &str) -> Result<Url, LinkError> {
        let address = || LinkError::Address(path_and_query.to_owned());
        if !path_and_query.starts_with('/') || path_and_query.starts_with("//") {
            return Err(address());
        }
        self.base.join(path_and_query).map_err(|_| address())
    }

    /// The answer, with a body of at most `max_bytes` (a refusal's at least as long as a problem may be).
    async fn read(&self, mut response: reqwest::Response, max_bytes: usize) -> Result<Reply, LinkError> {
        let head: usize = response
            .headers()
            .iter()
            .map(|(name, value)| name.as_str().len() + value.len() + 4)
            .sum();
        self.traffic.plain.add_received(head + 17);
        let text = |name| {
            response
                .headers()
                .get(name)
                .and_then(|value| value.to_str().ok())
                .map(str::to_owned)
        };
        let status = response.status();
        let mut reply = Reply {
            status: status.as_u16(),
            content_type: text(header::CONTENT_TYPE),
            etag: text(header::ETAG),
            retry_after_s: text(header::RETRY_AFTER).and_then(|seconds| seconds.parse().ok()),
            body: Vec::new(),
        };
        let max_bytes = if status.is_success() {
            max_bytes
        } else {
            max_bytes.max(PROBLEM_BYTES_MAX)
        };
        if response
            .content_length()
            .is_some_and(|length| length > max_bytes as u64)
        {
            return Err(LinkError::TooLong(max_bytes));
        }
        let silence = self.patience.silence;
        loop {
            let chunk = match timeout(silence, response.chunk()).await {
                Ok(chunk) => chunk.map_err(|error| LinkError::from_reqwest(&error, silence))?,
                Err(_) => return Err(self.fell_silent(silence)),
            };
            let Some(chunk) = chunk else { return Ok(reply) };
            self.traffic.plain.add_received(chunk.len());
            if reply.body.len() + chunk.len() > max_bytes {
                return Err(LinkError::TooLong(max_bytes));
            }
            reply.body.extend_from_slice(&chunk);
        }
    }
}

fn http(tls: ClientConfig, patience: &Patience) -> Result<reqwest::Client, LinkError> {
    let builder = reqwest::Client::builder()
        .tls_backend_preconfigured(tls)
        .https_only(true)
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .referer(false)
        .connect_timeout(patience.connect)
        .pool_idle_timeout(patience.rest)
        .pool_max_idle_per_host(1)
        .http2_initial_stream_window_size(STREAM_WINDOW_BYTES)
        .http2_initial_connection_window_size(CONNECTION_WINDOW_BYTES);
    #[cfg(target_os = "linux")]
    let builder = builder.tcp_user_timeout(patience.silence);
    builder.build().map_err(|error| LinkError::Setup(error.to_string()))
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("hub", &self.base.authority())
            .finish_non_exhaustive()
    }
}
