//! What all handles of a channel share.

use crate::client::settings::ConnectSettings;
use crate::client::subchannel::Subchannel;
use crate::client::target::Target;

/// The one server of a channel. When the last handle and the last call are gone, so is this.
#[derive(Debug)]
pub(crate) struct Core {
    pub(crate) subchannel: Subchannel,
}

impl Core {
    pub(crate) fn new(target: Target, settings: ConnectSettings) -> Self {
        Self { subchannel: Subchannel::new(target, settings) }
    }
}
