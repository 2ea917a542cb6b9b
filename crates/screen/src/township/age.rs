//! The age bar: 60 days, with a tick at the due day; red only beyond it. It is hidden from readers because the numbers
//! stand beside it.

use maud::{Markup, html};

/// What the bar's whole length stands for, in days.
const DAYS: u32 = 60;
/// The bar's length, in pixels of the drawing.
const WIDTH: u32 = 72;

/// Where a day falls, in pixels; the last pixel stands for everything later.
fn at(days: u32) -> u32 {
    (days.min(DAYS) * WIDTH / DAYS).min(WIDTH - 1)
}

/// The bar of a matter `age` days old. `due` is the due day's distance from the beginning, in days; `late` says that it
/// is past that day now.
pub(crate) fn bar(age: u32, due: Option<u32>, late: bool) -> Markup {
    let end = at(age).max(1);
    let tick = due.map(at);
    let turn = tick.filter(|tick| late && *tick < end);
    html! {
        svg width=(WIDTH) height="10" viewBox="0 0 72 10" aria-hidden="true" {
            path.rest d="M0 4h72v2H0z" {}
            path.bar d={ "M0 3h" (turn.unwrap_or(end)) "v4H0z" } {}
            @if let Some(turn) = turn { path.late d={ "M" (turn) " 3h" (end - turn) "v4H" (turn) "z" } {} }
            @if let Some(tick) = tick { path.due d={ "M" (tick.clamp(1, WIDTH - 1)) " 0v10" } {} }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bar_is_red_only_beyond_the_due_day_and_never_longer_than_its_room() {
        let drawn = |age, due, late| bar(age, due, late).into_string();
        assert!(!drawn(10, Some(30), false).contains("late"));
        assert!(!drawn(40, Some(30), false).contains("late"), "answered: no longer late");
        let late = drawn(42, Some(30), true);
        assert!(
            late.contains("M0 3h36v4H0z") && late.contains("M36 3h14v4H36z"),
            "{late}"
        );
        let old = drawn(400, Some(90), true);
        assert!(old.contains("M0 3h71v4H0z") && !old.contains("class=\"late\""), "{old}");
        assert!(!drawn(0, None, false).contains("class=\"due\"") && drawn(0, None, false).contains("h1v4"));
    }
}
