//! Tables as office programs read them.

use std::io::{self, Write};

/// UTF-8's byte order mark: without it a Chinese office program takes the file for GBK.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// Text that no office program takes for a formula: what begins like one gets an apostrophe before it.
pub(super) fn guarded(text: &str) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠']) {
        format!("'{text}")
    } else {
        text.to_owned()
    }
}

/// A table that is written row by row.
pub(super) struct Table<W: Write> {
    rows: csv::Writer<W>,
}

impl<W: Write> Table<W> {
    pub(super) fn begin(mut out: W, head: &[&str]) -> io::Result<Self> {
        out.write_all(BYTE_ORDER_MARK)?;
        let rows = csv::WriterBuilder::new()
            .terminator(csv::Terminator::CRLF)
            .from_writer(out);
        let mut table = Self { rows };
        table.row(head.iter().copied())?;
        Ok(table)
    }

    pub(super) fn row<T: AsRef<str>>(&mut self, cells: impl IntoIterator<Item = T>) -> io::Result<()> {
        let cells: Vec<String> = cells.into_iter().map(|cell| guarded(cell.as_ref())).collect();
        self.rows.write_record(&cells).map_err(io::Error::other)
    }

    pub(super) fn end(mut self) -> io::Result<()> {
        self.rows.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_is_never_a_formula_and_the_file_begins_with_its_mark() {
        let mut out = Vec::new();
        let mut table = Table::begin(&mut out, &["村", "数"]).expect("a table");
        for cell in ["=1+1", "+86", "-3", "@SUM(A1)", "\t=1", "砚渡村", "a\"b,c\nd", "＝1"] {
            table.row([cell, "7"]).expect("a row");
        }
        table.end().expect("the end");
        assert!(out.starts_with(b"\xef\xbb\xbf\xe6\x9d\x91,"));
        let text = String::from_utf8(out.split_off(3)).expect("text");
        let mut read = csv::Reader::from_reader(text.as_bytes());
        let first: Vec<String> = read.records().map(|row| row.expect("a row")[0].to_owned()).collect();
        assert_eq!(
            first,
            [
                "'=1+1",
                "'+86",
                "'-3",
                "'@SUM(A1)",
                "'\t=1",
                "砚渡村",
                "a\"b,c\nd",
                "'＝1"
            ]
        );
    }
}
