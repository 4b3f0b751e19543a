//! Who may ask what from where, and what every answer carries.
//!
//! In: requests. Out: the answer of a route, or a refusal, with headers that keep browsers from doing with it what was
//! not meant. A request must name this daemon's host (else a page that its owner points at this machine could ask, DNS
//! rebinding); a change must come from a page of this origin (Fetch metadata, RFC 6454); with a secret configured,
//! whoever asks must have it (RFC 6750, or the cookie that the sign-in page gives). What can go wrong: nothing more.

use std::net::IpAddr;
use std::time::Duration;

use axum::extract::{Request, State};
use axum::http::header::{
    AUTHORIZATION, CACHE_CONTROL, CONTENT_SECURITY_POLICY, HOST, HeaderName, HeaderValue, LOCATION, ORIGIN,
    REFERRER_POLICY, SET_COOKIE, WWW_AUTHENTICATE, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::frame::problem_page;
use super::problem::{Problem, ProblemKind};
use super::site::Site;
use super::visitor::{Visitor, cookie, encode, parameter, tongue};
use crate::config::Web as Options;
use crate::record::sha256_hex;

/// What a page may load and where its forms go: this daemon, nothing inline.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; \
                      form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
/// The cookie of who has signed in.
pub(super) const SESSION: &str = "hedui-session";
/// Bytes of an address. Every filter at its longest has room in it.
const MAX_TARGET: usize = 8 << 10;
/// Time for an answer that is no upload, download or stream.
const TIME: Duration = Duration::from_secs(30);
/// Time for an upload's bytes to come.
const UPLOAD_TIME: Duration = Duration::from_secs(600);
/// Preferences are remembered for a year.
const YEAR: u32 = 31_536_000;
/// These are answered without the secret: probes, the sign-in page and what it looks like.
const OPEN: [&str; 3] = ["/healthz", "/readyz", "/login"];

/// Stands before every route.
pub(super) async fn guard(State(site): State<Site>, mut request: Request, next: Next) -> Response {
    let target = request.uri().path_and_query().map_or("/", |target| target.as_str()).to_owned();
    let path = request.uri().path().to_owned();
    let usual = site.options().map(|options| options.language.into()).unwrap_or_default();
    let mut visitor = Visitor::of(request.headers(), &target, usual);
    let tongue = tongue(request.headers(), &target);
    let admitted = admit(&site, &request, &mut visitor);
    let wants_page = !path.starts_with("/api/") && !path.starts_with("/assets/");
    request.extensions_mut().insert(visitor.clone());
    let is_get = request.method() == Method::GET;
    let mut response = match admitted {
        Ok(()) => {
            let time = if path.ends_with("/upload") { UPLOAD_TIME } else { TIME };
            let answer = tokio::time::timeout(time, next.run(request)).await;
            answer.unwrap_or_else(|_| ProblemKind::Busy.told("told.slow").into_response())
        }
        Err(problem) if problem.kind == ProblemKind::Unauthorized && wants_page && is_get => {
            let mut response = StatusCode::SEE_OTHER.into_response();
            // What is too long to go back to is asked for again.
            let next = encode(&target);
            let next = if next.len() < MAX_TARGET / 2 { next } else { String::new() };
            put(&mut response, LOCATION, &format!("/login?next={next}"));
            response
        }
        Err(problem) => problem.into_response(),
    };
    if let Some(problem) = problem_of(&mut response, &path) {
        response = match wants_page {
            true => problem_page(&problem, &visitor),
            false => problem.answer(tongue),
        };
        if problem.kind == ProblemKind::Unauthorized {
            put(&mut response, WWW_AUTHENTICATE, "Bearer realm=\"hedui\"");
        }
    }
    if wants_page {
        remember(&mut response, &target);
    }
    harden(response.headers_mut());
    response
}

/// The problem that an answer tells of, also where it was an extractor that refused.
fn problem_of(response: &mut Response, path: &str) -> Option<Problem> {
    let status = response.status();
    let told = response.extensions_mut().remove::<Problem>();
    let is_probe = path == "/healthz" || path == "/readyz" || path == "/login";
    if told.is_some() || is_probe || !(status.is_client_error() || status.is_server_error()) {
        return told;
    }
    Some(Problem::from(match status {
        StatusCode::PAYLOAD_TOO_LARGE => ProblemKind::TooLarge,
        StatusCode::NOT_FOUND => ProblemKind::NotFound,
        StatusCode::METHOD_NOT_ALLOWED => ProblemKind::NotAllowed,
        status if status.is_client_error() => ProblemKind::Invalid,
        _ => ProblemKind::Internal,
    }))
}

/// May this be asked?
fn admit(site: &Site, request: &Request, visitor: &mut Visitor) -> Result<(), Problem> {
    let options = site.options().ok_or(ProblemKind::NotReady)?;
    let length = request.uri().path_and_query().map_or(0, |target| target.as_str().len());
    if length > MAX_TARGET {
        return Err(ProblemKind::TooLong.told_of("told.long_address", MAX_TARGET));
    }
    let host = host_of(request).ok_or(ProblemKind::WrongHost)?;
    if !is_ours(&host, &options) {
        return Err(ProblemKind::WrongHost.told("told.hosts"));
    }
    visitor.signed_in = has_token(request.headers(), &options);
    let path = request.uri().path();
    let open = OPEN.contains(&path) || path.starts_with("/assets/");
    if options.token.is_some() && !visitor.signed_in && !open {
        return Err(ProblemKind::Unauthorized.into());
    }
    let reads = [Method::GET, Method::HEAD, Method::OPTIONS].contains(request.method());
    if !reads && !is_same_origin(request.headers(), &host) {
        return Err(ProblemKind::CrossOrigin.into());
    }
    Ok(())
}

/// The host that is asked, as the client wrote it, in lower case. Two of them are none.
fn host_of(request: &Request) -> Option<String> {
    let mut hosts = request.headers().get_all(HOST).iter();
    let host = hosts.next()?.to_str().ok()?;
    let alone = hosts.next().is_none();
    let authority = request.uri().authority().map(axum::http::uri::Authority::as_str);
    (alone && authority.is_none_or(|authority| authority == host)).then(|| host.to_ascii_lowercase())
}

/// A name of this machine, the address it listens at, or one that the configuration allows.
fn is_ours(host: &str, options: &Options) -> bool {
    let name = without_port(host);
    let address = name.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    let own = options.listen.map(|listen| listen.ip()).filter(|own| !own.is_unspecified());
    name == "localhost"
        || address.is_ok_and(|address| address.is_loopback() || Some(address) == own)
        || options.hosts.iter().any(|allowed| allowed == name)
}

/// `host:port` and `[v6]:port` without the port; anything else that has a colon as it is, which is nobody's name.
fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port))
            if port.chars().all(|c| c.is_ascii_digit()) && (!name.contains(':') || name.ends_with(']')) =>
        {
            name
        }
        _ => host,
    }
}

/// A browser says where a change comes from; whatever says nothing is no browser, which no page can make ask.
fn is_same_origin(headers: &HeaderMap, host: &str) -> bool {
    let text = |name: &HeaderName| headers.get(name).map(|value| value.to_str().unwrap_or("?").to_ascii_lowercase());
    let site = text(&HeaderName::from_static("sec-fetch-site"));
    let fetched_here = site.as_deref().is_none_or(|site| site == "same-origin" || site == "none");
    let origin = text(&ORIGIN);
    let from_here = origin.as_deref().is_none_or(|origin| {
        let named = origin.strip_prefix("http://").or_else(|| origin.strip_prefix("https://"));
        named == Some(host)
    });
    fetched_here && from_here
}

fn has_token(headers: &HeaderMap, options: &Options) -> bool {
    let Some(token) = &options.token else { return false };
    let given = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    let bearer = given.and_then(|given| given.strip_prefix("Bearer "));
    let session = cookie(headers, SESSION);
    bearer.is_some_and(|given| is_equal(given.trim(), token.secret()))
        || session.is_some_and(|given| is_equal(&given, &session_of(token.secret())))
}

/// What the cookie of a signed-in browser says: proof of the secret, not the secret.
pub(super) fn session_of(secret: &str) -> String {
    sha256_hex(format!("hedui session\0{secret}").as_bytes())
}

/// Takes as long for texts that differ early as for those that differ late.
pub(super) fn is_equal(one: &str, other: &str) -> bool {
    let (one, other) = (sha256_hex(one.as_bytes()), sha256_hex(other.as_bytes()));
    one.bytes().zip(other.bytes()).fold(0, |all, (a, b)| all | (a ^ b)) == 0
}

/// Language and colours that the target asks for hold from now on.
fn remember(response: &mut Response, target: &str) {
    for (name, allowed) in [("lang", &["zh", "en"][..]), ("theme", &["auto", "light", "dark"])] {
        let wanted = parameter(target, name).filter(|value| allowed.contains(&value.as_str()));
        if let Some(value) = wanted {
            let text = format!("hedui-{name}={value}; Path=/; Max-Age={YEAR}; SameSite=Lax; HttpOnly");
            add(response, SET_COOKIE, &text);
        }
    }
}

fn harden(headers: &mut HeaderMap) {
    let mut default = |name: HeaderName, value: &'static str| {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    };
    default(CONTENT_SECURITY_POLICY, POLICY);
    default(X_CONTENT_TYPE_OPTIONS, "nosniff");
    default(X_FRAME_OPTIONS, "DENY");
    // Forms must say where they come from, other sites must not learn of paths.
    default(REFERRER_POLICY, "same-origin");
    default(CACHE_CONTROL, "no-cache, private");
    default(HeaderName::from_static("cross-origin-opener-policy"), "same-origin");
    default(HeaderName::from_static("cross-origin-resource-policy"), "same-origin");
    default(HeaderName::from_static("permissions-policy"), "camera=(), geolocation=(), microphone=()");
}

/// Sets a header; a value that cannot be one is left out.
pub(super) fn put(response: &mut Response, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().insert(name, value);
    }
}

/// Adds one more header of this name.
pub(super) fn add(response: &mut Response, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().append(name, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options() -> Options {
        Options {
            listen: "10.1.2.3:80".parse().ok(),
            asked_for: true,
            token: None,
            hosts: vec!["hedui.intranet".to_owned(), "[fd00::1]".to_owned()],
            upload_bytes: 1,
            language: crate::sink::Language::Zh,
        }
    }

    #[test]
    fn hosts() {
        for host in ["localhost", "localhost:8650", "127.0.0.1:1", "[::1]:80", "[::1]", "10.1.2.3", "hedui.intranet:9"]
        {
            assert!(is_ours(host, &options()), "{host}");
        }
        assert!(is_ours("[fd00::1]:80", &options()));
        for host in ["", "evil.example", "localhost.evil.example", "10.0.0.1", "a@localhost", "localhost:80:90", "::1x"]
        {
            assert!(!is_ours(host, &options()), "{host}");
        }
    }

    #[test]
    fn origins() {
        let headers = |pairs: &[(&'static str, &'static str)]| {
            pairs.iter().map(|(n, v)| (HeaderName::from_static(n), HeaderValue::from_static(v))).collect::<HeaderMap>()
        };
        let here = "localhost:8650";
        assert!(is_same_origin(&headers(&[]), here));
        assert!(is_same_origin(
            &headers(&[("origin", "http://localhost:8650"), ("sec-fetch-site", "same-origin")]),
            here
        ));
        for pairs in [
            &[("origin", "http://evil.example")][..],
            &[("origin", "null")],
            &[("origin", "http://localhost:9")],
            &[("sec-fetch-site", "cross-site")],
            &[("sec-fetch-site", "same-site"), ("origin", "http://localhost:8650")],
            &[("origin", "http://localhost:8650.evil.example")],
        ] {
            assert!(!is_same_origin(&headers(pairs), here), "{pairs:?}");
        }
    }

    #[test]
    fn secrets() {
        assert!(is_equal("abc", "abc") && !is_equal("abc", "abd") && !is_equal("", "a"));
        assert_ne!(session_of("a"), session_of("b"));
    }
}
