//! One village's part of the sample's story: what is recorded, by whom, and what each side has seen of it.

use std::collections::BTreeMap;

use anyhow::Context as _;
use event::form::Form;
use event::{Day, EventId, Kind, Origin, Sequence};
use sample::{Item, ItemId, Party, Place, Plan};
use serde_json::Value;

/// A side of the story.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    Village,
    Hub,
}

/// The story and how far it has been told.
pub(super) struct Story {
    items: Vec<Item>,
    places: Vec<Option<Place>>,
    /// Which items each side has seen.
    seen: [Vec<bool>; 2],
    /// Items that are not recorded yet, in the order of the true time, by side.
    waiting: [Vec<usize>; 2],
    /// Recorded, by side.
    recorded: [u64; 2],
}

impl Story {
    pub(super) fn new(plan: &Plan, village: u16) -> Self {
        let items = plan.village_items(village);
        let of = |side| {
            let mine = items.iter().enumerate().filter(|(_, item)| side_of(item) == side);
            mine.map(|(at, _)| at).collect()
        };
        Self {
            places: vec![None; items.len()],
            seen: [vec![false; items.len()], vec![false; items.len()]],
            waiting: [of(Side::Village), of(Side::Hub)],
            recorded: [0, 0],
            items,
        }
    }

    /// Items not recorded yet.
    pub(super) fn left(&self) -> usize {
        self.waiting.iter().map(Vec::len).sum()
    }

    /// Items that one side has recorded.
    pub(super) const fn recorded(&self, side: Side) -> u64 {
        self.recorded[side as usize]
    }

    /// The next items that a side can record by the end of `day`: all that they refer to or answer was seen
    /// there. At most `max`.
    pub(super) fn ready(&self, side: Side, day: Day, max: usize) -> Vec<usize> {
        let seen = &self.seen[side as usize];
        let due = self.waiting[side as usize].iter().copied();
        let due = due.take_while(|at| self.items[*at].day <= day);
        due.filter(|at| self.items[*at].after.iter().all(|before| seen[before.number()]))
            .take(max)
            .collect()
    }

    /// The true time at which the last of these is recorded, in milliseconds.
    pub(super) fn true_ms(&self, items: &[usize]) -> u64 {
        items.iter().map(|at| self.items[*at].true_ms()).max().unwrap_or(0)
    }

    /// The forms of items that are ready.
    pub(super) fn forms(&self, items: &[usize]) -> anyhow::Result<Vec<Form<Value>>> {
        let lookup = |id: ItemId| self.places.get(id.number()).copied().flatten();
        let form = |at: &usize| {
            let draft = self.items[*at].draft(&lookup)?;
            let facts = serde_json::to_value(&draft.facts)?;
            Ok(Form::of_draft(&draft, facts))
        };
        items.iter().map(form).collect()
    }

    /// Head of a household that somebody could ask for: of the one that was visited last, so that it still stands.
    pub(super) fn somebody(&self) -> anyhow::Result<Option<String>> {
        let recorded = (0..self.items.len()).filter(|at| self.places[*at].is_some());
        let forms = self.forms(&recorded.collect::<Vec<_>>())?;
        let visited = forms
            .iter()
            .rev()
            .find(|form| form.kind == Kind::VISIT_RECORDED.to_string());
        let household = visited.and_then(|form| form.household);
        let head = |form: &Form<Value>| {
            let is_this = form.kind == Kind::HOUSEHOLD_REGISTERED.to_string() && form.household == household;
            form.personal.as_ref().filter(|_| is_this)?.head.clone()
        };
        Ok(forms.iter().find_map(head))
    }

    /// Notes what became of items.
    pub(super) fn note(&mut self, side: Side, places: &BTreeMap<usize, Place>) {
        for (at, place) in places {
            self.places[*at] = Some(*place);
            self.seen[side as usize][*at] = true;
        }
        self.waiting[side as usize].retain(|at| !places.contains_key(at));
        self.recorded[side as usize] += places.len() as u64;
    }

    /// The village has synced: each side has seen what the other had recorded.
    pub(super) fn exchange(&mut self) {
        for (at, place) in self.places.iter().enumerate() {
            if place.is_some() {
                self.seen[0][at] = true;
                self.seen[1][at] = true;
            }
        }
    }
}

fn side_of(item: &Item) -> Side {
    match item.party {
        Party::Village(_) => Side::Village,
        Party::Hub => Side::Hub,
    }
}

/// A place out of a report of recording.
pub(super) fn place(report: &Value) -> anyhow::Result<Place> {
    let text = |key: &str| report[key].as_str().with_context(|| format!("no `{key}` in {report}"));
    let sequence = report["sequence"].as_u64().context("no sequence")?;
    Ok(Place {
        id: text("id")?.parse()?,
        origin: text("origin")?.parse()?,
        sequence: Sequence::new(sequence)?,
    })
}

/// The place of something that the hub recorded. No item asks for more than its identity.
pub(super) fn hub_place(event: &Value) -> anyhow::Result<Place> {
    let id: EventId = event.as_str().context("no identity")?.parse()?;
    Ok(Place {
        id,
        origin: Origin::from_bytes([0; 16]),
        sequence: Sequence::FIRST,
    })
}
