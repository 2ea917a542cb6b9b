//! The log as text: one JSON object a line, for scripts, exports and people who want to see for themselves.

use std::collections::HashMap;
use std::fmt;
use std::str::FromStr;

use event::{Event, EventId, Facts, Origin, Personal, Sequence, Subject};
use event_log::{LogEntry, LogId};
use ledger::Ledger;
use link::{Problem, ProblemKind};
use serde_json::{Value, json};

use crate::Office;
use crate::bulletin::Bulletin;
use crate::views;

/// Most lines in one answer.
pub(crate) const LINES_MAX: usize = 10_000;
/// Entries read from the log at once.
const READ_ENTRIES: usize = 512;

/// Where a listing begins: `<origin>:<sequence>`. Logs follow one another: this machine's own, oldest
/// installation first, then those that were pulled, by origin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    origin: Origin,
    sequence: Sequence,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.origin, self.sequence)
    }
}

impl FromStr for Place {
    type Err = Problem;

    fn from_str(text: &str) -> Result<Self, Problem> {
        let read = || {
            let (origin, sequence) = text.split_once(':')?;
            Some(Self {
                origin: origin.parse().ok()?,
                sequence: Sequence::new(sequence.parse().ok()?).ok()?,
            })
        };
        let words = "from: give <origin>:<sequence>, as the header `next` of the listing before";
        read().ok_or_else(|| Problem::new(ProblemKind::Malformed, words))
    }
}

/// A piece of the listing.
pub(crate) struct Lines {
    pub(crate) text: Vec<u8>,
    /// Where to go on, if there is more.
    pub(crate) next: Option<Place>,
}

/// At most `limit` lines from `from` on.
pub(crate) fn lines(office: &Office, from: Option<Place>, limit: usize) -> Result<Lines, Problem> {
    let bulletin = office.bulletin.borrow().clone();
    let logs = logs(&bulletin);
    let start = match from {
        None => 0,
        Some(place) => {
            let at = logs.iter().position(|(origin, _)| *origin == place.origin);
            at.ok_or_else(|| Problem::new(ProblemKind::NotFound, "from: this node holds no log of that origin"))?
        }
    };
    let follower = office.books.follower();
    let receipts = Receipts::new(&bulletin, follower.ledger(), office.books.reached().at_end)?;
    let mut writer = LineWriter {
        receipts,
        text: Vec::new(),
        left: limit,
    };
    let mut first = from.map_or(Sequence::FIRST, |place| place.sequence);
    for (origin, log) in &logs[start..] {
        if let Some(next) = writer.log(&bulletin, *origin, *log, first)? {
            return Ok(Lines {
                text: writer.text,
                next: Some(next),
            });
        }
        first = Sequence::FIRST;
    }
    Ok(Lines {
        text: writer.text,
        next: None,
    })
}

fn logs(bulletin: &Bulletin) -> Vec<(Origin, LogId)> {
    let own = bulletin.own.iter().map(|own| (own.origin, own.log));
    own.chain(bulletin.others.iter().copied()).collect()
}

struct LineWriter<'a> {
    receipts: Receipts<'a>,
    text: Vec<u8>,
    left: usize,
}

impl LineWriter<'_> {
    /// Writes a log's lines. Returns where to go on if there was no room for all of them.
    fn log(
        &mut self,
        bulletin: &Bulletin,
        origin: Origin,
        log: LogId,
        mut at: Sequence,
    ) -> Result<Option<Place>, Problem> {
        loop {
            let count = self.left.min(READ_ENTRIES);
            // One more than there is room for shows whether there is more.
            let entries = bulletin.log.read(log, at, count.max(1), usize::MAX);
            let entries = entries.map_err(|error| Problem::new(ProblemKind::StoreUnavailable, error.to_string()))?;
            if entries.is_empty() {
                return Ok(None);
            }
            if self.left == 0 {
                return Ok(Some(Place { origin, sequence: at }));
            }
            for entry in &entries {
                let line = self.receipts.line(bulletin, origin, at, entry);
                // A JSON value always has a text.
                self.text.extend_from_slice(line.to_string().as_bytes());
                self.text.push(b'\n');
                at = at.plus(1);
            }
            self.left -= entries.len();
        }
    }
}

/// What the ledger says of entries, looked up once per entity.
struct Receipts<'a> {
    ledger: &'a Ledger,
    /// Receipts of the entries of one entity, by identity.
    known: HashMap<Subject, HashMap<(Origin, Sequence), Value>>,
    exceptions: HashMap<(Origin, Sequence), Value>,
    pending: HashMap<(Origin, Sequence), Value>,
}

impl<'a> Receipts<'a> {
    fn new(bulletin: &Bulletin, ledger: &'a Ledger, caught_up: bool) -> Result<Self, Problem> {
        let exceptions = ledger.exceptions(bulletin.unit).into_iter().map(|one| {
            let receipt = json!({ "position": one.position, "received_at_ms": one.received_at_ms });
            ((one.origin, one.sequence), receipt)
        });
        let uncounted = views::uncounted(bulletin, ledger, caught_up)?;
        let overlay: Vec<_> = uncounted.iter().map(views::PendingEntry::over).collect();
        let seen = ledger.with_pending(&overlay);
        let pending = uncounted.iter().zip(seen.effects);
        let pending = pending.map(|(entry, effect)| ((entry.origin, entry.sequence), json!(effect)));
        Ok(Self {
            ledger,
            known: HashMap::new(),
            exceptions: exceptions.collect(),
            pending: pending.collect(),
        })
    }

    fn receipt(&mut self, subject: Subject, at: (Origin, Sequence)) -> Option<Value> {
        let ledger = self.ledger;
        let story = self.known.entry(subject).or_insert_with(|| {
            let steps = ledger.story(subject).into_iter();
            let steps = steps.map(|step| {
                let receipt = json!({ "position": step.position, "received_at_ms": step.received_at_ms });
                ((step.origin, step.sequence), receipt)
            });
            steps.collect()
        });
        story.get(&at).or_else(|| self.exceptions.get(&at)).cloned()
    }

    fn line(&mut self, bulletin: &Bulletin, origin: Origin, sequence: Sequence, entry: &LogEntry) -> Value {
        let own = bulletin.own.iter().find(|own| own.origin == origin);
        let is_pending = own.is_some_and(|own| !own.closed && sequence.get() > own.received);
        let mut line = match Event::decode(&entry.bytes) {
            Ok(event) => {
                let mut line = of_event(&event, entry);
                line["receipt"] = json!(self.receipt(event.header.subject, (origin, sequence)));
                line
            }
            Err(error) => {
                let receipt = self.exceptions.get(&(origin, sequence));
                json!({ "unreadable": error.to_string(), "receipt": receipt })
            }
        };
        let effect = self.ledger.effect_at(origin, sequence).map(|effect| json!(effect));
        line["origin"] = json!(origin);
        line["sequence"] = json!(sequence);
        line["own"] = json!(own.is_some());
        line["delivery"] = json!(if is_pending { "pending" } else { "received" });
        line["effect"] = json!(effect.or_else(|| self.pending.get(&(origin, sequence)).cloned()));
        line["bytes"] = json!(hex(&entry.bytes));
        line["personal_bytes"] = json!(entry.personal.as_deref().map(hex));
        line
    }
}

/// What stands in the event, with long names.
fn of_event(event: &Event<'_>, entry: &LogEntry) -> Value {
    let header = &event.header;
    let facts = Facts::decode(header.kind, header.schema, event.facts);
    let personal = entry.personal.as_deref().map(Personal::open);
    let id: EventId = header.id;
    json!({
        "id": id,
        "kind": header.kind.to_string(),
        "schema": header.schema,
        (header.subject.kind.key()): header.subject.id,
        "occurred": header.occurred,
        "unit": header.unit,
        "recorder": header.recorder,
        "actors": header.actors,
        "causes": header.causes,
        "mode": header.mode,
        "source": header.source,
        "carried_from": header.carried_from,
        "facts": facts.ok().flatten(),
        "personal": personal.and_then(Result::ok),
        "personal_sha256": header.personal.map(|reference| hex(&reference.sha256)),
        "clock": { "quality": header.clock, "wall_ms": header.wall_ms, "mono_ms": header.mono_ms },
        "seen": header.seen,
    })
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        // Writing into a string cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}
