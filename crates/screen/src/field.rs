//! What describes a field of a form.

/// The elements that describe a field, for `aria-describedby`: its hint `…-h` where it has one, and what is wrong with it,
/// `…-e`, where something is. `None` where nothing describes it: a reference to what is not there says nothing.
pub(crate) fn described(anchor: &str, has_hint: bool, is_wrong: bool) -> Option<String> {
    match (has_hint, is_wrong) {
        (true, true) => Some(format!("{anchor}-h {anchor}-e")),
        (true, false) => Some(format!("{anchor}-h")),
        (false, true) => Some(format!("{anchor}-e")),
        (false, false) => None,
    }
}
