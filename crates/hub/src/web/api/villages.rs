//! The villages.

use axum::Json;
use axum::extract::{Path, State};
use event::{Day, UnitCode};
use link::{Problem, ProblemKind};
use pages::blocking;
use serde::Serialize;
use utoipa::ToSchema;

use super::shown::{CutShown, MachineShown, PeriodShown, ProblemShown, VillageShown};
use super::{Answer, Caller, Site, in_path};
use crate::villages::{Figures, signed, town};
use crate::web::now_ms;

/// The villages of the township.
#[derive(Serialize, ToSchema)]
pub(super) struct Villages {
    cut: CutShown,
    /// The day that ages and the quarter go by.
    #[schema(value_type = String, format = Date)]
    as_of: Day,
    /// The quarter of the coverage; null outside the calendar.
    quarter: Option<PeriodShown>,
    /// By group; in the first two by how long they have waited, in the last by code.
    villages: Vec<VillageShown>,
}

/// One village.
#[derive(Serialize, ToSchema)]
pub(super) struct Village {
    cut: CutShown,
    /// The day that ages and the quarter go by.
    #[schema(value_type = String, format = Date)]
    as_of: Day,
    /// The quarter of the coverage; null outside the calendar.
    quarter: Option<PeriodShown>,
    village: VillageShown,
    /// Its machines, those in use first.
    machines: Vec<MachineShown>,
}

fn quarter(figures: &Figures) -> Option<PeriodShown> {
    figures.quarter.map(|(_, period)| PeriodShown {
        from: period.from,
        to: period.to,
    })
}

/// Villages, those that need help first
#[utoipa::path(
    get,
    path = "/api/v1/villages",
    tag = "villages",
    responses(
        (status = 200, description = "The villages", body = Villages),
        (status = 401, description = "Nobody is signed in", body = ProblemShown, content_type = "application/problem+json"),
    )
)]
pub(super) async fn villages(caller: Caller, State(web): Site) -> Answer<Villages> {
    let (w, now_ms) = (caller.words(), now_ms(&web));
    let office = web.office.clone();
    let answer = blocking(move || {
        let town = town(&office, &office.desks.get(), now_ms);
        Villages {
            cut: CutShown::of_figures(&town.figures, None),
            as_of: town.figures.today,
            quarter: quarter(&town.figures),
            villages: town
                .villages
                .iter()
                .map(|known| VillageShown::of(known, signed(now_ms), w))
                .collect(),
        }
    });
    Ok(Json(answer.await?))
}

/// One village, with its machines
#[utoipa::path(
    get,
    path = "/api/v1/villages/{unit}",
    tag = "villages",
    params(("unit" = String, Path, description = "Code of the village, twelve digits", example = "990000103001")),
    responses(
        (status = 200, description = "The village", body = Village),
        (status = 400, description = "No code", body = ProblemShown, content_type = "application/problem+json"),
        (status = 401, description = "Nobody is signed in", body = ProblemShown, content_type = "application/problem+json"),
        (status = 404, description = "No machine of such a village was ever enrolled", body = ProblemShown, content_type = "application/problem+json"),
    )
)]
pub(super) async fn village(caller: Caller, State(web): Site, Path(unit): Path<String>) -> Answer<Village> {
    let unit: UnitCode = in_path(&unit, "the twelve digits of a unit's code")?;
    let (w, now_ms) = (caller.words(), now_ms(&web));
    let office = web.office.clone();
    let answer = blocking(move || {
        let town = town(&office, &office.desks.get(), now_ms);
        let known = town.villages.iter().find(|known| known.unit == unit)?;
        let machines = known.machines.iter();
        Some(Village {
            cut: CutShown::of_figures(&town.figures, Some(unit)),
            as_of: town.figures.today,
            quarter: quarter(&town.figures),
            village: VillageShown::of(known, signed(now_ms), w),
            machines: machines.map(|(origin, line)| MachineShown::of(*origin, line)).collect(),
        })
    });
    let none = || Problem::new(ProblemKind::NotFound, "no machine of such a village was ever enrolled");
    Ok(Json(answer.await?.ok_or_else(none)?))
}
