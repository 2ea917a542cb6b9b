//! The node's own door: JSON over HTTP on a Unix socket in its folder, for whoever may open that folder.
//!
//! | what | does |
//! |---|---|
//! | `POST /record` | records one form ([`event::form::Form`]); on the disk when the answer comes |
//! | `POST /batch?name=&format=ndjson` or `csv` | records many, with a line-by-line report; see [`crate::batch`] |
//! | `GET /status` | how the node, its link and its log are doing |
//! | `GET /ledger/{view}` | `requests`, `coverage`, `households`, `diary`, `sync`: confirmed with its cut, pending apart |
//! | `GET /log?from=&limit=` | entries, own and pulled, as NDJSON; the header `next` says where to go on |
//! | `GET /digests?roots=` | digests of every view, at the cut |
//! | `POST /sync` | syncs now |
//! | `POST /code?password_of=&person=&keeper=` | a one-time code for the pages, in the place of the one before |
//!
//! Refusals are problem documents, as on the hub's interface.

use std::fs::{self, File};
use std::io;
use std::os::fd::AsRawFd as _;
use std::os::unix::fs::{FileTypeExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{FromRequest as _, Path as UrlPath, Query, Request, State};
use axum::http::{HeaderValue, Method, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use event::form::Form;
use hyper::service::Service as _;
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use link::{Limits, Problem, ProblemKind, guarded};
use pages::CodeQuestion;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::watch;

use crate::batch::{self, BATCH_BYTES_MAX, Format};
use crate::log_lines::{self, Place};
use crate::views::{self, Question};
use crate::{Office, VillageError, slip, status};

const SOCKET: &str = "node.sock";
/// Longest path that a socket's address holds, in bytes.
const SOCKET_PATH_BYTES_MAX: usize = 100;
/// Longest answer that is taken at this door, in bytes.
const REPLY_BYTES_MAX: usize = 1 << 30;

type Answer = Result<Response, Problem>;

/// The door, open but not yet attended.
pub(crate) struct Counter {
    listener: UnixListener,
    routes: Router,
}

impl Counter {
    /// Opens the socket, readable and writable by its owner alone. One that a dead node left behind is replaced.
    ///
    /// # Errors
    /// [`VillageError::File`].
    pub(crate) fn open(office: &Office) -> Result<Self, VillageError> {
        let dir = &office.config.data_dir;
        let path = dir.join(SOCKET);
        // Nobody else has this folder's log open, so nobody attends this socket.
        if fs::symlink_metadata(&path).is_ok_and(|meta| meta.file_type().is_socket()) {
            fs::remove_file(&path).map_err(|source| VillageError::file(&path, source))?;
        }
        let bound = reachable(dir).and_then(|(short, _dir)| UnixListener::bind(short));
        let listener = bound.map_err(|source| VillageError::file(&path, source))?;
        let private = fs::set_permissions(&path, fs::Permissions::from_mode(0o600));
        private.map_err(|source| VillageError::file(&path, source))?;
        let routes = routes(office.clone());
        Ok(Self { listener, routes })
    }

    /// Attends it until told to stop; who is being served then gets the answer.
    pub(crate) async fn serve(self, mut stopping: watch::Receiver<bool>) {
        let stopped = async move {
            // An error means that the node is gone, which is as good a reason.
            let _ = stopping.wait_for(|stop| *stop).await;
        };
        let served = axum::serve(self.listener, self.routes).with_graceful_shutdown(stopped);
        if let Err(error) = served.await {
            tracing::error!(%error, "the local socket failed");
        }
    }
}

/// Takes the socket away: nobody attends it any more.
pub(crate) fn close(dir: &Path) {
    if let Err(error) = fs::remove_file(dir.join(SOCKET)) {
        tracing::debug!(%error, "the local socket was gone already");
    }
}

/// A path to the socket that fits into a socket's address, and what keeps it valid.
fn reachable(dir: &Path) -> io::Result<(PathBuf, Option<File>)> {
    let path = dir.join(SOCKET);
    if path.as_os_str().len() <= SOCKET_PATH_BYTES_MAX {
        return Ok((path, None));
    }
    let dir = File::open(dir)?;
    let short = format!("/proc/self/fd/{}/{SOCKET}", dir.as_raw_fd());
    Ok((PathBuf::from(short), Some(dir)))
}

/// The node's answer at its local door.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LocalReply {
    /// The HTTP status.
    pub status: u16,
    /// Where a listing goes on, if it does.
    pub next: Option<String>,
    /// The body: JSON, NDJSON, or a problem document.
    pub body: Vec<u8>,
}

impl LocalReply {
    /// The reply if the node did what it was asked.
    ///
    /// # Errors
    /// The problem.
    pub fn accepted(self) -> Result<Self, Problem> {
        if (200..300).contains(&self.status) {
            return Ok(self);
        }
        let made = || {
            Problem::new(
                ProblemKind::from_status(self.status),
                "the answer carries no problem document",
            )
        };
        Err(Problem::parse(&self.body).unwrap_or_else(made))
    }

    async fn of(response: axum::http::Response<Body>) -> io::Result<Self> {
        let (head, body) = response.into_parts();
        let next = head.headers.get("next").and_then(|next| next.to_str().ok());
        let next = next.map(str::to_owned);
        let body = to_bytes(body, REPLY_BYTES_MAX).await.map_err(io::Error::other)?;
        Ok(Self {
            status: head.status.as_u16(),
            next,
            body: body.to_vec(),
        })
    }
}

/// Asks the node that runs in `dir`.
///
/// # Errors
/// An [`io::Error`] of kind `NotFound` or `ConnectionRefused` if no node runs there: then
/// [`open_offline`](crate::open_offline) opens it in this process.
pub async fn ask(dir: &Path, method: Method, path_and_query: &str, body: Vec<u8>) -> io::Result<LocalReply> {
    let (short, _dir) = reachable(dir)?;
    let stream = TokioIo::new(UnixStream::connect(short).await?);
    let (mut sender, connection) = hyper::client::conn::http1::handshake(stream)
        .await
        .map_err(io::Error::other)?;
    let connection = tokio::spawn(connection);
    let request = request(method, path_and_query, body)?;
    let response = sender.send_request(request).await.map_err(io::Error::other)?;
    let reply = LocalReply::of(response.map(Body::new)).await;
    connection.abort();
    reply
}

fn request(method: Method, path_and_query: &str, body: Vec<u8>) -> io::Result<Request<Body>> {
    let request = Request::builder().method(method).uri(path_and_query);
    let request = request.header(header::HOST, "node").body(Body::from(body));
    request.map_err(|error| io::Error::new(io::ErrorKind::InvalidInput, error))
}

impl Office {
    /// Asks this node what [`ask`] asks a running one: the same addresses, the same answers.
    ///
    /// # Errors
    /// An [`io::Error`] if `path_and_query` is no address.
    pub async fn ask(&self, method: Method, path_and_query: &str, body: Vec<u8>) -> io::Result<LocalReply> {
        let request = request(method, path_and_query, body)?;
        let response = TowerToHyperService::new(routes(self.clone())).call(request).await;
        match response {
            Ok(response) => LocalReply::of(response).await,
            Err(never) => match never {},
        }
    }
}

fn routes(office: Office) -> Router {
    let limits = Limits {
        body_bytes_max: BATCH_BYTES_MAX as u64,
        ..Limits::default()
    };
    let routes = Router::new()
        .route("/record", post(record))
        .route("/batch", post(record_batch))
        .route("/status", get(show_status))
        .route("/ledger/{view}", get(ledger))
        .route("/log", get(log))
        .route("/digests", get(digests))
        .route("/proof", get(proof))
        .route("/evidence", get(evidence))
        .route("/day-root", get(day_root))
        .route("/sync", post(sync_now))
        .route("/code", post(code))
        .with_state(office);
    guarded(routes, &limits)
}

async fn bytes_of(request: Request) -> Result<Bytes, Problem> {
    let bytes = Bytes::from_request(request, &()).await;
    bytes.map_err(|error| Problem::new(ProblemKind::Malformed, error.body_text()))
}

async fn record(State(office): State<Office>, request: Request) -> Answer {
    let bytes = bytes_of(request).await?;
    let form: Form<Value> =
        serde_json::from_slice(&bytes).map_err(|error| Problem::new(ProblemKind::Malformed, error.to_string()))?;
    let recorded = office.record(form).await?;
    Ok(Json(json!({
        "id": recorded.id, "origin": recorded.origin, "sequence": recorded.sequence, "delivery": "pending"
    }))
    .into_response())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct BatchQuery {
    #[serde(default)]
    name: String,
    format: Format,
}

async fn record_batch(State(office): State<Office>, Query(query): Query<BatchQuery>, request: Request) -> Answer {
    let bytes = bytes_of(request).await?;
    let report = batch::record(&office, &query.name, query.format, &bytes).await?;
    Ok(Json(report).into_response())
}

async fn show_status(State(office): State<Office>) -> Answer {
    let status = office.read(|office| Ok(status::status(office))).await?;
    Ok(Json(status).into_response())
}

async fn ledger(
    State(office): State<Office>,
    UrlPath(view): UrlPath<String>,
    Query(question): Query<Question>,
) -> Answer {
    office.books.wait_for(question.at_least).await?;
    let answer = office
        .read(move |office| views::answer(office, &view, &question))
        .await?;
    Ok(Json(answer).into_response())
}

/// The proof of one entry: `?event=` or `?origin=&sequence=`.
async fn proof(State(office): State<Office>, Query(which): Query<slip::Which>) -> Answer {
    Ok(Json(slip::prove(&office, which).await?).into_response())
}

async fn evidence(State(office): State<Office>) -> Answer {
    Ok(Json(office.read(slip::met).await?).into_response())
}

async fn day_root(State(office): State<Office>) -> Answer {
    Ok(Json(office.read(slip::day_root).await?).into_response())
}

async fn digests(State(office): State<Office>, Query(question): Query<Question>) -> Answer {
    office.books.wait_for(question.at_least).await?;
    let answer = office.read(move |office| Ok(views::digests(office, &question))).await?;
    Ok(Json(answer).into_response())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LogQuery {
    from: Option<String>,
    limit: Option<usize>,
}

async fn log(State(office): State<Office>, Query(query): Query<LogQuery>) -> Answer {
    let from = query.from.as_deref().map(str::parse::<Place>).transpose()?;
    let limit = query
        .limit
        .unwrap_or(log_lines::LINES_MAX)
        .clamp(1, log_lines::LINES_MAX);
    let lines = office.read(move |office| log_lines::lines(office, from, limit)).await?;
    let mut response = Response::new(Body::from(lines.text));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/x-ndjson"));
    if let Some(next) = lines
        .next
        .and_then(|next| HeaderValue::from_str(&next.to_string()).ok())
    {
        headers.insert("next", next);
    }
    Ok(response)
}

async fn code(State(office): State<Office>, Query(question): Query<CodeQuestion>) -> Answer {
    Ok(Json(json!({ "code": office.code(question).await? })).into_response())
}

async fn sync_now(State(office): State<Office>) -> Answer {
    office.sync().await?;
    Ok(Json(json!({ "syncing": true })).into_response())
}
