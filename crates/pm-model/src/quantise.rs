//! From `f32` to `i8` with one scale: a value is about its byte times the scale.

/// 1.5 times 2 to the 23rd: what is added to it loses its fraction, ties to even, and gets its whole number back by taking it
/// away again, up to 2 to the 22nd.
const ROUNDER: f32 = 12_582_912.0;

/// Rounds `values` to bytes within -127..=127 and returns the scale: the largest magnitude over 127, so that
/// `value = byte * scale` within half a scale. It is 0, and all bytes are, where the values are all 0 or any is not
/// finite. The lengths should be equal: where they are not, the shorter counts.
pub fn quantise(values: &[f32], bytes: &mut [i8]) -> f32 {
    let largest = values
        .iter()
        .fold(0.0_f32, |largest, value| if value.abs() > largest { value.abs() } else { largest });
    if largest < f32::MIN_POSITIVE || !values.iter().all(|value| value.is_finite()) {
        bytes.fill(0);
        return 0.0;
    }
    let factor = 127.0 / largest;
    for (byte, value) in bytes.iter_mut().zip(values) {
        // `round_ties_even` calls a function for each value where the target is x86-64 as it was at first.
        #[expect(clippy::cast_possible_truncation, reason = "within -127..=127")]
        let rounded = (value * factor + ROUNDER - ROUNDER) as i8;
        *byte = rounded.max(-127);
    }
    largest / 127.0
}

/// Divides by the Euclidean length; what has none stays.
pub(crate) fn normalise(values: &mut [f32]) {
    let length = values.iter().map(|value| value * value).sum::<f32>().sqrt();
    if length > 0.0 {
        for value in values {
            *value /= length;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_rounded_to_the_nearest_and_ties_to_even() {
        // The first makes the scale 1.
        let values = [127.0, 0.5, 1.5, 2.5, -0.5, -1.5, -126.5, 0.499_999_97, 126.999_99, -127.0, 1e-30];
        let mut bytes = [0; 11];
        assert!((quantise(&values, &mut bytes) - 1.0).abs() < f32::EPSILON);
        #[expect(clippy::cast_possible_truncation, reason = "within -127..=127")]
        let exact = values.map(|value: f32| value.round_ties_even() as i8);
        assert_eq!(bytes, exact);
    }
}
