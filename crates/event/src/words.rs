//! The coded words that facts are made of.

use crate::code::coded;

coded! {
    /// How a household changed.
    ChangeKind {
        /// It moved into the village.
        MovedIn = 1 "moved_in",
        /// It moved out.
        MovedOut = 2 "moved_out",
        /// It was merged into another one (`into`).
        Merged = 3 "merged",
        /// A part of it became a household of its own (`into`).
        Split = 4 "split",
        /// It is no more (the last member died or the register was closed).
        Closed = 5 "closed",
        /// Someone went away or returned. What exactly stands in the personal part: whereabouts are sensitive.
        Presence = 6 "presence",
    }
}
coded! {
    /// Why a pairing ended.
    EndReason {
        /// Adjusted at the end of a term.
        TermAdjust = 1 "term_adjust",
        /// The contact wished so.
        ContactWish = 2 "contact_wish",
        /// The contact moved.
        Moved = 3 "moved",
        /// The cadre left.
        CadreLeft = 4 "cadre_left",
        /// Its aim was reached.
        GoalMet = 5 "goal_met",
    }
}
coded! {
    /// How a visit was made.
    Mode {
        /// At the home.
        Home = 1 "home",
        /// By telephone.
        Phone = 2 "phone",
        /// By video.
        Video = 3 "video",
        /// Somewhere else.
        Elsewhere = 4 "elsewhere",
    }
}
coded! {
    /// What came of a visit. Every value is a valid outcome and costs nobody a mark.
    Outcome {
        /// Somebody of the household was met.
        Met = 1 "met",
        /// Nobody was at home.
        NotHome = 2 "not_home",
        /// The household did not wish to talk.
        Declined = 3 "declined",
        /// The household was found to have moved.
        Moved = 4 "moved",
    }
}
coded! {
    /// The way a request came in.
    Channel {
        /// 走访.
        Visit = 1 "visit",
        /// 热线.
        Hotline = 2 "hotline",
        /// 接待日.
        Reception = 3 "reception",
        /// 来信.
        Letter = 4 "letter",
        /// 来访.
        Caller = 5 "caller",
        /// 网上.
        Online = 6 "online",
        /// 提案, 提议.
        Proposal = 7 "proposal",
        /// 座谈.
        Meeting = 8 "meeting",
        /// Raised inside the administration.
        Internal = 9 "internal",
    }
}
coded! {
    /// Sort of request. A report about a cadre (检举) is no value here, on purpose: it is not stored
    /// at all (信访工作条例 art. 30).
    RequestKind {
        /// 咨询.
        Advice = 1 "advice",
        /// 求助.
        Help = 2 "help",
        /// 投诉.
        Complaint = 3 "complaint",
        /// 建议.
        Suggestion = 4 "suggestion",
        /// 纠纷.
        Dispute = 5 "dispute",
        /// 代办.
        Errand = 6 "errand",
    }
}
coded! {
    /// How soon somebody must act.
    Urgency {
        /// In turn.
        Ordinary = 1 "ordinary",
        /// Before others.
        Urgent = 2 "urgent",
        /// At once.
        Emergency = 3 "emergency",
    }
}
coded! {
    /// Legal path of an accepted request.
    LegalPath {
        /// 普通.
        Ordinary = 1 "ordinary",
        /// 信访 (信访工作条例).
        Petition = 2 "petition",
        /// 12345.
        Hotline = 3 "hotline_12345",
        /// 调解 (人民调解法).
        Mediation = 4 "mediation",
        /// 内部.
        Internal = 5 "internal",
    }
}
coded! {
    /// Rule from which the due date follows. The date itself is a fact of its own; this says why.
    ClockRule {
        /// The township's own rule.
        Township = 1 "township",
        /// 60 days from acceptance (信访工作条例 art. 34).
        Petition60Days = 2 "petition_60_days",
        /// 15 days to handle or forward (信访工作条例 art. 22, 23).
        Petition15Days = 3 "petition_15_days",
        /// 5 working days (济南12345条例 art. 24 and others).
        Hotline5WorkingDays = 4 "hotline_5_working_days",
        /// As the imported source has it.
        Source = 5 "source",
    }
}
coded! {
    /// What was answered. 信访工作条例 art. 32 knows support, explanation and refusal.
    ReplyOutcome {
        /// 予以支持.
        Supported = 1 "supported",
        /// In part.
        Partly = 2 "partly",
        /// 解释说明.
        Explained = 3 "explained",
        /// 不予支持.
        NotSupported = 4 "not_supported",
        /// The matter has gone.
        NoLongerNeeded = 5 "no_longer_needed",
    }
}
coded! {
    /// Whether the requester calls the matter solved.
    Solved {
        /// Yes.
        Yes = 1 "yes",
        /// No.
        No = 2 "no",
        /// In part.
        Partly = 3 "partly",
    }
}
coded! {
    /// What the requester said of the answer.
    Satisfaction {
        /// 满意.
        Satisfied = 1 "satisfied",
        /// 基本满意.
        Mostly = 2 "mostly",
        /// 不满意.
        Unsatisfied = 3 "unsatisfied",
        /// 不表态.
        NoOpinion = 4 "no_opinion",
    }
}
coded! {
    /// Why a request was closed.
    ClosingKind {
        /// The requester is satisfied.
        Satisfied = 1 "satisfied",
        /// It cannot be done; explained, and final.
        ExplainedFinal = 2 "explained_final",
        /// The requester could not be reached, often enough.
        Unreachable = 3 "unreachable",
        /// The requester took it back.
        Withdrawn = 4 "withdrawn",
        /// Another request stands for it.
        Duplicate = 5 "duplicate",
        /// The law ends it.
        StatutoryEnd = 6 "statutory_end",
        /// The imported source has an end and no reason.
        Source = 7 "source",
    }
}
coded! {
    /// What a correction does to its target.
    CorrectionKind {
        /// Puts new facts, or a new time, in place of the old ones.
        Correct = 1 "correct",
        /// Takes the target's effect away; needs a second person.
        Void = 2 "void",
    }
}
coded! {
    /// Sort of meeting.
    MeetingKind {
        /// 座谈会.
        Symposium = 1 "symposium",
        /// 流动党委会: the township's committee meets on the spot.
        MobileCommittee = 2 "mobile_committee",
        /// 村民会议 or 村民代表会议 (村民委员会组织法 art. 25, 26).
        Villagers = 3 "villagers",
        /// Another one.
        Other = 4 "other",
    }
}
coded! {
    /// Where a reception was held. An address would stand in the personal part.
    Venue {
        /// The township's own office or service hall.
        Township = 1 "township",
        /// 村部.
        VillageOffice = 2 "village_office",
        /// 工作室.
        Workroom = 3 "workroom",
        /// In a villagers' group, a market, a yard.
        OnSite = 4 "on_site",
    }
}
coded! {
    /// How a checker asked the household.
    CheckMethod {
        /// By telephone.
        Phone = 1 "phone",
        /// At the home.
        Home = 2 "home",
        /// By letter.
        Letter = 3 "letter",
    }
}
coded! {
    /// What the household said of a visit. It may decline, without consequence for anyone.
    CheckResult {
        /// Somebody came.
        Confirmed = 1 "confirmed",
        /// Nobody here remembers.
        NotRemembered = 2 "not_remembered",
        /// Nobody came.
        Contradicted = 3 "contradicted",
        /// Nobody could be asked.
        Unreachable = 4 "unreachable",
        /// The household did not wish to say.
        Declined = 5 "declined",
    }
}
