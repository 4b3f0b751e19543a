//! The grid's invariant under random spans: every position exactly once, origin of a cell or covered by one.

use hedui::document::{Cell, Grid, GridBuilder, Slot};
use hedui::error::ErrorKind;
use hedui::limits::Limits;

use crate::dice::Dice;

/// Layouts tried per property.
const ROUNDS: u64 = 2_000;

#[test]
fn every_position_is_held_exactly_once() {
    for seed in 0..ROUNDS {
        let mut dice = Dice::new(seed);
        let builder = scatter(&mut dice);
        let grid = builder.finish(dice.roll(10), dice.roll(10), false).unwrap();
        check_invariant(&grid, seed);
    }
}

#[test]
fn clipping_keeps_the_invariant() {
    for seed in 0..ROUNDS {
        let mut dice = Dice::new(seed);
        let builder = scatter(&mut dice);
        let rows = dice.roll(8);
        let grid = builder.finish(rows, 0, true).unwrap();
        assert_eq!(grid.rows(), rows, "seed {seed}");
        check_invariant(&grid, seed);
    }
}

#[test]
fn cells_in_reading_order_never_move_each_other() {
    for seed in 0..ROUNDS {
        let mut dice = Dice::new(seed);
        let (grid, placed) = fill_in_order(&mut dice);
        for (text, row, col) in placed {
            let cell = grid.origin(row, col).unwrap_or_else(|| panic!("seed {seed}: no origin at {row},{col}"));
            assert_eq!(*cell.text, *text, "seed {seed}");
        }
        check_invariant(&grid, seed);
    }
}

#[test]
fn no_text_is_lost() {
    for seed in 0..ROUNDS {
        let mut dice = Dice::new(seed);
        let (grid, placed) = fill_in_order(&mut dice);
        let texts = grid.cells().iter().filter(|cell| !cell.text.is_empty()).count();
        assert_eq!(texts, placed.len(), "seed {seed}");
    }
}

#[test]
fn kept_spans_share_places_but_no_position() {
    for seed in 0..ROUNDS {
        let mut dice = Dice::new(seed);
        let grid = scatter_on(&mut dice, GridBuilder::new(&Limits::default()).keep_spans()).finish(7, 7, true).unwrap();
        for (index, cell) in grid.cells().iter().enumerate() {
            assert_eq!(grid.slot(cell.row, cell.col), Some(Slot::Origin(index)), "seed {seed}");
            assert!(cell.row + cell.row_span <= grid.rows() && cell.col + cell.col_span <= grid.cols(), "seed {seed}");
        }
        for row in 0..grid.rows() {
            for col in 0..grid.cols() {
                check_position(&grid, row, col, seed);
            }
        }
    }
}

#[test]
fn the_same_cells_give_the_same_grid() {
    for seed in 0..50 {
        let make = || scatter(&mut Dice::new(seed)).finish(6, 6, false).unwrap();
        assert_eq!(make(), make(), "seed {seed}");
    }
}

#[test]
fn a_span_beyond_the_limits_is_an_error() {
    let limits = Limits { rows: 100, columns: 50, cells: 1_000, ..Limits::default() };
    let place = |row_span, col_span| GridBuilder::new(&limits).place(Cell { row_span, col_span, ..Cell::default() });
    assert!(place(100, 10).is_ok());
    for (row_span, col_span) in [(101, 1), (1, 51), (100, 11), (u32::MAX, u32::MAX)] {
        let error = place(row_span, col_span).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::LimitExceeded, "{row_span} x {col_span}");
    }
}

#[test]
fn an_empty_grid_has_no_positions() {
    let grid = GridBuilder::new(&Limits::default()).finish(0, 0, false).unwrap();
    assert_eq!((grid.rows(), grid.cols(), grid.slot(0, 0)), (0, 0, None));
}

/// Cells at random places with random spans, many of them in each other's way.
fn scatter(dice: &mut Dice) -> GridBuilder {
    scatter_on(dice, GridBuilder::new(&Limits::default()))
}

fn scatter_on(dice: &mut Dice, mut builder: GridBuilder) -> GridBuilder {
    for number in 0..dice.roll(14) {
        let (row, col) = (dice.roll(7), dice.roll(7));
        let (row_span, col_span) = (dice.roll(5), dice.roll(5));
        builder
            .place(Cell { row, col, row_span, col_span, text: number.to_string().into(), ..Cell::default() })
            .unwrap();
    }
    builder
}

/// Row by row, each cell at the next free column, as readers place them; with the places that were asked for.
fn fill_in_order(dice: &mut Dice) -> (Grid, Vec<(String, u32, u32)>) {
    let mut builder = GridBuilder::new(&Limits::default());
    let mut placed = Vec::new();
    for row in 0..1 + dice.roll(6) {
        let mut col = 0;
        for _ in 0..dice.roll(6) {
            col = builder.next_free(row, col);
            let text = format!("{row}.{col}");
            let (row_span, col_span) = (1 + dice.roll(3), 1 + dice.roll(3));
            builder
                .place(Cell { row, col, row_span, col_span, text: text.as_str().into(), ..Cell::default() })
                .unwrap();
            placed.push((text, row, col));
        }
    }
    (builder.finish(0, 0, false).unwrap(), placed)
}

fn check_invariant(grid: &Grid, seed: u64) {
    let mut area = 0;
    for (index, cell) in grid.cells().iter().enumerate() {
        assert_eq!(grid.slot(cell.row, cell.col), Some(Slot::Origin(index)), "seed {seed}");
        assert!(cell.row_span > 0 && cell.col_span > 0, "seed {seed}");
        assert!(cell.row + cell.row_span <= grid.rows(), "seed {seed}: a row span leaves the grid");
        assert!(cell.col + cell.col_span <= grid.cols(), "seed {seed}: a column span leaves the grid");
        area += cell.row_span * cell.col_span;
    }
    assert_eq!(area, grid.rows() * grid.cols(), "seed {seed}: spans and positions differ");
    for row in 0..grid.rows() {
        for col in 0..grid.cols() {
            check_position(grid, row, col, seed);
        }
    }
    assert_eq!(grid.slot(grid.rows(), 0), None, "seed {seed}");
    assert_eq!(grid.slot(0, grid.cols()), None, "seed {seed}");
}

fn check_position(grid: &Grid, row: u32, col: u32, seed: u64) {
    let cell = grid.at(row, col).unwrap_or_else(|| panic!("seed {seed}: nothing at {row},{col}"));
    let inside =
        (cell.row..cell.row + cell.row_span).contains(&row) && (cell.col..cell.col + cell.col_span).contains(&col);
    assert!(inside, "seed {seed}: {row},{col} is not within the cell that holds it");
    match grid.slot(row, col).unwrap() {
        Slot::Origin(_) => assert_eq!((cell.row, cell.col), (row, col), "seed {seed}"),
        Slot::Covered { row: origin_row, col: origin_col } => {
            assert_eq!((cell.row, cell.col), (origin_row, origin_col), "seed {seed}");
            assert_ne!((row, col), (origin_row, origin_col), "seed {seed}: an origin covers itself");
        }
    }
}
