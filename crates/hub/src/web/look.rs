//! Looking at the township as it stands for the time of one page.

use std::time::Duration;

use event::{Day, EventId, Origin, PersonId};
use ledger::{EntityKey, Ledger};
use link::{Problem, ProblemKind};
use pages::{Site as _, Visitor};
use screen::Words;

use super::Web;
use crate::dispatch::{Clock, Names};
use crate::views::Views;
use crate::{Desk, Refusal};

/// How long a page waits for the ledgers to have read what was received before it is shown as it stands.
const MOMENT: Duration = Duration::from_millis(300);
/// Random bytes in the name of a form.
const KEY_BYTES: usize = 16;
/// Longest name of a form that is taken, in characters.
const KEY_CHARS_MAX: usize = 64;

impl Web {
    /// Looks on a thread for that, in the turn of who asks.
    pub(super) async fn look<T: Send + 'static>(
        &self,
        person: PersonId,
        look: impl FnOnce(&Desk, &Views, &Names) -> Result<T, Refusal> + Send + 'static,
    ) -> Result<T, Problem> {
        let people = self.office.accounts.ask(|accounts| {
            let people = accounts.all().iter();
            people
                .map(|account| (account.person, account.name.clone()))
                .collect::<Vec<_>>()
        })?;
        let (views, office) = (self.office.views.clone(), self.office.clone());
        let reader = Origin::from_bytes(person.to_bytes());
        let looked = self.office.read(reader, move |desk| {
            let names = Names::new(&desk.registry(), &office.heard, people);
            look(desk, &views, &names)
        });
        looked.await
    }

    /// Whether the ledgers have not come to what is received by now, after a moment's wait: at a start, for instance.
    pub(super) async fn is_behind(&self) -> bool {
        let newest = self.office.desks.get().registry().newest_of(None);
        match newest {
            Some(newest) => !self.office.views.until(newest, MOMENT).await,
            None => false,
        }
    }

    /// The time that a page is of.
    pub(super) fn clock(&self) -> Clock {
        let now_ms = i64::try_from(self.now_ms()).unwrap_or(i64::MAX);
        Clock {
            now_ms,
            today: Day::of_instant(now_ms),
        }
    }

    /// The name of a new form.
    pub(super) fn key(&self) -> String {
        let random: [u8; KEY_BYTES] = self.office.surroundings.random();
        random.iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

/// The name of the form that was sent.
pub(super) fn key_of(fields: &pages::Fields) -> String {
    fields.get("key").chars().take(KEY_CHARS_MAX).collect()
}

/// Where an event of a request stands in the journal and whether it counts, as far as the ledgers have come.
pub(super) fn standing(ledger: &Ledger, key: EntityKey, event: EventId) -> Option<(u16, u64, bool)> {
    let step = ledger.story(key).into_iter().find(|step| step.event == event)?;
    Some((step.kind, step.position.0, step.effect == ledger::Effect::Counted))
}

/// What recording failed with, in a sentence: nothing is called recorded that is not.
pub(super) fn said(w: Words, problem: &Problem) -> String {
    let kind = ProblemKind::all()
        .iter()
        .find(|kind| problem.type_.ends_with(kind.slug()));
    let words = match kind {
        Some(ProblemKind::DiskFull) => w.visit_full(),
        Some(ProblemKind::StoreUnavailable | ProblemKind::Internal) => w.register_unsure(),
        Some(ProblemKind::Busy) => w.why_behind(),
        _ => w.visit_not_saved(),
    };
    words.to_owned()
}

/// Whose page it is.
pub(super) fn person(visitor: &Visitor) -> PersonId {
    visitor.signed.account.person
}
