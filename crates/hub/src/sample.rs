//! Publishing a spot check: visits are drawn by the root that the journal has now, which nobody knew while they were
//! recorded, and the list's hash is put on record for all. Anybody who holds the journal draws the same list.

use std::ops::ControlFlow;

use event::{Day, Draft, EntryMode, Event, EventId, Facts, Hash256, JournalId, PersonId, Position, SamplePublished};
use event::{Sequence, Subject, When};
use event_log::LogNodes;
use leads::{DrawnVisit, Gathered, Journals, SPOT_RULE_VERSION, SpotPlan, is_drawn_from, list_hash};
use ledger::{Author, Cut, Ledger, Receipt};
use link::{Problem, ProblemKind};
use serde::{Deserialize, Serialize};
use sync::record::{Audience, JournalRecord};

use crate::office::Office;
use crate::seal::time_at;
use crate::{Desk, Entropy, Refusal};

/// What to draw.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Drawing {
    /// First day of the period that the visits claim.
    pub(crate) from: Day,
    /// Last day of it.
    pub(crate) to: Day,
    /// Who publishes.
    pub(crate) recorder: PersonId,
    /// Least number drawn of each cadre's visits.
    pub(crate) minimum: u16,
    /// Share drawn of each cadre's visits, in thousandths, rounded up.
    pub(crate) permille: u16,
}

/// A sample that was published, with its list for those who go and ask. The list names nobody.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Published {
    /// The event.
    pub(crate) event: EventId,
    /// What it says.
    pub(crate) sample: SamplePublished,
    /// Time of the last record under the seed, in milliseconds.
    pub(crate) seed_at_ms: u64,
    /// The list.
    pub(crate) visits: Vec<DrawnVisit>,
}

/// Draws at the ledgers' present cut, and publishes.
pub(crate) async fn publish(office: &Office, ask: Drawing) -> Result<Published, Problem> {
    let malformed = |words: &str| Problem::new(ProblemKind::Malformed, words);
    if ask.from > ask.to {
        return Err(malformed("the period ends before it begins"));
    }
    if ask.permille > 1_000 || (ask.minimum == 0 && ask.permille == 0) {
        return Err(malformed(
            "permille: at most 1000; and either it or the minimum is above 0",
        ));
    }
    office.views.all_of(&office.desks.get()).await?;
    let views = office.views.clone();
    let drawn = office.read(crate::admin::TOWNSHIP, move |desk| {
        views.with_ledger(|ledger| draw(desk, ledger, &ask))
    });
    let (sample, seed_at_ms, visits) = drawn.await?;
    let facts = Facts::SamplePublished(sample.clone());
    let recorded = office.writer.ask(move |hub, surroundings| {
        let now = surroundings.now();
        let today = Day::of_instant(i64::try_from(hub.clock().last_ms()).unwrap_or(i64::MAX));
        let draft = Draft {
            subject: Subject::journal(sample.journal),
            facts,
            occurred: When::Day(today),
            unit: hub.registry().unit,
            recorder: ask.recorder,
            actors: vec![ask.recorder],
            causes: Vec::new(),
            mode: EntryMode::Live,
            source: None,
            personal: None,
        };
        let entropy: Entropy = surroundings.random();
        let event = hub.record(Audience::All, &[(draft, entropy)], &now)?.pop();
        Ok((event, sample))
    });
    let (event, sample) = recorded.await?;
    let event = event.ok_or_else(|| Problem::new(ProblemKind::Internal, "the sample has no identity"))?;
    Ok(Published {
        event,
        sample,
        seed_at_ms,
        visits,
    })
}

/// One receipt, with its place counted over all journals.
struct Covering {
    origin: event::Origin,
    first: Sequence,
    size: u64,
    receipt: Receipt,
    author: Author,
}

fn draw(desk: &Desk, ledger: &Ledger, ask: &Drawing) -> Result<(SamplePublished, u64, Vec<DrawnVisit>), Problem> {
    let malformed = |words: String| Problem::new(ProblemKind::Malformed, words);
    let busy = || Problem::new(ProblemKind::Busy, "the ledgers are still reading the journal").after_s(5);
    if !ledger.is_settled() {
        return Err(busy());
    }
    let Cut { position, .. } = ledger.cut();
    let position =
        position.ok_or_else(|| malformed("nothing was received yet: there is nothing to draw".to_owned()))?;
    let (journals, journal, receipts) = read(desk, position)?;
    let (in_journal, cut) = journals
        .place(position)
        .filter(|(of, _)| *of == journal)
        .ok_or_else(busy)?;
    let size = Position(cut.0 + 1);
    let seed_at_ms = time_at(desk, in_journal, cut)?;
    // The seed must not have been known to those who recorded in the period.
    if seed_at_ms < u64::try_from(ask.to.plus(1).start_ms()).unwrap_or(0) {
        let last = Day::of_instant(seed_at_ms.cast_signed());
        return Err(malformed(format!(
            "the journal's last record was received on {last}, and the period ends on {}: whoever recorded then could have \
             steered the draw; draw when something was received after the period",
            ask.to
        )));
    }
    let nodes = LogNodes::new(&*desk.log, journal.into());
    let root = proof::root(&nodes, size.0).map_err(Refusal::from)?;
    let plan = SpotPlan {
        size: Position(position.0 + 1),
        root,
        from: ask.from,
        to: ask.to,
        minimum: ask.minimum,
        permille: ask.permille,
    };
    let gathered = gather(desk, &receipts)?;
    let records: Vec<leads::Record<'_>> = gathered.records().collect();
    let history = leads::History::read(ledger, records, [], journals);
    let list = history.sample(&plan);
    let sample = SamplePublished {
        journal,
        size,
        root: Hash256(root),
        from: ask.from,
        to: ask.to,
        minimum: ask.minimum,
        permille: ask.permille,
        rule: SPOT_RULE_VERSION,
        drawn: u32::try_from(list.len()).unwrap_or(u32::MAX),
        list: list_hash(&list),
    };
    Ok((sample, seed_at_ms, history.drawn(&list, &plan)))
}

/// The journals, the one that goes on, and its receipts and those before it, up to a position over all of them.
fn read(desk: &Desk, upto: Position) -> Result<(Journals, JournalId, Vec<Covering>), Refusal> {
    let registry = desk.registry().clone();
    let frozen = registry.frozen.iter().map(|frozen| (frozen.journal, Some(frozen.size)));
    let parts: Vec<_> = frozen.chain([(registry.journal, None)]).collect();
    let (mut receipts, mut base) = (Vec::new(), 0);
    for (journal, end) in &parts {
        desk.log
            .scan((*journal).into(), Sequence::FIRST, &mut |sequence, bytes, _| {
                let at = Position(sequence.leaf_index());
                let global = Position(base + at.0);
                if end.is_some_and(|end| at >= end) || global > upto {
                    return ControlFlow::Break(());
                }
                if let Ok(JournalRecord::Receipt {
                    origin,
                    first,
                    size,
                    received_at_ms,
                    ..
                }) = JournalRecord::decode(bytes)
                {
                    let is_hub = registry.party(origin).is_some_and(|party| party.audience.is_some());
                    receipts.push(Covering {
                        origin,
                        first,
                        size,
                        receipt: Receipt {
                            position: global,
                            received_at_ms,
                        },
                        author: if is_hub { Author::Hub } else { Author::Village },
                    });
                }
                ControlFlow::Continue(())
            })?;
        base += end.unwrap_or_default().0;
    }
    Ok((Journals::new(parts), registry.journal, receipts))
}

/// The entries that a draw looks at.
fn gather(desk: &Desk, receipts: &[Covering]) -> Result<Gathered, Refusal> {
    let mut gathered = Gathered::new();
    for one in receipts {
        desk.log.scan(one.origin.into(), one.first, &mut |sequence, bytes, _| {
            if sequence.get() > one.size {
                return ControlFlow::Break(());
            }
            if Event::decode(bytes).is_ok_and(|event| is_drawn_from(event.header.kind)) {
                gathered.add(bytes, (one.origin, sequence), one.author, one.receipt);
            }
            ControlFlow::Continue(())
        })?;
    }
    Ok(gathered)
}
