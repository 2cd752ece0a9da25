//! How many finder patterns of QR codes may stand in a picture: the search tries them by threes, so that a small picture full of
//! them would take it minutes.

/// The most in a picture that is searched. A code has three; what else looks like one, row by row, are some dozens on a page of text.
/// Three hundred are searched in half a second.
const MOST: usize = 300;

/// A picture in black and white, as the search has it.
pub(super) struct Bitmap {
    width: usize,
    black: Vec<bool>,
}

impl Bitmap {
    pub(super) fn new(width: usize, height: usize, is_black: impl Fn(usize, usize) -> bool) -> Self {
        let black = (0..height).flat_map(|y| (0..width).map(move |x| (x, y))).map(|(x, y)| is_black(x, y)).collect();
        Self { width, black }
    }

    /// True when it has more than [`MOST`] places that the search may take for a finder pattern. Each pixel is looked at a few times.
    pub(super) fn is_crowded(&self) -> bool {
        let mut seen = vec![false; self.black.len()];
        let mut stones = 0;
        for (row, from) in self.black.chunks(self.width.max(1)).zip((0..).step_by(self.width.max(1))) {
            for at in centres(row) {
                if !seen.get(from + at).copied().unwrap_or(true) {
                    self.mark(from + at, &mut seen);
                    stones += 1;
                }
            }
            if stones > MOST {
                return true;
            }
        }
        false
    }

    /// Marks what is black and hangs together with a place: the search takes it for one stone.
    fn mark(&self, place: usize, seen: &mut [bool]) {
        let mut left = vec![place];
        while let Some(place) = left.pop() {
            let is_new = self.black.get(place) == Some(&true) && seen.get(place) == Some(&false);
            let Some(mark) = seen.get_mut(place).filter(|_| is_new) else { continue };
            *mark = true;
            let column = place % self.width;
            left.extend((column > 0).then(|| place - 1));
            left.extend((column + 1 < self.width).then_some(place + 1));
            left.extend(place.checked_sub(self.width));
            left.push(place + self.width);
        }
    }
}

/// Where in a row stand runs of 1:1:3:1:1, black at both ends, each within three quarters of the mean of the short ones: the places
/// of the long ones.
fn centres(row: &[bool]) -> Vec<usize> {
    let mut found = vec![];
    // Begin and length of each run.
    let mut runs: Vec<(usize, usize)> = vec![];
    let mut at = 0;
    for run in row.chunk_by(|a, b| a == b) {
        runs.push((at, run.len()));
        at += run.len();
        let ([.., (_, a), (_, b), (stone, c), (_, d), (_, e)], Some(true)) = (&runs[..], run.first()) else { continue };
        let mean = (a + b + d + e) / 4;
        let within = |length: usize, times: usize| (times * mean).abs_diff(length) <= mean * 3 / 4;
        if within(*a, 1) && within(*b, 1) && within(*c, 3) && within(*d, 1) && within(*e, 1) {
            found.push(*stone);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    const FINDER: [&str; 7] = ["#######", "#.....#", "#.###.#", "#.###.#", "#.###.#", "#.....#", "#######"];

    /// So many finder patterns, ten a line.
    fn picture(finders: usize) -> Bitmap {
        let is_black = |x: usize, y: usize| {
            let (column, line) = (x / 9, y / 9);
            line * 10 + column < finders
                && FINDER.get(y % 9).is_some_and(|row| row.as_bytes().get(x % 9) == Some(&b'#'))
        };
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
