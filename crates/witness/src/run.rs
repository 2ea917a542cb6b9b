//! The program: `run(config, listener, surroundings, shutdown)`, over plain HTTP/1.1.

use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::to_bytes;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use link::Surroundings;
use proof::ADD_CHECKPOINT_BYTES_MAX;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use crate::{Answer, Witness, WitnessConfig, WitnessError};

/// Longest wait for a request's head, and how long a connection may rest between requests.
const HEAD: Duration = Duration::from_secs(30);
/// Longest wait for a request's body.
const BODY: Duration = Duration::from_secs(20);
/// How long one connection may last.
const CONNECTION: Duration = Duration::from_secs(600);
/// Longest head of a request, in bytes.
const HEAD_BYTES_MAX: usize = 16 * 1024;
/// Most fields of a head.
const HEADERS_MAX: usize = 64;
/// How long requests under way may go on once the witness was asked to stop.
const GRACE: Duration = Duration::from_secs(5);
/// Pause after the system refused to give a connection, for instance because there are too many open files.
const REFUSED: Duration = Duration::from_millis(200);

const TEXT: &str = "text/plain; charset=utf-8";
const SIZE: &str = "text/x.tlog.size";

/// Runs the witness in `config.data_dir` on `listener` until `shutdown` completes; then requests under way are finished.
///
/// # Errors
/// [`WitnessError`] says what stands in the way of starting.
pub async fn run(
    config: WitnessConfig,
    listener: TcpListener,
    surroundings: Surroundings,
    shutdown: impl Future<Output = ()> + Send,
) -> Result<(), WitnessError> {
    let witness = Witness::open(&config)?;
    serve(witness, config.connections_max, listener, surroundings, shutdown).await
}

/// Serves an opened witness, with at most so many connections at once, until `shutdown` completes.
///
/// # Errors
/// [`WitnessError::Socket`].
pub async fn serve(
    witness: Witness,
    connections_max: usize,
    listener: TcpListener,
    surroundings: Surroundings,
    shutdown: impl Future<Output = ()> + Send,
) -> Result<(), WitnessError> {
    let address = listener.local_addr().map_err(WitnessError::Socket)?;
    let logs_watched = witness.seen().len();
    if logs_watched == 0 {
        tracing::warn!("no log is watched: the settings name none");
    }
    let desk = Desk {
        witness: Arc::new(witness),
        surroundings,
    };
    let routes = Router::new()
        .route("/add-checkpoint", post(add_checkpoint))
        .route("/logs", get(logs))
        .route("/health", get(|| async { text(StatusCode::OK, "ok\n".to_owned()) }))
        .with_state(desk);
    tracing::info!(%address, logs = logs_watched, "the witness is open");
    let room = Arc::new(Semaphore::new(connections_max.max(1)));
    let (stop, stopping) = watch::channel(false);
    let (mut talks, mut shutdown) = (JoinSet::new(), pin!(shutdown));
    loop {
        let next = async {
            let place = Arc::clone(&room).acquire_owned().await;
            (listener.accept().await, place)
        };
        tokio::select! {
            biased;
            () = &mut shutdown => break,
            Some(_) = talks.join_next() => {}
            (accepted, place) = next => match accepted {
                Ok((stream, _)) => {
                    let talk = hold(stream, routes.clone(), stopping.clone());
                    talks.spawn(async move {
                        talk.await;
                        drop(place);
                    });
                }
                Err(error) => {
                    tracing::warn!(%error, "no connection can be taken");
                    sleep(REFUSED).await;
                }
            }
        }
    }
    drop(listener);
    tracing::info!("the witness is closing");
    // Fails only when no connection is left to hear it.
    let _ = stop.send(true);
    let _ = timeout(GRACE, async { while talks.join_next().await.is_some() {} }).await;
    talks.shutdown().await;
    Ok(())
}

/// One connection and its requests.
async fn hold(stream: TcpStream, routes: Router, mut stopping: watch::Receiver<bool>) {
    let mut builder = http1::Builder::new();
    builder
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD)
        .max_buf_size(HEAD_BYTES_MAX)
        .max_headers(HEADERS_MAX)
        .auto_date_header(false);
    let mut connection = pin!(builder.serve_connection(TokioIo::new(stream), TowerToHyperService::new(routes)));
    let mut too_long = pin!(sleep(CONNECTION));
    let mut asked_to_stop = false;
    loop {
        tokio::select! {
            // However it ended, nobody waits for it any more.
            _ = connection.as_mut() => return,
            () = too_long.as_mut() => return,
            // An error means that the program is gone, which is as good a reason.
            _ = stopping.changed(), if !asked_to_stop => {
                asked_to_stop = true;
                connection.as_mut().graceful_shutdown();
            }
        }
    }
}

#[derive(Clone)]
struct Desk {
    witness: Arc<Witness>,
    surroundings: Surroundings,
}

async fn add_checkpoint(State(desk): State<Desk>, request: Request) -> Response {
    let body = match timeout(BODY, to_bytes(request.into_body(), ADD_CHECKPOINT_BYTES_MAX)).await {
        Ok(Ok(body)) => body,
        Ok(Err(_)) => {
            let words = format!("the body broke off, or is longer than {ADD_CHECKPOINT_BYTES_MAX} bytes\n");
            return text(StatusCode::BAD_REQUEST, words);
        }
        Err(_) => {
            return text(
                StatusCode::REQUEST_TIMEOUT,
                format!("no whole body within {} s\n", BODY.as_secs()),
            );
        }
    };
    // It goes on to its end even if the client leaves: what was stored was stored.
    let answer = tokio::task::spawn_blocking(move || {
        let now_s = desk.surroundings.now().wall_ms / 1_000;
        desk.witness.add_checkpoint(&body, now_s)
    });
    match answer.await.unwrap_or_else(|panic| Err(io::Error::other(panic))) {
        Ok(answer) => told(answer),
        Err(error) => {
            tracing::error!(%error, "the checkpoint could not be stored; nothing was cosigned");
            text(
                StatusCode::INTERNAL_SERVER_ERROR,
                "the checkpoint could not be stored\n".to_owned(),
            )
        }
    }
}

fn told(answer: Answer) -> Response {
    let line = |words: String| words + "\n";
    match answer {
        Answer::Cosigned(lines) => text(StatusCode::OK, lines),
        Answer::Malformed(words) => text(StatusCode::BAD_REQUEST, line(words)),
        Answer::Unsigned(words) => text(StatusCode::FORBIDDEN, line(words)),
        Answer::UnknownLog(name) => text(StatusCode::NOT_FOUND, format!("{name} is not watched here\n")),
        Answer::Conflict(size) => (StatusCode::CONFLICT, [(CONTENT_TYPE, SIZE)], format!("{size}\n")).into_response(),
        Answer::Inconsistent(words) => text(StatusCode::UNPROCESSABLE_ENTITY, line(words)),
    }
}

async fn logs(State(desk): State<Desk>) -> Response {
    let notes: Vec<String> = desk.witness.seen().into_iter().filter_map(|seen| seen.note).collect();
    text(StatusCode::OK, notes.join("\n"))
}

fn text(status: StatusCode, words: String) -> Response {
    (status, [(CONTENT_TYPE, TEXT)], words).into_response()
}
