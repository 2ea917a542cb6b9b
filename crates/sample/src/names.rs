//! Names of invented people and villages.
//!
//! Surnames and given names come from the tables in `data/` (MIT, see `data/NOTICE`). Village names
//! are made by rule from rare words for plants and tools and words for places; should one of them
//! exist somewhere, the code 99… tells the two apart.

use std::sync::LazyLock;

use crate::dice::Dice;

/// The township's name.
pub(crate) const TOWNSHIP: &str = "禾渡镇";

const FIRST: [char; 20] = [
    '砚', '笺', '鹭', '笠', '蓑', '棹', '樨', '菱', '荻', '箬', '苇', '柘', '藕', '蓼', '茭', '榉', '楝', '菖', '葭',
    '杼',
];
const SECOND: [char; 20] = [
    '渡', '坡', '垄', '湾', '埠', '岔', '浦', '台', '礁', '洲', '滩', '坞', '圩', '畈', '垭', '冲', '坳', '溇', '墩',
    '堰',
];

struct Tables {
    /// Surname and the sum of the weights up to and with it.
    surnames: Vec<(&'static str, u64)>,
    given: Vec<&'static str>,
}

static TABLES: LazyLock<Tables> = LazyLock::new(|| {
    let mut sum = 0;
    let surnames = include_str!("../data/surnames.csv").lines().skip(1).filter_map(|line| {
        let (surname, weight) = line.split_once(',')?;
        sum += weight.parse::<u64>().ok()?;
        Some((surname, sum))
    });
    let female = include_str!("../data/given_female.csv").lines().skip(1);
    let male = include_str!("../data/given_male.csv").lines().skip(1);
    Tables {
        surnames: surnames.collect(),
        given: female.chain(male).collect(),
    }
});

/// The name of the village with this index, different for every index below 400.
pub(crate) fn village(index: u16) -> String {
    let index = usize::from(index);
    format!("{}{}村", FIRST[index % 20], SECOND[(index / 20 + index) % 20])
}

pub(crate) fn surname(dice: &mut Dice) -> &'static str {
    let tables = &*TABLES;
    let total = tables.surnames.last().map_or(0, |(_, sum)| *sum);
    let drawn = dice.below(total);
    let at = tables.surnames.partition_point(|(_, sum)| *sum <= drawn);
    tables.surnames[at.min(tables.surnames.len() - 1)].0
}

/// Surname and given name. Half of the one-character given names get a second one, as in life.
pub(crate) fn person(dice: &mut Dice) -> String {
    let given = &TABLES.given;
    let mut name = surname(dice).to_owned();
    let first = dice.pick(given);
    name.push_str(first);
    if first.chars().count() == 1 && dice.permille(500) {
        name.push_str(dice.pick(given).get(..3).unwrap_or_default());
    }
    name
}

/// Eleven digits that no telephone has.
pub(crate) fn phone(dice: &mut Dice) -> String {
    format!("000{:08}", dice.below(100_000_000))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::dice::Stream;

    #[test]
    fn tables_are_read_whole() {
        assert_eq!((TABLES.surnames.len(), TABLES.given.len()), (399, 131));
        let names: BTreeSet<String> = (0..400).map(village).collect();
        assert_eq!(names.len(), 400);
    }

    #[test]
    fn people_have_two_to_four_characters_and_no_callable_number() {
        let mut dice = Dice::new(1, Stream::Staff);
        for _ in 0..2_000 {
            let name = person(&mut dice);
            assert!((2..=4).contains(&name.chars().count()), "{name}");
            let phone = phone(&mut dice);
            assert!(phone.starts_with("000") && phone.len() == 11, "{phone}");
        }
    }
}
