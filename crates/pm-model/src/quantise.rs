//! From `f32` to `i8` with one scale: a value is about its byte times the scale.

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
        #[expect(clippy::cast_possible_truncation, reason = "within -127..=127")]
        let rounded = (value * factor).round_ties_even() as i8;
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
