//! Reads an answer, and takes it only if it is whole and makes sense.

use serde::Deserialize;

use super::fault::words;

/// The most dimensions of a vector.
const DIMENSIONS: usize = 4096;

#[derive(Deserialize)]
struct Answer {
    data: Vec<Entry>,
}

#[derive(Deserialize)]
struct Entry {
    index: usize,
    embedding: Vec<f32>,
}

/// The vectors of `texts` texts, in their order and of length 1; or what is wrong with the answer.
pub(super) fn vectors(body: &[u8], texts: usize) -> Result<Vec<Vec<f32>>, String> {
    let answer: Answer = serde_json::from_slice(body)
        .map_err(|error| format!("the answer is not one of /v1/embeddings: {}", words(&error.to_string())))?;
    let count = answer.data.len();
    if count != texts {
        return Err(format!("the answer has {count} vectors for {texts} texts"));
    }
    let mut placed: Vec<Option<Vec<f32>>> = vec![None; texts];
    for Entry { index, embedding } in answer.data {
        let place = placed.get_mut(index).filter(|place| place.is_none());
        let place = place.ok_or_else(|| format!("the answer has a wrong or repeated index, {index}"))?;
        *place = Some(normalised(embedding)?);
    }
    let vectors: Vec<Vec<f32>> = placed.into_iter().flatten().collect();
    let dimensions = vectors.first().map_or(0, Vec::len);
    match vectors.iter().find(|vector| vector.len() != dimensions) {
        Some(other) => {
            Err(format!("the answer has vectors of {dimensions} and of {} dimensions", other.len()))
        }
        None => Ok(vectors),
    }
}

/// The vector at length 1.
fn normalised(mut vector: Vec<f32>) -> Result<Vec<f32>, String> {
    let dimensions = vector.len();
    if !(1..=DIMENSIONS).contains(&dimensions) {
        return Err(format!(
            "the answer has a vector of {dimensions} dimensions; 1 to {DIMENSIONS} are taken"
        ));
    }
    if !vector.iter().all(|number| number.is_finite()) {
        return Err("the answer has a number that is too great".to_owned());
    }
    // Squares of single precision neither overflow nor vanish in double precision.
    let length = vector.iter().map(|number| f64::from(*number).powi(2)).sum::<f64>().sqrt();
    if length <= 0.0 {
        return Err("the answer has a vector of zeros".to_owned());
    }
    for number in &mut vector {
        #[expect(clippy::cast_possible_truncation, reason = "it is at most 1")]
        let part = (f64::from(*number) / length) as f32;
        *number = part;
    }
    Ok(vector)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(body: &str, texts: usize) -> String {
        vectors(body.as_bytes(), texts).expect_err("the answer is at fault")
    }

    #[test]
    fn vectors_stand_in_the_place_of_their_texts_at_length_one() {
        let body = r#"{"object":"list","model":"m","usage":{"total_tokens":3},"data":[
            {"object":"embedding","index":1,"embedding":[0,-2]},{"index":0,"embedding":[3.0,4e0]}]}"#;
        assert_eq!(vectors(body.as_bytes(), 2).unwrap(), [[0.6, 0.8], [0.0, -1.0]]);
        let small = vectors(br#"{"data":[{"index":0,"embedding":[1e-40,1e-40]}]}"#, 1).unwrap();
        assert!((small[0][0] - 0.5_f32.sqrt()).abs() < 1e-4, "{small:?}");
    }

    #[test]
    fn what_is_wrong_is_said() {
        for (entries, part) in [
            (r#"{"index":0,"embedding":[1]}"#, "1 vectors for 2 texts"),
            (r#"{"index":0,"embedding":[1]},{"index":0,"embedding":[1]}"#, "repeated index, 0"),
            (r#"{"index":0,"embedding":[1]},{"index":2,"embedding":[1]}"#, "repeated index, 2"),
            (r#"{"index":0,"embedding":[1]},{"index":1,"embedding":[1,2]}"#, "of 1 and of 2 dimensions"),
            (r#"{"index":0,"embedding":[1]},{"index":1,"embedding":[]}"#, "0 dimensions"),
            (r#"{"index":0,"embedding":[1]},{"index":1,"embedding":[0,0.0]}"#, "zeros"),
            (r#"{"index":0,"embedding":[1]},{"index":1,"embedding":[1e300]}"#, "out of range"),
            (r#"{"index":0,"embedding":[1]},{"index":1,"embedding":[NaN]}"#, "not one of /v1/embeddings"),
            (r#"{"index":0,"embedding":[1]},{"index":1,"embedding":["1"]}"#, "not one of /v1/embeddings"),
            (r#"{"index":0,"embedding":[1]},{"index":1,"embedding":[null]}"#, "not one of /v1/embeddings"),
            (r#"{"index":0,"embedding":[1]},{"index":-1,"embedding":[1]}"#, "not one of /v1/embeddings"),
            (r#"{"index":0,"embedding":[1]},{"index":1,"embedding":"AACAPw=="}"#, "not one of"),
            (r#"{"embedding":[1]},{"index":1,"embedding":[1]}"#, "missing field `index`"),
        ] {
            let text = fault(&format!("{{\"data\":[{entries}]}}"), 2);
            assert!(text.contains(part), "{entries}: {text}");
        }
        let many = format!(r#"{{"data":[{{"index":0,"embedding":[1{}]}}]}}"#, ",1".repeat(DIMENSIONS));
        assert!(fault(&many, 1).contains("4097 dimensions"));
        assert!(fault("<html>", 1).contains("not one of /v1/embeddings"));
        assert!(fault("", 1).contains("not one of /v1/embeddings"));
    }
}
