//! What an entry came to: the second thing that its author is shown, beside its delivery.

use serde::{Serialize, Serializer, ser::SerializeStruct as _};

use crate::State;

/// What an entry did to the ledgers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Effect {
    /// It counts.
    Counted,
    /// 状态冲突: illegal where its entity stood, kept, without effect.
    Conflict(Conflict),
    /// This version cannot read it; the bytes are kept and passed on.
    NotUnderstood,
    /// Held until the township releases it.
    Held,
    /// Kept as evidence, without effect.
    NoEffect(NoEffect),
}

/// Why an entry is a 状态冲突.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Conflict {
    /// The entity does not exist (yet): nothing in effect created it.
    NoSuchEntity,
    /// The request's state does not allow it.
    IllegalIn(State),
    /// Only the township may state it.
    HubOnly,
    /// A village may assign to itself only.
    NotOwnUnit,
    /// Who asks back must not be the handler.
    AskerIsHandler,
    /// Who closes must not be the handler.
    CloserIsHandler,
    /// Final explanation before the second round, or without an answer that explains or refuses.
    NotFinal,
    /// Fewer than three attempts on two days to reach the requester.
    TooFewAttempts,
    /// A closing kind that live records do not have.
    ClosingKind,
    /// It was created or registered before.
    AlreadyCreated,
    /// The pairing is not active.
    PairingNotActive,
    /// The kind speaks of another sort of subject.
    WrongSubject,
    /// A correction whose facts are of another kind than its target's.
    WrongReplacement,
    /// A correction of a correction.
    CorrectsCorrection,
    /// A correction that changes nothing.
    CorrectsNothing,
    /// A check of something that is no visit.
    ChecksNoVisit,
    /// Who checks must not have been at the visit.
    CheckerIsVisitor,
    /// The period was sealed before, and this seal does not name the one that stands.
    AlreadySealed,
}

/// Why an entry is without effect although nothing is wrong with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NoEffect {
    /// The same fact was received before.
    Duplicate,
    /// Other content under an identity that was received before: evidence of a fork.
    OtherContent,
    /// A void that names only one person.
    NoSecondPerson,
    /// A correction or check whose target has not arrived; it takes effect when the target does.
    TargetMissing,
    /// Imported history of an entity that a live event created.
    ImportIntoLive,
    /// A void took its effect away.
    Voided,
    /// Imported history of a request whose first record has not arrived.
    CreationMissing,
}

impl Effect {
    /// The word used in JSON and on the command line.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Counted => "counted",
            Self::Conflict(_) => "conflict",
            Self::NotUnderstood => "not_understood",
            Self::Held => "held",
            Self::NoEffect(_) => "no_effect",
        }
    }

    /// The reason's word, where there is one.
    #[must_use]
    pub const fn reason(self) -> Option<&'static str> {
        match self {
            Self::Conflict(conflict) => Some(conflict.key()),
            Self::NoEffect(reason) => Some(reason.key()),
            Self::Counted | Self::NotUnderstood | Self::Held => None,
        }
    }

    /// Whether the author or somebody at the township should look at it. A duplicate or something voided is no such case.
    #[must_use]
    pub const fn is_exception(self) -> bool {
        !matches!(
            self,
            Self::Counted | Self::NoEffect(NoEffect::Duplicate | NoEffect::Voided)
        )
    }
}

impl Conflict {
    /// The word used in JSON and on the command line.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::NoSuchEntity => "no_such_entity",
            Self::IllegalIn(_) => "illegal_in_state",
            Self::HubOnly => "hub_only",
            Self::NotOwnUnit => "not_own_unit",
            Self::AskerIsHandler => "asker_is_handler",
            Self::CloserIsHandler => "closer_is_handler",
            Self::NotFinal => "not_final",
            Self::TooFewAttempts => "too_few_attempts",
            Self::ClosingKind => "closing_kind",
            Self::AlreadyCreated => "already_created",
            Self::PairingNotActive => "pairing_not_active",
            Self::WrongSubject => "wrong_subject",
            Self::WrongReplacement => "wrong_replacement",
            Self::CorrectsCorrection => "corrects_correction",
            Self::CorrectsNothing => "corrects_nothing",
            Self::ChecksNoVisit => "checks_no_visit",
            Self::CheckerIsVisitor => "checker_is_visitor",
            Self::AlreadySealed => "already_sealed",
        }
    }
}

impl NoEffect {
    /// The word used in JSON and on the command line.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Duplicate => "duplicate",
            Self::OtherContent => "other_content",
            Self::NoSecondPerson => "no_second_person",
            Self::TargetMissing => "target_missing",
            Self::ImportIntoLive => "import_into_live",
            Self::Voided => "voided",
            Self::CreationMissing => "creation_missing",
        }
    }
}

impl Serialize for Effect {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_struct("Effect", 3)?;
        map.serialize_field("effect", self.key())?;
        map.serialize_field("reason", &self.reason())?;
        let state = match self {
            Self::Conflict(Conflict::IllegalIn(state)) => Some(state.key()),
            _ => None,
        };
        map.serialize_field("state", &state)?;
        map.end()
    }
}
