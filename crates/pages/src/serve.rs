//! The HTTP loop of the pages, with bounds: `axum::serve` has none of its own.

use axum::Router;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

/// Most connections at once; whoever comes then waits in the system's queue.
const CONNECTIONS_MAX: usize = 64;
/// Longest wait for a whole request head, and how long a connection may rest between requests.
const HEAD: Duration = Duration::from_secs(30);
/// Most header fields in a request.
const HEADERS_MAX: usize = 64;
/// Longest request head, in bytes.
const HEAD_BYTES_MAX: usize = 16 * 1024;
/// How long a connection may last in all; a browser opens another one.
const CONNECTION: Duration = Duration::from_secs(600);
/// How long requests under way may go on once the node was asked to stop.
const GRACE: Duration = Duration::from_secs(3);
/// Pause after the system gave no connection.
const RETRY: Duration = Duration::from_millis(200);

pub(crate) async fn serve(listener: TcpListener, routes: Router, mut stopping: watch::Receiver<bool>) {
    let places = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    let mut talks = JoinSet::new();
    let stop = stopping.clone();
    loop {
        let place = tokio::select! {
            biased;
            // An error means that the node is gone, which is as good a reason.
            _ = stopping.wait_for(|stop| *stop) => break,
            Some(_) = talks.join_next() => continue,
            place = Arc::clone(&places).acquire_owned() => place,
        };
        // Fails only if somebody closed the semaphore, which nobody does.
        let Ok(place) = place else { break };
        let stream = tokio::select! {
            biased;
            _ = stopping.wait_for(|stop| *stop) => break,
            stream = listener.accept() => stream,
        };
        match stream {
            Ok((stream, _)) => {
                let (service, mut stop) = (TowerToHyperService::new(routes.clone()), stop.clone());
                talks.spawn(async move {
                    let mut builder = hyper::server::conn::http1::Builder::new();
                    builder
                        .timer(TokioTimer::new())
                        .header_read_timeout(HEAD)
                        .max_buf_size(HEAD_BYTES_MAX)
                        .max_headers(HEADERS_MAX)
                        .auto_date_header(false);
                    let mut talk = pin!(builder.serve_connection(TokioIo::new(stream), service));
                    let ended = tokio::select! {
                        ended = talk.as_mut() => Some(ended),
                        () = sleep(CONNECTION) => None,
                        _ = stop.wait_for(|stop| *stop) => None,
                    };
                    let ended = match ended {
                        Some(ended) => ended,
                        None => {
                            talk.as_mut().graceful_shutdown();
                            talk.await
                        }
                    };
                    if let Err(error) = ended {
                        tracing::debug!(%error, "a connection ended badly");
                    }
                    drop(place);
                });
            }
            Err(error) => {
                tracing::warn!(%error, "no connection could be taken");
                sleep(RETRY).await;
            }
        }
    }
    drop(listener);
    // Whoever is still served then is cut off; what was answered is on the disk.
    let _ = timeout(GRACE, async { while talks.join_next().await.is_some() {} }).await;
    talks.shutdown().await;
}
