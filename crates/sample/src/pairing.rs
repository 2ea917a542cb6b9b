//! Pairings of a cadre and a household, and the talks they lead to.

use event::{
    Day, EndReason, EntityId, Facts, PairingEnded, PairingEstablished, PersonalContent, Subject, TalkRecorded, When,
};

use crate::calendar::is_weekend;
use crate::item::What;
use crate::life::{Pair, Story};
use crate::words;

impl Story<'_> {
    pub(crate) fn pairings(&mut self, day: Day, since_start: u16) {
        let cadres = self.village.cadres.len();
        if since_start < 3 {
            for cadre in 0..cadres {
                for k in 0..2 {
                    let minute = 860 + u16::try_from(cadre * 5 + k).unwrap_or(0);
                    self.pair(day, minute, cadre);
                }
            }
        } else if since_start % 150 == 120 {
            for n in 0..self.pairs.len() {
                if !self.pairs[n].ended && self.dice.permille(160) {
                    let reason = self.dice.weighted(&[
                        (6, EndReason::TermAdjust),
                        (2, EndReason::GoalMet),
                        (1, EndReason::ContactWish),
                    ]);
                    self.end_pair(n, day, 900, reason);
                    self.pair(day, 910, self.pairs[n].cadre);
                }
            }
        }
    }

    fn pair(&mut self, day: Day, minute: u16, cadre: usize) {
        let Some(house) = self.any_house(day) else { return };
        if self.pairs.iter().any(|p| p.house == house && !p.ended) {
            return;
        }
        let id = EntityId::from_bytes(self.dice.bytes());
        let facts = Facts::PairingEstablished(PairingEstablished {
            cadre: self.cadre(cadre),
            household: Some(self.houses[house].id),
            from: day,
            until: self.dice.permille(500).then(|| day.plus(365)),
        });
        let mut item = self.own(day, minute, Subject::pairing(id), What::Plain(facts), self.cadre(0));
        item.actors = vec![self.cadre(cadre)];
        item.occurred = When::Day(day);
        item.after = vec![self.houses[house].registered];
        item.personal = Some(PersonalContent {
            contact: Some(self.houses[house].head.clone()),
            class: Some(self.dice.pick(&["困难户", "老年户", "种养户", "新落户"]).to_owned()),
            theme: Some(words::theme(&mut self.dice).to_owned()),
            ..PersonalContent::default()
        });
        if let Some(established) = self.push(item) {
            self.pairs.push(Pair {
                id,
                cadre,
                house,
                established,
                from: day,
                ended: false,
            });
        }
    }

    pub(crate) fn end_pair(&mut self, n: usize, day: Day, minute: u16, reason: EndReason) {
        self.pairs[n].ended = true;
        let facts = Facts::PairingEnded(PairingEnded { on: day, reason });
        let mut item = self.own(
            day,
            minute,
            Subject::pairing(self.pairs[n].id),
            What::Plain(facts),
            self.cadre(0),
        );
        item.actors = vec![self.cadre(self.pairs[n].cadre)];
        item.occurred = When::Day(day);
        item.after = vec![self.pairs[n].established];
        self.push(item);
    }

    pub(crate) fn talks(&mut self, day: Day) {
        if is_weekend(day) {
            return;
        }
        for n in 0..self.pairs.len() {
            if self.pairs[n].ended || self.pairs[n].from >= day || !self.dice.permille(24) {
                continue;
            }
            let minute = self.dice.between(540, 1_140);
            let facts = Facts::TalkRecorded(TalkRecorded {
                follow_up: self.dice.permille(200),
                minutes: self.dice.permille(300).then(|| self.dice.between(10, 70)),
            });
            let by = self.cadre(self.pairs[n].cadre);
            let mut item = self.own(day, minute, Subject::pairing(self.pairs[n].id), What::Plain(facts), by);
            item.after = vec![self.pairs[n].established];
            item.personal = Some(PersonalContent {
                text: Some(words::talk(&mut self.dice)),
                topics: Some(words::topics(&mut self.dice)),
                ..PersonalContent::default()
            });
            self.push(item);
        }
    }
}
