//! Pages of the list of projects that were answered before. Those who show projects ask for the same page again and again, and to
//! write a thousand projects anew takes far longer than to send them.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::rest::answer::Page;

/// How many pages are kept.
const PAGES: usize = 16;
/// Bytes that all pages together may take.
const BYTES: usize = 4 << 20;

/// Pages that were answered, for those who may see all projects.
#[derive(Clone, Default, Debug)]
pub struct Pages(Arc<Mutex<Kept>>);

#[derive(Default, Debug)]
struct Kept {
    /// What they hold for: see `Store::projects_revision`.
    revision: u64,
    /// By what was asked for, the latest last.
    pages: VecDeque<(String, Page)>,
}

impl Pages {
    /// The page that was answered to this query string while the projects were what they are now.
    pub fn get(&self, revision: u64, query: &str) -> Option<Page> {
        let kept = self.kept();
        let mut found = kept.pages.iter().filter(|(asked, _)| kept.revision == revision && asked == query);
        found.next().map(|(_, page)| page.clone())
    }

    /// Keeps a page that was read after `revision` was told.
    pub fn keep(&self, revision: u64, query: &str, page: Page) {
        let mut kept = self.kept();
        if kept.revision < revision {
            *kept = Kept { revision, pages: VecDeque::new() };
        }
        // What was read before a change is of no use any more.
        if kept.revision > revision || page.size() > BYTES {
            return;
        }
        kept.pages.retain(|(asked, _)| asked != query);
        kept.pages.push_back((query.to_owned(), page));
        while kept.pages.len() > PAGES
            || kept.pages.iter().map(|(_, page)| page.size()).sum::<usize>() > BYTES
        {
            kept.pages.pop_front();
        }
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use http::Uri;
    use pm_core::operations::Listing;

    use super::*;

    fn page(bytes: usize) -> Page {
        let listing = Listing { entries: vec!["x".repeat(bytes)], total: 1, next: None };
        Page::new(&Uri::from_static("/api/projects"), listing, |entry| entry).unwrap()
    }

    #[test]
    fn a_page_holds_until_the_projects_change() {
        let pages = Pages::default();
        assert!(pages.get(0, "").is_none());
        pages.keep(0, "", page(1));
        assert!(
            pages.get(0, "").is_some() && pages.get(0, "limit=1").is_none() && pages.get(1, "").is_none()
        );
        pages.keep(2, "limit=1", page(1));
        assert!(pages.get(2, "").is_none() && pages.get(2, "limit=1").is_some());
        pages.keep(1, "", page(1));
        assert!(pages.get(1, "").is_none() && pages.get(2, "").is_none(), "it was read too early");
    }

    #[test]
    fn what_is_kept_is_bounded() {
        let pages = Pages::default();
        for n in 0..=PAGES {
            pages.keep(0, &n.to_string(), page(1));
        }
        assert!(pages.get(0, "0").is_none() && pages.get(0, "1").is_some());
        pages.keep(0, "large", page(BYTES - 64));
        assert!(pages.get(0, "large").is_some() && pages.get(0, "1").is_none());
        pages.keep(0, "too large", page(BYTES));
        assert!(pages.get(0, "too large").is_none() && pages.get(0, "large").is_some());
    }
}
