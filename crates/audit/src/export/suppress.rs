//! Small counts are not shown, and neither is what would give them away.

/// Counts below this are not shown (domain.md, L9): behind them stands somebody whom people know.
pub const CELL_MIN: u64 = 5;

/// What stands in place of a count that is not shown. It does not say why, for that would tell too.
pub const HIDDEN: &str = "*";

/// Counts by row and column. The last row is the total of each column.
#[derive(Clone, Debug)]
pub(super) struct Counts {
    pub(super) rows: Vec<Vec<u64>>,
    /// Groups of columns of which one is the sum of the others; of equal counts the first is hidden.
    pub(super) groups: Vec<Vec<usize>>,
}

impl Counts {
    /// Which counts are hidden. A count below [`CELL_MIN`] is. Where it is the only hidden one of a row's group or of a
    /// column, subtraction would give it away, so the smallest shown one beside it is hidden too.
    pub(super) fn hidden(&self) -> Vec<Vec<bool>> {
        let mut hidden: Vec<Vec<bool>> = self
            .rows
            .iter()
            .map(|row| row.iter().map(|count| *count < CELL_MIN).collect())
            .collect();
        let columns = self.rows.first().map_or(0, Vec::len);
        loop {
            let mut changed = false;
            for at in 0..self.rows.len() {
                for group in &self.groups {
                    let cells: Vec<(usize, usize)> = group.iter().map(|column| (at, *column)).collect();
                    changed |= self.complete(&cells, &mut hidden);
                }
            }
            for column in 0..columns {
                let cells: Vec<(usize, usize)> = (0..self.rows.len()).map(|at| (at, column)).collect();
                changed |= self.complete(&cells, &mut hidden);
            }
            if !changed {
                return hidden;
            }
        }
    }

    /// Cells of which one is the sum of the others. Hides one more where only one is hidden.
    fn complete(&self, cells: &[(usize, usize)], hidden: &mut [Vec<bool>]) -> bool {
        if cells.len() < 2 || cells.iter().filter(|(row, column)| hidden[*row][*column]).count() != 1 {
            return false;
        }
        let shown = cells.iter().filter(|(row, column)| !hidden[*row][*column]);
        let smallest = shown.min_by_key(|(row, column)| self.rows[*row][*column]).copied();
        if let Some((row, column)) = smallest {
            hidden[row][column] = true;
        }
        smallest.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a reader can work out by subtraction: cells of a sum of which all others are known.
    fn worked_out(counts: &Counts, hidden: &[Vec<bool>]) -> Vec<(usize, usize)> {
        let mut known: Vec<Vec<bool>> = hidden.iter().map(|row| row.iter().map(|h| !h).collect()).collect();
        let mut found = Vec::new();
        loop {
            let mut sums: Vec<Vec<(usize, usize)>> = Vec::new();
            for at in 0..counts.rows.len() {
                sums.extend(
                    counts
                        .groups
                        .iter()
                        .map(|group| group.iter().map(|column| (at, *column)).collect()),
                );
            }
            for column in 0..counts.rows[0].len() {
                sums.push((0..counts.rows.len()).map(|at| (at, column)).collect());
            }
            let new = sums.into_iter().find_map(|cells| {
                let mut unknown = cells.iter().filter(|(row, column)| !known[*row][*column]);
                match (unknown.next(), unknown.next()) {
                    (Some(cell), None) => Some(*cell),
                    _ => None,
                }
            });
            let Some((row, column)) = new else { return found };
            known[row][column] = true;
            found.push((row, column));
        }
    }

    #[test]
    fn no_small_count_is_shown_or_can_be_worked_out() {
        let mut seed = 7_u64;
        let mut next = |below: u64| {
            seed = seed
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            (seed >> 33) % below
        };
        for _ in 0..500 {
            let villages = 1 + next(6);
            let mut rows: Vec<Vec<u64>> = (0..villages)
                .map(|_| {
                    let parts = [next(40), next(8), next(3), next(60)];
                    let mut row = vec![parts.iter().sum()];
                    row.extend(parts);
                    row
                })
                .collect();
            let total = (0..5).map(|column| rows.iter().map(|row| row[column]).sum()).collect();
            rows.push(total);
            let counts = Counts {
                rows,
                groups: vec![vec![0, 1, 2, 3, 4]],
            };
            let hidden = counts.hidden();
            for (row, flags) in counts.rows.iter().zip(&hidden) {
                assert!(
                    row.iter()
                        .zip(flags)
                        .all(|(count, hidden)| *count >= CELL_MIN || *hidden)
                );
            }
            assert_eq!(worked_out(&counts, &hidden), [], "{counts:?} {hidden:?}");
        }
    }

    #[test]
    fn a_count_without_company_goes_with_its_total() {
        let counts = Counts {
            rows: vec![vec![9, 6, 3]],
            groups: vec![vec![0, 1, 2]],
        };
        assert_eq!(counts.hidden(), [[false, true, true]]);
    }
}
