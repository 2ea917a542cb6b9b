//! What villages and the township do on a day without trouble.

use crate::world::World;
use event::{
    Channel, ClockRule, Day, Draft, EntityId, EntryMode, Facts, HouseholdRegistered, LegalPath, Mode, Outcome,
    PersonId, PersonalContent, RequestAccepted, RequestAssigned, RequestKind, RequestRaised, Subject, UnitCode,
    Urgency, VisitRecorded, When,
};
use rand::RngExt;
use sync::record::Audience;
use village::NodeError;

impl World {
    pub(crate) fn record(&mut self, at: usize) {
        if self.villages[at].is_gone {
            return;
        }
        let unit = self.villages[at].open().unit();
        let count = if self.rng.random_ratio(1, 20) {
            150
        } else {
            self.rng.random_range(1..6)
        };
        let drafts: Vec<_> = (0..count).map(|_| (self.draft(unit), self.rng.random())).collect();
        let machine = &mut self.villages[at];
        let now = machine.clock.read(self.now_ms);
        match machine.open().record(&drafts, &now) {
            Ok(outcomes) => {
                for (outcome, (draft, _)) in outcomes.into_iter().zip(&drafts) {
                    let id = outcome.expect("the world's drafts are within bounds").id;
                    if std::env::var("MINQING_WORLD_FACT").is_ok_and(|t| t == id.to_string()) {
                        println!(
                            "{} saved at {at} {}",
                            self.now_ms,
                            machine.node.as_ref().expect("o").origin()
                        );
                    }
                    self.model.saved(id, unit, draft.subject.id.to_bytes());
                }
            }
            // Nobody was told that it was saved. It may be there all the same.
            Err(NodeError::Store(_)) => machine.node = None,
            Err(other) => panic!("recording failed: {other}"),
        }
    }

    pub(crate) fn draft(&mut self, unit: UnitCode) -> Draft {
        let person = PersonId::from_bytes([self.rng.random_range(1..5); 16]);
        let mut household = [self.rng.random_range(1..30); 16];
        household[..8].copy_from_slice(&unit.get().to_be_bytes());
        let household = EntityId::from_bytes(household);
        let today = Day::of_instant(i64::try_from(self.now_ms).expect("before 292 million years"));
        let (subject, facts) = match self.rng.random_range(0..10) {
            0..2 => (
                Subject::household(household),
                Facts::HouseholdRegistered(HouseholdRegistered {
                    group: 1,
                    size: Some(3),
                }),
            ),
            2..4 => {
                let request = EntityId::from_bytes(self.rng.random());
                self.open_requests.push((unit, request));
                let facts = RequestRaised {
                    household: Some(household),
                    channel: Channel::Visit,
                    kind: RequestKind::Help,
                    urgency: Urgency::Ordinary,
                    people: 1,
                };
                (Subject::request(request), Facts::RequestRaised(facts))
            }
            4 if self.open_requests.iter().any(|(of, _)| *of == unit) => {
                let here: Vec<_> = self.open_requests.iter().filter(|(of, _)| *of == unit).collect();
                let (_, request) = *here[self.rng.random_range(0..here.len())];
                let facts = RequestAccepted {
                    path: LegalPath::Ordinary,
                    rule: ClockRule::Township,
                    accepted_on: today,
                    due: Some(When::Day(today.plus(30))),
                };
                (Subject::request(request), Facts::RequestAccepted(facts))
            }
            _ => {
                let outcome = Outcome::ALL[self.rng.random_range(0..Outcome::ALL.len())];
                let facts = VisitRecorded {
                    mode: Mode::Home,
                    outcome,
                    minutes: None,
                    requests: Vec::new(),
                };
                (Subject::household(household), Facts::VisitRecorded(facts))
            }
        };
        let personal = self.rng.random_ratio(2, 3).then(|| PersonalContent {
            text: Some("走访记录：家中平安。".repeat(self.rng.random_range(1..4))),
            ..PersonalContent::default()
        });
        Draft {
            subject,
            facts,
            occurred: When::Day(today),
            unit,
            recorder: person,
            actors: vec![person],
            causes: Vec::new(),
            mode: EntryMode::Live,
            source: None,
            personal,
        }
    }

    /// The township acts on a request that it has heard of.
    pub(crate) fn township_works(&mut self) {
        if self.open_requests.is_empty() {
            return;
        }
        let (unit, request) = self.open_requests[self.rng.random_range(0..self.open_requests.len())];
        let person = PersonId::from_bytes([77; 16]);
        let facts = RequestAssigned {
            unit,
            handler: person,
            due: None,
        };
        let draft = Draft {
            subject: Subject::request(request),
            facts: Facts::RequestAssigned(facts),
            ..self.draft(unit)
        };
        let draft = Draft {
            unit,
            personal: None,
            ..draft
        };
        let audience = if self.rng.random_ratio(1, 5) {
            Audience::All
        } else {
            Audience::Unit(unit)
        };
        let now = self.hub.clock.read(self.now_ms);
        let entropy = self.rng.random();
        let now_ms = self.now_ms;
        match self.hub.open(now_ms).record(audience, &[(draft, entropy)], &now) {
            Ok(ids) => ids
                .into_iter()
                .for_each(|id| self.model.saved(id, unit, request.to_bytes())),
            Err(hub::Refusal::Store(_)) => self.hub.stop(),
            Err(other) => panic!("the township cannot record: {other}"),
        }
    }
}
