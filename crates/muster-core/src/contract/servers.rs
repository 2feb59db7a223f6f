//! Which server each operation is called at (owner of [`ServerPaths`] and [`Elsewhere`]).
//!
//! The base URL of a target stands for the servers of the document's root. A path or an operation may have
//! servers of its own: on the same server they are called there, on another one not at all.

use std::sync::Arc;

use url::Url;

use super::{Contract, Server, model::Operation, router::Router};
use crate::model::{Method, OperationKey};

/// An operation that the target under test does not serve.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Elsewhere {
    /// The operation.
    pub key: OperationKey,
    /// The URL of the server that the contract names for it.
    pub url: String,
}

impl Elsewhere {
    /// Why it is left out, for a reader of the plan.
    #[must_use]
    pub fn reason(&self) -> String {
        format!(
            "The contract serves it at {}, which is another server than the target's. Muster sends nothing there. To test it, write a target file with that `base_url`.",
            self.url
        )
    }
}

/// The path of the server for every operation that has servers of its own.
#[derive(Debug)]
pub struct ServerPaths {
    router: Router,
    /// By the index of the operation; none where the base URL counts.
    paths: Vec<Option<Arc<str>>>,
}

impl ServerPaths {
    /// The path from the root of the host, without a slash at its end, that this request goes below in place of
    /// the path of the base URL.
    #[must_use]
    pub fn of(
        &self,
        operation: Option<&OperationKey>,
        method: &Method,
        path_below_base: &str,
    ) -> Option<&str> {
        let index = match operation {
            Some(key) => self.router.key(key),
            None => self
                .router
                .find(method, path_below_base)
                .or_else(|| self.router.find_path(path_below_base)),
        };
        self.paths.get(index?)?.as_deref()
    }
}

/// Where an operation is served.
#[derive(Debug, PartialEq, Eq)]
enum Place {
    /// At the base URL.
    Base,
    /// Below this path of the target's host, without a slash at its end.
    Path(String),
    /// On another server.
    Elsewhere(String),
}

impl Contract {
    /// Says at which URL the target is tested: operations that the contract serves at another server leave the
    /// contract and are listed in `elsewhere`; those at another path of the same server are called there.
    pub fn serve_at(&mut self, base: &Url) {
        let roots = Roots::new(&self.servers, base);
        let mut paths = Vec::new();
        let mut kept = Vec::with_capacity(self.operations.len());
        for operation in std::mem::take(&mut self.operations) {
            match roots.place_of(&operation) {
                Place::Base => paths.push(None),
                Place::Path(path) => paths.push(Some(Arc::from(path))),
                Place::Elsewhere(url) => {
                    self.elsewhere.push(Elsewhere {
                        key: operation.key,
                        url,
                    });
                    continue;
                }
            }
            kept.push(operation);
        }
        if kept.len() != paths.len() || !self.elsewhere.is_empty() {
            self.router = Arc::new(Router::new(&kept));
        }
        self.server_paths = paths.iter().any(Option::is_some).then(|| {
            Arc::new(ServerPaths {
                router: Router::new(&kept),
                paths,
            })
        });
        self.operations = kept.into();
    }
}

/// The servers of the document's root, seen from the base URL that stands for them.
struct Roots<'a> {
    base: &'a Url,
    servers: &'a [Server],
    /// Whether one of them is the server of the base URL by name.
    named: bool,
}

impl<'a> Roots<'a> {
    fn new(servers: &'a [Server], base: &'a Url) -> Self {
        let named = servers
            .iter()
            .any(|server| absolute(server).is_some_and(|url| url.origin() == base.origin()));
        Self {
            base,
            servers,
            named,
        }
    }

    fn place_of(&self, operation: &Operation) -> Place {
        let mut elsewhere = None;
        for server in &operation.servers {
            match self.place(server) {
                Place::Elsewhere(url) => {
                    elsewhere.get_or_insert(url);
                }
                place => return place,
            }
        }
        elsewhere.map_or(Place::Base, Place::Elsewhere)
    }

    fn place(&self, server: &Server) -> Place {
        let same = |root: &&Server| trimmed(&root.url) == trimmed(&server.url);
        if self.servers.iter().any(|root| same(&root)) {
            return Place::Base;
        }
        if !is_absolute(&server.url) {
            return match self
                .bare_base()
                .and_then(|base| base.join(&server.url).ok())
            {
                Some(url) => {
                    self.below(self.longest_root(), url.path(), server.url.starts_with('/'))
                }
                None => Place::Elsewhere(server.url.clone()),
            };
        }
        let url = absolute(server);
        if let Some(url) = &url
            && url.origin() == self.base.origin()
        {
            return self.settled(trimmed(url.path()).to_owned());
        }
        // The base URL of another environment stands for the server that the contract names.
        let root = self
            .servers
            .iter()
            .filter(|_| !self.named)
            .find(|root| authority(&root.template) == authority(&server.template));
        match (root, url) {
            (Some(root), url) => {
                let path = url.as_ref().map_or_else(|| path_of(&server.url), Url::path);
                self.below(Some(path_of(&root.url)), path, true)
            }
            (None, _) => Place::Elsewhere(server.url.clone()),
        }
    }

    /// A path of the declared server, seen from the base URL: what the base URL has before the root server's path
    /// comes before this one too.
    fn below(&self, root: Option<&str>, path: &str, mapped: bool) -> Place {
        let (base, path) = (trimmed(self.base.path()), trimmed(path));
        if !mapped {
            return self.settled(path.to_owned());
        }
        let Some(root) = root.map(trimmed) else {
            return self.settled(path.to_owned());
        };
        if let Some(rest) = path.strip_prefix(root)
            && (rest.is_empty() || rest.starts_with('/'))
            && !root.is_empty()
        {
            return self.settled(format!("{base}{rest}"));
        }
        match base.strip_suffix(root) {
            Some(before) if !root.is_empty() => self.settled(format!("{before}{path}")),
            _ => self.settled(path.to_owned()),
        }
    }

    fn settled(&self, path: String) -> Place {
        if path == trimmed(self.base.path()) {
            Place::Base
        } else {
            Place::Path(path)
        }
    }

    /// The longest path of a root server that the base URL ends with.
    fn longest_root(&self) -> Option<&str> {
        let base = trimmed(self.base.path());
        self.servers
            .iter()
            .map(|server| trimmed(path_of(&server.url)))
            .filter(|path| base.ends_with(path))
            .max_by_key(|path| path.len())
    }

    /// The base URL as references are resolved against it: without a slash at its end, query and fragment.
    fn bare_base(&self) -> Option<Url> {
        let mut base = self.base.clone();
        base.set_query(None);
        base.set_fragment(None);
        let path = trimmed(base.path()).to_owned();
        base.set_path(&path);
        Some(base)
    }
}

fn is_absolute(url: &str) -> bool {
    url.contains("://") || url.starts_with("//")
}

fn absolute(server: &Server) -> Option<Url> {
    let text = &server.url;
    let text = if text.starts_with("//") {
        format!("https:{text}")
    } else {
        text.clone()
    };
    Url::parse(&text).ok().filter(Url::has_host)
}

/// Scheme and authority as written, in lower case; variables keep their names.
fn authority(template: &str) -> String {
    let from = template.find("//").map_or(0, |at| at + 2);
    let end = template
        .get(from..)
        .and_then(|rest| rest.find('/'))
        .map_or(template.len(), |at| from + at);
    template.get(..end).unwrap_or(template).to_ascii_lowercase()
}

/// The path of a server's URL, absolute or not.
fn path_of(url: &str) -> &str {
    let url = url.split(['?', '#']).next().unwrap_or_default();
    match url.split_once("//") {
        Some((scheme, rest)) if scheme.is_empty() || scheme.ends_with(':') => {
            rest.find('/').and_then(|at| rest.get(at..)).unwrap_or("")
        }
        _ => url,
    }
}

fn trimmed(path: &str) -> &str {
    path.trim_end_matches('/')
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    /// Where the one operation goes: the path below the host, `base`, or `elsewhere URL`.
    fn place(roots: Value, own: Value, base: &str) -> String {
        let mut contract = Contract::from_value(json!({
            "openapi": "3.1.0", "info": {"title": "T", "version": "1"},
            "servers": roots,
            "paths": {
                "/cases": {"get": {"responses": {"200": {"description": ""}}}},
                "/files": {
                    "servers": own,
                    "get": {"operationId": "files", "responses": {"200": {"description": ""}}},
                },
            },
        }))
        .unwrap();
        contract.serve_at(&Url::parse(base).unwrap());
        if let Some(left) = contract.elsewhere.first() {
            assert!(contract.operation_by_id("files").is_none());
            assert_eq!(contract.operations.len(), 1);
            return format!("elsewhere {}", left.url);
        }
        let paths = contract.server_paths.as_ref();
        paths
            .and_then(|paths| paths.of(None, &Method::Get, "/files"))
            .unwrap_or("base")
            .to_owned()
    }

    #[test]
    fn servers_of_a_path_are_seen_from_the_base_url() {
        let host = json!([{"url": "https://rms.example.test/api/v1"}]);
        let at = "https://rms.example.test/api/v1";
        for (roots, own, base, expected) in [
            (host.clone(), json!([{"url": "/legacy"}]), at, "/legacy"),
            (
                host.clone(),
                json!([{"url": "https://rms.example.test"}]),
                at,
                "",
            ),
            (
                host.clone(),
                json!([{"url": "https://rms.example.test/api/v1/"}]),
                at,
                "base",
            ),
            (host.clone(), json!([{"url": "v2"}]), at, "/api/v2"),
            (host.clone(), json!([]), at, "base"),
            // Another server.
            (
                host.clone(),
                json!([{"url": "https://files.example.test/api/v1"}]),
                at,
                "elsewhere https://files.example.test/api/v1",
            ),
            (
                host.clone(),
                json!([{"url": "https://rms.example.test:8443/api/v1"}]),
                at,
                "elsewhere https://rms.example.test:8443/api/v1",
            ),
            (
                host.clone(),
                json!([{"url": "http://rms.example.test/api/v1"}]),
                at,
                "elsewhere http://rms.example.test/api/v1",
            ),
            // Of several servers, the one that is the target's.
            (
                host.clone(),
                json!([{"url": "https://files.example.test"}, {"url": "https://rms.example.test/files"}]),
                at,
                "/files",
            ),
            // A test instance stands for the server that the contract names.
            (
                host.clone(),
                json!([{"url": "https://rms.example.test/legacy"}]),
                "http://127.0.0.1:8080/api/v1",
                "/legacy",
            ),
            (
                host.clone(),
                json!([{"url": "https://rms.example.test/legacy"}]),
                "http://127.0.0.1:8080/rms/api/v1/",
                "/rms/legacy",
            ),
            (
                host.clone(),
                json!([{"url": "https://rms.example.test/api/v1/bulk"}]),
                "http://127.0.0.1:8080/test",
                "/test/bulk",
            ),
            (
                host,
                json!([{"url": "https://files.example.test/legacy"}]),
                "http://127.0.0.1:8080/api/v1",
                "elsewhere https://files.example.test/legacy",
            ),
            // Variables.
            (
                json!([{"url": "https://{force}.example.test/v1", "variables": {"force": {"default": "north"}}}]),
                json!([{"url": "https://{force}.example.test/v2", "variables": {"force": {"default": "north"}}}]),
                "https://south.example.test/v1",
                "/v2",
            ),
            (
                json!([{"url": "/{version}", "variables": {"version": {"default": "v1"}}}]),
                json!([{"url": "/{version}", "variables": {"version": {"default": "v2"}}}]),
                "https://rms.example.test/north/v1",
                "/north/v2",
            ),
            (
                json!([]),
                json!([{"url": "/legacy"}]),
                "https://rms.example.test/api",
                "/legacy",
            ),
        ] {
            assert_eq!(place(roots, own.clone(), base), expected, "{own} {base}");
        }
    }

    #[test]
    fn a_request_without_an_operation_goes_where_its_path_is_served() {
        let mut contract = Contract::from_value(json!({
            "openapi": "3.0.3", "info": {"title": "T", "version": "1"},
            "servers": [{"url": "https://rms.example.test/v1"}],
            "paths": {
                "/files/{id}": {
                    "servers": [{"url": "/store"}],
                    "get": {"responses": {"200": {"description": ""}}},
                },
                "/cases/{id}": {"get": {"responses": {"200": {"description": ""}}}},
            },
        }))
        .unwrap();
        contract.serve_at(&Url::parse("https://rms.example.test/v1").unwrap());
        let paths = contract.server_paths.as_ref().unwrap();
        let of = |method: Method, path: &str| paths.of(None, &method, path).map(str::to_owned);
        assert_eq!(of(Method::Delete, "/files/7").as_deref(), Some("/store"));
        assert_eq!(of(Method::Get, "/files/7?x=1").as_deref(), Some("/store"));
        assert_eq!(of(Method::Get, "/cases/7"), None);
        assert_eq!(of(Method::Get, "/nothing"), None);
    }
}
