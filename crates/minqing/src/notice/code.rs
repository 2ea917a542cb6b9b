//! A note as a QR code.

use std::fmt::Write as _;

use proof::{NoteError, PublicKey, SignedCheckpoint};
use qrcode::bits::Bits;
use qrcode::{Color, EcLevel, QrCode, Version};

/// Largest version: 117 modules a side, which a telephone reads from a sheet where they are a millimetre each.
const VERSION_MAX: i16 = 25;
/// Light modules around the code.
const QUIET: usize = 4;
/// Designator of UTF-8: the dash in signature lines is no Latin letter.
const UTF8: u32 = 26;

/// What the code on a notice holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Held {
    /// The whole note, byte for byte.
    Note,
    /// The note without its cosignatures, for which there was no room.
    WithoutCosignatures,
    /// Nothing: even that is too long.
    Nothing,
}

/// The code of a note of the log with this key, as SVG (empty if it holds nothing), and what it holds.
pub(crate) fn code_of(note: &str, log: &PublicKey) -> Result<(String, Held), NoteError> {
    let bare = SignedCheckpoint::parse(note)?.without_cosignatures(log);
    let tries = [(note, Held::Note), (&bare, Held::WithoutCosignatures)];
    let made = tries
        .into_iter()
        .find_map(|(text, held)| Some((svg(&code(text)?), held)));
    Ok(made.unwrap_or((String::new(), Held::Nothing)))
}

/// The smallest code that holds a text. Bytes alone: the library's own choice of modes would take some bytes of UTF-8
/// for Japanese characters, and readers would give back others.
fn code(text: &str) -> Option<QrCode> {
    (1..=VERSION_MAX).find_map(|version| {
        let mut bits = Bits::new(Version::Normal(version));
        bits.push_eci_designator(UTF8).ok()?;
        bits.push_byte_data(text.as_bytes()).ok()?;
        bits.push_terminator(EcLevel::M).ok()?;
        QrCode::with_bits(bits, EcLevel::M).ok()
    })
}

/// One unit a module; each run of dark modules of a row is a rectangle of one path.
fn svg(code: &QrCode) -> String {
    let (width, colors) = (code.width(), code.to_colors());
    let side = width + 2 * QUIET;
    let mut path = String::new();
    for (y, row) in colors.chunks(width).enumerate() {
        let mut x = 0;
        for run in row.chunk_by(|a, b| a == b) {
            if run[0] == Color::Dark {
                // Writing to a string does not fail.
                let _ = write!(path, "M{} {}h{}v1h-{}z", x + QUIET, y + QUIET, run.len(), run.len());
            }
            x += run.len();
        }
    }
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {side} {side}\" shape-rendering=\"crispEdges\">\
         <path d=\"M0 0h{side}v{side}h-{side}z\" fill=\"#fff\"/><path d=\"{path}\" fill=\"#000\"/></svg>"
    )
}

#[cfg(test)]
pub(super) mod tests {
    use proof::{Checkpoint, OriginKey, add_line, cosign};

    use super::*;

    /// What a reader sees in an SVG of ours, drawn from its paths.
    pub(in crate::notice) fn scanned(svg: &str) -> Vec<u8> {
        const SCALE: usize = 3;
        let side: usize = svg
            .split("viewBox=\"0 0 ")
            .nth(1)
            .unwrap()
            .split(' ')
            .next()
            .unwrap()
            .parse()
            .unwrap();
        let path = svg.split("<path d=\"").nth(2).unwrap().split('"').next().unwrap();
        let mut dark = vec![false; side * side];
        for run in path.split('M').skip(1) {
            let (x, rest) = run.split_once(' ').unwrap();
            let (y, rest) = rest.split_once('h').unwrap();
            let (x, y, len) = (
                x.parse::<usize>().unwrap(),
                y.parse::<usize>().unwrap(),
                rest.split_once('v').unwrap().0.parse::<usize>().unwrap(),
            );
            dark[y * side + x..][..len].fill(true);
        }
        let shade = |x: usize, y: usize| if dark[y / SCALE * side + x / SCALE] { 0 } else { 255 };
        let mut image = rqrr::PreparedImage::prepare_from_greyscale(side * SCALE, side * SCALE, shade);
        let grids = image.detect_grids();
        assert_eq!(grids.len(), 1, "one code");
        let mut bytes = Vec::new();
        grids[0].decode_to(&mut bytes).unwrap();
        bytes
    }

    fn own() -> PublicKey {
        OriginKey::from_seed([1; 32]).public()
    }

    pub(in crate::notice) fn note() -> String {
        let name = "minqing/journal/60000000000000000000000000".to_owned();
        Checkpoint {
            name,
            size: 12_345,
            root: [0xa9; 32],
        }
        .sign(&OriginKey::from_seed([1; 32]))
    }

    fn cosigned(by: u8) -> String {
        (0..by).fold(note(), |cosigned, n| {
            let name = format!("witness.example/{n}");
            let line = cosign(&note(), &name, &OriginKey::from_seed([n + 2; 32]), 1_790_000_000);
            add_line(&cosigned, &line).unwrap()
        })
    }

    #[test]
    fn the_code_reads_back_byte_for_byte() {
        for (by, expected) in [
            (0, Held::Note),
            (1, Held::Note),
            (4, Held::Note),
            (30, Held::WithoutCosignatures),
        ] {
            let (svg, held) = code_of(&cosigned(by), &own()).unwrap();
            assert_eq!(held, expected, "{by} cosignatures");
            let whole = if held == Held::Note { cosigned(by) } else { note() };
            assert_eq!(String::from_utf8(scanned(&svg)).unwrap(), whole, "{by} cosignatures");
        }
    }

    #[test]
    fn what_is_too_long_for_any_code_is_said_to_be() {
        let name = format!("log.example/{}", "n".repeat(900));
        let long = Checkpoint {
            name,
            size: 1,
            root: [1; 32],
        }
        .sign(&OriginKey::from_seed([1; 32]));
        assert_eq!(code_of(&long, &own()), Ok((String::new(), Held::Nothing)));
        assert!(code_of("no note", &own()).is_err());
    }
}
