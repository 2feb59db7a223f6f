//! Where a request goes, and that it is the target's own host.

use std::net::IpAddr;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use url::{Host, Position, Url};

use super::TransportError;
use muster_core::exchange::Address;

const COMPONENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// The target's host.
#[derive(Debug)]
pub(super) struct Origin {
    host: Host<String>,
    /// Scheme, host and port, such as `https://rms.example.test`.
    root: String,
    /// The same with the path of the base URL, without a slash at its end.
    base: String,
}

/// A resolved address.
#[derive(Debug)]
pub(super) struct Place {
    /// The full URL as it was asked for.
    pub(super) full: String,
    /// The same as a URL library reads it.
    pub(super) url: Url,
    /// Where in `full` the path begins.
    path: usize,
    /// Whether the URL library leaves path and query as they were asked for.
    pub(super) ordinary: bool,
}

impl Origin {
    pub(super) fn new(base: &Url) -> Result<Self, TransportError> {
        if !matches!(base.scheme(), "http" | "https") {
            return Err(TransportError::BaseUrl(base.to_string()));
        }
        let Some(host) = base.host() else {
            return Err(TransportError::BaseUrl(base.to_string()));
        };
        if !base.username().is_empty() || base.password().is_some() {
            return Err(TransportError::UserInBaseUrl);
        }
        Ok(Self {
            host: host.to_owned(),
            root: base[..Position::BeforePath].to_owned(),
            base: base[..Position::AfterPath].trim_end_matches('/').to_owned(),
        })
    }

    /// Whether the target runs on this machine, where no proxy belongs in between.
    pub(super) fn is_loopback(&self) -> bool {
        match &self.host {
            Host::Domain(name) => name == "localhost" || name.ends_with(".localhost"),
            Host::Ipv4(address) => address.is_loopback(),
            Host::Ipv6(address) => address.is_loopback(),
        }
    }

    /// The address for a reader, whatever it is.
    pub(super) fn shown(&self, address: &Address) -> String {
        match address {
            Address::Base(path) => format!("{}{path}", self.base),
            Address::Root(path) => format!("{}{path}", self.root),
            Address::Absolute(url) => url.clone(),
        }
    }

    /// The address with this added to its query; the reason where it must not be sent.
    pub(super) fn place(
        &self,
        address: &Address,
        query: &[(String, String)],
    ) -> Result<Place, String> {
        let (mut full, path) = match address {
            Address::Base(below) => self.below(&self.base, below)?,
            Address::Root(below) => self.below(&self.root, below)?,
            Address::Absolute(full) => (full.clone(), authority_end(full)?),
        };
        if full.get(path..).is_none_or(|path| !path.starts_with('/')) {
            full.insert(path, '/');
        }
        add_query(&mut full, query);
        if full.bytes().any(|byte| byte < 0x20 || byte == 0x7f) {
            return Err("The address has a control character, which HTTP cannot carry.".to_owned());
        }
        let url = Url::parse(&full)
            .map_err(|error| format!("The address {full} is not a URL: {error}."))?;
        if url.host().map(|host| host.to_owned()).as_ref() != Some(&self.host)
            || !matches!(url.scheme(), "http" | "https")
            || !url.username().is_empty()
            || url.password().is_some()
        {
            return Err(format!(
                "The address {full} is not on the target's own host, {}.",
                self.host
            ));
        }
        let ordinary = full.get(path..).is_some_and(|target| {
            target == &url[Position::BeforePath..] && target.bytes().all(is_tame)
        });
        Ok(Place {
            full,
            url,
            path,
            ordinary,
        })
    }

    fn below(&self, base: &str, below: &str) -> Result<(String, usize), String> {
        if !(below.is_empty() || below.starts_with(['/', '?'])) {
            return Err(format!("The path {below} does not start with a slash."));
        }
        let mut full = String::with_capacity(base.len() + below.len() + 64);
        full.push_str(base);
        full.push_str(below);
        Ok((full, self.root.len()))
    }
}

impl Place {
    /// Path and query as they go on the wire. A `#` is sent too: what follows it was asked for.
    pub(super) fn target(&self) -> &str {
        self.full.get(self.path..).unwrap_or("/")
    }

    pub(super) fn is_https(&self) -> bool {
        self.url.scheme() == "https"
    }

    pub(super) fn port(&self) -> u16 {
        self.url.port_or_known_default().unwrap_or(80)
    }

    /// The host without the brackets of an IPv6 address.
    pub(super) fn host(&self) -> String {
        match self.url.host() {
            Some(Host::Domain(name)) => name.to_owned(),
            Some(Host::Ipv4(address)) => IpAddr::from(address).to_string(),
            Some(Host::Ipv6(address)) => IpAddr::from(address).to_string(),
            None => String::new(),
        }
    }

    /// Host and port for a reader.
    pub(super) fn authority(&self) -> String {
        format!(
            "{}:{}",
            self.url.host_str().unwrap_or_default(),
            self.port()
        )
    }

    /// The value of the `Host` header.
    pub(super) fn host_header(&self) -> &str {
        &self.url[Position::BeforeHost..Position::AfterPort]
    }
}

/// Whether every library on the way lets this byte of a path or query be.
const fn is_tame(byte: u8) -> bool {
    byte.is_ascii_graphic()
        && !matches!(
            byte,
            b'"' | b'#' | b'<' | b'>' | b'\\' | b'^' | b'`' | b'{' | b'|' | b'}'
        )
}

fn authority_end(url: &str) -> Result<usize, String> {
    let start = url
        .find("://")
        .map(|at| at + 3)
        .ok_or_else(|| format!("The address {url} is not a URL with a scheme and a host."))?;
    let rest = url.get(start..).unwrap_or_default();
    Ok(start + rest.find(['/', '?', '#', '\\']).unwrap_or(rest.len()))
}

fn add_query(full: &mut String, query: &[(String, String)]) {
    if query.is_empty() {
        return;
    }
    let fragment = full.find('#').map(|at| full.split_off(at));
    for (name, value) in query {
        full.push(if full.contains('?') { '&' } else { '?' });
        full.extend(utf8_percent_encode(name, COMPONENT));
        full.push('=');
        full.extend(utf8_percent_encode(value, COMPONENT));
    }
    full.push_str(fragment.as_deref().unwrap_or_default());
}
