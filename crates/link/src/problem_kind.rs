//! The kinds of refusal. This table is the source: the list in `protocol/` repeats [`ProblemKind::all`].

/// What every problem type begins with.
pub const PROBLEM_PREFIX: &str = "urn:minqing:problem:";

macro_rules! kinds {
    ($($(#[$doc:meta])* $variant:ident $slug:literal $status:literal retry=$retry:literal safe=$safe:literal $zh:literal $en:literal,)+) => {
        /// One kind of refusal: its name in the protocol, its HTTP status, its words, and what the
        /// sender may do.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum ProblemKind { $($(#[$doc])* $variant,)+ }

        impl ProblemKind {
            /// Every kind, in the order of the table.
            #[must_use]
            pub const fn all() -> &'static [Self] {
                &[$(Self::$variant,)+]
            }

            /// The last part of the problem type.
            #[must_use]
            pub const fn slug(self) -> &'static str {
                match self { $(Self::$variant => $slug,)+ }
            }

            /// The HTTP status it is sent with.
            #[must_use]
            pub const fn status(self) -> u16 {
                match self { $(Self::$variant => $status,)+ }
            }

            /// Whether the sender may try again without a person doing something first (after
            /// changing what the problem's fields ask for, if they ask).
            #[must_use]
            pub const fn retry(self) -> bool {
                match self { $(Self::$variant => $retry,)+ }
            }

            /// Whether everything acknowledged before is known to be sound. What was just refused is
            /// not acknowledged: the sender still holds it.
            #[must_use]
            pub const fn data_safe(self) -> bool {
                match self { $(Self::$variant => $safe,)+ }
            }

            /// The title in Chinese.
            #[must_use]
            pub const fn title_zh(self) -> &'static str {
                match self { $(Self::$variant => $zh,)+ }
            }

            /// The title in English.
            #[must_use]
            pub const fn title_en(self) -> &'static str {
                match self { $(Self::$variant => $en,)+ }
            }
        }
    };
}

kinds! {
    /// No client certificate was shown where one is needed.
    Unauthenticated "unauthenticated" 401 retry=false safe=true "需要本机证书" "a client certificate is needed",
    /// The key is sound but nobody enrolled it.
    NotEnrolled "not-enrolled" 403 retry=false safe=true "本机尚未登记" "this machine is not enrolled",
    /// The enrolment file is older than its 72 hours.
    ExpiredEnrolment "expired-enrolment" 403 retry=false safe=true "登记文件已过期" "the enrolment file has expired",
    /// The enrolment file was used before, or its secret is not the one that was given out.
    SpentEnrolment "spent-enrolment" 403 retry=false safe=true "登记文件无效或已使用" "the enrolment file is not valid or was used before",
    /// The machine's right to speak was withdrawn in the journal.
    Revoked "revoked" 403 retry=false safe=true "本机已被停用" "this machine was revoked",
    /// Enrolled, but not for this.
    Forbidden "forbidden" 403 retry=false safe=true "无权进行此操作" "not allowed",
    /// Nothing under this address.
    NotFound "not-found" 404 retry=false safe=true "未找到" "not found",
    /// The address exists, the method does not.
    MethodNotAllowed "method-not-allowed" 405 retry=false safe=true "不支持此方法" "this method is not supported here",
    /// The request cannot be read.
    Malformed "malformed" 400 retry=false safe=true "请求无法读取" "the request cannot be read",
    /// The body has another content type than this address takes.
    UnsupportedMedia "unsupported-media" 415 retry=false safe=true "不支持的内容类型" "this content type is not supported",
    /// A protocol or frame version this program does not speak.
    UnsupportedVersion "unsupported-version" 422 retry=false safe=true "不支持的版本" "this version is not supported",
    /// The body is longer than allowed; `max_bytes` says how long it may be. Halve the batch.
    TooLarge "too-large" 413 retry=true safe=true "内容过大" "the body is too large",
    /// The body stopped arriving.
    SlowBody "slow-body" 408 retry=true safe=true "内容未能及时传完" "the body stopped arriving",
    /// A batch does not begin where the log ends; send from `expected_sequence`.
    Gap "gap" 409 retry=true safe=true "序号不连续" "the batch does not begin where the log ends",
    /// The staged entries do not give the root of the checkpoint; the stage was discarded. Send again from `expected_sequence`.
    RootMismatch "root-mismatch" 409 retry=true safe=true "校验根不一致，暂存已清除" "the root does not match; the stage was discarded",
    /// Two histories under one key. Both are kept as evidence; a person must look.
    Fork "fork" 409 retry=false safe=true "同一密钥出现两份历史" "two histories under one key",
    /// A cursor or checkpoint of a journal that this hub does not keep on: it was restored.
    OtherJournal "other-journal" 409 retry=true safe=true "总台账本已更换" "the hub has opened another journal",
    /// A signature does not fit.
    BadSignature "bad-signature" 422 retry=false safe=true "签名无效" "the signature is not valid",
    /// Too many requests from this machine.
    RateLimited "rate-limited" 429 retry=true safe=true "请求过于频繁" "too many requests from this machine",
    /// The hub has its hands full.
    Busy "busy" 503 retry=true safe=true "服务繁忙，请稍后再试" "busy, try again later",
    /// No room on the disk. Nothing new is accepted until somebody makes room.
    DiskFull "disk-full" 507 retry=true safe=true "磁盘已满" "the disk is full",
    /// The store failed and is being checked; what it holds is unknown until then.
    StoreUnavailable "store-unavailable" 503 retry=true safe=false "存储暂不可用，正在检查" "the store is not available and is being checked",
    /// The program failed. Whether the request took effect is unknown; asking again is safe.
    Internal "internal" 500 retry=true safe=false "程序内部错误" "the program failed",
}

impl ProblemKind {
    /// The kind with this slug, if this version knows it.
    #[must_use]
    pub fn from_slug(slug: &str) -> Option<Self> {
        Self::all().iter().copied().find(|kind| kind.slug() == slug)
    }

    /// The kind that says no more than this status does. A client uses it for answers without a
    /// problem document (a proxy's, say), a server for refusals by the web framework.
    #[must_use]
    pub fn from_status(status: u16) -> Self {
        match status {
            401 => Self::Unauthenticated,
            403 => Self::Forbidden,
            404 => Self::NotFound,
            405 => Self::MethodNotAllowed,
            408 => Self::SlowBody,
            413 => Self::TooLarge,
            415 => Self::UnsupportedMedia,
            429 => Self::RateLimited,
            502..=504 => Self::Busy,
            507 => Self::DiskFull,
            500.. => Self::Internal,
            _ => Self::Malformed,
        }
    }
}
