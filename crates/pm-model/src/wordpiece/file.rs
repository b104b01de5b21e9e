//! The vocabulary out of `tokenizer.json` or `vocab.txt`.

use serde_json::Value;

use crate::ModelError;

const FILE: &str = "tokenizer.json";

/// The tokens in the order of their numbers. A file that begins with a brace is a `tokenizer.json` and must describe the
/// tokenizer of an uncased BERT; any other is a `vocab.txt`, a token a line.
pub(crate) fn tokens(file: &[u8]) -> Result<Vec<String>, ModelError> {
    if file.trim_ascii_start().starts_with(b"{") { of_json(file) } else { of_lines(file) }
}

fn of_lines(file: &[u8]) -> Result<Vec<String>, ModelError> {
    let text =
        std::str::from_utf8(file).map_err(|_| ModelError::Vocabulary("vocab.txt is not UTF-8".to_owned()))?;
    Ok(text.lines().map(str::to_owned).collect())
}

fn of_json(file: &[u8]) -> Result<Vec<String>, ModelError> {
    let json: Value =
        serde_json::from_slice(file).map_err(|source| ModelError::Json { file: FILE, source })?;
    let at = |path: &str| json.pointer(&format!("/{}", path.replace('.', "/"))).unwrap_or(&Value::Null);
    for (path, wanted) in [
        ("model.type", Value::from("WordPiece")),
        ("model.unk_token", Value::from("[UNK]")),
        ("model.continuing_subword_prefix", Value::from("##")),
        ("model.max_input_chars_per_word", Value::from(100)),
        ("normalizer.type", Value::from("BertNormalizer")),
        ("normalizer.clean_text", Value::from(true)),
        ("normalizer.handle_chinese_chars", Value::from(true)),
        ("normalizer.lowercase", Value::from(true)),
        ("pre_tokenizer.type", Value::from("BertPreTokenizer")),
    ] {
        if *at(path) != wanted {
            let what = format!("is {}, and only {wanted} is supported", at(path));
            return Err(ModelError::field(FILE, path, what));
        }
    }
    if at("normalizer.strip_accents").as_bool() == Some(false) {
        return Err(ModelError::field(
            FILE,
            "normalizer.strip_accents",
            "is false, and only true is supported",
        ));
    }
    let vocabulary = at("model.vocab").as_object();
    let vocabulary = vocabulary.ok_or_else(|| ModelError::field(FILE, "model.vocab", "is not an object"))?;
    let mut tokens = vec![None; vocabulary.len()];
    for (token, number) in vocabulary {
        let place = number.as_u64().and_then(|number| tokens.get_mut(usize::try_from(number).ok()?));
        let Some(place @ None) = place else {
            let what =
                format!("the number of {token:?} is {number}: not below {} or not its own", vocabulary.len());
            return Err(ModelError::field(FILE, "model.vocab", what));
        };
        *place = Some(token.clone());
    }
    Ok(tokens.into_iter().flatten().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    const JSON: &str = r###"{"normalizer":{"type":"BertNormalizer","clean_text":true,"handle_chinese_chars":true,
        "strip_accents":null,"lowercase":true},"pre_tokenizer":{"type":"BertPreTokenizer"},"model":{"type":"WordPiece",
        "unk_token":"[UNK]","continuing_subword_prefix":"##","max_input_chars_per_word":100,
        "vocab":{"b":1,"[UNK]":0}}}"###;

    #[test]
    fn both_files_are_read() {
        assert_eq!(tokens(JSON.as_bytes()).unwrap(), ["[UNK]", "b"]);
        assert_eq!(tokens(b"[UNK]\nb\n").unwrap(), ["[UNK]", "b"]);
    }

    #[test]
    fn a_fault_names_its_field() {
        for (from, to, field) in [
            ("\"lowercase\":true", "\"lowercase\":false", "normalizer.lowercase"),
            ("null", "false", "strip_accents"),
            ("WordPiece", "BPE", "model.type"),
            ("\"b\":1", "\"b\":2", "model.vocab"),
            ("\"b\":1", "\"b\":0", "model.vocab"),
            ("\"b\":1", "\"b\":-1", "model.vocab"),
        ] {
            let error = tokens(JSON.replace(from, to).as_bytes()).unwrap_err().to_string();
            assert!(error.contains(field), "{error}");
        }
        assert!(tokens(b"{").is_err() && tokens(b"\xff").is_err());
    }
}
