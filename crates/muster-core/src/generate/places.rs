//! The places of a value, each with the node that governs it. The main type is [`Spot`].

use serde_json::Value;

use super::accept::accepts;
use super::graph::{Graph, NodeId};
use super::shape::{Choice, ChoiceKind};

/// A place in a value.
#[derive(Clone, Debug)]
pub(super) struct Spot {
    pub(super) pointer: String,
    /// The name of the property it is, where it is one.
    pub(super) name: Option<String>,
    /// The node before its choices are made.
    pub(super) open: NodeId,
    /// The node with the choices that this value made.
    pub(super) node: NodeId,
}

/// The places of a value, outermost first. Of a list's alike items the first stands for all.
pub(super) fn spots(graph: &Graph<'_>, root: NodeId, value: &Value, send_all: bool) -> Vec<Spot> {
    let mut found = Vec::new();
    let first = Spot {
        pointer: String::new(),
        name: None,
        open: root,
        node: root,
    };
    walk(graph, first, value, send_all, &mut found);
    found
}

fn walk(graph: &Graph<'_>, mut spot: Spot, value: &Value, send_all: bool, found: &mut Vec<Spot>) {
    spot.node = settle(graph, spot.open, value, send_all);
    let shape = graph.shape(spot.node);
    let pointer = spot.pointer.clone();
    found.push(spot);
    match value {
        Value::Object(map) => {
            for (name, value) in map {
                let open = graph.property(&shape, name);
                let pointer = format!("{pointer}/{}", escape(name));
                walk(
                    graph,
                    Spot {
                        pointer,
                        name: Some(name.clone()),
                        open,
                        node: open,
                    },
                    value,
                    send_all,
                    found,
                );
            }
        }
        Value::Array(items) => {
            let prefix = shape
                .arrays
                .iter()
                .map(|p| p.prefix.len())
                .max()
                .unwrap_or(0);
            for (at, value) in items.iter().enumerate().take(prefix + 1) {
                let open = graph.item(&shape, at);
                let pointer = format!("{pointer}/{at}");
                walk(
                    graph,
                    Spot {
                        pointer,
                        name: None,
                        open,
                        node: open,
                    },
                    value,
                    send_all,
                    found,
                );
            }
        }
        _ => {}
    }
}

/// A name as a segment of a JSON pointer.
pub(super) fn escape(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

/// The node with the choices made that the value shows.
fn settle(graph: &Graph<'_>, open: NodeId, value: &Value, send_all: bool) -> NodeId {
    let mut id = open;
    // Each round makes one choice; nested choices are few, and a schema that offers more is left open.
    for _ in 0..32 {
        let shape = graph.shape(id);
        let Some(choice) = shape.choices.first() else {
            break;
        };
        let Some(at) = branch_of(graph, id, choice, value, send_all) else {
            break;
        };
        id = graph.decide(id, choice, at);
    }
    id
}

fn branch_of<'a>(
    graph: &Graph<'a>,
    id: NodeId,
    choice: &Choice<'a>,
    value: &Value,
    send_all: bool,
) -> Option<usize> {
    if let (ChoiceKind::If, Some(condition)) = (choice.key.1, choice.condition) {
        return Some(usize::from(!accepts(graph, condition, value, send_all)));
    }
    let takes = |at: &usize| accepts(graph, graph.decide(id, choice, *at), value, send_all);
    let tagged = |at: &usize| {
        let tag = choice.branches.get(*at).and_then(|b| b.tag.as_ref());
        tag.is_some_and(|(property, values)| {
            value
                .get(property)
                .and_then(Value::as_str)
                .is_some_and(|v| values.iter().any(|w| w == v))
        })
    };
    let all = 0..choice.branches.len();
    all.clone()
        .find(|at| tagged(at) && takes(at))
        .or_else(|| all.clone().find(takes))
}

/// The value with one place replaced, or removed where there is no replacement.
pub(super) fn replaced(value: &Value, pointer: &str, with: Option<&Value>) -> Option<Value> {
    let mut out = value.clone();
    if let Some(with) = with {
        *out.pointer_mut(pointer)? = with.clone();
        return Some(out);
    }
    let (parent, name) = pointer.rsplit_once('/')?;
    let name = name.replace("~1", "/").replace("~0", "~");
    match out.pointer_mut(parent)? {
        Value::Object(map) => {
            map.shift_remove(&name)?;
        }
        _ => return None,
    }
    Some(out)
}

/// How a sentence calls a place.
pub(super) fn called(pointer: &str) -> &str {
    if pointer.is_empty() {
        "the value"
    } else {
        pointer
    }
}
