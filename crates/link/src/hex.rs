//! Lower-case hexadecimal text of fixed-length values.

/// Two lower-case digits per byte.
pub(crate) fn encode(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes
        .iter()
        .fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
            // Writing into a `String` cannot fail.
            let _ = write!(text, "{byte:02x}");
            text
        })
}

/// Exactly `N` bytes, or `None` when the length is wrong or a character is not a hexadecimal digit.
/// Upper case is taken too: people copy fingerprints by hand.
pub(crate) fn decode<const N: usize>(text: &str) -> Option<[u8; N]> {
    if text.len() != N * 2 {
        return None;
    }
    let mut bytes = [0; N];
    for (byte, pair) in bytes.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
        let high = char::from(pair[0]).to_digit(16)?;
        let low = char::from(pair[1]).to_digit(16)?;
        *byte = u8::try_from(high * 16 + low).ok()?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hex_round_trip_and_refusals() {
        assert_eq!(encode(&[0x00, 0xAF, 0x5]), "00af05");
        assert_eq!(decode("00AF05"), Some([0x00, 0xAF, 0x5]));
        assert_eq!(decode::<3>("00af0"), None);
        assert_eq!(decode::<1>("é"), None);
        assert_eq!(decode::<2>("00 +"), None);
    }
}
