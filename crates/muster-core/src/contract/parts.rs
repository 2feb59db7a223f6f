//! Reading parameters, bodies, answers, headers, servers and security.

use std::collections::{BTreeMap, BTreeSet};

use indexmap::IndexMap;
use serde_json::Value;

use super::{
    cursor::{Cursor, Reader},
    examples::Documented,
    model::{
        Alternative, Dialect, HeaderSpec, Link, Media, Parameter, ParameterPlace, RequestBody,
        ResponseSpec, SchemeKind, Security, SecurityScheme, Server, StatusPattern, Style,
    },
};
use crate::model::OperationKey;

/// A link with the way it names its operation, until all operations are known.
pub(super) enum LinkTo {
    Id(String),
    Reference { base: String, reference: String },
    Nothing,
}

impl<'a> Reader<'a> {
    pub(super) fn parameter(&mut self, at: &Cursor<'a>) -> Option<Parameter> {
        let at = self.follow(at)?;
        let Some(name) = at.text("name") else {
            self.fault(&at, "a parameter needs a `name`");
            return None;
        };
        let place = match at.text("in") {
            Some("path") => ParameterPlace::Path,
            Some("query") => ParameterPlace::Query,
            Some("querystring") => ParameterPlace::Querystring,
            Some("header") => ParameterPlace::Header,
            Some("cookie") => ParameterPlace::Cookie,
            Some(other) => {
                let hint = if matches!(other, "body" | "formData") {
                    "; bodies are described by `requestBody` since OpenAPI 3"
                } else {
                    ""
                };
                self.fault(
                    &at,
                    format!("`in` must be path, query, header or cookie, not `{other}`{hint}"),
                );
                return None;
            }
            None => {
                self.fault(&at, format!("the parameter `{name}` needs `in`"));
                return None;
            }
        };
        let mut required = at.flag("required");
        if place == ParameterPlace::Path && !required {
            self.fault(
                &at,
                format!("the path parameter `{name}` must have `required: true`"),
            );
            required = true;
        }
        let (style, explode) = self.style(&at, place);
        let (schema, content, media_examples) = self.described(&at, name);
        let mut examples = self.examples(&at);
        examples.extend(media_examples);
        let parameter = Parameter {
            name: name.to_owned(),
            description: at.text("description").unwrap_or_default().to_owned(),
            place,
            required,
            deprecated: at.flag("deprecated"),
            style,
            explode,
            allow_reserved: at.flag("allowReserved"),
            schema,
            content,
            examples,
            pointer: self.location(&at),
        };
        self.document_examples(parameter.schema.as_ref(), &parameter.examples);
        Some(parameter)
    }

    fn style(&mut self, at: &Cursor<'a>, place: ParameterPlace) -> (Style, bool) {
        let default = match place {
            ParameterPlace::Path | ParameterPlace::Header => Style::Simple,
            ParameterPlace::Query | ParameterPlace::Querystring | ParameterPlace::Cookie => {
                Style::Form
            }
        };
        let style = match at.text("style") {
            None => default,
            Some("matrix") if place == ParameterPlace::Path => Style::Matrix,
            Some("label") if place == ParameterPlace::Path => Style::Label,
            Some("simple") if matches!(place, ParameterPlace::Path | ParameterPlace::Header) => {
                Style::Simple
            }
            Some("form") if matches!(place, ParameterPlace::Query | ParameterPlace::Cookie) => {
                Style::Form
            }
            Some("spaceDelimited") if place == ParameterPlace::Query => Style::SpaceDelimited,
            Some("pipeDelimited") if place == ParameterPlace::Query => Style::PipeDelimited,
            Some("deepObject") if place == ParameterPlace::Query => Style::DeepObject,
            Some("cookie") if place == ParameterPlace::Cookie && self.dialect == Dialect::V3_2 => {
                Style::Cookie
            }
            Some(other) => {
                self.fault(
                    at,
                    format!("the style `{other}` cannot be used there; read as the default"),
                );
                default
            }
        };
        let explode = at
            .value
            .get("explode")
            .and_then(Value::as_bool)
            .unwrap_or(matches!(style, Style::Form | Style::Cookie));
        (style, explode)
    }

    /// The schema of a parameter or header: its own, or that of its only media type.
    fn described(
        &mut self,
        at: &Cursor<'a>,
        name: &str,
    ) -> (
        Option<super::Schema>,
        Option<String>,
        Vec<super::model::Example>,
    ) {
        let schema = at.get("schema").map(|schema| self.schema(&schema));
        let Some(content) = at.get("content") else {
            if schema.is_none() {
                self.fault(at, format!("`{name}` needs a `schema` or `content`"));
            }
            return (schema, None, Vec::new());
        };
        if schema.is_some() {
            self.fault(at, "`schema` and `content` exclude each other");
            return (schema, None, Vec::new());
        }
        let mut media = self.content(&content).into_iter();
        let first = media.next();
        if first.is_none() || media.next().is_some() {
            self.fault(&content, "`content` must have exactly one media type here");
        }
        first.map_or((None, None, Vec::new()), |media| {
            (media.schema, Some(media.media_type), media.examples)
        })
    }

    pub(super) fn content(&mut self, at: &Cursor<'a>) -> Vec<Media> {
        if !at.value.is_object() {
            self.fault(at, "`content` must be an object of media types");
        }
        let mut content = Vec::new();
        for (media_type, media) in at.entries() {
            if !media_type.contains('/') {
                self.fault(&media, format!("`{media_type}` is not a media type"));
            }
            let Some(media) = self.follow(&media) else {
                continue;
            };
            if !media.value.is_object() {
                self.fault(&media, "a media type must be described by an object");
            }
            let schema = media.get("schema").map(|schema| self.schema(&schema));
            let item_schema = media.get("itemSchema").map(|item| self.schema(&item));
            self.encoding(&media);
            let examples = self.examples(&media);
            let media = Media {
                media_type: media_type.to_ascii_lowercase(),
                schema,
                item_schema,
                examples,
                pointer: self.location(&media),
            };
            if media.is_json() {
                self.document_examples(media.schema.as_ref(), &media.examples);
            }
            content.push(media);
        }
        content
    }

    fn encoding(&mut self, media: &Cursor<'a>) {
        let Some(encoding) = media.get("encoding") else {
            return;
        };
        for (_, part) in encoding.entries() {
            if let Some(headers) = part.get("headers") {
                self.headers(&headers);
            }
        }
    }

    pub(super) fn document_examples(
        &mut self,
        schema: Option<&super::Schema>,
        examples: &[super::model::Example],
    ) {
        let Some(schema) = schema else { return };
        self.examples
            .extend(examples.iter().map(|example| Documented {
                name: example.name.clone(),
                value: example.value.clone(),
                pointer: example.pointer.clone(),
                schema: schema.clone(),
            }));
    }

    pub(super) fn body(&mut self, at: &Cursor<'a>) -> Option<RequestBody> {
        let at = self.follow(at)?;
        let content = match at.get("content") {
            Some(content) => self.content(&content),
            None => {
                self.fault(&at, "a request body needs `content`");
                Vec::new()
            }
        };
        Some(RequestBody {
            required: at.flag("required"),
            content,
            pointer: self.location(&at),
        })
    }

    pub(super) fn headers(&mut self, at: &Cursor<'a>) -> Vec<HeaderSpec> {
        let mut headers = Vec::new();
        for (name, header) in at.entries() {
            if let Some(header) = self.header(name, &header) {
                headers.push(header);
            }
        }
        headers
    }

    pub(super) fn header(&mut self, name: &str, at: &Cursor<'a>) -> Option<HeaderSpec> {
        let at = self.follow(at)?;
        let (schema, content, media_examples) = self.described(&at, name);
        let mut examples = self.examples(&at);
        examples.extend(media_examples);
        self.document_examples(schema.as_ref(), &examples);
        Some(HeaderSpec {
            name: name.to_owned(),
            required: at.flag("required"),
            schema,
            content,
            explode: at.flag("explode"),
            pointer: self.location(&at),
        })
    }

    pub(super) fn response(
        &mut self,
        status: StatusPattern,
        at: &Cursor<'a>,
    ) -> Option<(ResponseSpec, Vec<LinkTo>)> {
        let at = self.follow(at)?;
        if at.text("description").is_none() && self.dialect != Dialect::V3_2 {
            self.fault(&at, "a response needs a `description`");
        }
        let mut spec = ResponseSpec {
            status,
            description: at.owned("description"),
            headers: Vec::new(),
            content: Vec::new(),
            links: Vec::new(),
            pointer: self.location(&at),
        };
        if let Some(headers) = at.get("headers") {
            spec.headers = self.headers(&headers);
        }
        if let Some(content) = at.get("content") {
            spec.content = self.content(&content);
        }
        let mut ways = Vec::new();
        if let Some(links) = at.get("links") {
            for (name, link) in links.entries() {
                if let Some((link, to)) = self.link(name, &link) {
                    spec.links.push(link);
                    ways.push(to);
                }
            }
        }
        Some((spec, ways))
    }

    fn link(&mut self, name: &str, at: &Cursor<'a>) -> Option<(Link, LinkTo)> {
        let at = self.follow(at)?;
        let to = match (at.text("operationId"), at.text("operationRef")) {
            (Some(_), Some(_)) => {
                self.fault(&at, "`operationId` and `operationRef` exclude each other");
                LinkTo::Nothing
            }
            (Some(id), None) => LinkTo::Id(id.to_owned()),
            (None, Some(reference)) => LinkTo::Reference {
                base: at.document.to_string(),
                reference: reference.to_owned(),
            },
            (None, None) => {
                self.fault(&at, "a link needs `operationId` or `operationRef`");
                LinkTo::Nothing
            }
        };
        let parameters: IndexMap<String, Value> = at
            .get("parameters")
            .map(|parameters| {
                parameters
                    .entries()
                    .map(|(name, value)| (name.to_owned(), value.value.clone()))
                    .collect()
            })
            .unwrap_or_default();
        let link = Link {
            name: name.to_owned(),
            operation: None::<OperationKey>,
            parameters,
            body: at.value.get("requestBody").cloned(),
            pointer: self.location(&at),
        };
        Some((link, to))
    }

    pub(super) fn servers(&mut self, at: Option<Cursor<'a>>) -> Vec<Server> {
        let Some(at) = at else { return Vec::new() };
        if !at.value.is_array() {
            self.fault(&at, "`servers` must be a list");
        }
        let mut servers = Vec::new();
        for server in at.items() {
            let Some(template) = server.text("url") else {
                self.fault(&server, "a server needs a `url`");
                continue;
            };
            servers.push(Server {
                template: template.to_owned(),
                url: self.server_url(&server, template),
                description: server.owned("description"),
                pointer: self.location(&server),
            });
        }
        servers
    }

    fn server_url(&mut self, server: &Cursor<'a>, template: &str) -> String {
        let mut url = String::new();
        let mut rest = template;
        while let Some((before, after)) = rest.split_once('{') {
            url.push_str(before);
            let Some((name, after)) = after.split_once('}') else {
                self.fault(server, "a `{` in the server's `url` is not closed");
                url.push('{');
                rest = after;
                continue;
            };
            rest = after;
            let default = server
                .get("variables")
                .and_then(|variables| variables.get(name))
                .and_then(|variable| variable.text("default"));
            match default {
                Some(default) => url.push_str(default),
                None => {
                    self.fault(
                        server,
                        format!("the server variable `{name}` has no `default`"),
                    );
                    url.push('{');
                    url.push_str(name);
                    url.push('}');
                }
            }
        }
        url.push_str(rest);
        url
    }

    pub(super) fn security(
        &mut self,
        at: Option<Cursor<'a>>,
        schemes: &BTreeMap<String, SecurityScheme>,
    ) -> Security {
        let Some(at) = at else {
            return Security::NotDeclared;
        };
        if !at.value.is_array() {
            self.fault(&at, "`security` must be a list");
            return Security::NotDeclared;
        }
        let mut alternatives = Vec::new();
        for requirement in at.items() {
            let mut all = Vec::new();
            for (name, scopes) in requirement.entries() {
                if !schemes.contains_key(name) {
                    self.fault_of(
                        super::FaultKind::Security,
                        &requirement,
                        format!("the security scheme `{name}` is not declared"),
                    );
                }
                let scopes = scopes
                    .items()
                    .filter_map(|scope| scope.value.as_str().map(str::to_owned))
                    .collect();
                all.push((name.to_owned(), scopes));
            }
            alternatives.push(Alternative(all));
        }
        Security::AnyOf(alternatives)
    }

    pub(super) fn security_scheme(
        &mut self,
        name: &str,
        at: &Cursor<'a>,
    ) -> Option<SecurityScheme> {
        let at = self.follow(at)?;
        let kind = match at.text("type") {
            Some("http") => {
                let scheme = at.owned("scheme").to_ascii_lowercase();
                if scheme.is_empty() {
                    self.fault(&at, "an `http` scheme needs `scheme`");
                }
                SchemeKind::Http { scheme }
            }
            Some("apiKey") => {
                let place = match at.text("in") {
                    Some("query") => ParameterPlace::Query,
                    Some("header") => ParameterPlace::Header,
                    Some("cookie") => ParameterPlace::Cookie,
                    _ => {
                        self.fault(
                            &at,
                            "an `apiKey` scheme needs `in`: header, query or cookie",
                        );
                        ParameterPlace::Header
                    }
                };
                let key = at.owned("name");
                if key.is_empty() {
                    self.fault(&at, "an `apiKey` scheme needs `name`");
                }
                SchemeKind::ApiKey { place, name: key }
            }
            Some("oauth2") => self.oauth2(&at),
            Some("openIdConnect") => {
                let url = at.owned("openIdConnectUrl");
                if url.is_empty() {
                    self.fault(&at, "an `openIdConnect` scheme needs `openIdConnectUrl`");
                }
                SchemeKind::OpenIdConnect { url }
            }
            Some("mutualTLS") => {
                if self.dialect == Dialect::V3_0 {
                    self.fault(&at, "`mutualTLS` came with OpenAPI 3.1");
                }
                SchemeKind::MutualTls
            }
            other => {
                let other = other.unwrap_or_default();
                self.fault(&at, format!("`{other}` is not a type of security scheme"));
                SchemeKind::Unknown(other.to_owned())
            }
        };
        Some(SecurityScheme {
            name: name.to_owned(),
            kind,
            pointer: self.location(&at),
        })
    }

    fn oauth2(&mut self, at: &Cursor<'a>) -> SchemeKind {
        let Some(flows) = at.get("flows") else {
            self.fault(at, "an `oauth2` scheme needs `flows`");
            return SchemeKind::OAuth2 {
                token_url: None,
                scopes: Vec::new(),
            };
        };
        let mut scopes = BTreeSet::new();
        for (name, flow) in flows.members() {
            let needs: &[&str] = match name {
                "implicit" => &["authorizationUrl"],
                "password" | "clientCredentials" => &["tokenUrl"],
                "authorizationCode" => &["authorizationUrl", "tokenUrl"],
                "deviceAuthorization" if self.dialect == Dialect::V3_2 => {
                    &["deviceAuthorizationUrl", "tokenUrl"]
                }
                _ => {
                    self.fault(&flow, format!("`{name}` is not an OAuth flow"));
                    &[]
                }
            };
            for need in needs {
                if flow.text(need).is_none() {
                    self.fault(&flow, format!("the flow `{name}` needs `{need}`"));
                }
            }
            match flow.get("scopes") {
                Some(own) => scopes.extend(own.entries().map(|(scope, _)| scope.to_owned())),
                None => self.fault(&flow, format!("the flow `{name}` needs `scopes`")),
            }
        }
        SchemeKind::OAuth2 {
            token_url: flows
                .get("clientCredentials")
                .and_then(|flow| flow.text("tokenUrl"))
                .map(str::to_owned),
            scopes: scopes.into_iter().collect(),
        }
    }
}
