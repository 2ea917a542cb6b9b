//! Whether two parties say the same. Digests compare at equal cuts and by equal rules; anything else is "not
//! comparable", never "equal".

use std::collections::BTreeMap;

use event::{Position, UnitCode};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// How far, and by which rules, somebody's figures were computed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CutAt {
    /// Last journal position that is counted.
    pub position: Option<Position>,
    /// Version of the rules.
    pub rule_version: u16,
}

/// The digests of one view and unit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ViewDigest {
    /// The additive one.
    pub live: String,
    /// The root over sorted rows, if it was asked for.
    pub root: Option<String>,
}

/// The digests of one unit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnitDigests {
    /// The unit.
    pub unit: UnitCode,
    /// Position of the last receipt that its villages see.
    pub scope_position: Option<Position>,
    /// By the view's word.
    pub views: BTreeMap<String, ViewDigest>,
}

/// Everybody's digests as a party serves them: `GET /v1/digests` of the hub, `GET /digests` of a village.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Digests {
    /// Up to where.
    pub cut: CutAt,
    /// By unit.
    pub units: Vec<UnitDigests>,
}

impl Digests {
    /// One unit's.
    #[must_use]
    pub fn of(&self, unit: UnitCode) -> Option<&UnitDigests> {
        self.units.iter().find(|one| one.unit == unit)
    }
}

/// What a comparison of one unit came to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "verdict", rename_all = "snake_case")]
pub enum Verdict {
    /// The same rows.
    Equal,
    /// They have seen different receipts, or count by different rules.
    NotComparable {
        /// Cut of the first.
        ours: Option<Position>,
        /// Cut of the second.
        theirs: Option<Position>,
    },
    /// The second serves no digests of this unit.
    Missing,
    /// Other rows at the same cut.
    Differs {
        /// The first view that differs.
        view: String,
        /// Digest of the first.
        ours: String,
        /// Digest of the second.
        theirs: String,
    },
}

/// The comparison of one unit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Comparison {
    /// The unit.
    pub unit: UnitCode,
    /// What it came to.
    #[serde(flatten)]
    pub verdict: Verdict,
}

/// Compares digests unit by unit, for the units of `ours`.
#[must_use]
pub fn compare(ours: &Digests, theirs: &Digests) -> Vec<Comparison> {
    let same_rules = ours.cut.rule_version == theirs.cut.rule_version;
    let one = |own: &UnitDigests| {
        let verdict = match theirs.of(own.unit) {
            None => Verdict::Missing,
            Some(other) if !same_rules || own.scope_position != other.scope_position => Verdict::NotComparable {
                ours: own.scope_position,
                theirs: other.scope_position,
            },
            Some(other) => difference(own, other),
        };
        Comparison {
            unit: own.unit,
            verdict,
        }
    };
    ours.units.iter().map(one).collect()
}

fn difference(ours: &UnitDigests, theirs: &UnitDigests) -> Verdict {
    for (view, own) in &ours.views {
        let Some(other) = theirs.views.get(view) else {
            return Verdict::Differs {
                view: view.clone(),
                ours: own.live.clone(),
                theirs: String::new(),
            };
        };
        let roots_differ = own.root.is_some() && other.root.is_some() && own.root != other.root;
        if own.live != other.live || roots_differ {
            let (ours, theirs) = if own.live == other.live {
                (
                    own.root.clone().unwrap_or_default(),
                    other.root.clone().unwrap_or_default(),
                )
            } else {
                (own.live.clone(), other.live.clone())
            };
            return Verdict::Differs {
                view: view.clone(),
                ours,
                theirs,
            };
        }
    }
    Verdict::Equal
}

/// The first row that is not the same on both sides.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct RowDifference {
    /// Ours; absent if we have no such row.
    pub ours: Option<Value>,
    /// Theirs; absent if they have no such row.
    pub theirs: Option<Value>,
    /// Columns that differ, where both have the row.
    pub columns: Vec<String>,
}

impl RowDifference {
    /// The row as whichever side has it, ours first.
    #[must_use]
    pub fn row(&self) -> &Value {
        self.ours.as_ref().or(self.theirs.as_ref()).unwrap_or(&Value::Null)
    }
}

/// What a row is about: the columns that identify it.
fn key(row: &Value) -> Vec<&Value> {
    let columns = ["request", "household", "origin", "cadre", "day"];
    let keys: Vec<&Value> = match row.get("request") {
        Some(request) => vec![request],
        None => columns[1..].iter().filter_map(|column| row.get(column)).collect(),
    };
    keys
}

/// The first row in which two lists differ, in the order of ours.
#[must_use]
pub fn row_difference(ours: &[Value], theirs: &[Value]) -> Option<RowDifference> {
    for own in ours {
        let Some(other) = theirs.iter().find(|row| key(row) == key(own)) else {
            return Some(RowDifference {
                ours: Some(own.clone()),
                ..RowDifference::default()
            });
        };
        if own != other {
            let columns = own.as_object().into_iter().flatten();
            let columns = columns.filter(|(column, value)| other.get(column.as_str()) != Some(value));
            return Some(RowDifference {
                columns: columns.map(|(column, _)| column.clone()).collect(),
                ours: Some(own.clone()),
                theirs: Some(other.clone()),
            });
        }
    }
    let extra = theirs.iter().find(|row| ours.iter().all(|own| key(own) != key(row)));
    extra.map(|row| RowDifference {
        theirs: Some(row.clone()),
        ..RowDifference::default()
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn digests(scope: u64, live: &str) -> Digests {
        serde_json::from_value(json!({
            "cut": { "position": 9, "rule_version": 1 },
            "units": [{
                "unit": "990000103201", "scope_position": scope,
                "views": { "diary": { "live": "00", "root": null }, "requests": { "live": live, "root": null } }
            }]
        }))
        .unwrap()
    }

    #[test]
    fn only_equal_cuts_are_ever_equal() {
        let verdict = |theirs: &Digests| compare(&digests(7, "aa"), theirs).remove(0).verdict;
        assert_eq!(verdict(&digests(7, "aa")), Verdict::Equal);
        assert!(matches!(verdict(&digests(8, "aa")), Verdict::NotComparable { .. }));
        assert!(matches!(verdict(&digests(7, "ab")), Verdict::Differs { view, .. } if view == "requests"));
        let mut other_rules = digests(7, "aa");
        other_rules.cut.rule_version = 2;
        assert!(matches!(verdict(&other_rules), Verdict::NotComparable { .. }));
        assert_eq!(verdict(&Digests::default()), Verdict::Missing);
    }

    #[test]
    fn the_first_row_that_differs_is_found_with_its_columns() {
        let row = |request: &str, state: &str| json!({ "request": request, "household": "H", "state": state });
        let ours = [row("A", "open"), row("B", "open")];
        assert_eq!(row_difference(&ours, &ours), None);
        let found = row_difference(&ours, &[row("A", "open"), row("B", "closed")]).unwrap();
        assert_eq!(
            (found.columns.as_slice(), found.row()),
            (&["state".to_owned()][..], &ours[1])
        );
        let missing = row_difference(&ours, &ours[..1]).unwrap();
        assert_eq!((missing.ours, missing.theirs), (Some(ours[1].clone()), None));
        let extra = row_difference(&ours[..1], &ours).unwrap();
        assert_eq!((extra.ours.is_none(), extra.row()), (true, &ours[1]));
    }
}
