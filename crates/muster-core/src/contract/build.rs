//! Building a contract from documents.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::Arc,
};

use serde_json::Value;

use super::{
    Contract,
    cursor::{Cursor, Reader},
    documents::{Documents, Library, Target, normal},
    examples::of_schema,
    keywords::Rules,
    model::{Dialect, Fault, FaultKind, StatusPattern},
    names, normalise,
    router::Router,
    schema::Schemas,
    survey::Survey,
};
use crate::model::RoleOverrides;

/// Why a document is no contract at all.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// Nothing says that it is OpenAPI.
    #[error("this is not an OpenAPI document: it has no `openapi` version at its top ({found})")]
    NotOpenApi {
        /// What was found instead.
        found: String,
    },
    /// It is written in the version before OpenAPI.
    #[error(
        "this is Swagger {version}, which Muster does not read; convert it to OpenAPI 3 first, for example with `npx swagger2openapi` (the npm package `swagger2openapi`)"
    )]
    Swagger {
        /// The version as written.
        version: String,
    },
    /// A version that does not exist, or not yet.
    #[error("OpenAPI {version} is not a version that Muster reads: use 3.0, 3.1 or 3.2")]
    UnknownVersion {
        /// The version as written.
        version: String,
    },
    /// The root document is not among the documents.
    #[error("the root document `{uri}` is not among the documents")]
    NoRoot {
        /// Its URI.
        uri: String,
    },
}

/// The version of a document that bears one.
pub(super) fn dialect(root: &Value) -> Result<Dialect, Refused> {
    let version = |value: &Value| match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    if let Some(openapi) = root.get("openapi") {
        let version = version(openapi);
        return match version.split('.').take(2).collect::<Vec<_>>().as_slice() {
            ["3", "0"] => Ok(Dialect::V3_0),
            ["3", "1"] => Ok(Dialect::V3_1),
            ["3", "2"] => Ok(Dialect::V3_2),
            _ => Err(Refused::UnknownVersion { version }),
        };
    }
    if let Some(swagger) = root.get("swagger") {
        return Err(Refused::Swagger {
            version: version(swagger),
        });
    }
    let found = match root {
        Value::Object(members) if members.is_empty() => "an empty object".to_owned(),
        Value::Object(members) => {
            let keys: Vec<_> = members
                .keys()
                .take(5)
                .map(|key| format!("`{}`", key.chars().take(40).collect::<String>()))
                .collect();
            format!("its keys begin {}", keys.join(", "))
        }
        Value::Array(_) => "it is a list".to_owned(),
        Value::Null => "it is empty".to_owned(),
        _ => "it is a single value".to_owned(),
    };
    Err(Refused::NotOpenApi { found })
}

impl Contract {
    /// Builds a contract from one document in memory.
    ///
    /// # Errors
    /// Where the document is not OpenAPI 3.
    pub fn from_value(root: Value) -> Result<Self, Refused> {
        const HERE: &str = "muster:///contract";
        Self::build(HERE, Documents::single(HERE, root))
    }

    /// Builds a contract from its documents. Whatever can be read is; what cannot is a fault.
    ///
    /// # Errors
    /// Where the root document is not OpenAPI 3.
    pub fn build(root_uri: &str, documents: Documents) -> Result<Self, Refused> {
        let root_uri: Arc<str> = normal(root_uri).into();
        let mut library = Library {
            root: Arc::clone(&root_uri),
            ..Library::default()
        };
        let mut positions = HashMap::new();
        let mut faults = Vec::new();
        for (uri, document) in documents.loaded {
            let uri: Arc<str> = if uri == *root_uri {
                Arc::clone(&root_uri)
            } else {
                uri.into()
            };
            for duplicate in document.duplicates {
                faults.push(Fault {
                    kind: FaultKind::DuplicateKey,
                    document: uri.to_string(),
                    pointer: duplicate.object,
                    message: format!(
                        "the key `{}` stands twice (again in line {}); the last one counts",
                        duplicate.key, duplicate.line
                    ),
                });
            }
            if let Some(known) = document.positions {
                positions.insert(Arc::clone(&uri), known);
            }
            library.values.insert(
                Arc::clone(&uri),
                (Arc::clone(&uri), Arc::new(document.value)),
            );
        }
        library.missing = documents.missing;
        library.unfetched = documents.unfetched;
        let Some((_, root)) = library.values.get(&root_uri).cloned() else {
            return Err(Refused::NoRoot {
                uri: root_uri.to_string(),
            });
        };
        let dialect = dialect(&root)?;
        if dialect != Dialect::V3_0
            && let Some(own) = root.get("$self").and_then(Value::as_str)
        {
            library
                .aliases
                .insert(normal(own), (Arc::clone(&root_uri), String::new()));
        }
        names::gather(&mut library);
        Ok(assemble(library, &root, dialect, positions, faults))
    }
}

fn assemble(
    library: Library,
    root: &Arc<Value>,
    dialect: Dialect,
    positions: HashMap<Arc<str>, super::Positions>,
    faults: Vec<Fault>,
) -> Contract {
    let at = Cursor {
        document: Arc::clone(&library.root),
        pointer: String::new(),
        value: root,
    };
    let dialects = rules_of_documents(&library);
    let mut rules = Rules::of(dialect);
    if let Some(named) = at.text("jsonSchemaDialect") {
        rules = Rules::named(named).unwrap_or(rules);
    }
    let mut reader = Reader {
        library: &library,
        dialect,
        dialects: &dialects,
        rules,
        faults,
        schemas: Vec::new(),
        examples: Vec::new(),
    };
    if let Some(named) = at.get("jsonSchemaDialect")
        && named.value.as_str().and_then(Rules::named).is_none()
    {
        let message = format!(
            "the dialect {} is not known; judged as 2020-12",
            named.value
        );
        reader.fault_of(FaultKind::Schema, &named, message);
    }
    reader.root(&at);
    let mut schemes = BTreeMap::new();
    if let Some(declared) = at
        .get("components")
        .and_then(|components| components.get("securitySchemes"))
    {
        for (name, scheme) in declared.entries() {
            if let Some(scheme) = reader.security_scheme(name, &scheme) {
                schemes.insert(name.to_owned(), scheme);
            }
        }
    }
    reader.security(at.get("security"), &schemes);
    let servers = reader.servers(at.get("servers"));
    let paths = reader.paths(&at, &schemes);
    let components = reader.components(&at);
    if let Some(webhooks) = at.get("webhooks") {
        for (_, webhook) in webhooks.entries() {
            reader.raw_path_item(&webhook);
        }
    }

    let Reader {
        mut faults,
        schemas,
        examples: mut documented,
        ..
    } = reader;
    let mut survey = Survey::new(&library, &dialects);
    for (target, rules) in schemas {
        survey.start(target, rules);
    }
    let copies = normalise::copies(&library, survey.trees(), &survey.patterns);
    faults.append(&mut survey.faults);
    let places = std::mem::take(&mut survey.places);
    drop(survey);
    for place in &places {
        let own = dialects.get(&place.document).copied().unwrap_or(rules);
        of_schema(
            &library,
            &place.document,
            &place.pointer,
            own,
            &mut documented,
        );
    }
    let mut seen = HashSet::new();
    documented.retain(|example| seen.insert((example.pointer.clone(), example.schema.clone())));
    tidy(&mut faults, &library.root);

    let router = Arc::new(Router::new(&paths.operations));
    let mut contract = Contract {
        dialect,
        location: library.root.to_string(),
        root: Arc::clone(root),
        operations: paths.operations.into(),
        elsewhere: Vec::new(),
        server_paths: None,
        servers,
        security_schemes: schemes,
        faults,
        schemas: Schemas::new(library, copies, places, components),
        roles: RoleOverrides::new(),
        router,
        positions,
        documented,
    };
    contract.look_around();
    contract
}

/// Documents that name a version of their own are read by it.
fn rules_of_documents(library: &Library) -> HashMap<Arc<str>, Rules> {
    library
        .values
        .values()
        .filter_map(|(uri, value)| {
            let own = dialect(value).ok()?;
            let named = value
                .get("jsonSchemaDialect")
                .and_then(Value::as_str)
                .and_then(Rules::named);
            Some((Arc::clone(uri), named.unwrap_or(Rules::of(own))))
        })
        .collect()
}

/// One fault once, with pointers as fragments and the root's URI left out.
fn tidy(faults: &mut Vec<Fault>, root: &str) {
    for fault in &mut *faults {
        if fault.document == root {
            fault.document.clear();
        }
        if !fault.pointer.starts_with('#') {
            fault.pointer.insert(0, '#');
        }
    }
    let mut seen = HashSet::new();
    faults.retain(|fault| {
        seen.insert((
            fault.document.clone(),
            fault.pointer.clone(),
            fault.message.clone(),
        ))
    });
}

impl<'a> Reader<'a> {
    /// The members of the root that are not read elsewhere.
    fn root(&mut self, at: &Cursor<'a>) {
        match at.get("info") {
            Some(info) if info.value.is_object() => {
                for need in ["title", "version"] {
                    if info.text(need).is_none() {
                        self.fault(&info, format!("`info` needs `{need}`, as text"));
                    }
                }
            }
            Some(info) => self.fault(&info, "`info` must be an object"),
            None => self.fault(at, "the document has no `info`"),
        }
        let known: &[&str] = match self.dialect {
            Dialect::V3_0 => &[],
            Dialect::V3_1 => &["jsonSchemaDialect", "webhooks"],
            Dialect::V3_2 => &["jsonSchemaDialect", "webhooks", "$self"],
        };
        let always = [
            "openapi",
            "info",
            "servers",
            "paths",
            "components",
            "security",
            "tags",
            "externalDocs",
        ];
        for (name, member) in at.members() {
            if !always.contains(&name) && !known.contains(&name) {
                self.fault(&member, format!("the document has no property `{name}`"));
            }
        }
    }

    /// Components that no operation may use are read too: their faults and schemas count.
    fn components(&mut self, at: &Cursor<'a>) -> Vec<(String, super::Schema)> {
        let mut schemas = Vec::new();
        let Some(components) = at.get("components") else {
            return schemas;
        };
        for (section, members) in components.members() {
            for (name, member) in members.entries() {
                match section {
                    "schemas" => schemas.push((name.to_owned(), self.schema(&member))),
                    "parameters" => drop(self.parameter(&member)),
                    "headers" => drop(self.header(name, &member)),
                    "requestBodies" => drop(self.body(&member)),
                    "responses" => drop(self.response(StatusPattern::Default, &member)),
                    "pathItems" => self.raw_path_item(&member),
                    "mediaTypes" if self.dialect == Dialect::V3_2 => {
                        if let Some(media) = self.follow(&member)
                            && let Some(schema) = media.get("schema")
                        {
                            self.schema(&schema);
                        }
                    }
                    "examples" | "links" | "callbacks" | "securitySchemes" => {
                        drop(self.follow(&member));
                    }
                    _ => {
                        self.fault(&members, format!("components have no section `{section}`"));
                        break;
                    }
                }
            }
        }
        schemas
    }
}

/// A place in the documents, for callers that hold a location of ours.
pub(super) fn target(library_root: &str, location: &str) -> Target {
    let (document, pointer) = super::pointer::split(location);
    Target {
        document: if document.is_empty() {
            library_root.into()
        } else {
            normal(document).into()
        },
        pointer: pointer.to_owned(),
    }
}
