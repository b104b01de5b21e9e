//! Which format to read, as the command line names it.

use clap::builder::{PossibleValuesParser, TypedValueParser};

/// A format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::cli::transfer) enum Format {
    /// Lines as export writes them, or plain items.
    Ndjson,
    /// What mem0 answers for all memories, or exports.
    Mem0,
    /// The graph of the MCP reference memory server, a line an entity or a relation.
    McpMemory,
    /// The conversations that claude.ai exports.
    Claude,
    /// The conversations that ChatGPT exports.
    Chatgpt,
    /// A Markdown file, or a folder of such.
    Markdown,
}

impl Format {
    const NAMES: [(&str, Self); 6] = [
        ("ndjson", Self::Ndjson),
        ("mem0", Self::Mem0),
        ("mcp-memory", Self::McpMemory),
        ("claude", Self::Claude),
        ("chatgpt", Self::Chatgpt),
        ("markdown", Self::Markdown),
    ];

    /// Its name.
    pub(in crate::cli::transfer) fn name(self) -> &'static str {
        Self::NAMES.iter().find(|(_, format)| *format == self).map_or("", |(name, _)| name)
    }

    /// What a part of a file of this format is called where it is counted.
    pub(in crate::cli::transfer) fn parts(self) -> &'static str {
        match self {
            Self::Ndjson | Self::McpMemory => "lines",
            Self::Mem0 | Self::Claude | Self::Chatgpt | Self::Markdown => "records",
        }
    }
}

/// What `--from` says: a format, or none, so that it is recognised.
#[derive(Clone, Copy, Debug)]
pub(in crate::cli::transfer) struct Choice(pub(in crate::cli::transfer) Option<Format>);

impl Choice {
    /// The name that leaves the choice to the program.
    pub(in crate::cli::transfer) const AUTO: &'static str = "auto";

    /// Reads the names, for clap.
    pub(in crate::cli::transfer) fn parser() -> impl TypedValueParser<Value = Self> {
        let names = std::iter::once(Self::AUTO).chain(Format::NAMES.iter().map(|(name, _)| *name));
        PossibleValuesParser::new(names).map(|given| {
            Self(Format::NAMES.iter().find(|(name, _)| *name == given).map(|(_, format)| *format))
        })
    }
}
