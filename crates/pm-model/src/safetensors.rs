//! Tensors out of a `safetensors` file: u64 length, JSON of that length, data.
//!
//! Source of the format: the README of `safetensors`. Every offset and shape is checked before it is used, so that a
//! damaged file is an error and nothing is allocated on its word.

use std::borrow::Cow;

use serde_json::{Map, Value};

use crate::ModelError;

/// A file whose header was read.
pub(crate) struct SafeTensors<'a> {
    header: Map<String, Value>,
    data: &'a [u8],
}

/// Numbers in one of three types.
#[derive(Clone, Copy)]
enum Type {
    F32,
    F16,
    Bf16,
}

/// A tensor of one or two dimensions, row by row.
pub(crate) struct Tensor<'a> {
    bytes: &'a [u8],
    kind: Type,
    /// How many rows; 1 for a vector.
    pub(crate) rows: usize,
    /// How many values a row has.
    pub(crate) columns: usize,
}

impl<'a> SafeTensors<'a> {
    pub(crate) fn read(file: &'a [u8]) -> Result<Self, ModelError> {
        let fault = |what: &str| ModelError::Safetensors(what.to_owned());
        let (length, rest) = file.split_first_chunk::<8>().ok_or_else(|| fault("is shorter than 8 bytes"))?;
        let length =
            usize::try_from(u64::from_le_bytes(*length)).map_err(|_| fault("has a header too long"))?;
        let (header, data) =
            rest.split_at_checked(length).ok_or_else(|| fault("is cut off within its header"))?;
        let header = serde_json::from_slice(header)
            .map_err(|source| ModelError::Json { file: "the header of model.safetensors", source })?;
        Ok(Self { header, data })
    }

    /// Whether there is a tensor of this name.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.header.contains_key(name)
    }

    /// The tensor `name`, of one or two dimensions.
    pub(crate) fn tensor(&self, name: &str) -> Result<Tensor<'a>, ModelError> {
        let fault = |what: String| ModelError::tensor(name, what);
        let entry = self.header.get(name).ok_or_else(|| fault("is missing".to_owned()))?;
        let (kind, width) = match entry.get("dtype").and_then(Value::as_str) {
            Some("F32") => (Type::F32, 4),
            Some("F16") => (Type::F16, 2),
            Some("BF16") => (Type::Bf16, 2),
            other => return Err(fault(format!("has type {other:?}, not F32, F16 or BF16"))),
        };
        let shape = entry.get("shape").and_then(numbers).ok_or_else(|| fault("has no shape".to_owned()))?;
        let (rows, columns) = match *shape.as_slice() {
            [columns] => (1, columns),
            [rows, columns] => (rows, columns),
            _ => return Err(fault(format!("has shape {shape:?}, not one or two dimensions"))),
        };
        let offsets = entry.get("data_offsets").and_then(numbers);
        let bytes = match offsets.as_deref() {
            Some([start, end]) => self.data.get(*start..*end),
            _ => None,
        };
        let bytes = bytes.ok_or_else(|| fault("lies outside of the file".to_owned()))?;
        let wanted = rows.checked_mul(columns).and_then(|count| count.checked_mul(width));
        if wanted != Some(bytes.len()) || columns == 0 {
            return Err(fault(format!("has {} bytes, which is not its shape {shape:?}", bytes.len())));
        }
        Ok(Tensor { bytes, kind, rows, columns })
    }

    /// The tensor `name`, which must be a matrix of this shape.
    pub(crate) fn matrix(&self, name: &str, rows: usize, columns: usize) -> Result<Tensor<'a>, ModelError> {
        let tensor = self.tensor(name)?;
        if (tensor.rows, tensor.columns) == (rows, columns) {
            return Ok(tensor);
        }
        let what = format!("has shape [{}, {}], not [{rows}, {columns}]", tensor.rows, tensor.columns);
        Err(ModelError::tensor(name, what))
    }

    /// The tensor `name`, which must be a vector of this length, with finite values.
    pub(crate) fn vector(&self, name: &str, length: usize) -> Result<Vec<f32>, ModelError> {
        let values = self.matrix(name, 1, length)?.row(0).into_owned();
        if values.iter().all(|value| value.is_finite()) {
            return Ok(values);
        }
        Err(ModelError::tensor(name, "holds what is no finite number"))
    }
}

impl Tensor<'_> {
    /// The values of row `number`; none where there is no such row.
    pub(crate) fn row(&self, number: usize) -> Cow<'_, [f32]> {
        let width = match self.kind {
            Type::F32 => 4,
            Type::F16 | Type::Bf16 => 2,
        };
        let bytes = self.bytes.chunks_exact(self.columns * width).nth(number).unwrap_or_default();
        let halves = || bytes.as_chunks().0.iter().map(|half| u16::from_le_bytes(*half));
        match self.kind {
            Type::F32 => bytes.as_chunks().0.iter().map(|word| f32::from_le_bytes(*word)).collect(),
            Type::F16 => halves().map(of_f16).collect(),
            Type::Bf16 => halves().map(|half| f32::from_bits(u32::from(half) << 16)).collect(),
        }
    }
}

fn numbers(value: &Value) -> Option<Vec<usize>> {
    let numbers = value.as_array()?.iter().take(8);
    numbers.map(|number| number.as_u64().and_then(|number| usize::try_from(number).ok())).collect()
}

/// IEEE 754 half precision: 1 bit of sign, 5 of exponent, 10 of fraction.
fn of_f16(half: u16) -> f32 {
    let sign = u32::from(half & 0x8000) << 16;
    let (exponent, fraction) = (u32::from(half >> 10 & 0x1f), u32::from(half & 0x3ff));
    let size = match exponent {
        // Below the normal range: steps of 2^-24.
        0 => f32::from(half & 0x3ff) * f32::from_bits(0x3380_0000),
        0x1f => f32::from_bits(0x7f80_0000 | fraction << 13),
        _ => f32::from_bits((exponent + 112) << 23 | fraction << 13),
    };
    f32::from_bits(size.to_bits() | sign)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(header: &str, data: &[u8]) -> Vec<u8> {
        [&(header.len() as u64).to_le_bytes()[..], header.as_bytes(), data].concat()
    }

    #[test]
    fn three_types_are_read() {
        let header = r#"{"a":{"dtype":"F32","shape":[1,2],"data_offsets":[0,8]},"b":{"dtype":"F16","shape":[2],
            "data_offsets":[8,12]},"c":{"dtype":"BF16","shape":[2,1],"data_offsets":[12,16]}}"#;
        let data =
            [&1.5_f32.to_le_bytes()[..], &(-2_f32).to_le_bytes(), &[0, 0x3e, 1, 0x80, 0xc0, 0x3f, 0, 0xc0]]
                .concat();
        let file = file(header, &data);
        let tensors = SafeTensors::read(&file).unwrap();
        assert_eq!(*tensors.tensor("a").unwrap().row(0), [1.5, -2.0]);
        assert_eq!(*tensors.tensor("b").unwrap().row(0), [1.5, -(-24_f32).exp2()]);
        assert_eq!(*tensors.tensor("c").unwrap().row(1), [-2.0]);
        assert!(tensors.has("a") && !tensors.has("d"));
        assert!(of_f16(0x7e00).is_nan() && of_f16(0xfc00) == f32::NEG_INFINITY);
    }

    #[test]
    fn what_lies_about_itself_is_refused_by_name() {
        for entry in [
            r#"{"dtype":"F32","shape":[2],"data_offsets":[0,4]}"#,
            r#"{"dtype":"F32","shape":[1],"data_offsets":[4,8]}"#,
            r#"{"dtype":"F32","shape":[1],"data_offsets":[4,0]}"#,
            r#"{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,0]}"#,
            r#"{"dtype":"F32","shape":[9223372036854775807,9223372036854775807],"data_offsets":[0,4]}"#,
            r#"{"dtype":"F32","shape":[0,0],"data_offsets":[0,0]}"#,
            r#"{"dtype":"F32","shape":[1,1,1],"data_offsets":[0,4]}"#,
            r#"{"dtype":"I64","shape":[1],"data_offsets":[0,4]}"#,
            r#"{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}"#,
            r#"{"dtype":"F32","shape":[1]}"#,
            "3",
        ] {
            let file = file(&format!("{{\"some.tensor\":{entry}}}"), &[0; 4]);
            let error = SafeTensors::read(&file).unwrap().tensor("some.tensor").err().unwrap().to_string();
            assert!(error.contains("some.tensor"), "{error}");
        }
        for bytes in [&b"1234567"[..], &[0xff; 16], &file("[]", b""), &file("{", b"")] {
            assert!(SafeTensors::read(bytes).is_err());
        }
    }
}
