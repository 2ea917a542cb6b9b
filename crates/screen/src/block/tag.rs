//! State tags: the word first, then the mark, then the border, the colour last.

use maud::{Markup, html};

use crate::Words;

/// What became of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tag {
    /// 待传
    Waiting,
    /// 已收
    Received,
    /// 计入
    Counted,
    /// 状态冲突
    Conflict,
    /// 未识别
    NotUnderstood,
    /// 暂扣
    Held,
    /// 没有计入
    NoEffect,
    /// A rule that is on.
    On,
    /// A rule that is off by default.
    Off,
}

impl Tag {
    /// The mark; every one of them is in GB 2312, so that old fonts have it.
    #[must_use]
    pub const fn mark(self) -> &'static str {
        match self {
            Self::Waiting => "↑",
            Self::Received => "√",
            Self::Counted | Self::On => "●",
            Self::Conflict => "≠",
            Self::NotUnderstood => "?",
            Self::Held => "‖",
            Self::NoEffect | Self::Off => "○",
        }
    }

    const fn class(self) -> &'static str {
        match self {
            Self::Waiting => "tag t-wait",
            Self::Received => "tag t-recv",
            Self::Counted | Self::On => "tag t-in",
            Self::Conflict => "tag t-conf",
            Self::NotUnderstood => "tag t-unk",
            Self::Held => "tag t-hold",
            Self::NoEffect | Self::Off => "tag t-none",
        }
    }

    /// The word.
    #[must_use]
    pub const fn word(self, words: Words) -> &'static str {
        match self {
            Self::Waiting => words.waiting(),
            Self::Received => words.received(),
            Self::Counted => words.counted(),
            Self::Conflict => words.conflict(),
            Self::NotUnderstood => words.not_understood(),
            Self::Held => words.held(),
            Self::NoEffect => words.no_effect(),
            Self::On => words.on(),
            Self::Off => words.off(),
        }
    }

    pub(crate) fn draw(self, words: Words) -> Markup {
        html! { span class=(self.class()) { (self.mark()) " " (self.word(words)) } }
    }
}
