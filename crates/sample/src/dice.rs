//! Seeded choices. Only the ChaCha stream itself is taken from a library: how a number becomes a
//! choice is written here in integers, so that a new version of a library cannot change the sample.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// What a stream of choices is for. Each village has streams of its own, so that no village's life
/// depends on how many others there are.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Stream {
    People(u16),
    Life(u16),
    Link(u16),
    Conduct(u16),
    Staff,
    Bench,
    Source,
}

pub(crate) struct Dice(ChaCha8Rng);

impl Dice {
    pub(crate) fn new(seed: u64, stream: Stream) -> Self {
        let mut key = *b"minqing sample township, seed 00";
        key[24..].copy_from_slice(&seed.to_le_bytes());
        let mut rng = ChaCha8Rng::from_seed(key);
        rng.set_stream(match stream {
            Stream::People(village) => u64::from(village) * 4,
            Stream::Life(village) => u64::from(village) * 4 + 1,
            Stream::Link(village) => u64::from(village) * 4 + 2,
            Stream::Conduct(village) => u64::from(village) * 4 + 3,
            Stream::Staff => u64::MAX,
            Stream::Bench => u64::MAX - 1,
            Stream::Source => u64::MAX - 2,
        });
        Self(rng)
    }

    /// A number below `n`, or 0 if `n` is 0. The bias of the multiplication is below `n` in 2^64.
    pub(crate) fn below(&mut self, n: u64) -> u64 {
        let wide = u128::from(self.0.next_u64()) * u128::from(n);
        u64::try_from(wide >> 64).unwrap_or(0)
    }

    /// An index below `len`.
    pub(crate) fn index(&mut self, len: usize) -> usize {
        usize::try_from(self.below(len as u64)).unwrap_or(0)
    }

    /// A number from `low` to `high`, both included.
    pub(crate) fn between(&mut self, low: u16, high: u16) -> u16 {
        let span = u64::from(high.saturating_sub(low)) + 1;
        low.saturating_add(u16::try_from(self.below(span)).unwrap_or(0))
    }

    /// Whether a thing happens that happens `share` times in a thousand.
    pub(crate) fn permille(&mut self, share: u32) -> bool {
        self.below(1_000) < u64::from(share)
    }

    /// One of `options`, which must not be empty.
    pub(crate) fn pick<'a, T: ?Sized>(&mut self, options: &[&'a T]) -> &'a T {
        options[self.index(options.len())]
    }

    /// One of `options` by weight.
    pub(crate) fn weighted<T: Copy>(&mut self, options: &[(u16, T)]) -> T {
        let total: u64 = options.iter().map(|(weight, _)| u64::from(*weight)).sum();
        let mut left = self.below(total);
        for (weight, option) in options {
            match left.checked_sub(u64::from(*weight)) {
                Some(rest) => left = rest,
                None => return *option,
            }
        }
        options[0].1
    }

    /// How often something happens that happens `mean_hundredths / 100` times on average: the whole
    /// part and a draw for the rest, give or take one.
    pub(crate) fn about(&mut self, mean_hundredths: u32) -> u32 {
        let whole = mean_hundredths / 100 + u32::from(self.permille(mean_hundredths % 100 * 10));
        match self.below(4) {
            0 => whole.saturating_sub(1),
            1 if whole > 0 => whole + 1,
            _ => whole,
        }
    }

    /// Sixteen bytes for an identifier.
    pub(crate) fn bytes(&mut self) -> [u8; 16] {
        let mut bytes = [0; 16];
        self.0.fill_bytes(&mut bytes);
        bytes
    }

    pub(crate) fn shuffle<T>(&mut self, list: &mut [T]) {
        for end in (1..list.len()).rev() {
            list.swap(end, self.index(end + 1));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_and_seeds_differ_and_repeat() {
        let draw = |seed, stream| Dice::new(seed, stream).bytes();
        assert_eq!(draw(1, Stream::Life(3)), draw(1, Stream::Life(3)));
        assert_ne!(draw(1, Stream::Life(3)), draw(2, Stream::Life(3)));
        assert_ne!(draw(1, Stream::Life(3)), draw(1, Stream::People(3)));
        assert_ne!(draw(1, Stream::Life(3)), draw(1, Stream::Life(4)));
    }

    #[test]
    fn choices_stay_in_range_and_reach_both_ends() {
        let mut dice = Dice::new(7, Stream::Bench);
        let drawn: Vec<u16> = (0..2_000).map(|_| dice.between(3, 6)).collect();
        assert_eq!((drawn.iter().min(), drawn.iter().max()), (Some(&3), Some(&6)));
        assert_eq!(dice.below(0), 0);
        assert!((0..1_000).all(|_| dice.weighted(&[(0, 'a'), (5, 'b'), (0, 'c')]) == 'b'));
    }
}
