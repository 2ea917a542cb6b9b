//! How unlikely a count is, in exact integers: every reader gets the same answer.

/// A whole number of any size.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Whole(Vec<u32>);

impl Whole {
    fn from(n: u32) -> Self {
        Self(vec![n])
    }

    fn times(&mut self, n: u32) {
        let mut carry = 0_u64;
        for limb in &mut self.0 {
            carry += u64::from(*limb) * u64::from(n);
            *limb = low(carry);
            carry >>= 32;
        }
        if carry > 0 {
            self.0.push(low(carry));
        }
    }

    /// Divides by a number that divides it.
    fn divided_by(&mut self, n: u32) {
        let mut rest = 0_u64;
        for limb in self.0.iter_mut().rev() {
            rest = rest << 32 | u64::from(*limb);
            *limb = low(rest / u64::from(n));
            rest %= u64::from(n);
        }
    }

    fn plus(&mut self, other: &Self) {
        let mut carry = 0_u64;
        self.0.resize(self.0.len().max(other.0.len()), 0);
        for (at, limb) in self.0.iter_mut().enumerate() {
            carry += u64::from(*limb) + u64::from(other.0.get(at).copied().unwrap_or(0));
            *limb = low(carry);
            carry >>= 32;
        }
        if carry > 0 {
            self.0.push(low(carry));
        }
    }

    fn is_below(&self, other: &Self) -> bool {
        let limbs = self.0.len().max(other.0.len());
        let limb = |whole: &Self, at: usize| whole.0.get(at).copied().unwrap_or(0);
        let pairs = (0..limbs).rev().map(|at| (limb(self, at), limb(other, at)));
        pairs.into_iter().find(|(a, b)| a != b).is_some_and(|(a, b)| a < b)
    }
}

fn low(n: u64) -> u32 {
    u32::try_from(n & 0xffff_ffff).unwrap_or(0)
}

/// Most trials that are looked at; of more, the first so many.
pub(crate) const TRIALS_MAX: u32 = 1_000;

/// Whether at least `hits` of `trials` are less likely than one in `one_in`, if each hits with probability `w / of`
/// (0 < w < of).
pub(crate) fn tail_is_below(hits: u32, trials: u32, w: u32, of: u32, one_in: u32) -> bool {
    let (trials, misses) = (trials.min(TRIALS_MAX), of - w);
    // Σ C(n,k) w^k (of − w)^(n−k) over k ≥ hits, from k = n downwards, against of^n / one_in.
    let mut term = Whole::from(1);
    (0..trials).for_each(|_| term.times(w));
    let mut sum = Whole::from(0);
    for k in (hits..=trials).rev() {
        sum.plus(&term);
        if k > 0 {
            term.times(k);
            term.times(misses);
            term.divided_by(trials - k + 1);
            term.divided_by(w);
        }
    }
    let mut all = Whole::from(1);
    (0..trials).for_each(|_| all.times(of));
    sum.times(one_in);
    sum.is_below(&all)
}

/// Whether (`good` / `all`)^`times` is less than one in `one_in`.
pub(crate) fn power_is_below(good: u32, all: u32, times: u32, one_in: u32) -> bool {
    let times = times.min(TRIALS_MAX);
    let (mut left, mut right) = (Whole::from(one_in), Whole::from(1));
    for _ in 0..times {
        left.times(good);
        right.times(all);
    }
    left.is_below(&right)
}

/// Whether the lower end of the Wilson interval (95 %, z² = 3.8416) of `hits` of `trials` lies above `permille` / 1,000:
/// the share itself does, and (share − t)² · n > z² · t · (1 − t).
pub(crate) fn wilson_lower_is_above(hits: u32, trials: u32, permille: u32) -> bool {
    let (hits, trials, t) = (u128::from(hits), u128::from(trials), u128::from(permille.min(1_000)));
    let (found, expected) = (1_000 * hits, t * trials);
    found > expected && (found - expected).pow(2) * 10_000 > 38_416 * t * (1_000 - t) * trials
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tail_is_what_the_textbook_says() {
        // Ten of ten with 7/31: 3.48e-7. Eight of ten: 2.0e-4 or so.
        assert!(tail_is_below(10, 10, 7, 31, 1_000_000));
        assert!(!tail_is_below(10, 10, 7, 31, 10_000_000));
        assert!(tail_is_below(8, 10, 7, 31, 4_000) && !tail_is_below(8, 10, 7, 31, 10_000));
        assert!(!tail_is_below(0, 10, 7, 31, 2), "something always happens");
        assert!(tail_is_below(5, 5, 1, 2, 31) && !tail_is_below(5, 5, 1, 2, 32), "1/32");
        assert!(tail_is_below(900, 1_000, 7, 31, u32::MAX));
    }

    #[test]
    fn a_power_is_compared_exactly() {
        // 0.7^20 = 0.000798
        assert!(power_is_below(7, 10, 20, 1_000) && !power_is_below(7, 10, 20, 1_300));
        assert!(!power_is_below(1, 1, 500, 100) && power_is_below(0, 5, 1, 2));
    }

    #[test]
    fn the_wilson_bound_is_the_known_one() {
        // Lower ends: 2 of 2: 0.342; 1 of 2: 0.0945; 3 of 6: 0.188; 2 of 6: 0.0968; 1 of 1: 0.207.
        for (hits, trials, lower) in [(2, 2, 342), (1, 2, 94), (3, 6, 187), (2, 6, 96), (1, 1, 206)] {
            assert!(wilson_lower_is_above(hits, trials, lower), "{hits}/{trials}");
            assert!(!wilson_lower_is_above(hits, trials, lower + 2), "{hits}/{trials}");
        }
        assert!(!wilson_lower_is_above(0, 0, 100));
    }
}
