//! Who may speak with the hub, over real TLS.

mod support;

use link::ProblemKind;
use serde_json::json;
use support::machine::{entries_of, kind_of};
use support::{ANSWER_BYTES_MAX, OTHER, Town, VILLAGE};
use sync::message::{Enrolled, SUCCESSOR_DOMAIN, Successor, SuccessorReason};

#[tokio::test]
async fn only_the_state_is_open_to_strangers() {
    let town = Town::found().await;
    let stranger = town.stranger();
    let health = stranger.get("/v1/health", ANSWER_BYTES_MAX).await.unwrap();
    let health = health.accepted().unwrap().body;
    assert!(matches!(
        health.as_slice(),
        br#"{"state":"verifying"}"# | br#"{"state":"ok"}"#
    ));
    let origin = town.machine(1).origin();
    let closed = [
        "/v1/journal".to_owned(),
        format!("/v1/logs/{origin}/entries?from=1"),
        format!("/v1/logs/{origin}/root?size=0"),
        "/v1/digests".to_owned(),
        "/v1/views/sync".to_owned(),
    ];
    let unenrolled = town.machine(1);
    for path in &closed {
        let refused = stranger.get(path, ANSWER_BYTES_MAX).await.unwrap().accepted();
        assert_eq!(kind_of(refused), ProblemKind::Unauthenticated, "{path}");
        assert_eq!(kind_of(unenrolled.get(path).await), ProblemKind::NotEnrolled, "{path}");
    }
    for path in ["/v1/enrol", "/v1/hello"] {
        let refused = stranger
            .post(path, hub::MESSAGE_CONTENT_TYPE, Vec::new().into(), 1_000)
            .await;
        assert_eq!(
            kind_of(refused.unwrap().accepted()),
            ProblemKind::Unauthenticated,
            "{path}"
        );
    }
    assert_eq!(kind_of(unenrolled.hello().await), ProblemKind::NotEnrolled);
    assert_eq!(kind_of(unenrolled.push(0).await), ProblemKind::NotEnrolled);
    let path = format!("/v1/logs/{origin}/successor");
    let refused = stranger
        .post(&path, hub::MESSAGE_CONTENT_TYPE, Vec::new().into(), 1_000)
        .await;
    assert_eq!(kind_of(refused.unwrap().accepted()), ProblemKind::Unauthenticated);
    town.stop().await;
}

#[tokio::test]
async fn a_secret_is_good_once_for_72_hours_and_for_one_key() {
    let town = Town::found().await;
    let enrolment = town.offer(VILLAGE, "village").await;
    let (first, second) = (town.machine(1), town.machine(2));
    let enrolled = first.enrol(&enrolment).await.unwrap();
    assert_eq!(
        first.enrol(&enrolment).await.unwrap().proof,
        enrolled.proof,
        "its first answer may have been lost"
    );
    assert_eq!(kind_of(second.enrol(&enrolment).await), ProblemKind::SpentEnrolment);
    let late = town.offer(OTHER, "village").await;
    town.world.pass(hub::ENROLMENT_MS + 1_000);
    assert_eq!(kind_of(second.enrol(&late).await), ProblemKind::ExpiredEnrolment);
    // A key that is not the certificate's cannot be enrolled by its bearer.
    let mut liar = town.machine(3);
    liar.key = proof::OriginKey::from_seed([4; 32]);
    let fresh = town.offer(OTHER, "village").await;
    assert_eq!(kind_of(liar.enrol(&fresh).await), ProblemKind::BadSignature);
    // Guessing ends soon.
    let mut guess = fresh.clone();
    guess.secret = link::Secret([0; 16]);
    let mut kinds = Vec::new();
    for _ in 0..25 {
        kinds.push(kind_of(second.enrol(&guess).await));
    }
    assert_eq!(kinds.first(), Some(&ProblemKind::SpentEnrolment));
    assert_eq!(kinds.last(), Some(&ProblemKind::RateLimited));
    town.world.pass(600_000);
    second.enrol(&fresh).await.unwrap();
    town.stop().await;
}

#[tokio::test]
async fn a_revoked_key_is_refused_everywhere_and_what_it_pushed_stays() {
    let town = Town::found().await;
    let mut village = town.enrolled(1, VILLAGE, "village").await;
    let auditor = town.enrolled(2, VILLAGE, "auditor").await;
    village.record(3);
    village.push(0).await.unwrap();
    let ask = json!({ "origin": village.origin(), "reason": "stolen" });
    town.ask("POST", "/revoke", Some(&ask)).await.unwrap();
    village.record(1);
    assert_eq!(kind_of(village.push(3).await), ProblemKind::Revoked);
    assert_eq!(kind_of(village.hello().await), ProblemKind::Revoked);
    assert_eq!(kind_of(village.pages().await), ProblemKind::Revoked);
    let (items, _) = auditor.pages().await.unwrap();
    assert_eq!(entries_of(&items, village.origin()), village.entries[..3]);
    town.stop().await;
}

#[tokio::test]
async fn keys_cannot_be_used_for_what_they_were_not_enrolled_for() {
    let town = Town::found().await;
    let village = town.enrolled(1, VILLAGE, "village").await;
    let mut auditor = town.enrolled(2, VILLAGE, "auditor").await;
    auditor.record(1);
    assert_eq!(
        kind_of(auditor.push(0).await),
        ProblemKind::Forbidden,
        "an auditor only reads"
    );

    let name_successor = async |key: &proof::OriginKey| {
        let new = key.public();
        let statement = [&village.origin().to_bytes()[..], &new.0].concat();
        let ask = Successor {
            old: village.origin(),
            key: serde_bytes::ByteArray::new(new.0),
            reason: SuccessorReason::Restored,
            signature: serde_bytes::ByteBuf::from(village.key.sign(SUCCESSOR_DOMAIN, &statement)),
            evidence: None,
        };
        let path = format!("/v1/logs/{}/successor", village.origin());
        village.post::<_, Enrolled>(&path, &ask).await
    };
    assert_eq!(
        kind_of(name_successor(&auditor.key).await),
        ProblemKind::Forbidden,
        "somebody else's key"
    );
    let mut next = town.machine(5);
    let enrolled = name_successor(&next.key).await.unwrap();
    assert_eq!(enrolled.proof.unit, next.unit);
    assert_eq!(
        name_successor(&next.key).await.unwrap().proof,
        enrolled.proof,
        "asked twice"
    );
    next.record(1);
    assert_eq!(next.push(0).await.unwrap().size, 1);

    let ask = json!({ "origin": next.origin(), "reason": "lost" });
    town.ask("POST", "/revoke", Some(&ask)).await.unwrap();
    let fresh = town.offer(VILLAGE, "village").await;
    assert_eq!(kind_of(next.enrol(&fresh).await), ProblemKind::Revoked);
    town.machine(6).enrol(&fresh).await.unwrap();
    town.stop().await;
}

#[tokio::test]
async fn strangers_cannot_keep_the_writer_busy() {
    let town = Town::found().await;
    let village = town.enrolled(1, VILLAGE, "village").await;
    let stranger = town.machine(2);
    let mut kinds = Vec::new();
    for _ in 0..25 {
        kinds.push(kind_of(stranger.hello().await));
    }
    assert_eq!(kinds.first(), Some(&ProblemKind::NotEnrolled));
    assert_eq!(kinds.last(), Some(&ProblemKind::RateLimited));
    village.hello().await.unwrap();
    town.stop().await;
}
