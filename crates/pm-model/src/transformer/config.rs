//! The shape of a model, out of the JSON files that are published with it.

use serde_json::{Value, json};

use crate::ModelError;

const CONFIG: &str = "config.json";
const POOLING: &str = "1_Pooling/config.json";
const SENTENCE: &str = "sentence_bert_config.json";
const DESCRIPTION: &str = "the description";
/// The largest number that is taken for a size: with it sums of products still fit into 32 bits.
const LARGEST: u64 = 1 << 16;

/// How the vectors of the tokens become that of the text.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Pooling {
    /// Their mean.
    Mean,
    /// That of `[CLS]`, the first.
    First,
}

/// The shape of a model.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Shape {
    pub(super) layers: usize,
    /// Values of a token.
    pub(super) hidden: usize,
    pub(super) heads: usize,
    /// Values of a token between the two halves of a layer.
    pub(super) intermediate: usize,
    /// Tokens of a text, `[CLS]` and `[SEP]` included.
    pub(super) tokens: usize,
    /// What keeps a layer norm from dividing by 0.
    pub(super) epsilon: f32,
    pub(super) pooling: Pooling,
}

/// What of the published files the shape depends on.
pub(super) struct Published {
    pub(super) shape: Shape,
    /// How many tokens and how many positions the tables should have.
    pub(super) vocabulary: usize,
    pub(super) positions: usize,
}

impl Published {
    /// Reads `config.json`, and where they are there `1_Pooling/config.json` and `sentence_bert_config.json`.
    pub(super) fn read(
        config: &[u8],
        pooling: Option<&[u8]>,
        sentence: Option<&[u8]>,
    ) -> Result<Self, ModelError> {
        let config = parsed(CONFIG, config)?;
        for (field, wanted) in
            [("model_type", "bert"), ("hidden_act", "gelu"), ("position_embedding_type", "absolute")]
        {
            // Older files leave the last one out.
            let found = config.get(field).unwrap_or(&Value::Null);
            if found.as_str() != Some(wanted) && !(found.is_null() && field == "position_embedding_type") {
                return Err(ModelError::field(
                    CONFIG,
                    field,
                    format!("is {found}, and only {wanted:?} is supported"),
                ));
            }
        }
        let positions = size(CONFIG, &config, "max_position_embeddings")?;
        let tokens = match sentence.map(|sentence| parsed(SENTENCE, sentence)).transpose()? {
            Some(sentence) if sentence.get("max_seq_length").is_some_and(|length| !length.is_null()) => {
                size(SENTENCE, &sentence, "max_seq_length")?.min(positions)
            }
            _ => positions,
        };
        let shape = Shape {
            layers: size(CONFIG, &config, "num_hidden_layers")?,
            hidden: size(CONFIG, &config, "hidden_size")?,
            heads: size(CONFIG, &config, "num_attention_heads")?,
            intermediate: size(CONFIG, &config, "intermediate_size")?,
            tokens,
            epsilon: epsilon(CONFIG, &config)?,
            pooling: pooling.map_or(Ok(Pooling::Mean), self::pooling)?,
        };
        shape.check(CONFIG, "num_attention_heads", "max_position_embeddings")?;
        Ok(Self { shape, vocabulary: size(CONFIG, &config, "vocab_size")?, positions })
    }
}

impl Shape {
    /// The description in a container.
    pub(super) fn to_json(self, name: &str) -> Value {
        let pooling = match self.pooling {
            Pooling::Mean => "mean",
            Pooling::First => "first",
        };
        json!({
            "name": name, "layers": self.layers, "hidden": self.hidden, "heads": self.heads,
            "intermediate": self.intermediate, "tokens": self.tokens, "layer_norm_eps": self.epsilon,
            "pooling": pooling,
        })
    }

    /// The name and the shape, out of what [`Self::to_json`] wrote.
    pub(super) fn from_json(description: &[u8]) -> Result<(String, Self), ModelError> {
        let json = parsed(DESCRIPTION, description)?;
        let name = json.get("name").and_then(Value::as_str).unwrap_or_default().to_owned();
        let size = |field| size(DESCRIPTION, &json, field);
        let pooling = match json.get("pooling").and_then(Value::as_str) {
            Some("mean") => Pooling::Mean,
            Some("first") => Pooling::First,
            _ => return Err(ModelError::field(DESCRIPTION, "pooling", "is neither mean nor first")),
        };
        let shape = Self {
            layers: size("layers")?,
            hidden: size("hidden")?,
            heads: size("heads")?,
            intermediate: size("intermediate")?,
            tokens: size("tokens")?,
            epsilon: epsilon(DESCRIPTION, &json)?,
            pooling,
        };
        shape.check(DESCRIPTION, "heads", "tokens")?;
        Ok((name, shape))
    }

    fn check(self, file: &'static str, heads: &str, tokens: &str) -> Result<(), ModelError> {
        if !self.hidden.is_multiple_of(self.heads) {
            let what = format!("is {}, which does not divide the hidden size {}", self.heads, self.hidden);
            return Err(ModelError::field(file, heads, what));
        }
        if self.tokens < 3 {
            return Err(ModelError::field(file, tokens, "leaves no room between [CLS] and [SEP]"));
        }
        Ok(())
    }
}

fn parsed(file: &'static str, bytes: &[u8]) -> Result<Value, ModelError> {
    serde_json::from_slice(bytes).map_err(|source| ModelError::Json { file, source })
}

fn size(file: &'static str, json: &Value, field: &str) -> Result<usize, ModelError> {
    let found = json.get(field).unwrap_or(&Value::Null);
    let size = found.as_u64().filter(|size| (1..=LARGEST).contains(size));
    let size = size.and_then(|size| usize::try_from(size).ok());
    size.ok_or_else(|| {
        ModelError::field(file, field, format!("is {found}, not a number from 1 to {LARGEST}"))
    })
}

#[expect(clippy::cast_possible_truncation, reason = "it is rounded")]
fn epsilon(file: &'static str, json: &Value) -> Result<f32, ModelError> {
    let found = json.get("layer_norm_eps").unwrap_or(&Value::Null);
    let epsilon = found.as_f64().filter(|epsilon| (0.0..=1.0).contains(epsilon));
    let fault = || ModelError::field(file, "layer_norm_eps", format!("is {found}, not a number from 0 to 1"));
    epsilon.map(|epsilon| epsilon as f32).ok_or_else(fault)
}

fn pooling(file: &[u8]) -> Result<Pooling, ModelError> {
    let json = parsed(POOLING, file)?;
    let modes = json.as_object().into_iter().flatten();
    let modes: Vec<_> = modes
        .filter(|(name, value)| name.starts_with("pooling_mode_") && value.as_bool() == Some(true))
        .map(|(name, _)| name.as_str())
        .collect();
    match *modes.as_slice() {
        ["pooling_mode_mean_tokens"] => Ok(Pooling::Mean),
        ["pooling_mode_cls_token"] => Ok(Pooling::First),
        _ => {
            let what = format!("{modes:?} are true, and only one of mean_tokens and cls_token is supported");
            Err(ModelError::field(POOLING, "pooling_mode_*", what))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const JSON: &str = r#"{"model_type":"bert","hidden_act":"gelu","num_hidden_layers":2,"hidden_size":8,
        "num_attention_heads":2,"intermediate_size":16,"max_position_embeddings":12,"layer_norm_eps":1e-12,
        "vocab_size":7}"#;
    const MEAN: &[u8] = br#"{"pooling_mode_cls_token":false,"pooling_mode_mean_tokens":true}"#;

    #[test]
    fn a_shape_survives_its_description() {
        let published =
            Published::read(JSON.as_bytes(), Some(MEAN), Some(br#"{"max_seq_length":9}"#)).unwrap();
        assert_eq!((published.shape.tokens, published.positions, published.vocabulary), (9, 12, 7));
        let description = published.shape.to_json("x").to_string();
        assert_eq!(Shape::from_json(description.as_bytes()).unwrap(), ("x".to_owned(), published.shape));
        let first = MEAN.escape_ascii().to_string().replace("\\\"", "\"").replace("mean_tokens", "other");
        let first = first.replace("false", "true").replace("other\":true", "other\":false");
        let published = Published::read(JSON.as_bytes(), Some(first.as_bytes()), None).unwrap();
        assert_eq!((published.shape.pooling, published.shape.tokens), (Pooling::First, 12));
    }

    #[test]
    fn a_fault_names_its_field() {
        for (from, to, field) in [
            ("\"gelu\"", "\"relu\"", "hidden_act"),
            ("\"bert\"", "\"t5\"", "model_type"),
            ("_heads\":2", "_heads\":3", "num_attention_heads"),
            ("_heads\":2", "_heads\":0", "num_attention_heads"),
            ("\"hidden_size\":8", "\"hidden_size\":-8", "hidden_size"),
            ("\"hidden_size\":8", "\"hidden_size\":1e99", "hidden_size"),
            ("_layers\":2", "_layers\":99999999", "num_hidden_layers"),
            ("1e-12", "null", "layer_norm_eps"),
            ("embeddings\":12", "embeddings\":2", "max_position_embeddings"),
            ("\"vocab_size\":7", "\"x\":7", "vocab_size"),
        ] {
            let error = Published::read(JSON.replace(from, to).as_bytes(), None, None).err().unwrap();
            assert!(error.to_string().contains(field), "{error}");
        }
        let both = br#"{"pooling_mode_cls_token":true,"pooling_mode_mean_tokens":true}"#;
        assert!(Published::read(JSON.as_bytes(), Some(both), None).is_err());
    }
}
