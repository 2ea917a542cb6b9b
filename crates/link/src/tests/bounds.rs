//! What a client cannot do to a hub, and a hub to a client.

use super::*;
use crate::LinkError;

/// The problem inside an HTTP/1.1 answer read by hand.
fn problem(answer: &str) -> Problem {
    let (_, body) = answer.split_once("\r\n\r\n").unwrap_or_default();
    Problem::parse(body.as_bytes()).unwrap_or_else(|| panic!("no problem in {answer:?}"))
}

#[tokio::test]
async fn dribbling_handshakes_keep_nobody_out() {
    let limits = Limits {
        handshakes_max: 8,
        handshakes_per_address_max: 4,
        handshake: Duration::from_secs(2),
        ..Limits::default()
    };
    let hub = Hub::start(limits, routes()).await;
    let mut dribblers = Vec::new();
    for _ in 0..3 {
        let mut tcp = TcpStream::connect(hub.addr).await.unwrap();
        tcp.write_all(&[0x16]).await.unwrap();
        dribblers.push(tcp);
    }
    assert_eq!(hub.client(None).get("/health", 100).await.unwrap().status, 200);
    for mut tcp in dribblers {
        let mut rest = Vec::new();
        let _ = tcp.read_to_end(&mut rest).await;
    }
    assert_eq!(hub.traffic.failed_handshakes(), 3, "all of them were shown the door");
}

#[tokio::test]
async fn an_address_has_only_its_share_of_handshakes() {
    let limits = Limits {
        handshakes_per_address_max: 2,
        handshake: Duration::from_secs(60),
        ..Limits::default()
    };
    let hub = Hub::start(limits, routes()).await;
    let _first = TcpStream::connect(hub.addr).await.unwrap();
    let _second = TcpStream::connect(hub.addr).await.unwrap();
    let mut third = TcpStream::connect(hub.addr).await.unwrap();
    let mut rest = Vec::new();
    let _ = third.read_to_end(&mut rest).await;
    assert_eq!((rest.len(), hub.traffic.failed_handshakes()), (0, 1));
}

#[tokio::test]
async fn a_body_that_stops_arriving_is_dropped_and_a_slow_one_is_not() {
    let hub = Hub::start(
        Limits {
            body_idle: SHORT,
            ..Limits::default()
        },
        routes(),
    )
    .await;
    let head = b"POST /echo HTTP/1.1\r\nhost: hub\r\nconnection: close\r\ncontent-length: 12\r\n\r\n";
    let stalled = ask(&hub, &[head.as_slice(), b"abc"].concat()).await;
    assert!(stalled.starts_with("HTTP/1.1 408"), "{stalled}");
    let refusal = problem(&stalled);
    assert_eq!((refusal.kind(), refusal.retry), (Some(ProblemKind::SlowBody), true));

    let silence = SHORT * 4;
    let limits = Limits {
        body_idle: silence,
        ..Limits::default()
    };
    let hub = Hub::start(limits, routes()).await;
    let mut stream = hub.by_hand().await;
    stream.write_all(head).await.unwrap();
    for byte in b"twelve bytes" {
        tokio::time::sleep(silence / 8).await;
        stream.write_all(&[*byte]).await.unwrap();
        stream.flush().await.unwrap();
    }
    let answer = read_to_end(&mut stream).await;
    assert!(
        answer.starts_with("HTTP/1.1 200") && answer.ends_with("twelve bytes"),
        "{answer}"
    );
}

#[tokio::test]
async fn a_body_too_long_is_refused_whether_announced_or_not() {
    let hub = Hub::start(
        Limits {
            body_bytes_max: 1_000,
            ..Limits::default()
        },
        routes(),
    )
    .await;
    let client = hub.client(None);
    let just = client
        .post("/echo", "text/plain", Bytes::from(vec![b'x'; 1_000]), 2_000)
        .await
        .unwrap();
    assert_eq!((just.status, just.body.len()), (200, 1_000));
    let over = client
        .post("/echo", "text/plain", Bytes::from(vec![b'x'; 1_001]), 2_000)
        .await
        .unwrap();
    let refusal = over.accepted().unwrap_err();
    assert_eq!(
        (refusal.status, refusal.kind(), refusal.fields.max_bytes),
        (413, Some(ProblemKind::TooLarge), Some(1_000))
    );

    // Far more than the windows hold: the refusal arrives although most of the body was never sent.
    let far = client
        .post("/echo", "text/plain", Bytes::from(vec![b'x'; 2_000_000]), 2_000)
        .await
        .unwrap();
    assert_eq!(far.status, 413);

    let mut chunked =
        b"POST /echo HTTP/1.1\r\nhost: hub\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\n".to_vec();
    for _ in 0..3 {
        chunked.extend_from_slice(b"200\r\n");
        chunked.extend_from_slice(&[b'x'; 0x200]);
        chunked.extend_from_slice(b"\r\n");
    }
    let answer = ask(&hub, &chunked).await;
    assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");
    assert_eq!(problem(&answer).fields.max_bytes, Some(1_000));
}

#[tokio::test]
async fn a_panic_is_a_problem_of_one_request_only() {
    let hub = Hub::start(Limits::default(), routes()).await;
    let client = hub.client(None);
    let reply = client.get("/panic", 1_000).await.unwrap();
    assert!(
        !String::from_utf8_lossy(&reply.body).contains("secret"),
        "what panicked is not told to strangers"
    );
    let refusal = reply.accepted().unwrap_err();
    assert_eq!(
        (refusal.status, refusal.kind(), refusal.data_safe),
        (500, Some(ProblemKind::Internal), false)
    );
    assert_eq!(client.get("/health", 100).await.unwrap().status, 200);
    assert_eq!(hub.traffic.connections(), 1, "not even the connection was lost");
}

#[tokio::test]
async fn refusals_of_the_framework_are_problems_too() {
    let hub = Hub::start(Limits::default(), routes()).await;
    let client = hub.client(None);
    let missing = client.get("/nowhere", 100).await.unwrap();
    assert_eq!(missing.content_type.as_deref(), Some(crate::PROBLEM_CONTENT_TYPE));
    assert_eq!(missing.accepted().unwrap_err().kind(), Some(ProblemKind::NotFound));
    let method = client
        .put("/health", "text/plain", Bytes::new(), 100)
        .await
        .unwrap()
        .accepted()
        .unwrap_err();
    assert_eq!(method.kind(), Some(ProblemKind::MethodNotAllowed));
    let query = client.get("/lines?n=many", 100).await.unwrap().accepted().unwrap_err();
    assert_eq!(query.kind(), Some(ProblemKind::Malformed));
    assert!(query.detail.contains("invalid digit"), "{}", query.detail);
}

#[tokio::test]
async fn silence_without_a_request_ends_a_connection() {
    let hub = Hub::start(
        Limits {
            idle: SHORT,
            head: SHORT,
            ..Limits::default()
        },
        routes(),
    )
    .await;
    assert_eq!(ask(&hub, b"").await, "");
    assert!(
        !ask(&hub, b"GET /health HTTP/1.1\r\nhost: h").await.contains("200"),
        "half a head is not a request"
    );
}

#[tokio::test]
async fn an_answer_longer_than_wanted_is_not_read() {
    let hub = Hub::start(Limits::default(), routes()).await;
    let client = hub.client(None);
    assert_eq!(client.get("/lines?n=5000", 5_000).await.unwrap().body.len(), 5_000);
    let error = client.get("/lines?n=5001", 5_000).await.unwrap_err();
    assert!(
        matches!(error, LinkError::TooLong(5_000)) && !error.retryable(),
        "{error}"
    );
}

#[tokio::test]
async fn a_silent_hub_is_given_up_and_asked_again_on_a_new_connection() {
    let hub = Hub::start(Limits::default(), routes()).await;
    let client = hub.impatient();
    assert_eq!(client.get("/health", 100).await.unwrap().status, 200);
    let error = client.get("/never", 100).await.unwrap_err();
    assert!(matches!(error, LinkError::Silent(_)) && error.retryable(), "{error}");
    assert_eq!(client.get("/health", 100).await.unwrap().status, 200);
    assert_eq!((hub.traffic.connections(), hub.traffic.resumed()), (2, 1));
}
