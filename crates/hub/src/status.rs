//! How the hub and its villages are doing, for the people who keep them running. No personal data.

use event::{Origin, Sequence};
use serde_json::{Value, json};
use sync::clock::ClockAlarm;
use sync::record::{JournalRecord, Role};

use crate::admin::TOWNSHIP;
use crate::office::{Office, state_word};
use crate::{Desk, Party, Refusal};

/// Everything at a glance. The journal's part follows from the journal; what machines said in their
/// last hello is kept since the hub was started. While the log cannot be read, its part is a `problem`.
pub(crate) async fn status(office: &Office) -> Value {
    let health = office.log_health().await;
    // Asked beside the log, so that there is a status also while the log is being opened again.
    let clock = office.writer.ask(|hub, surroundings| {
        let told = hub.clock().told_ms(&surroundings.now());
        Ok((told, hub.clock().alarm()))
    });
    let clock = match clock.await {
        Ok((told_ms, alarm)) => json!({ "time_ms": told_ms, "alarm": alarm.map(alarm_json) }),
        Err(_) => Value::Null,
    };
    let mut status = match office.read(TOWNSHIP, journal_part).await {
        Ok(status) => status,
        Err(problem) => json!({ "problem": problem }),
    };
    for machine in status["machines"].as_array_mut().into_iter().flatten() {
        let origin = machine["origin"].as_str().and_then(|text| text.parse().ok());
        machine["heard"] = origin
            .and_then(|origin| office.heard.of(origin))
            .map_or(Value::Null, |heard| {
                json!({
                    "at_ms": heard.at_ms, "pending": heard.pending, "software": heard.software,
                    "wall_lead_ms": heard.wall_lead_ms, "ntp": heard.ntp
                })
            });
    }
    let reached = office.views.reached();
    status["clock"] = clock;
    status["ledgers"] = json!({
        "position": reached.position, "at_end": reached.at_end, "snapshot": office.views.shelf()
    });
    status["log"] = health.map_or(Value::Null, |health| {
        json!({
            "state": state_word(&health.state), "free_bytes": health.free_bytes, "disk_bytes": health.disk_bytes
        })
    });
    status["web"] = json!(office.web.get());
    status["witnesses"] = json!(office.askings.all());
    status["pushes_under_way"] = json!(office.pushes.inside());
    status
}

fn alarm_json(alarm: ClockAlarm) -> Value {
    match alarm {
        ClockAlarm::Behind { by_ms } => json!({ "wall_clock": "behind", "by_ms": by_ms }),
        ClockAlarm::Ahead { by_ms } => json!({ "wall_clock": "ahead", "by_ms": by_ms }),
    }
}

fn journal_part(desk: &Desk) -> Result<Value, Refusal> {
    let registry = desk.registry().clone();
    let mut machines = Vec::new();
    for (origin, party) in registry.parties().filter(|(_, party)| party.role.is_some()) {
        machines.push(machine(
            desk,
            origin,
            party,
            registry.forks.iter().any(|fork| fork.origin == origin),
        )?);
    }
    Ok(json!({
        "unit": registry.unit,
        "name": registry.name,
        "journal": registry.journal,
        "journal_size": desk.log.head(registry.journal.into()).size,
        "restored_times": registry.frozen.len(),
        "machines": machines,
        "forks": registry.forks.len(),
    }))
}

fn machine(desk: &Desk, origin: Origin, party: &Party, forked: bool) -> Result<Value, Refusal> {
    let head = desk.log.head(origin.into());
    let last = match party.receipts.last() {
        None => None,
        Some((_, journal, position)) => {
            let at = Sequence::after_size(position.0);
            let record = desk.log.read((*journal).into(), at, 1, usize::MAX)?;
            let record = record
                .first()
                .and_then(|entry| JournalRecord::decode(&entry.bytes).ok());
            record.map(|record| record.at_ms())
        }
    };
    Ok(json!({
        "origin": origin,
        "unit": party.unit,
        "name": party.name,
        "role": match party.role { Some(Role::Auditor) => "auditor", _ => "village" },
        "received": head.size,
        "staged": head.staged_size - head.size,
        "last_received_at_ms": last,
        "revoked": party.revoked,
        "closed_at": party.closed_at,
        "successors": party.successors,
        "forked": forked,
    }))
}
