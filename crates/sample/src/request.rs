//! The lives of requests: raised and accepted in the village, assigned by the township, worked on and
//! answered, asked back, and closed or given out again. A few go wrong on purpose.

use event::{
    Channel, ClockRule, ClosingKind, Day, EntityId, EntryMode, Facts, LegalPath, PersonId, PersonalContent,
    ReplyOutcome, RequestAccepted, RequestAssigned, RequestClosed, RequestFollowedUp, RequestKind, RequestProgressed,
    RequestRaised, RequestReassigned, RequestReplied, Satisfaction, Solved, Subject, UnitCode, Urgency, When,
};

use crate::calendar::{is_weekend, plus_working_days, workday_after};
use crate::item::{Item, ItemId, Party, What};
use crate::life::{Deed, Story};
use crate::{plan, words};

/// Rounds after which a matter that cannot be done is explained for good.
const ROUNDS_MAX: u16 = 3;

/// Where a request's script stands.
struct Thread {
    request: EntityId,
    /// The last item, which the next one answers.
    last: ItemId,
    day: Day,
    minute: u16,
    due: Option<When>,
    /// Legal path, and the rule behind the first due date.
    route: (LegalPath, ClockRule),
    /// Who handles it; `None` for the township itself.
    village_handler: Option<PersonId>,
    handler: PersonId,
}

impl Story<'_> {
    pub(crate) fn requests(&mut self, day: Day) {
        let mean = if is_weekend(day) { 4 } else { 17 };
        let count = u32::from(self.dice.permille(mean * 10));
        for _ in 0..count {
            // The script stops where the story ends, so that some requests stay open.
            let _ = self.life(day);
        }
    }

    /// One request from its first word to its last.
    fn life(&mut self, day: Day) -> Option<()> {
        let mut thread = self.raise(day)?;
        if self.dice.permille(25) {
            return Some(()); // registered, and nobody has taken it up
        }
        self.accept(&mut thread)?;
        if self.dice.permille(30) {
            let early = self.reply(&thread, 0, 25)?; // before it was given out: 状态冲突
            (thread.day, thread.minute) = early;
        }
        for round in 1..=ROUNDS_MAX {
            let asked = self.step(&mut thread, |story, thread| story.assign(thread, round))?;
            let worked = self.dice.weighted(&[(35, 0), (40, 1), (20, 2), (5, 3)]);
            for _ in 0..worked {
                self.step(&mut thread, |story, thread| story.progress(thread, 2, 7, asked))?;
            }
            if self.dice.permille(45) {
                return Some(()); // never answered
            }
            let outcome = self.answer(&mut thread, asked)?;
            match self.ask_back(&mut thread)? {
                Some(Satisfaction::Unsatisfied) => {
                    let no = matches!(outcome, ReplyOutcome::Explained | ReplyOutcome::NotSupported);
                    if round >= 2 && (no || round == ROUNDS_MAX) {
                        return self.close(&mut thread, ClosingKind::ExplainedFinal, "理由和救济途径已说明");
                    }
                }
                Some(_) => {
                    self.close(&mut thread, ClosingKind::Satisfied, "本人对结果认可")?;
                    if self.dice.permille(20) {
                        let asked = thread.last;
                        self.step(&mut thread, |story, thread| story.progress(thread, 1, 5, asked))?; // too late: 状态冲突
                    }
                    return Some(());
                }
                None => return self.close(&mut thread, ClosingKind::Unreachable, "三次回访均未接通"),
            }
        }
        Some(())
    }

    /// Adds the item that `make` makes and goes on from there.
    fn step(&mut self, thread: &mut Thread, make: impl FnOnce(&mut Self, &mut Thread) -> Item) -> Option<ItemId> {
        let item = make(self, thread);
        let (day, minute, by, ours) = (item.day, item.minute, item.recorder, item.party != Party::Hub);
        let id = self.push(item)?;
        (thread.last, thread.day, thread.minute) = (id, day, minute);
        if ours {
            self.deeds.push(Deed {
                cadre: by,
                item: id,
                day,
                minute,
                request: Some(thread.request),
            });
        }
        Some(id)
    }

    fn raise(&mut self, day: Day) -> Option<Thread> {
        let request = EntityId::from_bytes(self.dice.bytes());
        let kind = self.dice.weighted(&[
            (26, RequestKind::Advice),
            (30, RequestKind::Help),
            (10, RequestKind::Complaint),
            (12, RequestKind::Suggestion),
            (8, RequestKind::Dispute),
            (14, RequestKind::Errand),
        ]);
        let channel = self.dice.weighted(&[
            (46, Channel::Visit),
            (14, Channel::Hotline),
            (8, Channel::Reception),
            (4, Channel::Letter),
            (14, Channel::Caller),
            (6, Channel::Online),
            (2, Channel::Proposal),
            (6, Channel::Meeting),
        ]);
        let house = self.any_house(day)?;
        let start = self.dice.between(500, 1_000);
        let visit = match channel {
            Channel::Visit => Some(self.visit(day, start, house, Some(request))?),
            _ => None,
        };
        let (by, minute) = match visit {
            Some((_, visitor, recorded)) => (visitor, recorded + self.dice.between(1, 9)),
            None => (self.any_cadre(), start),
        };
        let anonymous = visit.is_none() && self.dice.permille(150);
        let facts = Facts::RequestRaised(RequestRaised {
            household: (!anonymous).then(|| self.houses[house].id),
            channel,
            kind,
            urgency: self
                .dice
                .weighted(&[(86, Urgency::Ordinary), (12, Urgency::Urgent), (2, Urgency::Emergency)]),
            people: self.dice.weighted(&[(84, 1), (9, 2), (4, 5), (3, 12)]),
        });
        let mut item = self.own(day, minute, Subject::request(request), What::Plain(facts), by);
        item.causes = visit.iter().map(|(id, ..)| *id).collect();
        item.after = item.causes.clone();
        item.after.push(self.houses[house].registered);
        if self.dice.permille(350) {
            item.occurred = When::Day(day);
            item.mode = EntryMode::LaterSameDay;
        }
        item.personal = text(words::request(&mut self.dice, kind));
        let last = self.push(item)?;
        self.deeds.push(Deed {
            cadre: by,
            item: last,
            day,
            minute,
            request: Some(request),
        });
        Some(Thread {
            request,
            last,
            day,
            minute,
            due: None,
            route: self.route(channel, kind),
            village_handler: Some(by),
            handler: by,
        })
    }

    fn route(&mut self, channel: Channel, kind: RequestKind) -> (LegalPath, ClockRule) {
        let ordinary = (LegalPath::Ordinary, ClockRule::Township);
        match (channel, kind) {
            (_, RequestKind::Dispute) => (LegalPath::Mediation, ClockRule::Township),
            (Channel::Hotline | Channel::Online, _) => (LegalPath::Hotline, ClockRule::Hotline5WorkingDays),
            (Channel::Letter | Channel::Caller, _) => self.dice.weighted(&[
                (45, (LegalPath::Petition, ClockRule::Petition60Days)),
                (20, (LegalPath::Petition, ClockRule::Petition15Days)),
                (35, ordinary),
            ]),
            _ => ordinary,
        }
    }

    fn accept(&mut self, thread: &mut Thread) -> Option<ItemId> {
        let wait = self.dice.weighted(&[(70, 0), (25, 1), (5, 3)]);
        let (path, rule) = thread.route;
        self.step(thread, |story, thread| {
            let (day, minute) = story.later(thread, wait, 3, 40);
            let due = match rule {
                ClockRule::Petition60Days => day.plus(60),
                ClockRule::Petition15Days => day.plus(15),
                ClockRule::Hotline5WorkingDays => plus_working_days(day, 5),
                ClockRule::Township | ClockRule::Source => day.plus(20),
            };
            thread.due = Some(When::Day(due));
            let facts = Facts::RequestAccepted(RequestAccepted {
                path,
                rule,
                accepted_on: day,
                due: thread.due,
            });
            let clerk = story.cadre(0);
            let mut item = story.answering(thread, day, minute, What::Plain(facts), clerk);
            item.occurred = When::Day(day);
            item
        })
    }

    /// 交办, or 再交办 from the second round on.
    fn assign(&mut self, thread: &mut Thread, round: u16) -> Item {
        let wait = self.dice.weighted(&[(30, 0), (45, 1), (20, 2), (5, 4)]);
        let (day, minute) = self.later(thread, wait, 10, 90);
        if round > 1 {
            thread.due = Some(When::Day(day.plus(15)));
        }
        let staff = self.staff[self.dice.index(self.staff.len())].id;
        let unit: UnitCode = if self.dice.permille(130) {
            (thread.village_handler, thread.handler) = (None, staff);
            plan::township_unit()
        } else {
            let handler = self.any_cadre();
            (thread.village_handler, thread.handler) = (Some(handler), handler);
            self.village.unit
        };
        let (handler, due) = (thread.handler, thread.due);
        let facts = if round == 1 {
            Facts::RequestAssigned(RequestAssigned { unit, handler, due })
        } else {
            Facts::RequestReassigned(RequestReassigned { unit, handler, due })
        };
        let mut item = self.by_hub(thread, day, minute, facts);
        item.personal = text(words::dispatch(&mut self.dice, round));
        item
    }

    fn progress(&mut self, thread: &Thread, low: u16, high: u16, asked: ItemId) -> Item {
        let wait = self.dice.between(low, high);
        let (day, minute) = self.later(thread, wait, 20, 200);
        let blocked = self.dice.permille(120);
        let facts = Facts::RequestProgressed(RequestProgressed { blocked });
        let mut item = self.handled(thread, day, minute, facts);
        item.causes = vec![asked];
        if !item.after.contains(&asked) {
            item.after.push(asked);
        }
        item.personal = text(words::progress(&mut self.dice, blocked));
        item
    }

    /// The answer; now and then it is given twice.
    fn answer(&mut self, thread: &mut Thread, asked: ItemId) -> Option<ReplyOutcome> {
        let outcome = self.dice.weighted(&[
            (62, ReplyOutcome::Supported),
            (14, ReplyOutcome::Partly),
            (15, ReplyOutcome::Explained),
            (6, ReplyOutcome::NotSupported),
            (3, ReplyOutcome::NoLongerNeeded),
        ]);
        let wait = if self.dice.permille(90) {
            self.dice.between(22, 65)
        } else {
            self.dice.between(1, 9)
        };
        self.step(thread, |story, thread| {
            let mut item = story.replied(thread, wait, 60, outcome);
            item.causes = vec![asked];
            if !item.after.contains(&asked) {
                item.after.push(asked);
            }
            item
        })?;
        if self.dice.permille(25) {
            (thread.day, thread.minute) = self.reply(thread, 0, 45)?; // answered already: 状态冲突
        }
        Some(outcome)
    }

    /// An answer outside the script's line: nothing goes on from it but time.
    fn reply(&mut self, thread: &Thread, wait: u16, minutes: u16) -> Option<(Day, u16)> {
        let item = self.replied(thread, wait, minutes, ReplyOutcome::Supported);
        let when = (item.day, item.minute);
        self.push(item)?;
        Some(when)
    }

    fn replied(&mut self, thread: &Thread, wait: u16, minutes: u16, outcome: ReplyOutcome) -> Item {
        let (day, minute) = self.later(thread, wait, 15, minutes);
        let facts = Facts::RequestReplied(RequestReplied {
            outcome,
            in_writing: self.dice.permille(350),
        });
        let mut item = self.handled(thread, day, minute, facts);
        if self.dice.permille(300) {
            item.occurred = When::HalfDay {
                day,
                afternoon: minute >= 720,
            };
        }
        item.personal = text(words::reply(&mut self.dice, outcome));
        item
    }

    /// Asks back, up to three times on three days. `None` inside: nobody could be reached.
    fn ask_back(&mut self, thread: &mut Thread) -> Option<Option<Satisfaction>> {
        let hard_to_reach = self.dice.permille(70);
        for _ in 0..3 {
            let wait = self.dice.between(1, 8);
            let reached = !hard_to_reach && self.dice.permille(900);
            let said = reached.then(|| {
                self.dice.weighted(&[
                    (60, Satisfaction::Satisfied),
                    (24, Satisfaction::Mostly),
                    (12, Satisfaction::Unsatisfied),
                    (4, Satisfaction::NoOpinion),
                ])
            });
            let solved = said.map(|said| match said {
                Satisfaction::Unsatisfied => self.dice.weighted(&[(7, Solved::No), (3, Solved::Partly)]),
                Satisfaction::Mostly => self.dice.weighted(&[(6, Solved::Yes), (4, Solved::Partly)]),
                Satisfaction::Satisfied | Satisfaction::NoOpinion => Solved::Yes,
            });
            self.step(thread, |story, thread| {
                let (day, minute) = story.later(thread, wait, 30, 240);
                let facts = Facts::RequestFollowedUp(RequestFollowedUp {
                    reached,
                    solved,
                    satisfaction: said,
                });
                let mut item = story.by_hub(thread, day, minute, facts);
                let content = said != Some(Satisfaction::Unsatisfied);
                item.personal = text(words::follow_up(&mut story.dice, reached, content));
                item
            })?;
            if said.is_some() {
                return Some(said);
            }
        }
        Some(None)
    }

    fn close(&mut self, thread: &mut Thread, closing: ClosingKind, why: &str) -> Option<()> {
        let wait = self.dice.between(0, 3);
        self.step(thread, |story, thread| {
            let (day, minute) = story.later(thread, wait, 10, 60);
            let mut item = story.by_hub(thread, day, minute, Facts::RequestClosed(RequestClosed { closing }));
            item.personal = text(words::closing(&mut story.dice, why));
            item
        })
        .map(|_| ())
    }

    /// An item of the handler: the village's cadre, or the township where it handles the request itself.
    fn handled(&mut self, thread: &Thread, day: Day, minute: u16, facts: Facts) -> Item {
        match thread.village_handler {
            Some(cadre) => self.answering(thread, day, minute, What::Plain(facts), cadre),
            None => {
                let mut item = self.by_hub(thread, day, minute, facts);
                (item.recorder, item.actors) = (thread.handler, vec![thread.handler]);
                item
            }
        }
    }

    /// An item of the township: by somebody who does not handle the request.
    fn by_hub(&mut self, thread: &Thread, day: Day, minute: u16, facts: Facts) -> Item {
        let first = self.dice.index(self.staff.len());
        let at = (0..self.staff.len()).map(|n| (first + n) % self.staff.len());
        let by = at.map(|n| self.staff[n].id).find(|id| *id != thread.handler);
        let by = by.unwrap_or(thread.handler);
        let mut item = self.answering(thread, day, minute, What::Plain(facts), by);
        item.party = Party::Hub;
        item
    }

    fn answering(&self, thread: &Thread, day: Day, minute: u16, what: What, by: PersonId) -> Item {
        let mut item = self.own(day, minute, Subject::request(thread.request), what, by);
        item.after = vec![thread.last];
        item.causes = vec![thread.last];
        item
    }

    /// A working time after the thread's last item: `wait` days later, or on the same day by `low` to `high` minutes.
    fn later(&mut self, thread: &Thread, wait: u16, low: u16, high: u16) -> (Day, u16) {
        let minute = thread.minute + self.dice.between(low, high.max(low));
        if wait == 0 && minute < 1_080 && !is_weekend(thread.day) {
            (thread.day, minute)
        } else {
            (workday_after(thread.day, wait.max(1)), self.dice.between(515, 1_050))
        }
    }
}

fn text(text: String) -> Option<PersonalContent> {
    Some(PersonalContent {
        text: Some(text),
        ..PersonalContent::default()
    })
}
