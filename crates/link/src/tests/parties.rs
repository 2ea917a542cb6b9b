//! Who may speak with whom.

use rustls::client::ResolvesClientCert;
use rustls::sign::CertifiedKey;
use rustls::{ClientConfig, SignatureScheme};

use super::*;
use crate::LinkError;
use crate::tls::{NoClock, alpn, provider};

#[tokio::test]
async fn a_machine_is_known_by_its_key_on_one_kept_connection() {
    let hub = Hub::start(Limits::default(), routes()).await;
    let (key, identity) = identity(7);
    let client = hub.client(Some(&identity));
    for _ in 0..3 {
        let reply = client.get("/who", 1_000).await.unwrap().accepted().unwrap();
        assert_eq!(reply.body, key.public().to_string().as_bytes());
    }
    assert_eq!((hub.traffic.connections(), hub.traffic.requests()), (1, 3));
    let (plain, wire) = (&hub.traffic.plain, &hub.traffic.wire);
    assert!(wire.received_bytes() > plain.received_bytes() && wire.sent_bytes() > plain.sent_bytes());
    assert!(plain.sent_bytes() >= 3 * 64, "the three answers at least");
    assert!(client.traffic().plain.received_bytes() >= 3 * 64);
    let before = wire.received_bytes() + wire.sent_bytes();
    client.get("/who", 1_000).await.unwrap();
    let once_more = wire.received_bytes() + wire.sent_bytes() - before;
    assert!(once_more < 256, "a request on a kept connection cost {once_more} bytes");
}

#[tokio::test]
async fn a_stranger_reaches_only_what_strangers_may() {
    let hub = Hub::start(Limits::default(), routes()).await;
    let client = hub.client(None);
    assert_eq!(
        client.get("/health", 100).await.unwrap().accepted().unwrap().body,
        b"well"
    );
    let refusal = client.get("/who", 100).await.unwrap().accepted().unwrap_err();
    assert_eq!(
        (refusal.kind(), refusal.retry),
        (Some(ProblemKind::Unauthenticated), false)
    );
}

#[tokio::test]
async fn a_wrong_pin_and_another_authority_are_refused_before_anything_is_sent() {
    let hub = Hub::start(Limits::default(), routes()).await;
    let impostor = Hub::of(&authority(2), Limits::default(), routes()).await;
    let (_, identity) = identity(7);
    for addr in [hub.addr, impostor.addr] {
        let pin = if addr == hub.addr { Pin([9; 32]) } else { hub.pin };
        let client = Client::new(&addr.to_string(), pin, Some(&identity), Patience::default()).unwrap();
        let error = client.get("/who", 1_000).await.unwrap_err();
        assert!(
            matches!(error, LinkError::Impostor { expected } if expected == pin),
            "{error}"
        );
        assert!(!error.retryable());
    }
    assert_eq!((hub.traffic.requests(), impostor.traffic.requests()), (0, 0));
}

#[tokio::test]
async fn a_renewed_server_certificate_is_taken_under_the_same_pin() {
    let old = authority(1);
    let hub = Hub::of(
        &old.renewed([77; 32], &["elsewhere.example".to_owned()]).unwrap(),
        Limits::default(),
        routes(),
    )
    .await;
    let client = Client::new(&hub.addr.to_string(), old.ca_fingerprint(), None, Patience::default()).unwrap();
    assert_eq!(client.get("/health", 100).await.unwrap().status, 200);
}

/// Shows the certificate of one key and signs with another.
#[derive(Debug)]
struct Borrowed(Arc<CertifiedKey>);

impl ResolvesClientCert for Borrowed {
    fn resolve(&self, _hints: &[&[u8]], _schemes: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        Some(self.0.clone())
    }

    fn has_certs(&self) -> bool {
        true
    }
}

fn client_showing(hub: &Hub, shown: &Identity, signing: &Identity) -> Client {
    let provider = provider();
    let key = provider.key_provider.load_private_key(signing.private_key()).unwrap();
    let certified = CertifiedKey::new(vec![shown.certificate().clone()], key);
    let mut tls = ClientConfig::builder_with_details(provider.clone(), Arc::new(NoClock))
        .with_protocol_versions(&[&TLS13])
        .unwrap()
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(PinVerifier::new(hub.pin, provider)))
        .with_client_cert_resolver(Arc::new(Borrowed(Arc::new(certified))));
    tls.alpn_protocols = alpn();
    Client::with_tls(&hub.addr.to_string(), tls, Patience::default()).unwrap()
}

#[tokio::test]
async fn a_borrowed_certificate_is_refused() {
    let hub = Hub::start(Limits::default(), routes()).await;
    let (victim, shown) = identity(7);
    let (_, thief) = identity(8);
    let honest = client_showing(&hub, &shown, &shown).get("/who", 1_000).await.unwrap();
    assert_eq!(
        honest.body,
        victim.public().to_string().as_bytes(),
        "the same road with the right key works"
    );
    let error = client_showing(&hub, &shown, &thief)
        .get("/who", 1_000)
        .await
        .unwrap_err();
    assert!(
        matches!(error, LinkError::Handshake(_) | LinkError::Broken(_)),
        "{error}"
    );
    assert_eq!((hub.traffic.failed_handshakes(), hub.traffic.requests()), (1, 1));
}

#[tokio::test]
async fn a_new_connection_resumes_the_session_and_the_key_with_it() {
    let hub = Hub::start(Limits::default(), routes()).await;
    let (key, identity) = identity(7);
    let patience = Patience {
        rest: Duration::from_millis(1),
        ..Patience::default()
    };
    let client = Client::new(&hub.addr.to_string(), hub.pin, Some(&identity), patience).unwrap();
    client.get("/who", 1_000).await.unwrap();
    let full = hub.traffic.wire.sent_bytes() + hub.traffic.wire.received_bytes();
    tokio::time::sleep(Duration::from_millis(50)).await;
    let reply = client.get("/who", 1_000).await.unwrap();
    assert_eq!(reply.body, key.public().to_string().as_bytes());
    assert_eq!((hub.traffic.connections(), hub.traffic.resumed()), (2, 1));
    let resumed = hub.traffic.wire.sent_bytes() + hub.traffic.wire.received_bytes() - full;
    assert!(
        resumed < full,
        "a resumed connection ({resumed} bytes) costs less than a full one ({full} bytes)"
    );
}

#[tokio::test]
async fn nobody_there_is_worth_another_try() {
    let hub = Hub::start(Limits::default(), routes()).await;
    let client = hub.client(None);
    assert_eq!(hub.stop().await, 0);
    let error = client.get("/health", 100).await.unwrap_err();
    assert!(
        matches!(error, LinkError::Unreachable(_)) && error.retryable(),
        "{error}"
    );
}

#[tokio::test]
async fn what_is_no_address_is_said_to_be_none() {
    for addr in [
        "",
        "hub.example:port",
        "hub.example/path",
        "a@hub.example",
        "hub.example:1?x",
    ] {
        assert!(
            matches!(
                Client::new(addr, Pin([0; 32]), None, Patience::default()),
                Err(LinkError::Address(_))
            ),
            "{addr}"
        );
    }
    let client = Client::new("hub.example:1", Pin([0; 32]), None, Patience::default()).unwrap();
    for path in ["health", "//elsewhere.example/", ""] {
        assert!(
            matches!(client.get(path, 1).await, Err(LinkError::Address(_))),
            "{path}"
        );
    }
}
