//! What the dashboard's part of a configuration means: an address, a secret, names.
//!
//! In: `web` as it is written. Out: [`Web`]. What can go wrong: an address that other machines reach without a secret or
//! without a name to ask for, a secret that is too short or cannot be read.

use std::fmt;
use std::fs;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::Path;

use serde_saphyr::Spanned;

use super::file::{ConfigFile, Part, WebFile};
use super::validate::{Checker, absolute};
use crate::sink::Language;

/// Where the dashboard answers when nothing is said of it.
const DEFAULT: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8650);
/// Shorter secrets are guessed.
const MIN_TOKEN: usize = 16;

/// The dashboard.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Web {
    /// Where it answers; `None`: nowhere.
    pub listen: Option<SocketAddr>,
    /// The address was asked for. One that was not, and is taken, is no reason not to start.
    pub asked_for: bool,
    /// What every page and call asks for.
    pub token: Option<Token>,
    /// Names by which browsers may ask, in lower case, beside those of this machine.
    pub hosts: Vec<String>,
    /// Bytes of one file that may be uploaded.
    pub upload_bytes: u64,
    /// The language of pages until a browser chooses another.
    pub language: Language,
}

/// A secret; never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

impl Token {
    /// The secret itself.
    #[must_use]
    pub fn secret(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

impl Checker<'_> {
    pub(super) fn web(&mut self, base: &Path, file: &ConfigFile) -> Web {
        let WebFile { listen, token_file, allowed_hosts, upload_bytes } = &file.web;
        let address = listen.as_ref().map_or(Some(DEFAULT), |listen| self.address(listen));
        let token = token_file.as_ref().and_then(|path| self.token(base, path));
        let hosts = allowed_hosts.iter().filter_map(|host| self.host(host)).collect::<Vec<_>>();
        if let (Some(address), Some(listen)) = (address, listen)
            && !address.ip().is_loopback()
        {
            if token_file.is_none() {
                let message = "other machines reach this address, so `web.token_file` must name a file with a secret; \
                               or listen at 127.0.0.1";
                self.complain(listen.referenced, message.to_owned());
            }
            if address.ip().is_unspecified() && allowed_hosts.is_empty() {
                let message = "at this address `web.allowed_hosts` must say by which names the dashboard is asked";
                self.complain(listen.referenced, message.to_owned());
            }
        }
        if *upload_bytes == Some(0) {
            self.complain_of(Part::Web, "upload_bytes", "must be at least 1");
        }
        let upload_bytes = upload_bytes.unwrap_or(file.limits.input_bytes);
        Web { listen: address, asked_for: listen.is_some(), token, hosts, upload_bytes, language: file.language }
    }

    fn address(&mut self, listen: &Spanned<String>) -> Option<SocketAddr> {
        if listen.value == "off" {
            return None;
        }
        let address = listen.value.parse().ok();
        if address.is_none() {
            let message = format!("`{}` is no address with a port; write it as 127.0.0.1:8650, or `off`", listen.value);
            self.complain(listen.referenced, message);
        }
        address
    }

    fn token(&mut self, base: &Path, path: &Spanned<String>) -> Option<Token> {
        let text = match fs::read_to_string(absolute(base, &path.value)) {
            Ok(text) => text,
            Err(error) => {
                self.complain(path.referenced, format!("`{}` cannot be read: {error}", path.value));
                return None;
            }
        };
        let secret = text.lines().next().unwrap_or_default().trim();
        if secret.chars().count() < MIN_TOKEN {
            let message = format!("the first line of `{}` must have at least {MIN_TOKEN} characters", path.value);
            self.complain(path.referenced, message);
            return None;
        }
        Some(Token(secret.to_owned()))
    }

    fn host(&mut self, host: &Spanned<String>) -> Option<String> {
        let name = host.value.to_ascii_lowercase();
        let fits = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || ".-:[]".contains(c));
        let has_port = !name.ends_with(']') && name.matches(':').count() == 1;
        if !fits || has_port {
            self.complain(host.referenced, format!("`{}` is no name of a host; write it without a port", host.value));
            return None;
        }
        Some(name)
    }
}
