//! A draft as people and scripts write it: one JSON object (or one line of NDJSON) with long names.
//!
//! ```text
//! {"kind":"visit_recorded","household":"01J…","occurred":"2026-08-31 14:05","recorder":"01J…","actors":["01J…"],
//!  "facts":{"mode":"in_person","outcome":"met"},"personal":{"text":"…"}}
//! ```
//!
//! What it is about stands under the word of its sort: `household`, `request`, `pairing`, `person`,
//! `origin`, `journal` or `occasion`; one of them, and the one that the kind calls for. Times carry their precision in how they are
//! written ([`When`]). Unknown names are refused: in a form they are typing errors.

use serde::{Deserialize, Deserializer, Serialize};

use crate::{
    Draft, EntityId, EntryMode, EventId, Facts, JournalId, Kind, Origin, PersonId, PersonalContent, Source, Subject,
    SubjectKind, UnitCode, When,
};

/// A draft in words. `V` holds the facts of whatever kind: a value of the format that the form was read
/// from, such as `serde_json::Value`, so that this crate knows no format.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Form<V> {
    /// The kind's name, as in the event catalogue.
    pub kind: String,
    /// The household it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub household: Option<EntityId>,
    /// The request it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<EntityId>,
    /// The pairing it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pairing: Option<EntityId>,
    /// The cadre it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<PersonId>,
    /// The installation it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<Origin>,
    /// The journal it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub journal: Option<JournalId>,
    /// The reception or meeting it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub occasion: Option<EntityId>,
    /// When it happened.
    pub occurred: When,
    /// The unit that it belongs to; the recording office's own where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<UnitCode>,
    /// Who types.
    pub recorder: PersonId,
    /// Who did it. Never filled in from the recorder: who typed need not have been there.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub actors: Vec<PersonId>,
    /// Events that led to it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub causes: Vec<EventId>,
    /// How it is entered; `live` where absent.
    #[serde(default = "live")]
    pub mode: EntryMode,
    /// Where it stood in its source; for mode `import` only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<Source>,
    /// The facts of that kind, with long names.
    pub facts: V,
    /// Names and free text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub personal: Option<PersonalContent>,
}

/// Why a form is no draft. The words are for the person who filled it in.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FormError {
    /// No kind of this name.
    #[error("kind: {0:?} is not a kind that can be recorded; the event catalogue lists them")]
    Kind(String),
    /// The subject that the kind calls for is missing.
    #[error("{kind} is about a {expected}: give its identifier under `{expected}`")]
    SubjectMissing {
        /// The kind.
        kind: Kind,
        /// The word under which it belongs.
        expected: &'static str,
    },
    /// A subject of another sort than the kind calls for.
    #[error("{kind} is about a {expected}: `{found}` does not belong into this form")]
    SubjectOther {
        /// The kind.
        kind: Kind,
        /// What the kind calls for.
        expected: &'static str,
        /// What was given.
        found: &'static str,
    },
    /// No subject, or several, where any sort will do.
    #[error(
        "give one of `household`, `request`, `pairing`, `person`, `origin`, `journal`, `occasion`: what {0} is about"
    )]
    SubjectOne(Kind),
    /// The facts do not fit the kind.
    #[error("facts of {kind}: {reason}")]
    Facts {
        /// The kind.
        kind: Kind,
        /// What the format says of them.
        reason: String,
    },
}

const fn live() -> EntryMode {
    EntryMode::Live
}

impl<V> Form<V> {
    /// The draft that the form describes. `home` is the unit of the recording office.
    ///
    /// # Errors
    /// [`FormError`] names the field. Bounds are checked later, when the draft becomes an entry.
    pub fn into_draft<'de>(self, home: UnitCode) -> Result<Draft, FormError>
    where
        V: Deserializer<'de>,
    {
        let Some(kind) = Kind::from_key(&self.kind) else {
            return Err(FormError::Kind(self.kind));
        };
        let subject = self.subject(kind)?;
        let facts = Facts::deserialize_as(kind, self.facts).map_err(|error| FormError::Facts {
            kind,
            reason: error.to_string(),
        })?;
        Ok(Draft {
            subject,
            facts,
            occurred: self.occurred,
            unit: self.unit.unwrap_or(home),
            recorder: self.recorder,
            actors: self.actors,
            causes: self.causes,
            mode: self.mode,
            source: self.source,
            personal: self.personal,
        })
    }

    fn subject(&self, kind: Kind) -> Result<Subject, FormError> {
        let given = [
            self.household.map(Subject::household),
            self.request.map(Subject::request),
            self.pairing.map(Subject::pairing),
            self.person.map(Subject::person),
            self.origin.map(Subject::origin),
            self.journal.map(Subject::journal),
            self.occasion.map(Subject::occasion),
        ];
        let mut given = given.into_iter().flatten();
        let (first, second) = (given.next(), given.next());
        let Some(expected) = Facts::subject_kind(kind).map(SubjectKind::key) else {
            return first.filter(|_| second.is_none()).ok_or(FormError::SubjectOne(kind));
        };
        let other = [first, second]
            .into_iter()
            .flatten()
            .find(|subject| subject.kind.key() != expected);
        match (other, first) {
            (Some(other), _) => Err(FormError::SubjectOther {
                kind,
                expected,
                found: other.kind.key(),
            }),
            (None, Some(subject)) => Ok(subject),
            (None, None) => Err(FormError::SubjectMissing { kind, expected }),
        }
    }
}

impl<V> Form<V> {
    /// The form of a draft, for showing and exporting; `facts` are the draft's own, written in the format of `V`.
    #[must_use]
    pub fn of_draft(draft: &Draft, facts: V) -> Self {
        let id = |kind| (draft.subject.kind == kind).then_some(draft.subject.id);
        Self {
            kind: draft.facts.kind().to_string(),
            household: id(SubjectKind::Household),
            request: id(SubjectKind::Request),
            pairing: id(SubjectKind::Pairing),
            person: id(SubjectKind::Person).map(|id| PersonId::from_bytes(id.to_bytes())),
            origin: id(SubjectKind::Origin).map(|id| Origin::from_bytes(id.to_bytes())),
            journal: id(SubjectKind::Journal).map(|id| JournalId::from_bytes(id.to_bytes())),
            occasion: id(SubjectKind::Occasion),
            occurred: draft.occurred,
            unit: Some(draft.unit),
            recorder: draft.recorder,
            actors: draft.actors.clone(),
            causes: draft.causes.clone(),
            mode: draft.mode,
            source: draft.source.clone(),
            facts,
            personal: draft.personal.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::VisitRecorded;

    const HOUSEHOLD: &str = "01ARZ3NDEKTSV4RRFFQ69G5FAV";
    const CADRE: &str = "01ARZ3NDEKTSV4RRFFQ69G5FAW";

    fn home() -> UnitCode {
        "990000103001".parse().unwrap()
    }

    fn visit() -> Value {
        json!({
            "kind": "visit_recorded", "household": HOUSEHOLD, "occurred": "2026-08-31 14:05",
            "recorder": CADRE, "actors": [CADRE],
            "facts": {"mode": crate::Mode::ALL[0].key(), "outcome": crate::Outcome::ALL[0].key(), "minutes": 25},
            "personal": {"text": "屋顶漏水"}
        })
    }

    fn read(form: Value) -> Result<Draft, String> {
        let form: Form<Value> = serde_json::from_value(form).map_err(|e| e.to_string())?;
        form.into_draft(home()).map_err(|e| e.to_string())
    }

    #[test]
    fn a_form_becomes_a_draft_and_the_draft_the_same_form() {
        let draft = read(visit()).unwrap();
        assert_eq!(draft.unit, home());
        assert_eq!(draft.subject, Subject::household(HOUSEHOLD.parse().unwrap()));
        assert!(matches!(
            &draft.facts,
            Facts::VisitRecorded(VisitRecorded { minutes: Some(25), .. })
        ));
        assert_eq!(draft.occurred.to_string(), "2026-08-31 14:05");
        let shown = Form::of_draft(&draft, serde_json::to_value(&draft.facts).unwrap());
        let again = read(serde_json::to_value(&shown).unwrap()).unwrap();
        assert_eq!(again, draft);
    }

    #[test]
    fn a_wrong_form_is_refused_in_words() {
        let change = |key: &str, value: Value| {
            let mut form = visit();
            form[key] = value;
            read(form).unwrap_err()
        };
        assert!(change("kind", json!("visited")).contains("\"visited\" is not a kind"));
        assert!(change("houshold", json!(HOUSEHOLD)).contains("unknown field `houshold`"));
        assert!(change("occurred", json!("31/8/2026")).contains("write 2026-08-31"));
        assert!(change("request", json!(HOUSEHOLD)).contains("`request` does not belong"));
        assert!(change("household", Value::Null).contains("give its identifier under `household`"));
        let facts = change("facts", json!({"mode": "by_drone", "outcome": "met"}));
        assert!(
            facts.contains("facts of visit_recorded") && facts.contains("by_drone"),
            "{facts}"
        );
        assert!(change("personal", json!({"nickname": "x"})).contains("nickname"));
    }

    #[test]
    fn a_correction_is_about_whatever_its_target_is_about() {
        let form = |subject: Value| {
            let mut form = json!({
                "kind": "record_corrected", "occurred": "2026-09-01", "recorder": CADRE,
                "facts": {"target": HOUSEHOLD, "correction": "void"}
            });
            form.as_object_mut()
                .unwrap()
                .extend(subject.as_object().unwrap().clone());
            read(form)
        };
        let draft = form(json!({"request": HOUSEHOLD})).unwrap();
        assert_eq!(draft.subject.kind, SubjectKind::Request);
        assert!(form(json!({})).unwrap_err().contains("give one of"));
        assert!(form(json!({"request": HOUSEHOLD, "person": CADRE})).is_err());
    }
}
