//! The written formulae name the numbers that the code uses, and rows have readable keys.
#![allow(clippy::unwrap_used, reason = "tests")]

mod common;

use common::{day, history, rebuild, unit};
use ledger::{EXPLAINED_FINAL_ROUND_MIN, Query, RULE_VERSION, State, UNREACHABLE_ATTEMPTS_MIN, UNREACHABLE_DAYS_MIN};

fn page() -> String {
    std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../protocol/views.md")).unwrap()
}

#[test]
fn the_page_has_the_numbers_of_the_code() {
    let page = page();
    for text in [
        format!("Rule version **{RULE_VERSION}**"),
        format!("≥ {UNREACHABLE_ATTEMPTS_MIN} attempts in vain on ≥ {UNREACHABLE_DAYS_MIN} different days"),
        format!("explained_final: round ≥ {EXPLAINED_FINAL_ROUND_MIN}"),
    ] {
        assert!(page.contains(&text), "protocol/views.md does not say {text:?}");
    }
    for state in State::ALL {
        let line = page
            .lines()
            .find(|line| line.starts_with(&format!("| {}", state.key())));
        let code = line.and_then(|line| line.split('|').nth(2)).map(str::trim);
        assert_eq!(code, Some(state.code().to_string().as_str()), "{}", state.key());
    }
}

#[test]
fn every_view_effect_and_reason_has_its_word_on_the_page() {
    use ledger::{Conflict, NoEffect};
    let page = page();
    let conflicts = [
        Conflict::NoSuchEntity,
        Conflict::IllegalIn(State::Closed),
        Conflict::HubOnly,
        Conflict::NotOwnUnit,
        Conflict::AskerIsHandler,
        Conflict::CloserIsHandler,
        Conflict::NotFinal,
        Conflict::TooFewAttempts,
        Conflict::ClosingKind,
        Conflict::AlreadyCreated,
        Conflict::PairingNotActive,
        Conflict::WrongSubject,
        Conflict::WrongReplacement,
        Conflict::CorrectsCorrection,
        Conflict::CorrectsNothing,
        Conflict::ChecksNoVisit,
        Conflict::CheckerIsVisitor,
        Conflict::AlreadySealed,
    ];
    let reasons = [
        NoEffect::Duplicate,
        NoEffect::OtherContent,
        NoEffect::NoSecondPerson,
        NoEffect::TargetMissing,
        NoEffect::ImportIntoLive,
        NoEffect::Voided,
        NoEffect::CreationMissing,
    ];
    let words = conflicts.iter().map(|conflict| conflict.key());
    let words = words.chain(reasons.iter().map(|reason| reason.key()));
    for word in words.chain(ledger::View::ALL.iter().map(|view| view.key())) {
        assert!(
            page.contains(&format!("`{word}`")),
            "protocol/views.md does not say `{word}`"
        );
    }
}

#[test]
fn rows_are_json_with_readable_keys() {
    let ledger = rebuild(&history(5, 150));
    let query = Query::as_of(day("2026-06-01"));
    let all: Vec<_> = (0..3).flat_map(|n| ledger.requests(unit(n), query)).collect();
    let rows = serde_json::to_value(all).unwrap();
    let keys: Vec<&str> = rows[0].as_object().unwrap().keys().map(String::as_str).collect();
    for key in [
        "request",
        "registered_on",
        "overdue_days",
        "state",
        "handling_unit",
        "round",
        "not_followed_up",
    ] {
        assert!(keys.contains(&key), "{key} is not among {keys:?}");
    }
    let all: Vec<_> = (0..3).flat_map(|n| ledger.households(unit(n), query)).collect();
    let households = serde_json::to_value(all).unwrap();
    assert!(households[0].as_object().unwrap().contains_key("open_requests"));
    assert!(serde_json::to_value(ledger.diary(unit(0), query)).unwrap().is_array());
    assert!(serde_json::to_value(ledger.exceptions(unit(0))).unwrap().is_array());
    assert!(serde_json::to_value(ledger.sync_health(unit(0))).unwrap()[0]["last_sequence"].is_u64());
}
