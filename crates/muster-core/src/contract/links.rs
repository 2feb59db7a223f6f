//! Links between operations, settled when all operations are known.

use std::{collections::HashMap, sync::Arc};

use super::{
    cursor::Reader,
    documents::Target,
    model::{Fault, FaultKind},
    operations::Paths,
    parts::LinkTo,
    pointer,
};
use crate::model::OperationKey;

impl Reader<'_> {
    pub(super) fn settle_links(&mut self, paths: &mut Paths) {
        let ids: HashMap<String, OperationKey> = paths
            .operations
            .iter()
            .filter_map(|operation| Some((operation.id.clone()?, operation.key.clone())))
            .collect();
        for (operation, response, link, way) in std::mem::take(&mut paths.links) {
            let (found, named) = match way {
                LinkTo::Nothing => continue,
                LinkTo::Id(id) => (ids.get(&id).cloned(), id),
                LinkTo::Reference { base, reference } => (
                    self.library
                        .resolve(&base, &reference)
                        .ok()
                        .and_then(|target| self.operation_at(paths, target)),
                    reference,
                ),
            };
            let Some(link) = paths
                .operations
                .get_mut(operation)
                .and_then(|operation| operation.responses.get_mut(response))
                .and_then(|response| response.links.get_mut(link))
            else {
                continue;
            };
            if found.is_none() {
                let (document, at) = pointer::split(&link.pointer);
                let document = if document.is_empty() {
                    Arc::clone(&self.library.root)
                } else {
                    document.into()
                };
                self.faults.push(Fault {
                    kind: FaultKind::Reference,
                    document: document.to_string(),
                    pointer: at.to_owned(),
                    message: format!("the link leads to `{named}`, which is not an operation"),
                });
            }
            link.operation = found;
        }
    }

    /// The operation at a place, also where the path item is behind a `$ref`.
    fn operation_at(&self, paths: &Paths, target: Target) -> Option<OperationKey> {
        let index = paths
            .places
            .get(&(Arc::clone(&target.document), target.pointer.clone()))?;
        paths
            .operations
            .get(*index)
            .map(|operation| operation.key.clone())
    }
}
