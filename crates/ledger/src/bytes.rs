//! Row bytes: canonical MessagePack, shortest forms, every row an array in the order that
//! `protocol/views.md` names.

use event::{Day, EntityId, EventId, Origin, PersonId, UnitCode, When};

/// Writes one row. Writing into a `Vec` cannot fail.
#[derive(Default)]
pub(crate) struct RowWriter(pub(crate) Vec<u8>);

/// A column's value.
pub(crate) trait Column {
    fn write(&self, row: &mut RowWriter);
}

impl RowWriter {
    pub(crate) fn array(len: usize) -> Self {
        let mut row = Self(Vec::with_capacity(160));
        row.nested(len);
        row
    }

    pub(crate) fn nested(&mut self, len: usize) {
        let _ = rmp::encode::write_array_len(&mut self.0, u32::try_from(len).unwrap_or(u32::MAX));
    }

    pub(crate) fn put(&mut self, column: impl Column) -> &mut Self {
        column.write(self);
        self
    }
}

impl Column for u64 {
    fn write(&self, row: &mut RowWriter) {
        let _ = rmp::encode::write_uint(&mut row.0, *self);
    }
}
impl Column for i64 {
    fn write(&self, row: &mut RowWriter) {
        let _ = rmp::encode::write_sint(&mut row.0, *self);
    }
}
impl Column for bool {
    fn write(&self, row: &mut RowWriter) {
        row.0.push(if *self { 0xc3 } else { 0xc2 });
    }
}
impl Column for &[u8] {
    fn write(&self, row: &mut RowWriter) {
        let _ = rmp::encode::write_bin(&mut row.0, self);
    }
}
impl<T: Column> Column for Option<T> {
    fn write(&self, row: &mut RowWriter) {
        match self {
            Some(value) => value.write(row),
            None => row.0.push(0xc0),
        }
    }
}
impl Column for u8 {
    fn write(&self, row: &mut RowWriter) {
        u64::from(*self).write(row);
    }
}
impl Column for u16 {
    fn write(&self, row: &mut RowWriter) {
        u64::from(*self).write(row);
    }
}
impl Column for u32 {
    fn write(&self, row: &mut RowWriter) {
        u64::from(*self).write(row);
    }
}
impl Column for Day {
    fn write(&self, row: &mut RowWriter) {
        i64::from(self.0).write(row);
    }
}
impl Column for When {
    fn write(&self, row: &mut RowWriter) {
        let (precision, value) = self.to_parts();
        row.nested(2);
        precision.write(row);
        value.write(row);
    }
}
impl Column for UnitCode {
    fn write(&self, row: &mut RowWriter) {
        self.get().write(row);
    }
}
macro_rules! identifier_column {
    ($($name:ident),+) => {
        $(impl Column for $name {
            fn write(&self, row: &mut RowWriter) {
                self.to_bytes().as_slice().write(row);
            }
        })+
    };
}
identifier_column!(EntityId, EventId, Origin, PersonId);
