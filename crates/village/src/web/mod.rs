//! The node's second door: pages for people, over HTTP on an address that the operator chose.
//!
//! | what | does |
//! |---|---|
//! | `/sign-in`, `/first`, `/sign-out` | who sits there; the first time with a one-time code |
//! | `/` | today: what came back, what is open, what waits |
//! | `/visit` | records a visit; the answer comes when it is on the disk |
//! | `/households`, `/household/{id}` | finds a household; its story and requests |
//! | `/requests` | open requests |
//! | `/delivery` | the whole truth on sending; `POST` tries to send now |
//! | `/proof/{origin}/{sequence}` | the proof of one entry |
//!
//! No page runs a script or fetches anything but the one sheet. What is looked up stands in a body, never in an address.

mod desk;
mod directory;
mod door;
mod fields;
mod lines;
mod proof;
mod reading;
mod records;
mod saving;
mod serve;
mod sign;
mod today;
mod when;
mod which;

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::Request;
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use link::{Limits, guarded};
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};
use tower_http::csrf::CsrfLayer;

use crate::{Office, VillageError};
use directory::Directory;

/// Longest form, in bytes.
const FORM_BYTES_MAX: u64 = 64 * 1024;
/// What a page may load: the sheet of its own origin. No script, no frame, no other address.
const POLICY: &str =
    "default-src 'none'; style-src 'self'; img-src data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// What the pages share.
#[derive(Clone)]
pub(crate) struct Web {
    office: Office,
    /// Names and addresses of the village's own households; rebuilt from the log.
    directory: Arc<Mutex<Directory>>,
    /// One hash at a time: each takes 19 MiB.
    hashing: Arc<Semaphore>,
    /// Name of the cookie; it has the port, because cookies are told apart by host alone.
    cookie: Arc<str>,
}

/// The door, open but not yet attended.
pub(crate) struct WebDoor {
    listener: TcpListener,
    pub(crate) address: SocketAddr,
    routes: Router,
}

impl WebDoor {
    /// Opens the port.
    ///
    /// # Errors
    /// [`VillageError::Web`].
    pub(crate) async fn open(office: &Office, listen: SocketAddr) -> Result<Self, VillageError> {
        let wrong = |source| VillageError::Web {
            address: listen,
            source,
        };
        let listener = TcpListener::bind(listen).await.map_err(wrong)?;
        let address = listener.local_addr().map_err(wrong)?;
        if !address.ip().is_loopback() {
            tracing::warn!(%address, "pages are served beyond this machine, without encryption: passwords can be read on that network");
        }
        let web = Web {
            office: office.clone(),
            directory: Arc::new(Mutex::new(Directory::default())),
            hashing: Arc::new(Semaphore::new(1)),
            cookie: format!("minqing-{}", address.port()).into(),
        };
        Ok(Self {
            listener,
            address,
            routes: routes(web),
        })
    }

    /// Attends it until told to stop.
    pub(crate) async fn serve(self, stopping: watch::Receiver<bool>) {
        serve::serve(self.listener, self.routes, stopping).await;
    }
}

fn routes(web: Web) -> Router {
    let limits = Limits {
        body_bytes_max: FORM_BYTES_MAX,
        ..Limits::default()
    };
    let csrf = CsrfLayer::new().with_rejection_response(|_| door::cross_site());
    let routes = Router::new()
        .route("/", get(today::show))
        .route("/sign-in", get(sign::ask).post(sign::sign_in))
        .route("/first", get(sign::ask_code).post(sign::first))
        .route("/sign-out", post(sign::sign_out))
        .route("/prefs", post(sign::prefer))
        .route("/visit", get(records::ask).post(records::visit))
        .route("/households", get(reading::search_form).post(reading::search))
        .route("/household/{id}", get(reading::household))
        .route("/requests", get(reading::requests))
        .route("/delivery", get(reading::delivery).post(reading::try_now))
        .route("/proof/{origin}/{sequence}", get(proof::show))
        .fallback(door::not_found)
        .layer(from_fn_with_state(web.clone(), door::note_use))
        .layer(csrf)
        .route("/office.css", get(sheet))
        .layer(from_fn(door::own_host))
        .layer(from_fn(headers))
        .with_state(web);
    guarded(routes, &limits)
}

async fn sheet() -> Response {
    let kind = [(header::CONTENT_TYPE, "text/css; charset=utf-8")];
    (StatusCode::OK, kind, screen::office::SHEET).into_response()
}

/// Every answer says what may be loaded and that it is not to be kept: pages show personal text.
async fn headers(request: Request, next: Next) -> Response {
    let is_sheet = request.uri().path() == "/office.css";
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    let keep = if is_sheet { "public, max-age=86400" } else { "no-store" };
    for (name, value) in [
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::CACHE_CONTROL, keep),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::REFERRER_POLICY, "same-origin"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}
