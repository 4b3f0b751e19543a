//! Signing in with the secret of the configuration, for browsers.
//!
//! In: the secret. Out: a cookie that proves it. What can go wrong: it is another; then the answer takes its time, so that
//! guessing does.

use std::time::Duration;

use askama::Template;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::http::header::{LOCATION, SET_COOKIE};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Form};
use serde::Deserialize;

use super::findings::local;
use super::frame::{Frame, Place, page_of};
use super::guard::{SESSION, add, is_equal, put, session_of};
use super::problem::Problem;
use super::site::Site;
use super::visitor::Visitor;

/// What a wrong secret costs.
const PAUSE: Duration = Duration::from_millis(700);

/// Where to go then; the secret is only in forms.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct LoginForm {
    next: String,
    token: String,
}

#[derive(Template)]
#[template(path = "login.html")]
struct LoginPage {
    f: Frame,
    next: String,
    wrong: bool,
}

/// The form.
pub(super) async fn form(
    Extension(visitor): Extension<Visitor>,
    Query(form): Query<LoginForm>,
) -> Result<Response, Problem> {
    page(&visitor, &form.next, false)
}

fn page(visitor: &Visitor, next: &str, wrong: bool) -> Result<Response, Problem> {
    let f = Frame::titled(Place::Elsewhere, visitor, visitor.language.word("login").to_owned());
    page_of(&LoginPage { f, next: local(next, "/").to_owned(), wrong })
}

/// Signs in.
pub(super) async fn post(
    State(site): State<Site>,
    Extension(visitor): Extension<Visitor>,
    Form(form): Form<LoginForm>,
) -> Result<Response, Problem> {
    let token = site.options().and_then(|options| options.token);
    let right = token.filter(|token| is_equal(form.token.trim(), token.secret()));
    let Some(token) = right else {
        tokio::time::sleep(PAUSE).await;
        let mut response = page(&visitor, &form.next, true)?;
        *response.status_mut() = StatusCode::UNAUTHORIZED;
        return Ok(response);
    };
    let mut response = StatusCode::SEE_OTHER.into_response();
    put(&mut response, LOCATION, local(&form.next, "/"));
    let cookie = format!("{SESSION}={}; Path=/; SameSite=Lax; HttpOnly", session_of(token.secret()));
    add(&mut response, SET_COOKIE, &cookie);
    Ok(response)
}

/// Signs out.
pub(super) async fn logout() -> Response {
    let mut response = StatusCode::SEE_OTHER.into_response();
    put(&mut response, LOCATION, "/");
    add(&mut response, SET_COOKIE, &format!("{SESSION}=; Path=/; Max-Age=0; SameSite=Lax; HttpOnly"));
    response
}
