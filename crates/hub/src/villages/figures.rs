//! The figures of all villages at one cut: worked out once, and again only from what has moved since.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use event::{Day, Origin, UnitCode};
use ledger::{CoverageRow, Cut, Ledger, LiveDigest, LogGlance, LogStand, OpenRequests, Period, Query, View};
use screen::dates;

use crate::views::Views;

/// The figures of all villages, kept while nothing changes.
#[derive(Default)]
pub(crate) struct Townwide {
    kept: Mutex<Kept>,
}

type Units = BTreeMap<UnitCode, LogGlance>;

#[derive(Default)]
struct Kept {
    logs: BTreeMap<Origin, (LogStand, Arc<Units>)>,
    /// How many entries the ledger had; it never has fewer, unless it is another one.
    entries: usize,
    figures: Option<Arc<Figures>>,
}

/// What the ledgers say of all villages at one cut, as of one day.
pub(crate) struct Figures {
    /// How far the journal is counted.
    pub(crate) cut: Cut,
    /// The day that ages and the quarter go by.
    pub(crate) today: Day,
    /// Number of its quarter, from 1, and the quarter.
    pub(crate) quarter: Option<(u8, Period)>,
    /// Sum of the live digests of the views behind it, requests and households, over all units.
    pub(crate) digest: LiveDigest,
    pub(crate) coverage: BTreeMap<UnitCode, CoverageRow>,
    pub(crate) open: BTreeMap<UnitCode, OpenRequests>,
    /// Digests by view and unit at this cut.
    digests: BTreeMap<(View, Option<UnitCode>), LiveDigest>,
    glances: BTreeMap<Origin, Arc<Units>>,
}

/// The quarter of a day, with its number from 1.
pub(crate) fn quarter(day: Day) -> Option<(u8, Period)> {
    let (year, month, _) = dates::civil(day)?;
    let number = month.div_ceil(3);
    Some((number, Period::quarter(year, number).ok()?))
}

impl Townwide {
    /// The figures as the ledgers stand now, with ages as of `today`. The same cut and day give the same figures. It may
    /// take a while where much has come in.
    pub(crate) fn figures(&self, views: &Views, today: Day) -> Arc<Figures> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        views.with_ledger(|ledger| kept.figures(ledger, today))
    }
}

impl Kept {
    fn figures(&mut self, ledger: &Ledger, today: Day) -> Arc<Figures> {
        let known = self.figures.as_ref();
        if let Some(known) = known.filter(|known| known.cut == ledger.cut() && known.today == today) {
            return Arc::clone(known);
        }
        if ledger.len() < self.entries {
            self.logs.clear();
        }
        self.entries = ledger.len();
        let quarter = quarter(today);
        let query = Query::as_of(today);
        let figures = Arc::new(Figures {
            cut: ledger.cut(),
            today,
            quarter,
            digest: ledger.live_digest_of_all(&[View::Requests, View::Households]),
            digests: digests(ledger),
            coverage: quarter.map_or_else(BTreeMap::new, |(_, period)| ledger.coverages(period, query)),
            open: ledger.open_by_unit(today),
            glances: ledger
                .origins()
                .map(|origin| (origin, self.glance(ledger, origin)))
                .collect(),
        });
        self.figures = Some(Arc::clone(&figures));
        figures
    }

    /// What a log holds; it is walked only if it has moved.
    fn glance(&mut self, ledger: &Ledger, origin: Origin) -> Arc<Units> {
        let stand = ledger.stand_of(origin);
        if let Some((_, known)) = self.logs.get(&origin).filter(|(then, _)| *then == stand) {
            return Arc::clone(known);
        }
        let units = Arc::new(ledger.glance(origin));
        self.logs.insert(origin, (stand, Arc::clone(&units)));
        units
    }
}

/// Digests by view and unit, and of all units.
fn digests(ledger: &Ledger) -> BTreeMap<(View, Option<UnitCode>), LiveDigest> {
    let views = [View::Requests, View::Households, View::Diary];
    let of_units = ledger
        .units()
        .flat_map(|unit| views.map(|view| ((view, Some(unit)), ledger.live_digest(view, unit))));
    let of_all = views.map(|view| ((view, None), ledger.live_digest_of_all(&[view])));
    of_units.chain(of_all).collect()
}

impl Figures {
    /// The digest of a view at this cut, of a unit or of all. A unit without entries has that of no rows.
    pub(crate) fn digest_of(&self, view: View, unit: Option<UnitCode>) -> LiveDigest {
        self.digests.get(&(view, unit)).copied().unwrap_or_default()
    }

    /// What the logs that are `wanted` hold for a unit.
    pub(crate) fn glances_of(&self, unit: UnitCode, wanted: impl Fn(Origin) -> bool) -> Vec<&LogGlance> {
        let logs = self.glances.iter().filter(|(origin, _)| wanted(**origin));
        logs.filter_map(|(_, units)| units.get(&unit)).collect()
    }
}
