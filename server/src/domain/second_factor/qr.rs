//! A QR code as SVG path data.
//!
//! The page draws one `<path>` in dark ink on a white square: no image file, no
//! inline style, sharp at any size. Units are modules; neighbouring dark
//! modules of a row are one rectangle, which keeps the path short and leaves no
//! hairlines between modules.

use qrcode::{Color, EcLevel, QrCode};
use std::fmt::Write as _;
use thiserror::Error;

/// White modules on each side (ISO/IEC 18004 §6.3.8).
pub const QUIET_ZONE: u32 = 4;

/// The largest symbol that phones still read well from a screen, in modules
/// without the quiet zone (version 12). Past it, error correction M gives way
/// to L.
const COMFORTABLE_WIDTH: usize = 65;

/// A drawn QR code. It holds whatever was encoded, so usually a secret.
#[derive(Clone, PartialEq, Eq)]
pub struct QrMatrix {
    /// Modules per side, quiet zone included: the SVG's view box is
    /// `0 0 size size`.
    pub size: u32,
    /// Path data of the dark modules, such as `M4 4h7v1h-7z…`.
    pub path: String,
}

/// The text does not fit into the largest QR code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("too long for a QR code")]
pub struct TooLong;

impl std::fmt::Debug for QrMatrix {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("QrMatrix").field("size", &self.size).finish_non_exhaustive()
    }
}

/// Draws `text` with error correction M, or L if M gets too dense.
///
/// # Errors
/// [`TooLong`] if even version 40-L can't hold it (2,953 bytes).
pub fn draw(text: &str) -> Result<QrMatrix, TooLong> {
    let code = encode(text)?;
    let width = code.width();
    let mut path = String::new();
    for (y, row) in (QUIET_ZONE..).zip(code.to_colors().chunks(width)) {
        let mut x = QUIET_ZONE;
        for run in row.chunk_by(|a, b| a == b) {
            let length = run.len() as u32;
            if run.first() == Some(&Color::Dark) {
                // Writing to a string can't fail.
                let _ = write!(path, "M{x} {y}h{length}v1h-{length}z");
            }
            x += length;
        }
    }
    Ok(QrMatrix { size: width as u32 + 2 * QUIET_ZONE, path })
}

fn encode(text: &str) -> Result<QrCode, TooLong> {
    match QrCode::with_error_correction_level(text, EcLevel::M) {
        Ok(code) if code.width() <= COMFORTABLE_WIDTH => Ok(code),
        _ => QrCode::with_error_correction_level(text, EcLevel::L).map_err(|_| TooLong),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Paints the path on a grid, refusing anything but whole modules painted
    /// once.
    fn rasterise(drawn: &QrMatrix) -> Vec<bool> {
        let size = drawn.size as usize;
        let mut grid = vec![false; size * size];
        for rectangle in drawn.path.split_terminator('z') {
            let numbers: Vec<usize> = rectangle
                .split(|c: char| !c.is_ascii_digit())
                .filter(|n| !n.is_empty())
                .map(|n| n.parse().unwrap())
                .collect();
            let [x, y, width, height, back] = numbers[..] else {
                panic!("not a rectangle: {rectangle}");
            };
            assert_eq!((height, back), (1, width));
            assert_eq!(rectangle, format!("M{x} {y}h{width}v1h-{width}"));
            for module in &mut grid[y * size + x..][..width] {
                assert!(!*module);
                *module = true;
            }
        }
        grid
    }

    #[test]
    fn the_top_left_finder_starts_after_the_quiet_zone() {
        assert!(draw("hello").unwrap().path.starts_with("M4 4h7v1h-7z"));
    }

    #[test]
    fn a_set_up_address_stays_small_enough_to_scan_from_a_phone() {
        let uri = "otpauth://totp/Twofold:anna?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ\
                   &issuer=Twofold&algorithm=SHA1&digits=6&period=30";
        assert!(draw(uri).unwrap().size <= 57);
    }

    #[test]
    fn a_text_beyond_the_largest_symbol_is_refused() {
        assert!(draw(&"é".repeat(1_476)).is_ok());
        assert_eq!(draw(&"é".repeat(1_477)), Err(TooLong));
    }

    #[test]
    fn debug_output_shows_no_module() {
        assert_eq!(format!("{:?}", draw("hello").unwrap()), "QrMatrix { size: 29, .. }");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]
        #[test]
        fn the_path_paints_exactly_the_dark_modules(text in "\\PC{0,200}") {
            let drawn = draw(&text).unwrap();
            let code = encode(&text).unwrap();
            let size = drawn.size as usize;
            prop_assert_eq!(size, code.width() + 8);
            for (index, painted) in rasterise(&drawn).into_iter().enumerate() {
                let (x, y) = (index % size, index / size);
                let inside = (4..size - 4).contains(&x) && (4..size - 4).contains(&y);
                let dark = inside && code[(x - 4, y - 4)] == Color::Dark;
                prop_assert_eq!(painted, dark, "module {} {}", x, y);
            }
        }
    }
}
