//! Why a request is not answered as asked: problem details (RFC 9457) for programs, a page for people.
//!
//! In: a [`Problem`]. Out: its status, its stable code and its words. Details name what was asked for, never what other
//! files or rows there are.

use std::fmt::Display;

use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header::CONTENT_LANGUAGE, header::CONTENT_TYPE};
use axum::response::{IntoResponse, Response};

use super::super::Fatal;
use super::super::journal::JournalError;
use super::words::Language;

/// A request that is not answered as asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Problem {
    pub(super) kind: ProblemKind,
    /// What exactly: a key of the string table, and the value in it; `None` when the kind says it all.
    pub(super) told: Option<(&'static str, String)>,
    /// What a library said, in English, for programs only.
    pub(super) detail: String,
}

impl Problem {
    /// What exactly, in a language.
    pub(super) fn told(&self, language: Language) -> String {
        self.told.as_ref().map(|(key, value)| language.told(key, value)).unwrap_or_default()
    }

    /// What programs get.
    pub(super) fn answer(&self, language: Language) -> Response {
        let (status, code) = (self.kind.status(), self.kind.code());
        let told = self.told(language);
        let body = serde_json::json!({
            "type": format!("urn:hedui:problem:{code}"),
            "title": language.word(self.kind.word()),
            "status": status.as_u16(),
            "detail": if told.is_empty() { &self.detail } else { &told },
            "reason": self.told.as_ref().and_then(|(key, _)| key.strip_prefix("told.")),
        });
        let mut response = Response::new(Body::from(body.to_string()));
        *response.status_mut() = status;
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        headers.insert(CONTENT_LANGUAGE, HeaderValue::from_static(language.tag()));
        response
    }
}

/// Sorts of problems. A code never changes its meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ProblemKind {
    /// A parameter, field or body that is not as it should be.
    Invalid,
    /// The secret is asked for.
    Unauthorized,
    /// A page of another origin asks for a change.
    CrossOrigin,
    /// There is no such thing.
    NotFound,
    /// That is not done here.
    NotAllowed,
    /// It cannot be done as things are.
    Conflict,
    /// More bytes than allowed.
    TooLarge,
    /// More rows than are exported.
    TooManyRows,
    /// An address with more in it than is looked for.
    TooLong,
    /// By a name that is none of this daemon's.
    WrongHost,
    /// Too much is asked at the same time, or it took too long.
    Busy,
    /// The daemon begins or ends.
    NotReady,
    /// The disk, or a bug.
    Internal,
}

impl ProblemKind {
    pub(super) fn status(self) -> StatusCode {
        match self {
            Self::Invalid => StatusCode::BAD_REQUEST,
            Self::Unauthorized => StatusCode::UNAUTHORIZED,
            Self::CrossOrigin => StatusCode::FORBIDDEN,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::NotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::Conflict => StatusCode::CONFLICT,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::TooManyRows => StatusCode::UNPROCESSABLE_ENTITY,
            Self::TooLong => StatusCode::URI_TOO_LONG,
            Self::WrongHost => StatusCode::MISDIRECTED_REQUEST,
            Self::Busy | Self::NotReady => StatusCode::SERVICE_UNAVAILABLE,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// The last part of its `type`.
    pub(super) fn code(self) -> &'static str {
        match self {
            Self::Invalid => "invalid-request",
            Self::Unauthorized => "token-required",
            Self::CrossOrigin => "cross-origin",
            Self::NotFound => "not-found",
            Self::NotAllowed => "method-not-allowed",
            Self::Conflict => "conflict",
            Self::TooLarge => "too-large",
            Self::TooManyRows => "too-many-rows",
            Self::TooLong => "address-too-long",
            Self::WrongHost => "wrong-host",
            Self::Busy => "busy",
            Self::NotReady => "not-ready",
            Self::Internal => "internal",
        }
    }

    /// The word that says it to people.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Invalid => "problem.invalid",
            Self::Unauthorized => "problem.unauthorized",
            Self::CrossOrigin => "problem.cross_origin",
            Self::NotFound => "problem.not_found",
            Self::NotAllowed => "problem.not_allowed",
            Self::Conflict => "problem.conflict",
            Self::TooLarge => "problem.too_large",
            Self::TooManyRows => "problem.too_many_rows",
            Self::TooLong => "problem.too_long",
            Self::WrongHost => "problem.wrong_host",
            Self::Busy => "problem.busy",
            Self::NotReady => "problem.not_ready",
            Self::Internal => "problem.internal",
        }
    }

    /// With what exactly is the matter: a key of the string table.
    pub(super) fn told(self, key: &'static str) -> Problem {
        self.told_of(key, "")
    }

    /// The same, with a value in it.
    pub(super) fn told_of(self, key: &'static str, value: impl Display) -> Problem {
        Problem { kind: self, told: Some((key, format!("{value}"))), detail: String::new() }
    }

    /// With what a library says, which no page shows.
    pub(super) fn because(self, detail: impl Display) -> Problem {
        Problem { kind: self, told: None, detail: format!("{detail}") }
    }
}

impl From<ProblemKind> for Problem {
    fn from(kind: ProblemKind) -> Self {
        Problem { kind, told: None, detail: String::new() }
    }
}

impl From<JournalError> for Problem {
    fn from(error: JournalError) -> Self {
        tracing::warn!(%error, "a question of the dashboard failed");
        ProblemKind::Internal.told("told.journal")
    }
}

impl From<Fatal> for Problem {
    fn from(error: Fatal) -> Self {
        // It may name files of this machine.
        tracing::warn!(%error, "a request of the dashboard failed");
        ProblemKind::Internal.told("told.see_log")
    }
}

impl From<askama::Error> for Problem {
    fn from(error: askama::Error) -> Self {
        ProblemKind::Internal.because(error)
    }
}

impl From<serde_json::Error> for Problem {
    fn from(error: serde_json::Error) -> Self {
        ProblemKind::Internal.because(error)
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = self.answer(Language::En);
        // Whoever asked for a page gets one, made by the guard.
        response.extensions_mut().insert(self);
        response
    }
}
