//! How many finder patterns of QR codes may stand in a picture: the search tries them by threes, so that a small picture full of
//! them would take it minutes.

use std::collections::BTreeSet;

/// The most in a picture that is searched. A code has three, and hardly anything else is one; three hundred are searched in half a
/// second.
const MOST: usize = 300;

/// A picture in black and white, as the search has it.
pub(super) struct Bitmap {
    width: usize,
    black: Vec<bool>,
}

/// Which black pixels hang together: the number of each one's piece, 0 for none yet, and how many pixels each piece has.
struct Pieces {
    of: Vec<usize>,
    sizes: Vec<usize>,
}

impl Bitmap {
    pub(super) fn new(width: usize, height: usize, is_black: impl Fn(usize, usize) -> bool) -> Self {
        let black = (0..height).flat_map(|y| (0..width).map(move |x| (x, y))).map(|(x, y)| is_black(x, y)).collect();
        Self { width, black }
    }

    /// True when it has more than [`MOST`] places that the search takes for a finder pattern: in a row runs of 1:1:3:1:1, those at the
    /// ends of one piece, that in the middle of another, which has a tenth to seven tenths of its pixels. Each pixel is looked at a few
    /// times.
    pub(super) fn is_crowded(&self) -> bool {
        let mut pieces = Pieces { of: vec![0; self.black.len()], sizes: vec![0] };
        let mut stones = BTreeSet::new();
        let width = self.width.max(1);
        for (row, from) in self.black.chunks(width).zip((0..).step_by(width)) {
            for [left, stone, right] in candidates(row) {
                let [left, stone, right] = [left, stone, right].map(|at| pieces.of(self, from + at));
                let size = |piece: usize| pieces.sizes.get(piece).copied().unwrap_or(0);
                let share = 100 * size(stone) / size(left).max(1);
                if left == right && stone != left && (10..=70).contains(&share) {
                    stones.insert(stone);
                }
            }
            if stones.len() > MOST {
                return true;
            }
        }
        false
    }
}

impl Pieces {
    /// The piece of a black pixel.
    fn of(&mut self, bitmap: &Bitmap, place: usize) -> usize {
        let known = self.of.get(place).copied().unwrap_or(0);
        if known > 0 {
            return known;
        }
        let (piece, mut size, mut left) = (self.sizes.len(), 0, vec![place]);
        while let Some(place) = left.pop() {
            let is_black = bitmap.black.get(place) == Some(&true);
            let Some(of) = self.of.get_mut(place).filter(|of| is_black && **of == 0) else { continue };
            *of = piece;
            size += 1;
            let column = place % bitmap.width;
            left.extend((column > 0).then(|| place - 1));
            left.extend((column + 1 < bitmap.width).then_some(place + 1));
            left.extend(place.checked_sub(bitmap.width));
            left.push(place + bitmap.width);
        }
        self.sizes.push(size);
        piece
    }
}

/// Where in a row stand runs of 1:1:3:1:1, black at both ends, each within three quarters of the mean of the short ones: a place in
/// the first, in the long and in the last one.
fn candidates(row: &[bool]) -> Vec<[usize; 3]> {
    let mut found = vec![];
    // Begin and length of each run.
    let mut runs: Vec<(usize, usize)> = vec![];
    let mut at = 0;
    for run in row.chunk_by(|a, b| a == b) {
        runs.push((at, run.len()));
        at += run.len();
        let ([.., (left, a), (_, b), (stone, c), (_, d), (right, e)], Some(true)) = (&runs[..], run.first()) else {
            continue;
        };
        let mean = (a + b + d + e) / 4;
        let within = |length: usize, times: usize| (times * mean).abs_diff(length) <= mean * 3 / 4;
        if within(*a, 1) && within(*b, 1) && within(*c, 3) && within(*d, 1) && within(*e, 1) {
            found.push([*left, *stone, *right]);
        }
    }
    found
}

/// A plane full of finder patterns, one each nine pixels.
#[cfg(test)]
pub(super) fn is_black_in_a_crowd(x: usize, y: usize) -> bool {
    const FINDER: [&str; 7] = ["#######", "#.....#", "#.###.#", "#.###.#", "#.###.#", "#.....#", "#######"];
    FINDER.get(y % 9).is_some_and(|row| row.as_bytes().get(x % 9) == Some(&b'#'))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// So many finder patterns, ten a line.
    fn picture(finders: usize) -> Bitmap {
        let is_black = |x: usize, y: usize| (y / 9) * 10 + x / 9 < finders && is_black_in_a_crowd(x, y);
        Bitmap::new(90, 9 * 100, is_black)
    }

    #[test]
    fn a_picture_full_of_finder_patterns_is_crowded() {
        assert!(!picture(0).is_crowded());
        assert!(!picture(3).is_crowded());
        assert!(!picture(MOST).is_crowded());
        assert!(picture(MOST + 1).is_crowded());
        assert!(!Bitmap::new(0, 0, |_, _| true).is_crowded());
        assert!(!Bitmap::new(50, 50, |_, _| true).is_crowded());
    }
}
