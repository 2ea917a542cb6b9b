//! What is written at the desk: diaries, corrections, and the township's word on a wrong clock.

use event::{CorrectionKind, Day, EntityId, EntryMode, Facts, Kind, Mode, Outcome, PersonalContent, Subject, When};

use crate::calendar::is_weekend;
use crate::item::{Item, ItemId, Party, What};
use crate::life::{Deed, Story};
use crate::words;

impl Story<'_> {
    pub(crate) fn diaries(&mut self, day: Day) {
        for n in 0..self.village.cadres.len() {
            let share = if is_weekend(day) { 50 } else { 420 };
            if !self.dice.permille(share) {
                continue;
            }
            let minute = self.dice.between(1_160, 1_330);
            self.diary(day, minute, n);
            if self.dice.permille(12) {
                self.diary(day, minute + 25, n);
            }
        }
    }

    fn diary(&mut self, day: Day, minute: u16, cadre: usize) {
        let by = self.cadre(cadre);
        let done = |deed: &&Deed| deed.cadre == by && deed.day == day && deed.minute < minute;
        let deeds: Vec<&Deed> = self.deeds.iter().filter(done).take(12).collect();
        let visits: Vec<ItemId> = deeds.iter().filter(|d| d.request.is_none()).map(|d| d.item).collect();
        let mut requests: Vec<EntityId> = deeds.iter().filter_map(|d| d.request).collect();
        requests.sort_unstable();
        requests.dedup();
        let after = deeds.iter().map(|d| d.item).collect();
        let text = words::diary(&mut self.dice, visits.len(), requests.len());
        let late = self.dice.permille(90);
        let what = What::Diary { day, visits, requests };
        let recorded = day.plus(if late { i32::from(self.dice.between(1, 4)) } else { 0 });
        let mut item = self.own(recorded, minute, Subject::person(by), what, by);
        item.mode = if late {
            EntryMode::BatchFromPaper
        } else {
            EntryMode::Live
        };
        item.occurred = When::Day(day);
        item.after = after;
        item.personal = Some(PersonalContent {
            text: Some(text),
            ..PersonalContent::default()
        });
        self.push(item);
    }

    pub(crate) fn corrections(&mut self, day: Day) {
        let recent = self.items.len().saturating_sub(120);
        let visits: Vec<usize> = (recent..self.items.len())
            .filter(|n| self.items[*n].day < day && self.items[*n].kind() == Kind::VISIT_RECORDED)
            .collect();
        if visits.is_empty() || is_weekend(day) {
            return;
        }
        let target = visits[self.dice.index(visits.len())];
        match self.dice.weighted(&[(940, 0), (40, 1), (20, 2)]) {
            1 => self.correct(day, target),
            2 => self.double_and_void(day, target),
            _ => {}
        }
    }

    fn correct(&mut self, day: Day, target: usize) {
        let What::Plain(Facts::VisitRecorded(visit)) = &self.items[target].what else {
            return;
        };
        let mut visit = visit.clone();
        let occurred = self.items[target].occurred;
        let (replacement, occurred) = if visit.outcome == Outcome::Met && self.dice.permille(500) {
            visit.mode = match visit.mode {
                Mode::Home => Mode::Elsewhere,
                Mode::Phone => Mode::Video,
                Mode::Video | Mode::Elsewhere => Mode::Phone,
            };
            (Some(Facts::VisitRecorded(visit)), None)
        } else {
            (None, Some(When::Day(occurred.day().plus(-1))))
        };
        let what = if occurred.is_some() {
            "日期写晚了一天"
        } else {
            "走访方式选错"
        };
        self.correction(
            day,
            target,
            CorrectionKind::Correct,
            (replacement, occurred),
            false,
            what,
        );
    }

    /// The same visit was typed twice; the second record is voided. One void in ten lacks its second person.
    fn double_and_void(&mut self, day: Day, target: usize) {
        let mut twice = self.items[target].clone();
        (twice.day, twice.minute) = (day, self.dice.between(500, 560));
        twice.mode = EntryMode::BatchFromPaper;
        let Some(twin) = self.push(twice) else { return };
        let second = !self.dice.permille(100);
        self.correction(
            day,
            twin.number(),
            CorrectionKind::Void,
            (None, None),
            second,
            "与另一条记的是同一次",
        );
    }

    fn correction(
        &mut self,
        day: Day,
        target: usize,
        correction: CorrectionKind,
        (replacement, occurred): (Option<Facts>, Option<When>),
        second: bool,
        why: &str,
    ) {
        let Item {
            id, subject, recorder, ..
        } = self.items[target];
        let Some(subject) = subject else { return };
        let what = What::Corrected {
            target: id,
            correction,
            replacement,
            occurred,
        };
        let minute = self.dice.between(1_020, 1_060);
        let mut item = self.own(day, minute, subject, what, recorder);
        item.after = vec![id];
        item.causes = vec![id];
        if second {
            item.actors
                .extend(self.village.cadres.iter().map(|c| c.id).find(|c| *c != recorder));
        }
        item.personal = Some(PersonalContent {
            text: Some(words::correction(&mut self.dice, why)),
            ..PersonalContent::default()
        });
        self.push(item);
    }

    /// The township finds out by how much the machine's clock was wrong.
    pub(crate) fn clock_correction(&mut self) {
        let Some((from, until, offset_ms)) = self.village.clock.wrong_span() else {
            return;
        };
        // Only visits and diaries: neither ever waits for the township, so they are typed when planned.
        let mut within: Vec<&Item> = self
            .items
            .iter()
            .filter(|item| {
                (from..until).contains(&item.day) && matches!(item.kind(), Kind::VISIT_RECORDED | Kind::DIARY_WRITTEN)
            })
            .collect();
        within.sort_by_key(|item| (item.day, item.minute, item.id));
        let (Some(first), Some(last)) = (within.first(), within.last()) else {
            return;
        };
        let (first, last) = (first.id, last.id);
        let what = What::Clock { first, last, offset_ms };
        let by = self.staff[self.dice.index(self.staff.len())].id;
        let day = until.plus(i32::from(self.dice.between(1, 5)));
        let mut item = self.own(day, 615, Subject::person(by), what, by);
        item.subject = None;
        item.party = Party::Hub;
        item.occurred = When::Day(day);
        item.after = if first == last { vec![first] } else { vec![first, last] };
        self.push(item);
    }
}
