//! Connections that show one client certificate, or none (owner of [`Client`]).

use std::sync::Arc;

use super::{
    Options, TransportError, address::Origin, breakage, options, options::ClientCertificate, tls,
    verbatim, verbatim::Direct,
};

/// Connections with one client certificate, or none.
#[derive(Debug)]
pub(super) struct Client {
    pub(super) pooled: reqwest::Client,
    pub(super) direct: Direct,
}

impl Client {
    pub(super) fn new(
        options: &Options,
        origin: &Origin,
        certificate: Option<&ClientCertificate>,
    ) -> Result<Self, TransportError> {
        let (config, roots) = tls::config(&options.trust, certificate)?;
        Self::of(options, origin, config, roots)
    }

    /// Without a certificate, and with this changed.
    pub(super) fn with(
        options: &Options,
        origin: &Origin,
        change: impl FnOnce(&mut rustls::ClientConfig),
    ) -> Result<Self, TransportError> {
        let (mut config, roots) = tls::config(&options.trust, None)?;
        change(&mut config);
        Self::of(options, origin, config, roots)
    }

    fn of(
        options: &Options,
        origin: &Origin,
        config: rustls::ClientConfig,
        roots: tls::Roots,
    ) -> Result<Self, TransportError> {
        let mut builder = reqwest::Client::builder()
            .tls_backend_preconfigured(config.clone())
            .dns_resolver(Arc::new(verbatim::Resolver))
            .redirect(reqwest::redirect::Policy::none())
            .referer(false)
            .retry(reqwest::retry::never())
            .tcp_nodelay(true)
            .connect_timeout(options.connect_timeout)
            .pool_max_idle_per_host(options.concurrency.max(1))
            .pool_idle_timeout(options::IDLE);
        if origin.is_loopback() || !options.proxy {
            builder = builder.no_proxy();
        }
        let pooled = builder
            .build()
            .map_err(|error| TransportError::Client(breakage::innermost(&error)))?;
        Ok(Self {
            pooled,
            direct: Direct::new(config, roots, options.connect_timeout),
        })
    }
}
