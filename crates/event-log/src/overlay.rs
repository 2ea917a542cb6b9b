//! A commit laid over what is there, so that its later steps see its earlier ones.

use crate::engine::{EngineError, Pair, Source, Writes};

/// A source with writes laid over it.
pub(crate) struct Overlay<'a, S> {
    pub(crate) source: &'a S,
    pub(crate) writes: Writes,
}

/// A slice of the source, or one that is about to be written.
pub(crate) enum Laid<S> {
    Below(S),
    Above(Vec<u8>),
}

impl<S: AsRef<[u8]>> AsRef<[u8]> for Laid<S> {
    fn as_ref(&self) -> &[u8] {
        match self {
            Self::Below(slice) => slice.as_ref(),
            Self::Above(bytes) => bytes,
        }
    }
}

impl<'o, S: Source> Source for Overlay<'o, S> {
    type Slice = Laid<S::Slice>;

    fn get(&self, key: &[u8]) -> Result<Option<Self::Slice>, EngineError> {
        match self.writes.get(key) {
            Some(value) => Ok(value.clone().map(Laid::Above)),
            None => Ok(self.source.get(key)?.map(Laid::Below)),
        }
    }

    fn range<'s>(
        &'s self,
        from: &[u8],
        to: &[u8],
    ) -> impl Iterator<Item = Result<Pair<Self::Slice>, EngineError>> + use<'s, 'o, S> {
        let bounds = from.to_vec()..to.to_vec();
        let mut above = self.writes.range(bounds).peekable();
        let mut below = self.source.range(from, to).peekable();
        std::iter::from_fn(move || {
            loop {
                let ahead = match (above.peek(), below.peek()) {
                    (None, None) => return None,
                    (_, Some(Err(_))) | (None, _) => false,
                    (Some(_), None) => true,
                    (Some((high, _)), Some(Ok((low, _)))) => {
                        if high.as_slice() == low.as_ref() {
                            // Written over: the one below is passed over.
                            below.next();
                        }
                        below
                            .peek()
                            .is_none_or(|low| low.as_ref().is_ok_and(|(low, _)| high.as_slice() < low.as_ref()))
                    }
                };
                if !ahead {
                    return below
                        .next()
                        .map(|pair| pair.map(|(key, value)| (Laid::Below(key), Laid::Below(value))));
                }
                if let Some((key, Some(value))) = above.next() {
                    return Some(Ok((Laid::Above(key.clone()), Laid::Above(value.clone()))));
                }
            }
        })
    }

    fn last(&self, from: &[u8], to: &[u8]) -> Result<Option<Pair<Self::Slice>>, EngineError> {
        let mut to = to.to_vec();
        loop {
            let below = self.source.last(from, &to)?;
            let above = self.writes.range(from.to_vec()..to.clone()).next_back();
            match (above, below) {
                (Some((high, value)), below)
                    if below.as_ref().is_none_or(|(low, _)| high.as_slice() >= low.as_ref()) =>
                {
                    match value {
                        Some(value) => return Ok(Some((Laid::Above(high.clone()), Laid::Above(value.clone())))),
                        None => to.clone_from(high),
                    }
                }
                (_, below) => return Ok(below.map(|(key, value)| (Laid::Below(key), Laid::Below(value)))),
            }
        }
    }
}
