//! Whether a project says already what a new item says.

use std::collections::HashSet;

use pm_recall::{ItemText, KindSet, Query};

use super::{QUERY_BYTES, Recall, index};
use crate::Result;
use crate::model::{ItemDraft, ProjectId, Similar};

/// How many items a new one is compared with.
const CANDIDATES: usize = 20;

impl Recall {
    /// The live item whose text is most like that of `draft`: of the same type, under another key.
    ///
    /// Of those that a recall by the draft's text answers first, by words and static vectors alone; where these are few
    /// (a text of stop words finds nothing), of the newest as well.
    pub(in crate::operations) async fn most_similar(
        &self,
        project: ProjectId,
        draft: &ItemDraft,
    ) -> Result<Option<Similar>> {
        let index = self.indexes.current(project).await?;
        let now = self.ports.clock.now();
        let text = ItemText::of(&draft.value().to_value());
        let by_text = Query {
            kinds: index::kind(draft.r#type).into_iter().collect::<KindSet>(),
            ..Query::unfiltered(text.head(QUERY_BYTES), now.as_microsecond(), CANDIDATES)
        };
        let mut seen = HashSet::new();
        let mut best: Option<Similar> = None;
        for query in [by_text, Query { text: "", ..by_text }] {
            if seen.len() >= CANDIDATES {
                break;
            }
            for (_, item) in self.search(project, &index, &query).await? {
                let is_other = item.r#type == draft.r#type && item.key != draft.key;
                if !is_other || item.expired(now) || !seen.insert(item.key.clone()) {
                    continue;
                }
                let similarity = text.similarity(&ItemText::of(&item.value.to_value()));
                if best.as_ref().is_none_or(|best| similarity > best.similarity) {
                    let (key, value) = (item.key.clone(), item.value.clone());
                    best = Some(Similar { r#type: item.r#type, key, similarity, value });
                }
                // Long texts take about a millisecond each.
                tokio::task::yield_now().await;
            }
        }
        Ok(best)
    }
}
