//! A tree head short enough to be written by hand under a village's signed list of the day.

use sha2::{Digest, Sha256};

use crate::Hash;

const DAY_CODE_TAG: &[u8] = b"minqing/day-code/v1";
/// Crockford's alphabet: no I, L, O, U.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// Characters that carry the hash, five bits each.
const CHARACTERS: usize = 16;

/// What a handwritten code says about a tree head.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DayCode {
    /// It is the code of this size and root.
    Same,
    /// It is a code, but of another size or root.
    Other,
    /// It is no code: too short or long, a foreign character, or one character or two swapped ones misread.
    Misread,
}

/// The code of a tree head: the first 80 bits of SHA-256("minqing/day-code/v1" ‖ size (8 bytes, big endian) ‖ root)
/// as 16 characters of Crockford's base 32 in groups of four, and a check character: `7QK2-…-…-…-M`.
///
/// The check character finds every single wrong character and every two that changed places. 80 bits keep anybody
/// from making a second history for a code that stands on paper; for evidence in dispute the signed checkpoint counts.
#[must_use]
pub fn day_code(size: u64, root: &Hash) -> String {
    let data = characters(size, root);
    let shown = |value: &u8| char::from(ALPHABET[usize::from(*value)]);
    let groups = data
        .chunks(4)
        .map(|group| group.iter().map(shown).collect::<String>() + "-");
    groups.collect::<String>() + &shown(&check(&data)).to_string()
}

/// Compares a code from paper with a tree head. Small letters, spaces and hyphens do not matter; I and L are read as
/// 1, O as 0.
#[must_use]
pub fn read_day_code(text: &str, size: u64, root: &Hash) -> DayCode {
    let value = |c: char| {
        let c = match c.to_ascii_uppercase() {
            'I' | 'L' => '1',
            'O' => '0',
            other => other,
        };
        (0u8..)
            .zip(ALPHABET)
            .find(|(_, known)| char::from(**known) == c)
            .map(|(value, _)| value)
    };
    let written = text
        .chars()
        .filter(|c| !matches!(c, ' ' | '-'))
        .map(value)
        .collect::<Option<Vec<_>>>();
    match written.as_deref().and_then(<[u8]>::split_last) {
        Some((last, data)) if data.len() == CHARACTERS && *last == check(data) => {
            if data == characters(size, root) {
                DayCode::Same
            } else {
                DayCode::Other
            }
        }
        _ => DayCode::Misread,
    }
}

fn characters(size: u64, root: &Hash) -> Vec<u8> {
    let hash: Hash = Sha256::new()
        .chain_update(DAY_CODE_TAG)
        .chain_update(size.to_be_bytes())
        .chain_update(root)
        .finalize()
        .into();
    let mut bits = hash
        .iter()
        .take(10)
        .fold(0u128, |bits, byte| bits << 8 | u128::from(*byte));
    let mut characters = vec![0; CHARACTERS];
    for character in characters.iter_mut().rev() {
        (*character, bits) = ((bits & 31) as u8, bits >> 5);
    }
    characters
}

/// The sum of the characters, the n-th from the left (from 0) times x^(16 − n), in the field of 32 elements with
/// x^5 = x^2 + 1. All these weights and that of the check character itself (1) differ.
fn check(characters: &[u8]) -> u8 {
    characters.iter().fold(0, |sum, value| times_x(sum ^ value))
}

const fn times_x(value: u8) -> u8 {
    let shifted = value << 1;
    if shifted & 32 == 0 {
        shifted
    } else {
        shifted ^ 0b10_0101
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROOT: Hash = [9; 32];

    #[test]
    fn a_code_says_its_tree_head_and_no_other() {
        let code = day_code(17, &ROOT);
        assert_eq!(code.len(), 21);
        assert_eq!(read_day_code(&code, 17, &ROOT), DayCode::Same);
        assert_eq!(read_day_code(&code, 18, &ROOT), DayCode::Other);
        assert_eq!(read_day_code(&code, 17, &[8; 32]), DayCode::Other);
        let spoken = code
            .to_lowercase()
            .replace('-', " ")
            .replace('1', "l")
            .replace('0', "o");
        assert_eq!(read_day_code(&spoken, 17, &ROOT), DayCode::Same);
        for bad in [
            "",
            "-",
            &code[1..],
            &format!("{code}0"),
            &code.replace('-', "_"),
            &code.replace('-', "U"),
        ] {
            assert_eq!(read_day_code(bad, 17, &ROOT), DayCode::Misread, "{bad}");
        }
    }

    #[test]
    fn every_wrong_character_and_every_exchange_is_found() {
        let code: Vec<u8> = day_code(17, &ROOT).bytes().filter(|byte| *byte != b'-').collect();
        let misread = |changed: &[u8]| {
            let text = std::str::from_utf8(changed).expect("ASCII");
            read_day_code(text, 17, &ROOT) == DayCode::Misread
        };
        for at in 0..code.len() {
            for other in ALPHABET.iter().filter(|other| **other != code[at]) {
                let mut changed = code.clone();
                changed[at] = *other;
                assert!(misread(&changed));
            }
            for with in 0..at {
                let mut changed = code.clone();
                changed.swap(at, with);
                assert!(changed == code || misread(&changed));
            }
        }
    }
}
