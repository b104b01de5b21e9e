//! API keys, and the door that they open.

use std::rc::Rc;

use pm_core::operations::KeyText;

use super::{Seen, Target, hold, magnitude};
use crate::stage::Stage;

pub(super) struct Key {
    stage: Rc<Stage>,
}

impl Key {
    pub(super) fn new(stage: Rc<Stage>) -> Self {
        Self { stage }
    }
}

impl Target for Key {
    fn name(&self) -> &'static str {
        "key"
    }

    fn words(&self) -> &'static [&'static str] {
        &[
            "aipm_",
            "bootstrap",
            "_",
            "aipm_bootstrap_",
            "0199d5f0",
            "00000000",
            "ffffffff",
            "Bearer ",
            "é",
            "\0",
        ]
    }

    fn good(&self) -> Vec<(&'static str, Vec<u8>)> {
        vec![("key", self.stage.key.clone().into()), ("bootstrap", self.stage.bootstrap.clone().into())]
    }

    /// What is read as a key reads back as it was sent, and of those only the two that there are open the door.
    fn give(&self, input: &[u8]) -> Result<Seen, String> {
        let sent = String::from_utf8_lossy(input);
        let mut parts = sent.split('_').map(|part| magnitude(part.len()));
        let shape = (sent.starts_with("aipm_"), sent.is_ascii(), parts.next(), parts.next(), parts.next());
        let Some(read) = KeyText::parse(&sent) else { return Ok(Seen::new(false, shape)) };
        hold(read.expose() == sent, || format!("{sent:?} reads back as {:?}", read.expose()))?;
        hold(!format!("{read:?}").contains(sent.as_ref()), || "its secret is printed".to_owned())?;
        let opened = self.stage.wait(self.stage.operations.access.authenticate(&sent));
        let opened = opened.map_err(|error| format!("the door failed: {error:?}"))?.is_some();
        let good = *sent == *self.stage.key || *sent == *self.stage.bootstrap;
        hold(opened == good, || format!("{sent:?}: let in: {opened}, to be let in: {good}"))?;
        Ok(Seen::new(true, (shape, opened)))
    }
}
