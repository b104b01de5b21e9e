//! Why a model cannot be taken.

/// What is wrong with the files of a model; the text names the file, tensor or field at fault.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    /// A file is not the JSON it should be.
    #[error("{file} is not valid JSON: {source}")]
    Json {
        /// Which file.
        file: &'static str,
        /// What the parser says.
        #[source]
        source: serde_json::Error,
    },
    /// A field is missing, or has a value that this crate cannot work with.
    #[error("{file}: {field}: {what}")]
    Field {
        /// Which file.
        file: &'static str,
        /// The path of the field, with dots.
        field: String,
        /// What is wrong with it.
        what: String,
    },
    /// A tensor is missing, or has another shape or type than the model needs.
    #[error("model.safetensors: tensor {tensor}: {what}")]
    Tensor {
        /// Its name.
        tensor: String,
        /// What is wrong with it.
        what: String,
    },
    /// The safetensors file as a whole is damaged.
    #[error("model.safetensors: {0}")]
    Safetensors(String),
    /// The vocabulary cannot be used.
    #[error("the vocabulary: {0}")]
    Vocabulary(String),
    /// A file in this crate's own format is damaged, or of another version.
    #[error("the container: {0}")]
    Container(String),
}

impl ModelError {
    pub(crate) fn field(file: &'static str, field: impl Into<String>, what: impl Into<String>) -> Self {
        Self::Field { file, field: field.into(), what: what.into() }
    }

    pub(crate) fn tensor(tensor: impl Into<String>, what: impl Into<String>) -> Self {
        Self::Tensor { tensor: tensor.into(), what: what.into() }
    }

    pub(crate) fn container(what: impl Into<String>) -> Self {
        Self::Container(what.into())
    }
}
