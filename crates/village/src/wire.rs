//! What the node asks, as HTTP; what came back, as an answer.

use link::{Client, LinkError, PROBLEM_PREFIX, Problem};
use sync::limits::{BODY_BYTES_MAX, MESSAGE_BYTES_MAX};
use sync::message::encode;

use crate::{Answer, Ask};

/// Content type of messages.
pub(crate) const MESSAGE_CONTENT_TYPE: &str = "application/msgpack";
/// Content type of pushes and pages.
const BODY_CONTENT_TYPE: &str = "application/vnd.minqing.body";
/// This program, as it introduces itself to the hub.
pub(crate) const SOFTWARE: &str = concat!("minqing ", env!("CARGO_PKG_VERSION"));

/// Asks the hub. What a person should know of a failure goes into the program's own log.
pub(crate) async fn ask(client: &Client, ask: Ask) -> Answer {
    let reply = match ask {
        Ask::Hello(hello) => {
            let body = encode(&*hello).into();
            let sent = client.post("/v1/hello", MESSAGE_CONTENT_TYPE, body, MESSAGE_BYTES_MAX);
            sent.await
        }
        Ask::Push {
            origin,
            first,
            body,
            seen,
        } => {
            let path = format!("/v1/logs/{origin}/{first}?seen={seen}");
            let sent = client.put(&path, BODY_CONTENT_TYPE, body.into(), MESSAGE_BYTES_MAX);
            sent.await
        }
        Ask::Page {
            after,
            skip,
            bytes,
            seen,
        } => {
            let skip: Vec<_> = skip.iter().map(ToString::to_string).collect();
            let path = format!(
                "/v1/journal?journal={}&position={}&offset={}&bytes={bytes}&seen={seen}&skip={}",
                after.journal,
                after.position.0,
                after.offset,
                skip.join(",")
            );
            client.get(&path, BODY_BYTES_MAX).await
        }
        Ask::Root { origin, size } => {
            let path = format!("/v1/logs/{origin}/root?size={size}");
            client.get(&path, MESSAGE_BYTES_MAX).await
        }
        Ask::Entries { origin, from, bytes } => {
            let path = format!("/v1/logs/{origin}/entries?from={from}&bytes={bytes}");
            client.get(&path, BODY_BYTES_MAX).await
        }
        Ask::Successor(successor) => {
            let path = format!("/v1/logs/{}/successor", successor.old);
            let body = encode(&*successor).into();
            let sent = client.post(&path, MESSAGE_CONTENT_TYPE, body, MESSAGE_BYTES_MAX);
            sent.await
        }
    };
    answer(reply)
}

fn answer(reply: Result<link::Reply, LinkError>) -> Answer {
    match reply.map(link::Reply::accepted) {
        Ok(Ok(reply)) if reply.status != 304 => Answer::Body(reply.body),
        Ok(Ok(reply)) => {
            tracing::warn!(status = reply.status, "an answer that nobody asked for");
            Answer::Failed
        }
        Ok(Err(problem)) => refused(&problem),
        Err(error) => {
            if error.retryable() {
                tracing::debug!(%error, "no answer from the hub");
            } else {
                tracing::warn!(%error, "no usable answer from the hub");
            }
            Answer::Failed
        }
    }
}

fn refused(problem: &Problem) -> Answer {
    tracing::info!(%problem, "the hub refused");
    let slug = problem.type_.strip_prefix(PROBLEM_PREFIX).unwrap_or("refused");
    Answer::Refused {
        slug: slug.to_owned(),
        retry_after_ms: problem.retry_after_s.map(|seconds| u64::from(seconds) * 1_000),
    }
}

#[cfg(test)]
mod tests {
    use link::{ProblemKind, Reply};

    use super::*;

    fn reply(status: u16, body: &[u8]) -> Result<Reply, LinkError> {
        Ok(Reply {
            status,
            content_type: None,
            etag: None,
            retry_after_s: None,
            body: body.to_vec(),
        })
    }

    #[test]
    fn a_refusal_is_told_from_a_failure_of_the_link() {
        assert_eq!(answer(reply(200, b"x")), Answer::Body(b"x".to_vec()));
        assert_eq!(answer(reply(304, b"")), Answer::Failed);
        let busy = Problem::new(ProblemKind::Busy, "").after_s(9);
        let refused = |slug: &str, retry_after_ms| Answer::Refused {
            slug: slug.to_owned(),
            retry_after_ms,
        };
        let body = serde_json::to_vec(&busy).unwrap();
        assert_eq!(answer(reply(503, &body)), refused("busy", Some(9_000)));
        // A log-in page of the network, or a proxy.
        assert_eq!(answer(reply(502, b"<html>")), refused("busy", None));
        assert_eq!(
            answer(Err(LinkError::Unreachable("no route".to_owned()))),
            Answer::Failed
        );
    }
}
