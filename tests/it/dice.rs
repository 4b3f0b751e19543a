//! Numbers for property tests: they look random, and the same seed gives the same ones.

/// A small generator (xorshift64).
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        let mut dice = Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
        // Neighbouring seeds begin alike.
        dice.roll(2);
        dice.roll(2);
        dice
    }

    /// A number below `bound`.
    pub(crate) fn roll(&mut self, bound: u32) -> u32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        u32::try_from((self.0 >> 16) % u64::from(bound)).unwrap()
    }

    /// An index of a list that has entries.
    pub(crate) fn index(&mut self, length: usize) -> usize {
        self.roll(u32::try_from(length).unwrap()) as usize
    }

    /// An entry of a list that has some.
    pub(crate) fn pick<'l, T>(&mut self, list: &'l [T]) -> &'l T {
        &list[self.index(list.len())]
    }
}
