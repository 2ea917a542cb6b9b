//! The rows of the ledgers as they stand in answers. The ledger writes them; these say what it writes, and a test holds
//! answers of a real hub against them, column by column.

use serde::Serialize;
use utoipa::ToSchema;

use super::shown::PeriodShown;

/// A request as of a day (L3).
#[derive(Serialize, ToSchema)]
pub(super) struct RequestShown {
    /// The request.
    request: String,
    /// Unit of the record that raised it.
    unit: String,
    /// The household; null if raised without a name.
    household: Option<String>,
    /// How it came.
    channel: String,
    /// Its sort.
    kind: String,
    /// How soon.
    urgency: String,
    /// How many people ask for it.
    people: u16,
    /// Day of registration.
    #[schema(format = Date)]
    registered_on: String,
    /// First millisecond that the claim of its raising covers.
    raised_ms: i64,
    /// Day of acceptance.
    #[schema(format = Date)]
    accepted_on: Option<String>,
    /// Day of the current round's assignment.
    #[schema(format = Date)]
    assigned_on: Option<String>,
    /// When the current round is due: a day, half a day, a minute or an instant.
    due: Option<String>,
    /// Day of the answer in the current round.
    #[schema(format = Date)]
    replied_on: Option<String>,
    /// Last day of a follow-up, reached or not.
    #[schema(format = Date)]
    followed_up_on: Option<String>,
    /// Day of closing.
    #[schema(format = Date)]
    closed_on: Option<String>,
    /// First millisecond that the claim of its closing covers.
    closed_ms: Option<i64>,
    /// Unit that handles the current round.
    handling_unit: Option<String>,
    /// Who handles it, by identifier.
    handler: Option<String>,
    /// Round; 0 before the first assignment.
    round: u16,
    /// Outcome of the current round.
    outcome: Option<String>,
    /// Whether the requester called it solved.
    solved: Option<String>,
    /// Satisfaction at the last follow-up that reached them.
    satisfaction: Option<String>,
    /// Why it was closed.
    closing: Option<String>,
    /// Where it stands: `registered`, `accepted`, `assigned`, `handling`, `replied`, `satisfied`, `unsatisfied`, `closed`.
    state: String,
    /// Attempts in vain to reach the requester.
    attempts: u16,
    /// Different days of these.
    attempt_days: u16,
    /// Whether it began as imported history.
    imported: bool,
    /// SHA-256 of the personal part with its wording.
    text_sha256: Option<String>,
    /// Days past the due day.
    overdue_days: u32,
    /// Days since acceptance, or registration; null once closed.
    open_days: Option<u32>,
    /// Closed although nobody followed up.
    not_followed_up: bool,
}

/// A visit of a household.
#[derive(Serialize, ToSchema)]
pub(super) struct VisitShown {
    /// The day.
    #[schema(format = Date)]
    day: String,
    /// How.
    mode: String,
    /// What came of it.
    outcome: String,
    /// Its event.
    event: String,
}

/// A household as of a day (L1). No name, no address.
#[derive(Serialize, ToSchema)]
pub(super) struct HouseholdShown {
    /// The household.
    household: String,
    /// The village.
    unit: String,
    /// Its group.
    group: Option<u16>,
    /// Members.
    size: Option<u16>,
    /// Day of registration.
    #[schema(format = Date)]
    registered_on: Option<String>,
    /// `open`, `out`, `merged`, `closed`; absent before its first day.
    #[schema(required = false, nullable = false)]
    status: Option<String>,
    /// The household that it was merged into.
    #[schema(required = false, nullable = false)]
    into: Option<String>,
    /// Last visit, met or not.
    last_visit: Option<VisitShown>,
    /// Last day on which somebody was met.
    #[schema(format = Date)]
    last_met_on: Option<String>,
    /// Visits in all.
    visits: u64,
    /// Open requests.
    open_requests: u64,
    /// Days of the oldest of them.
    oldest_open_days: Option<u32>,
    /// Last word on satisfaction.
    last_satisfaction: Option<String>,
}

/// What one cadre wrote for one day (L2).
#[derive(Serialize, ToSchema)]
pub(super) struct DiaryShown {
    /// The cadre, by identifier.
    cadre: String,
    /// The day.
    #[schema(format = Date)]
    day: String,
    /// Unit of the record.
    unit: String,
    /// Its event.
    event: String,
    /// The log.
    origin: String,
    /// Its place there.
    sequence: u64,
    /// Wall clock of its recording, in milliseconds.
    wall_ms: u64,
    /// Visits that it names.
    visits: Vec<String>,
    /// Requests that it names.
    requests: Vec<String>,
    /// SHA-256 of the personal part with its text.
    text_sha256: Option<String>,
    /// Whether it is imported history.
    imported: bool,
    /// Day of recording, after clock corrections; null for imported history.
    #[schema(format = Date)]
    recorded_on: Option<String>,
    /// Days from the day to the recording.
    lag_days: Option<i64>,
}

/// A numerator and its denominator. Nobody averages ratios.
#[derive(Serialize, ToSchema)]
pub(super) struct RatioShown {
    /// How many of them.
    numerator: u64,
    /// Of how many.
    denominator: u64,
    /// Per cent with one decimal, floored; null for 0/0.
    percent: Option<String>,
}

/// One village's coverage in a period (L4). Every household in scope is in exactly one of four groups.
#[derive(Serialize, ToSchema)]
pub(super) struct CoverageShown {
    /// The village.
    unit: String,
    period: PeriodShown,
    /// Households in scope.
    households: u64,
    /// Met at home.
    met_at_home: u64,
    /// Met otherwise only.
    contacted: u64,
    /// Visited, and nobody met.
    knocked_only: u64,
    /// Not visited.
    unvisited: u64,
    /// Visits whose household was not on the books.
    visits_off_books: u64,
    /// Met at home, of all.
    coverage: RatioShown,
    /// Met at all, of all.
    contact: RatioShown,
    cut: LedgerCut,
}

/// The cut of one row.
#[derive(Serialize, ToSchema)]
pub(super) struct LedgerCut {
    /// The last receipt that is counted.
    position: Option<u64>,
    /// Version of the rules.
    rule_version: u16,
}

/// One entry behind a figure: where it stands, and what it came to.
#[derive(Serialize, ToSchema)]
pub(super) struct StepShown {
    /// Its identity.
    event: String,
    /// Its kind's number in protocol/events.md.
    kind: u16,
    /// The log.
    origin: String,
    /// Its place there.
    sequence: u64,
    /// When it is said to have happened.
    occurred: String,
    /// When it was received, in milliseconds.
    received_at_ms: u64,
    /// The receipt that covers it.
    position: u64,
    /// Whether the township wrote it.
    by_hub: bool,
    /// Whether it is imported history.
    imported: bool,
    /// `counted`, `conflict`, `not_understood`, `held`, `no_effect`.
    effect: String,
    /// Why it does not count, where it does not.
    reason: Option<String>,
    /// The state that it does not fit.
    state: Option<String>,
}

/// What an entry is about.
#[derive(Serialize, ToSchema)]
pub(super) struct SubjectShown {
    /// The sort: `request`, `household` and so on.
    kind: String,
    /// Its identifier.
    id: String,
}

/// An entry that was received and does not count.
#[derive(Serialize, ToSchema)]
pub(super) struct UncountedShown {
    /// The log.
    origin: String,
    /// Its place there.
    sequence: u64,
    /// Its identity, where its header can be read.
    event: Option<String>,
    /// Its kind's number, where its header can be read.
    kind: Option<u16>,
    /// What it is about, where its header can be read.
    subject: Option<SubjectShown>,
    /// Its unit, where its header can be read.
    unit: Option<String>,
    /// The receipt that covers it.
    position: u64,
    /// When it was received, in milliseconds.
    received_at_ms: u64,
    /// `conflict`, `not_understood`, `held`, `no_effect`.
    effect: String,
    /// Why.
    reason: Option<String>,
    /// The state that it does not fit.
    state: Option<String>,
}
