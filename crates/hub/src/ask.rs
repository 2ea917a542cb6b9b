//! The other side of the admin's door, for the command line.

use std::io;
use std::path::Path;

use axum::body::Body;
use axum::http::{Method, Request, header};
use hyper_util::rt::TokioIo;
use link::{Problem, ProblemKind};
use serde_json::Value;
use tokio::net::UnixStream;

use crate::admin::reachable;

/// Longest answer that is taken, in bytes: every household of a large township in one view.
const ANSWER_BYTES_MAX: usize = 256 * 1024 * 1024;

/// Why the hub did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum AskError {
    /// Nobody attends the socket.
    #[error("no hub runs in {}: {source}", dir.display())]
    NotRunning {
        /// The hub's folder.
        dir: std::path::PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The exchange broke off, or its answer makes no sense.
    #[error("the hub did not answer: {0}")]
    Broken(String),
    /// The hub refused.
    #[error(transparent)]
    Refused(Box<Problem>),
}

/// Asks the hub that runs in `dir`: `GET /status`, `POST /offer` and so on, with a JSON document where
/// there is something to say.
///
/// # Errors
/// [`AskError`].
pub async fn ask(dir: &Path, method: &str, path: &str, document: Option<&Value>) -> Result<Value, AskError> {
    let broken = |error: &dyn std::error::Error| AskError::Broken(error.to_string());
    let not_running = |source| AskError::NotRunning {
        dir: dir.to_path_buf(),
        source,
    };
    let (socket, _dir) = reachable(dir).map_err(not_running)?;
    let stream = UnixStream::connect(socket).await.map_err(not_running)?;
    let handshake = hyper::client::conn::http1::handshake(TokioIo::new(stream));
    let (mut sender, connection) = handshake.await.map_err(|error| broken(&error))?;
    let request = Request::builder()
        .method(method.parse::<Method>().map_err(|error| broken(&error))?)
        .uri(path)
        .header(header::HOST, "hub")
        .header(header::CONTENT_TYPE, "application/json")
        .body(document.map_or_else(Body::empty, |document| Body::from(document.to_string())))
        .map_err(|error| broken(&error))?;
    let exchange = async {
        let response = sender.send_request(request).await.map_err(|error| broken(&error))?;
        let status = response.status();
        let body = axum::body::to_bytes(Body::new(response.into_body()), ANSWER_BYTES_MAX).await;
        Ok((status, body.map_err(|error| broken(&error))?))
    };
    let mut exchange = std::pin::pin!(exchange);
    let mut connection = std::pin::pin!(connection);
    let outcome = tokio::select! {
        outcome = &mut exchange => outcome,
        // The connection may end before the answer was taken up.
        _ = &mut connection => exchange.await,
    };
    let (status, body) = outcome?;
    if status.is_success() {
        return serde_json::from_slice(&body).map_err(|error| broken(&error));
    }
    let unknown = || {
        Problem::new(
            ProblemKind::from_status(status.as_u16()),
            "the answer carries no problem document",
        )
    };
    Err(AskError::Refused(Box::new(
        Problem::parse(&body).unwrap_or_else(unknown),
    )))
}
