//! The colours of the classes, and what a terminal with fewer colours shows for them.
//!
//! The classes' colours are after Okabe and Ito: told apart by colour-blind people too. Development is blue, not green:
//! under deuteranopia the red of production and a green of equal brightness are nearly one colour.

use super::registry::Color;

/// A colour to fill with: as 24 bits, and the nearest of 256 and of 16, each with the letters that are readable on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Swatch {
    /// 24 bits.
    pub rgb: Color,
    /// One of the 256.
    pub ansi256: u8,
    /// One of the 16, from 0.
    pub ansi16: u8,
    /// Whether letters on the 24-bit colour, the one of 256 and the one of 16 are black; white if not.
    pub black_text: [bool; 3],
}

/// A colour to write with on the terminal's own background, be that dark or light.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ink {
    /// 24 bits.
    pub rgb: Color,
    /// One of the 256.
    pub ansi256: u8,
    /// One of the 16; none where a theme may make it unreadable.
    pub ansi16: Option<u8>,
}

/// Black on vermilion: of Okabe and Ito's colours the one that no class has, so that no caution looks like an account.
pub const CAUTION: Swatch = swatch(0xD5_5E_00, 166, 9, true);
/// An error: the same contrast on black as on white.
pub const RED: Ink = Ink { rgb: hex(0xE5_20_2B), ansi256: 160, ansi16: Some(1) };
/// Less than the text beside it. Themes of 16 colours have no such grey: some make it the background's.
pub const QUIET: Ink = Ink { rgb: hex(0x76_76_76), ansi256: 243, ansi16: None };

const CLASSES: [(&str, Swatch); 7] = [
    ("production", swatch(0xB0_00_20, 124, 1, false)),
    ("staging", swatch(0xE6_9F_00, 178, 3, true)),
    ("test", swatch(0xF0_E4_42, 221, 11, true)),
    ("development", swatch(0x00_72_B2, 25, 4, false)),
    ("sandbox", swatch(0x56_B4_E9, 74, 6, true)),
    // White on the magenta of 16: black on it is hardly readable in the Windows console's theme.
    ("shared", Swatch { black_text: [true, true, false], ..swatch(0xCC_79_A7, 175, 5, true) }),
    ("unknown", UNKNOWN),
];
const UNKNOWN: Swatch = swatch(0x66_66_66, 241, 8, false);

impl Swatch {
    /// The swatch of a class that ships with awsenv; unknown's for any other.
    pub fn of_class(class: &str) -> Self {
        CLASSES.iter().find(|(name, _)| *name == class).map_or(UNKNOWN, |(_, swatch)| *swatch)
    }

    /// The swatch of a colour: the chosen one of the palette, or the nearest there is.
    pub fn of(color: Color) -> Self {
        if let Some((_, swatch)) = CLASSES.iter().find(|(_, swatch)| swatch.rgb == color) {
            return *swatch;
        }
        let ansi256 = nearest(color, 16..=255);
        // Neither black nor white: a block in the terminal's background colour is no block. Greys stay greys: the hue
        // that is nearest to black is production's red.
        let ansi16 = if is_grey(color) { nearest(color, 7..=8) } else { nearest(color, (1..=6).chain(9..=14)) };
        let black_text = [color, of_index(ansi256), of_index(ansi16)].map(black_is_readable);
        Self { rgb: color, ansi256, ansi16, black_text }
    }
}

const fn swatch(rgb: u32, ansi256: u8, ansi16: u8, black: bool) -> Swatch {
    Swatch { rgb: hex(rgb), ansi256, ansi16, black_text: [black; 3] }
}

const fn hex(rgb: u32) -> Color {
    let [_, r, g, b] = rgb.to_be_bytes();
    Color { r, g, b }
}

/// True where black letters have more contrast than white ones.
pub fn black_is_readable(on: Color) -> bool {
    contrast(on, hex(0)) > contrast(on, hex(0xFF_FF_FF))
}

/// The contrast of two colours by WCAG 2: 1 to 21.
pub fn contrast(a: Color, b: Color) -> f64 {
    let (a, b) = (luminance(a), luminance(b));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

fn luminance(color: Color) -> f64 {
    let linear = |channel: u8| {
        let c = f64::from(channel) / 255.0;
        if c <= 0.04045 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) }
    };
    0.2126 * linear(color.r) + 0.7152 * linear(color.g) + 0.0722 * linear(color.b)
}

fn nearest(color: Color, among: impl Iterator<Item = u8>) -> u8 {
    among.min_by_key(|index| distance(color, of_index(*index))).unwrap_or_default()
}

fn is_grey(color: Color) -> bool {
    let channels = [color.r, color.g, color.b];
    channels.iter().max().zip(channels.iter().min()).is_some_and(|(most, least)| most - least < 40)
}

/// Distance as the eye weighs the channels ("redmean").
fn distance(a: Color, b: Color) -> i32 {
    let [r, g, b_] = [(a.r, b.r), (a.g, b.g), (a.b, b.b)].map(|(x, y)| i32::from(x) - i32::from(y));
    let mean = (i32::from(a.r) + i32::from(b.r)) / 2;
    ((512 + mean) * r * r + 1024 * g * g + (767 - mean) * b_ * b_) >> 8
}

/// The colour that xterm gives an index; the first 16 are the theme's and only roughly these.
fn of_index(index: u8) -> Color {
    const THEME: [u32; 16] = [
        0x00_00_00, 0xCD_00_00, 0x00_CD_00, 0xCD_CD_00, 0x00_00_EE, 0xCD_00_CD, 0x00_CD_CD, 0xE5_E5_E5, 0x7F_7F_7F,
        0xFF_00_00, 0x00_FF_00, 0xFF_FF_00, 0x5C_5C_FF, 0xFF_00_FF, 0x00_FF_FF, 0xFF_FF_FF,
    ];
    let level = |n: u8| if n == 0 { 0 } else { 55 + 40 * n };
    match index {
        0..=15 => hex(THEME[usize::from(index)]),
        16..=231 => {
            let n = index - 16;
            Color { r: level(n / 36), g: level(n / 6 % 6), b: level(n % 6) }
        }
        232..=255 => {
            let grey = 8 + 10 * (index - 232);
            Color { r: grey, g: grey, b: grey }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_class_looks_like_a_caution() {
        for (class, swatch) in CLASSES {
            assert_ne!(swatch.rgb, CAUTION.rgb, "{class}");
            assert!(swatch.ansi256 != CAUTION.ansi256 && swatch.ansi16 != CAUTION.ansi16, "{class}");
        }
    }

    #[test]
    fn letters_are_readable_on_every_class() {
        for (class, swatch) in CLASSES.into_iter().chain([("caution", CAUTION)]) {
            let letters = |black: bool| if black { hex(0) } else { hex(0xFF_FF_FF) };
            let on_rgb = contrast(swatch.rgb, letters(swatch.black_text[0]));
            let on_256 = contrast(of_index(swatch.ansi256), letters(swatch.black_text[1]));
            let on_16 = contrast(of_index(swatch.ansi16), letters(swatch.black_text[2]));
            assert!(on_rgb >= 4.5 && on_256 >= 4.5 && on_16 >= 4.0, "{class}: {on_rgb} {on_256} {on_16}");
        }
    }

    #[test]
    fn inks_are_readable_on_black_and_on_white() {
        for ink in [RED, QUIET] {
            for color in [ink.rgb, of_index(ink.ansi256)] {
                assert!(contrast(color, hex(0)) >= 3.5 && contrast(color, hex(0xFF_FF_FF)) >= 3.5, "{ink:?}");
            }
        }
    }

    #[test]
    fn any_colour_gets_its_nearest_and_readable_letters() {
        let check = |rgb, ansi256, ansi16, black| {
            let found = Swatch::of(hex(rgb));
            assert_eq!((found.ansi256, found.ansi16, found.black_text[0]), (ansi256, ansi16, black), "{rgb:06x}");
        };
        check(0xB0_00_20, 124, 1, false);
        check(0xFF_00_00, 196, 9, true);
        check(0x00_FF_00, 46, 10, true);
        check(0x00_00_80, 18, 4, false);
        check(0x00_00_00, 16, 8, false);
        check(0x00_33_00, 233, 2, false);
        check(0xFF_FF_FF, 231, 7, true);
    }

    #[test]
    fn an_unheard_of_class_has_the_colour_of_unknown() {
        assert_eq!(Swatch::of_class("billing"), UNKNOWN);
        assert_eq!(Swatch::of_class("production").rgb, hex(0xB0_00_20));
    }
}
