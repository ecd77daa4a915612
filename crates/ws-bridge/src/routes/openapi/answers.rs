//! Answers that several faces give, as the description has them. They are made by `refuse` and its like: nothing here is
//! ever made, and tests hold both equal.
#![expect(dead_code, reason = "answers that are only described")]

use frame_bundle::control::Settings;
use utoipa::IntoResponses;

use crate::control::Outcome;
use crate::routes::reload::Reloaded;

/// Something in the request is not possible; the sentence says what, and what is.
#[derive(IntoResponses)]
#[response(status = 400)]
pub(crate) struct BadRequest(String);

/// A page from elsewhere asks for a WebSocket.
#[derive(IntoResponses)]
#[response(status = 403)]
pub(crate) struct ForeignPage(String);

/// There is no such camera; the sentence names those that there are.
#[derive(IntoResponses)]
#[response(status = 404)]
pub(crate) struct NoSuchCamera(String);

/// All places for viewers are taken.
#[derive(IntoResponses)]
#[response(status = 503, headers(("Retry-After" = u32, description = "Seconds until it is worth another try.")))]
pub(crate) struct Full(String);

/// Of `/api/frame`, beside bad requests and cameras that are not there.
#[derive(IntoResponses)]
pub(crate) enum FrameAnswer {
    /// The picture.
    #[response(status = 200, content_type = "image/jpeg", headers(
        ("ETag", description = "The same picture in the same size has the same one."),
        ("X-Camera-Id" = u8),
        ("X-Timestamp" = f64, description = "When it was taken: Unix time in seconds, with microseconds."),
        ("X-Frame-Number" = Option<u64>, description = "The camera's own, where the grabber tells it.")
    ))]
    Picture,
    /// The client has it already (`If-None-Match`).
    #[response(status = 304, headers(("ETag")))]
    Known,
    /// The picture cannot be decoded, and so not be scaled.
    #[response(status = 502)]
    Undecodable(String),
    /// There is no picture yet, or too many are being scaled.
    #[response(status = 503, headers(("Retry-After" = u32, description = "Seconds until it is worth another try.")))]
    NotNow(String),
    /// None as new as asked for came within 5 s.
    #[response(status = 504)]
    TooOld(String),
}

/// Of all that changes cameras.
#[derive(IntoResponses)]
pub(crate) enum ControlAnswer {
    /// Done; `applied` is what holds now of that which was set.
    #[response(status = 200)]
    Done(Outcome<Settings>),
    /// A token is needed for this.
    #[response(status = 401, headers(("WWW-Authenticate")))]
    NoToken(Outcome<Settings>),
    /// Who asks may not change cameras; `control` in `/api/status` says so beforehand.
    #[response(status = 403)]
    NotAllowed(Outcome<Settings>),
    /// There is no such camera.
    #[response(status = 404)]
    NoSuchCamera(Outcome<Settings>),
    /// The grabber refuses, and says what the camera allows. Nothing has changed.
    #[response(status = 422)]
    ByGrabber(Outcome<Settings>),
    /// The camera's grabber is gone, takes no requests, or has too many waiting.
    #[response(status = 503)]
    NobodyToAsk(Outcome<Settings>),
    /// The camera's grabber has not answered within 15 s; it may still do it.
    #[response(status = 504)]
    NoAnswer(Outcome<Settings>),
}

/// Of configuration, beside those. Nothing has changed.
#[derive(IntoResponses)]
pub(crate) enum BadBody {
    /// The body is no JSON object, has a key that is not known, or a value that it cannot have.
    #[response(status = 400)]
    Unreadable(Outcome<Settings>),
    /// The body has not come within 10 s.
    #[response(status = 408)]
    TooLate(Outcome<Settings>),
    /// The body has more than 4096 bytes.
    #[response(status = 413)]
    TooLong(Outcome<Settings>),
    /// The body is not said to be application/json.
    #[response(status = 415)]
    NotJson(Outcome<Settings>),
}

/// Of a reload.
#[derive(IntoResponses)]
pub(crate) enum ReloadAnswer {
    /// All holds that the file says, but for what needs a restart: the notes name it.
    #[response(status = 200)]
    Done(Reloaded),
    /// A token is needed for this.
    #[response(status = 401, headers(("WWW-Authenticate")))]
    NoToken(Outcome<Settings>),
    /// Who asks may not change cameras.
    #[response(status = 403)]
    NotAllowed(Outcome<Settings>),
    /// A file has a mistake, and of that process nothing has changed; or a camera does not take what its section says, and
    /// goes on as it was.
    #[response(status = 422)]
    Refused(Reloaded),
    /// A grabber could not be asked; try again.
    #[response(status = 503)]
    NotAsked(Reloaded),
    /// A grabber has not answered within 15 s, and may still do it; or the files could not be read within 5 s.
    #[response(status = 504)]
    NoAnswer(Reloaded),
}
