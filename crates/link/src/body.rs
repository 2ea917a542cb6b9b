//! What surrounds every route: bounds on the body, panics caught, refusals in one form.

use std::any::Any;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering::Relaxed};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse as _, Response};
use hyper::body::{Body as HttpBody, Frame, SizeHint};
use thiserror::Error;
use tokio::time::{Sleep, sleep};
use tower_http::catch_panic::CatchPanicLayer;

use crate::{Limits, Problem, ProblemKind};

/// Longest text of the web framework's own refusals that is carried over, in bytes.
const REASON_BYTES_MAX: usize = 2 * 1024;

/// The router with its bodies bounded in length and in silence, its panics caught, and every refusal
/// a [`Problem`] unless the handler answered with a document of its own (HTML, JSON).
///
/// [`crate::serve`] does this itself; a server without TLS on loopback may want it too.
pub fn guarded(router: Router, limits: &Limits) -> Router {
    let bytes_max = usize::try_from(limits.body_bytes_max).unwrap_or(usize::MAX);
    let bounds = Bounds {
        bytes_max: limits.body_bytes_max,
        silence: limits.body_idle,
    };
    router
        .layer(DefaultBodyLimit::max(bytes_max))
        .layer(CatchPanicLayer::custom(panicked))
        .layer(from_fn_with_state(bounds, guard))
}

#[derive(Clone, Copy)]
struct Bounds {
    bytes_max: u64,
    silence: Duration,
}

impl Bounds {
    fn too_large(self) -> Problem {
        Problem::new(ProblemKind::TooLarge, format!("at most {} bytes", self.bytes_max)).at_most_bytes(self.bytes_max)
    }
}

async fn guard(State(bounds): State<Bounds>, request: Request, next: Next) -> Response {
    let announced = request
        .headers()
        .get(CONTENT_LENGTH)
        .and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    if announced.is_some_and(|bytes| bytes > bounds.bytes_max) {
        return bounds.too_large().into_response();
    }
    let verdict = Arc::new(Verdict::default());
    let request = request.map(|body| Body::new(GuardedBody::new(body, bounds, verdict.clone())));
    let response = next.run(request).await;
    match verdict.read() {
        Some(BodyFault::TooLarge) => bounds.too_large().into_response(),
        Some(BodyFault::Silent) => {
            let seconds = bounds.silence.as_secs_f32();
            Problem::new(ProblemKind::SlowBody, format!("no byte for {seconds} s")).into_response()
        }
        None => as_problem(response).await,
    }
}

/// The framework's refusals are plain text or empty; handlers that mean their answer say what it is.
async fn as_problem(response: Response) -> Response {
    let status = response.status();
    let content_type = response
        .headers()
        .get(CONTENT_TYPE)
        .map(|kind| kind.as_bytes().starts_with(b"text/plain"));
    if !(status.is_client_error() || status.is_server_error()) || content_type == Some(false) {
        return response;
    }
    let (head, body) = response.into_parts();
    let reason = axum::body::to_bytes(body, REASON_BYTES_MAX).await.unwrap_or_default();
    let kind = ProblemKind::from_status(status.as_u16());
    let mut problem = Problem::new(kind, String::from_utf8_lossy(&reason));
    problem.status = status.as_u16();
    let mut answer = problem.into_response();
    for (name, value) in &head.headers {
        if name != CONTENT_TYPE && name != CONTENT_LENGTH {
            answer.headers_mut().insert(name, value.clone());
        }
    }
    answer
}

fn panicked(panic: Box<dyn Any + Send + 'static>) -> Response {
    let words = panic.downcast_ref::<String>().map(String::as_str);
    let words = words
        .or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("no message");
    // The message may quote what the request carried, so it stays in the log.
    tracing::error!(panic = words, "a handler panicked");
    Problem::new(ProblemKind::Internal, "the failure is in the hub's log").into_response()
}

/// Why a body was cut off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
enum BodyFault {
    #[error("the body is too large")]
    TooLarge,
    #[error("the body stopped arriving")]
    Silent,
}

/// What became of the body, told to the layer outside: the framework's extractors do not say why.
#[derive(Default)]
struct Verdict(AtomicU8);

impl Verdict {
    fn set(&self, fault: BodyFault) {
        let code = match fault {
            BodyFault::TooLarge => 1,
            BodyFault::Silent => 2,
        };
        self.0.store(code, Relaxed);
    }

    fn read(&self) -> Option<BodyFault> {
        match self.0.load(Relaxed) {
            1 => Some(BodyFault::TooLarge),
            2 => Some(BodyFault::Silent),
            _ => None,
        }
    }
}

/// A body that ends with an error once it is too long or silent for too long. The silence counts only
/// while somebody waits for the body: a handler that queues first takes nothing from its client.
struct GuardedBody {
    inner: Body,
    left: u64,
    silence: Duration,
    alarm: Option<Pin<Box<Sleep>>>,
    verdict: Arc<Verdict>,
}

impl GuardedBody {
    const fn new(inner: Body, bounds: Bounds, verdict: Arc<Verdict>) -> Self {
        Self {
            inner,
            left: bounds.bytes_max,
            silence: bounds.silence,
            alarm: None,
            verdict,
        }
    }

    fn fail(&self, fault: BodyFault) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        self.verdict.set(fault);
        Poll::Ready(Some(Err(axum::Error::new(fault))))
    }
}

impl HttpBody for GuardedBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        match Pin::new(&mut self.inner).poll_frame(cx) {
            Poll::Ready(frame) => {
                self.alarm = None;
                if let Some(Ok(frame)) = &frame {
                    let bytes = frame.data_ref().map_or(0, Bytes::len) as u64;
                    match self.left.checked_sub(bytes) {
                        Some(left) => self.left = left,
                        None => return self.fail(BodyFault::TooLarge),
                    }
                }
                Poll::Ready(frame)
            }
            Poll::Pending => {
                let silence = self.silence;
                let alarm = self.alarm.get_or_insert_with(|| Box::pin(sleep(silence)));
                match alarm.as_mut().poll(cx) {
                    Poll::Ready(()) => self.fail(BodyFault::Silent),
                    Poll::Pending => Poll::Pending,
                }
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
