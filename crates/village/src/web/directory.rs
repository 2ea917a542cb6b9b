//! Who lives where, from the personal parts that are kept on this machine: the village's own households, to be found by
//! name, by pinyin or by address. Rebuilt from the log at the first question, and followed from there.

use std::collections::{BTreeMap, HashMap};
use std::ops::ControlFlow;

use event::{EntityId, Event, EventId, Kind, Personal, Sequence, SubjectKind};
use event_log::{LogId, StoreError};
use pinyin::ToPinyinMulti as _;

use super::pairings::Pairings;
use crate::bulletin::Bulletin;

/// Most households that one search lists.
pub(super) const FOUND_MAX: usize = 8;
/// Most readings of one name that are looked through; a name with more has two or three rare characters.
const READINGS_MAX: usize = 64;
/// Longest text that is searched for, in characters.
const QUERY_CHARS_MAX: usize = 64;

/// What is known of a household's people.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Person {
    pub(super) head: String,
    pub(super) address: String,
    pub(super) phone: String,
    /// Initials and full spelling of every reading of the head's name.
    spelled: Vec<(String, String)>,
    /// Address as it is compared.
    place: String,
    /// The entry that said so last.
    said_by: Option<EventId>,
}

/// The directory, and how far each log was read for it.
#[derive(Debug, Default)]
pub(super) struct Directory {
    read: HashMap<LogId, u64>,
    era: u64,
    households: BTreeMap<EntityId, Person>,
    /// The wording of requests.
    wordings: HashMap<EntityId, String>,
    pairings: Pairings,
}

impl Directory {
    /// Reads what has come since.
    ///
    /// # Errors
    /// [`StoreError`] if the log cannot be read.
    pub(super) fn follow(&mut self, bulletin: &Bulletin) -> Result<(), StoreError> {
        if self.era != bulletin.era {
            // Logs may have been replaced.
            *self = Self {
                era: bulletin.era,
                ..Self::default()
            };
        }
        let own = bulletin.own.iter().map(|own| own.log);
        let others = bulletin.others.iter().map(|(_, log)| *log);
        for log in own.chain(others) {
            let size = bulletin.log.head(log).size;
            let from = self.read.get(&log).copied().unwrap_or(0);
            if size <= from {
                continue;
            }
            let mut last = from;
            bulletin
                .log
                .scan(log, Sequence::after_size(from), &mut |at, bytes, personal| {
                    self.take(bytes, personal);
                    last = at.get();
                    ControlFlow::Continue(())
                })?;
            self.read.insert(log, last);
        }
        Ok(())
    }

    fn take(&mut self, bytes: &[u8], personal: Option<&[u8]>) {
        let Ok(event) = Event::decode(bytes) else { return };
        self.pairings.take(&event, personal);
        let Some(personal) = personal else { return };
        let header = &event.header;
        let of_household = header.subject.kind == SubjectKind::Household
            && (header.kind == Kind::HOUSEHOLD_REGISTERED || header.kind == Kind::RECORD_CORRECTED);
        let of_request = header.kind == Kind::REQUEST_RAISED;
        if !of_household && !of_request {
            return;
        }
        let Ok(content) = Personal::open(personal) else { return };
        if of_request {
            if let Some(text) = content.text {
                self.wordings.insert(header.subject.id, text);
            }
            return;
        }
        if content.head.is_none() && content.address.is_none() && content.phone.is_none() {
            return;
        }
        let known = self.households.entry(header.subject.id).or_default();
        if known.said_by > Some(header.id) {
            return;
        }
        known.said_by = Some(header.id);
        if let Some(head) = content.head {
            known.spelled = spell(&head);
            known.head = head;
        }
        if let Some(address) = content.address {
            known.place = plain(&address);
            known.address = address;
        }
        if let Some(phone) = content.phone {
            known.phone = phone;
        }
    }

    /// Who lives in a household.
    pub(super) fn person(&self, household: EntityId) -> Option<&Person> {
        self.households.get(&household)
    }

    /// A request's wording; empty where it is not here.
    pub(super) fn wording(&self, request: EntityId) -> &str {
        self.wordings.get(&request).map_or("", String::as_str)
    }

    /// Households that may be the one described, most alike first: the same name, a name of the same sound, the same
    /// address, the same telephone. What is empty is like nothing.
    pub(super) fn alike(&self, head: &str, address: &str, phone: &str) -> Vec<(EntityId, &Person, Vec<&'static str>)> {
        let (name, place, phone) = (plain(head), plain(address), digits(phone));
        let sounds = spell(head);
        let mut found: Vec<_> = (self.households.iter())
            .filter_map(|(id, person)| {
                let mut how = Vec::new();
                if !name.is_empty() && plain(&person.head) == name {
                    how.push("name");
                } else if !name.is_empty()
                    && person
                        .spelled
                        .iter()
                        .any(|(_, full)| sounds.iter().any(|(_, own)| own == full))
                {
                    how.push("sound");
                }
                if !place.is_empty() && person.place == place {
                    how.push("place");
                }
                if !phone.is_empty() && digits(&person.phone) == phone {
                    how.push("phone");
                }
                (!how.is_empty()).then_some((*id, person, how))
            })
            .collect();
        found.sort_by(|a, b| (b.2.len(), &a.1.place, a.0).cmp(&(a.2.len(), &b.1.place, b.0)));
        found
    }

    /// Who is paired with whom.
    pub(super) const fn pairings(&self) -> &Pairings {
        &self.pairings
    }

    /// Whether a text finds a name, from its beginning: as it is written, by initials or by spelling.
    pub(super) fn names_fit(&self, name: &str, query: &str) -> bool {
        let query = plain(query);
        let by_sound = || {
            spell(name)
                .into_iter()
                .any(|(initials, full)| initials.starts_with(&query) || full.starts_with(&query))
        };
        !query.is_empty() && !name.is_empty() && (plain(name).starts_with(&query) || by_sound())
    }

    /// Households among `allowed` that a text finds, best first: the whole name or all initials before a part of them.
    pub(super) fn find<'a>(
        &'a self,
        query: &str,
        allowed: impl Fn(EntityId) -> bool + 'a,
    ) -> Vec<(EntityId, &'a Person)> {
        let query: String = query.chars().take(QUERY_CHARS_MAX).collect();
        let query = plain(&query);
        if query.is_empty() {
            return Vec::new();
        }
        let households = self.households.iter().filter(|(id, _)| allowed(**id));
        let mut found: Vec<(u8, EntityId, &Person)> = households
            .filter_map(|(id, person)| Some((person.fits(&query)?, *id, person)))
            .collect();
        found.sort_by(|a, b| (a.0, &a.2.head, &a.2.place, a.1).cmp(&(b.0, &b.2.head, &b.2.place, b.1)));
        // Where something fits whole, what fits in part is only noise.
        let best = found.first().map(|(how, ..)| *how);
        if best == Some(0) {
            found.retain(|(how, ..)| *how == 0);
        }
        found.into_iter().map(|(_, id, person)| (id, person)).collect()
    }
}

impl Person {
    /// How well a text in its compared form fits: 0 whole, 1 from the beginning, 2 somewhere; `None` not at all.
    fn fits(&self, query: &str) -> Option<u8> {
        let name = plain(&self.head);
        let place = &self.place;
        let spelled = || self.spelled.iter().flat_map(|(initials, full)| [initials, full]);
        if name == query || place == query || spelled().any(|text| text == query) {
            Some(0)
        } else if name.starts_with(query) || place.starts_with(query) || spelled().any(|text| text.starts_with(query)) {
            Some(1)
        } else if name.contains(query) || place.contains(query) {
            Some(2)
        } else {
            None
        }
    }
}

/// The group that an address names at its beginning: 三组14号, 3组 14号.
pub(super) fn group_in(address: &str) -> Option<u16> {
    let plain = plain(address);
    let (group, _) = plain.split_once('组')?;
    group.parse().ok()
}

/// The digits of a telephone number, in half or full width.
fn digits(phone: &str) -> String {
    plain(phone).chars().filter(char::is_ascii_digit).collect()
}

/// A text as it is compared: half-width small letters and digits, Chinese numerals of groups and doors as digits, no blanks.
fn plain(text: &str) -> String {
    let half = |c: char| match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
        c => c,
    };
    let mut plain = String::with_capacity(text.len());
    for c in text
        .chars()
        .map(half)
        .filter(|c| !c.is_whitespace() && !matches!(c, '-' | '·' | '第'))
    {
        plain.extend(c.to_lowercase());
    }
    const NUMERALS: [(&str, &str); 10] = [
        ("一组", "1组"),
        ("二组", "2组"),
        ("三组", "3组"),
        ("四组", "4组"),
        ("五组", "5组"),
        ("六组", "6组"),
        ("七组", "7组"),
        ("八组", "8组"),
        ("九组", "9组"),
        ("十组", "10组"),
    ];
    for (chinese, digits) in NUMERALS {
        if plain.starts_with(chinese) {
            plain = plain.replacen(chinese, digits, 1);
            break;
        }
    }
    plain
}

/// Initials and full spelling of every reading of a name. A character without a reading stands for itself.
fn spell(name: &str) -> Vec<(String, String)> {
    let mut spelled = vec![(String::new(), String::new())];
    for c in name.chars().filter(|c| !c.is_whitespace()) {
        let mut readings: Vec<String> = match c.to_pinyin_multi() {
            Some(multi) => multi.into_iter().map(|one| one.plain().replace('ü', "v")).collect(),
            None => vec![c.to_lowercase().collect()],
        };
        readings.sort_unstable();
        readings.dedup();
        let longer = spelled.iter().flat_map(|(initials, full)| {
            readings.iter().map(move |reading| {
                let first: String = reading.chars().take(1).collect();
                (format!("{initials}{first}"), format!("{full}{reading}"))
            })
        });
        let mut longer: Vec<_> = longer.take(READINGS_MAX).collect();
        longer.dedup();
        spelled = longer;
    }
    spelled
}

#[cfg(test)]
mod tests {
    use super::*;

    fn directory() -> Directory {
        let mut directory = Directory::default();
        let people = [
            ("乔满仓", "三组14号"),
            ("祁玉珍", "二组17号"),
            ("祁玉珍", "五组3号"),
            ("单重庆", "十组1号"),
            ("𠮷姓人", "1组2号"),
        ];
        for (number, (head, address)) in people.into_iter().enumerate() {
            let person = Person {
                head: head.to_owned(),
                address: address.to_owned(),
                spelled: spell(head),
                place: plain(address),
                ..Person::default()
            };
            let id = EntityId::from_bytes([u8::try_from(number).unwrap(); 16]);
            directory.households.insert(id, person);
        }
        directory
    }

    fn find(query: &str) -> Vec<String> {
        let directory = directory();
        let found = directory.find(query, |_| true);
        found
            .into_iter()
            .map(|(_, person)| format!("{}{}", person.head, person.address))
            .collect()
    }

    #[test]
    fn a_household_is_found_by_name_initials_spelling_or_address() {
        for query in [
            "乔满仓",
            "qmc",
            "ＱＭＣ",
            "qiaomancang",
            "满仓",
            "qiaoman",
            "三组14号",
            "3组 14 号",
            "第三组14",
        ] {
            assert_eq!(find(query), ["乔满仓三组14号"], "{query}");
        }
        assert_eq!(
            find("qyz"),
            ["祁玉珍二组17号", "祁玉珍五组3号"],
            "two of one name stand by address"
        );
        assert_eq!(find("1组"), ["𠮷姓人1组2号"], "not group 10");
        for query in ["", " ", "qzx", "号号"] {
            assert_eq!(find(query), [""; 0], "{query}");
        }
    }

    #[test]
    fn every_reading_of_a_character_finds_its_name() {
        for query in ["szq", "scq", "dcq", "shanchongqing", "danzhongqing"] {
            assert_eq!(find(query), ["单重庆十组1号"], "{query}");
        }
        assert_eq!(find("𠮷"), ["𠮷姓人1组2号"]);
    }

    #[test]
    fn households_that_may_be_the_same_are_told_with_what_is_alike() {
        let mut directory = directory();
        let known = directory.households.values_mut().next().unwrap();
        known.phone = "000 0000 0137".to_owned();
        let alike = |head: &str, address: &str, phone: &str| {
            let found = directory.alike(head, address, phone);
            let said = found
                .iter()
                .map(|(_, person, how)| format!("{} {}", person.head, how.join("+")));
            said.collect::<Vec<_>>()
        };
        assert_eq!(alike("祁玉珍", "", ""), ["祁玉珍 name", "祁玉珍 name"]);
        assert_eq!(alike("齐玉珍", "", ""), ["祁玉珍 sound", "祁玉珍 sound"]);
        assert_eq!(alike("单崇庆", "", ""), ["单重庆 sound"], "any reading will do");
        assert_eq!(alike("祁玉贞", "二组 17号", ""), ["祁玉珍 sound+place", "祁玉珍 sound"]);
        assert_eq!(alike("某人", "第3组14号", "00000000137"), ["乔满仓 place+phone"]);
        assert_eq!(alike("", "", "-"), [""; 0]);
        assert_eq!(
            [group_in("三组14号"), group_in("12组3号"), group_in("村口")],
            [Some(3), Some(12), None]
        );
    }

    #[test]
    fn a_name_of_many_readings_has_an_end() {
        assert!(spell(&"重".repeat(40)).len() <= READINGS_MAX);
    }
}
