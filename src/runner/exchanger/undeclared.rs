//! Operations that ask for credentials although the contract declares none (owner of [`Asking`]).

use std::{collections::HashSet, sync::PoisonError};

use super::Exchanger;
use crate::runner::wire::Wire;
use muster_core::{
    arrange,
    exchange::{Auth, Exchange},
    model::{OperationKey, Responsible},
    verdict::Unverified,
};
use muster_report::event::Event;

/// Operations that refuse requests without credentials, although the contract declares none.
#[derive(Debug, Default)]
pub(super) struct Asking {
    /// Those that credentials open.
    undeclared: HashSet<OperationKey>,
    /// Those that refuse them too.
    in_vain: HashSet<OperationKey>,
}

/// How many operations are named in one sentence.
const MOST_SHOWN: usize = 10;

impl<W: Wire> Exchanger<'_, W> {
    /// The operation of a request that was refused without credentials, where the contract asks for none and the identity
    /// has some: it is sent again with them.
    pub(super) fn asks_undeclared(&self, exchange: &Exchange) -> Option<OperationKey> {
        let request = &exchange.request;
        let key = request.operation.as_ref()?;
        let operation = self.setup.contract.operation(key)?;
        let is_refused = matches!(exchange.status(), Some(401 | 403))
            && request.auth == Auth::Declared
            && exchange.credentials.is_empty()
            && !arrange::is_login_path(operation)
            && !operation.security.is_required();
        let known = |asking: &Asking| asking.in_vain.contains(key);
        if !is_refused || known(&self.asking.lock().unwrap_or_else(PoisonError::into_inner)) {
            return None;
        }
        self.wire
            .insist(key, &request.identity)
            .then(|| key.clone())
    }

    /// Notes whether credentials made a difference to an operation that declares none.
    pub(super) fn has_insisted(&self, key: &OperationKey, exchange: &Exchange) {
        let Some(status) = exchange.status() else {
            return;
        };
        let mut asking = self.asking.lock().unwrap_or_else(PoisonError::into_inner);
        if matches!(status, 401 | 403) {
            if !asking.undeclared.contains(key) {
                self.wire.relent(key);
                asking.in_vain.insert(key.clone());
            }
        } else {
            asking.undeclared.insert(key.clone());
        }
    }

    /// Tells once which operations asked for credentials that the contract does not declare.
    pub(in crate::runner) fn tell_undeclared(&self) {
        let asking =
            std::mem::take(&mut *self.asking.lock().unwrap_or_else(PoisonError::into_inner));
        if asking.undeclared.is_empty() {
            return;
        }
        let mut keys: Vec<String> = asking.undeclared.iter().map(ToString::to_string).collect();
        keys.sort();
        let shown = keys.get(..MOST_SHOWN).unwrap_or(&keys).join(", ");
        let more = match keys.len().saturating_sub(MOST_SHOWN) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        self.tell(Event::Noticed(Unverified::new(
            Responsible::Supplier,
            format!(
                "The contract declares no security for {shown}{more}, and a request without credentials received 401 or 403. These operations were tested with the credentials of the identity. Declare `security` for them in the contract."
            ),
        )));
    }
}
