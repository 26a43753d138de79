//! Who may call what, decided before a call is routed.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use crate::call::{Head, Request};
use crate::server::driver::panicked;
use crate::status::Status;

/// What its user lets decide on every call; `Ok` lets it in.
type Decide = dyn Fn(&str, &mut Request<()>) -> Result<(), Status> + Send + Sync;

/// Asked in the order they were added; all must agree.
#[derive(Clone, Default)]
pub(crate) struct Authorization(Vec<Arc<Decide>>);

impl Authorization {
    pub(crate) fn add(
        &mut self,
        decide: impl Fn(&str, &mut Request<()>) -> Result<(), Status> + Send + Sync + 'static,
    ) {
        self.0.push(Arc::new(decide));
    }

    /// Asks for one call; what it leaves in the head goes to the handler.
    #[inline]
    pub(crate) fn ask(&self, path: &str, head: &mut Head) -> Result<(), Status> {
        if self.0.is_empty() { Ok(()) } else { self.ask_all(path, head) }
    }

    /// A panic lets nobody in.
    fn ask_all(&self, path: &str, head: &mut Head) -> Result<(), Status> {
        let mut request = Request { head: std::mem::take(head), message: () };
        for decide in &self.0 {
            catch_unwind(AssertUnwindSafe(|| decide(path, &mut request))).unwrap_or_else(|_| Err(panicked()))?;
        }
        *head = request.head;
        Ok(())
    }
}

impl fmt::Debug for Authorization {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Authorization").field(&self.0.len()).finish()
    }
}
