//! Scenario 25 without processes: either side dies at *every* commit of a story, before it is written, before it is synced
//! (and the power is cut or not), or after it is durable but before anybody heard of it.

use event_log::Fault;
use sync::message::{PushReply, decode, encode};
use village::{Answer, Ask, NodeError, Step};

use crate::fragile::{Side, Trap};
use crate::pair::Pair;
use crate::town::{clock, registered, unit, visited};

fn story(trap: Trap) -> bool {
    let mut pair = Pair::new(trap);
    pair.record(vec![registered(1, unit(1)), visited(1, unit(1), 1)]);
    pair.sync();
    pair.township_records(visited(1, unit(1), 2));
    pair.record((3..60).map(|n| visited(1, unit(1), n)).collect());
    pair.sync();
    pair.township_records(visited(1, unit(1), 70));
    pair.record(vec![visited(1, unit(1), 71)]);
    pair.township_records(registered(2, unit(1)));
    pair.sync();
    let has_fired = pair.fuse.lock().expect("not poisoned").has_fired;
    assert_eq!(pair.refused, [""; 0], "nobody did anything wrong");
    pair.check();
    has_fired
}

fn at_every_commit_of(side: Side) {
    for (fault, cuts) in [
        (Fault::BeforeWrite, false),
        (Fault::BeforeSync, false),
        (Fault::BeforeSync, true),
        (Fault::AfterSync, true),
    ] {
        let mut at = 1;
        while story(Trap { side, at, fault, cuts }) {
            at += 1;
            assert!(at < 500, "the story has no end");
        }
        assert!(at > 6, "{side:?}: only {at} commits");
    }
}

#[test]
fn a_village_that_dies_at_any_commit_loses_nothing_and_misses_nothing() {
    at_every_commit_of(Side::Village);
}

#[test]
fn a_hub_that_dies_at_any_commit_loses_nothing_and_has_signed_nothing_that_is_not_there() {
    at_every_commit_of(Side::Hub);
}

/// Scenario 19, at the node: what it calls received is what the hub has receipted, no more.
#[test]
fn nothing_is_called_received_before_its_receipt() {
    let mut pair = Pair::new(Trap::NONE);
    pair.record((1..40).map(|n| visited(1, unit(1), n)).collect());
    let mut asked = 0;
    while pair.node().pending() > 0 {
        pair.now_ms += 50;
        let now = clock(pair.now_ms);
        let Step::Send(ask) = pair.node().next(&now, [6; 32]).expect("works") else {
            break;
        };
        let body = pair.serve(&ask).expect("served");
        assert_eq!(pair.node().pending(), 39, "asked is not received");
        if let Ask::Push { .. } = &ask {
            asked += 1;
            // The same answer without its receipt: staged is not received.
            let mut reply: PushReply = decode(&body).expect("a reply");
            reply.receipt = None;
            let untrue = pair.node().answer(Answer::Body(encode(&reply)), &now, 1);
            assert!(matches!(untrue, Err(NodeError::Untrue(_))), "{untrue:?}");
            assert_eq!((pair.node().pending(), pair.node().received()), (39, 0));
            assert_eq!(pair.node().link().trouble.as_deref(), Some("untrue-answer"));
            for slug in ["revoked", "closed", "too-large", "store-unavailable"] {
                pair.now_ms += 400_000;
                let now = clock(pair.now_ms);
                let asks = pair.node().next(&now, [6; 32]).expect("works");
                assert!(matches!(asks, Step::Send(_)), "{asks:?}");
                let refused = Answer::Refused {
                    slug: slug.to_owned(),
                    retry_after_ms: None,
                };
                pair.node().answer(refused, &now, 1).expect("works");
                assert_eq!((pair.node().pending(), pair.node().received()), (39, 0), "{slug}");
                assert_eq!(pair.node().link().trouble.as_deref(), Some(slug));
            }
            break;
        }
        pair.node().answer(Answer::Body(body), &now, 1).expect("works");
    }
    assert_eq!(asked, 1, "nothing was pushed");
    pair.sync();
    assert_eq!((pair.node().pending(), pair.node().received()), (0, 39));
    assert_eq!(pair.node().link().trouble, None);
    pair.check();
}
