//! `/api/frame`: the newest picture of a camera as a JPEG, or a small frame made of it.

mod etag;
mod find;
mod query;

use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};

use super::openapi::answers::{BadRequest, FrameAnswer, NoSuchCamera};
use super::{CameraId, refuse};
use crate::bridge::Bridge;
use crate::camera::Newest;
use crate::small_frame::{NoSmallFrame, Wish};
use etag::ETag;
use find::{NoFrame, newest};
use query::Keys;

/// When it is worth trying again, in seconds.
const RETRY: HeaderValue = HeaderValue::from_static("1");

static X_CAMERA_ID: HeaderName = HeaderName::from_static("x-camera-id");
static X_FRAME_NUMBER: HeaderName = HeaderName::from_static("x-frame-number");
static X_TIMESTAMP: HeaderName = HeaderName::from_static("x-timestamp");

/// Why a request gets no picture.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Refused {
    #[error("{0}")]
    Query(String),
    #[error(transparent)]
    NoFrame(#[from] NoFrame),
    #[error(transparent)]
    NoSmallFrame(#[from] NoSmallFrame),
}

/// The newest picture of the first camera
#[utoipa::path(
    get,
    path = "/api/frame",
    tag = "pictures",
    operation_id = "frame_of_the_first",
    params(Keys),
    responses(FrameAnswer, BadRequest)
)]
pub(crate) async fn of_the_first(bridge: State<Bridge>, uri: Uri, headers: HeaderMap) -> Result<Response, Refused> {
    snapshot(&bridge, &uri, &headers, None).await
}

/// The newest picture of the camera
#[utoipa::path(
    get,
    path = "/api/frame/{id}",
    tag = "pictures",
    operation_id = "frame",
    params(CameraId, Keys),
    responses(FrameAnswer, BadRequest, NoSuchCamera)
)]
pub(crate) async fn of_camera(
    bridge: State<Bridge>,
    id: CameraId,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Refused> {
    snapshot(&bridge, &uri, &headers, Some(id.as_str())).await
}

async fn snapshot(bridge: &Bridge, uri: &Uri, headers: &HeaderMap, id: Option<&str>) -> Result<Response, Refused> {
    let wanted = query::parse(uri).map_err(Refused::Query)?;
    let newest = newest(&bridge.hub, id, wanted.max_age).await?;
    let wish = wanted.size.map(|(size, fit)| Wish::new(&newest, size, fit)).transpose()?;
    let etag = ETag::new(bridge.life, &newest, wish.as_ref().map(Wish::size));
    let headers_of_it = describe(&newest, &etag);
    if etag.is_known(headers) {
        return Ok((StatusCode::NOT_MODIFIED, headers_of_it).into_response());
    }
    let jpeg = match wish {
        None => newest.frame.data, // shared, however many ask
        Some(wish) => bridge.small_frames.get(wish).await?,
    };
    Ok((headers_of_it, [(header::CONTENT_TYPE, "image/jpeg")], jpeg).into_response())
}

/// What the headers say about a picture.
fn describe(newest: &Newest, etag: &ETag) -> HeaderMap {
    let text = |value: String| HeaderValue::try_from(value).ok(); // digits and points are fit for a header
    let timestamp_us = newest.timestamp_us();
    let seconds = format!("{}.{:06}", timestamp_us / 1_000_000, timestamp_us % 1_000_000);
    let number = newest.capture_info.map(|info| info.frame_number.into());
    // Kept by a browser, but not shown again without asking whether there is a newer one.
    let described = [
        (header::CACHE_CONTROL, Some(HeaderValue::from_static("private, no-cache"))),
        (header::ETAG, text(etag.to_string())),
        (X_CAMERA_ID.clone(), Some(u16::from(newest.frame.camera_id).into())),
        (X_TIMESTAMP.clone(), text(seconds)),
        (X_FRAME_NUMBER.clone(), number),
    ];
    described.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let status = match &self {
            Self::Query(_) => StatusCode::BAD_REQUEST,
            Self::NoFrame(NoFrame::NoSuchCamera { .. }) => StatusCode::NOT_FOUND,
            Self::NoFrame(NoFrame::NoCamera | NoFrame::NoPicture { .. }) => StatusCode::SERVICE_UNAVAILABLE,
            Self::NoFrame(NoFrame::TooOld { .. }) => StatusCode::GATEWAY_TIMEOUT,
            Self::NoSmallFrame(NoSmallFrame::NoCamera { .. }) => StatusCode::NOT_FOUND,
            Self::NoSmallFrame(NoSmallFrame::NoPicture { .. } | NoSmallFrame::Busy) => StatusCode::SERVICE_UNAVAILABLE,
            Self::NoSmallFrame(NoSmallFrame::Undecodable { .. }) => StatusCode::BAD_GATEWAY,
        };
        let mut response = refuse(status, self);
        if status == StatusCode::SERVICE_UNAVAILABLE {
            response.headers_mut().insert(header::RETRY_AFTER, RETRY);
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use axum::body::{Body, to_bytes};
    use axum::extract::Request;
    use tower_service::Service;

    use super::*;
    use crate::options::Options;
    use crate::test_bundles::bundle;

    #[tokio::test]
    async fn everyone_gets_the_bytes_of_the_bundle_itself() {
        let bridge = Bridge::new(Options::default());
        let bundle = bundle(1, 0, &[4]);
        bridge.publisher().publish_bundle(&bundle).unwrap();
        for path in ["/api/frame", "/api/frame/4", "/api/frame/4?max_age_ms=60000"] {
            let request = Request::get(path).body(Body::empty()).unwrap();
            let response = bridge.router().call(request).await.unwrap();
            let body = to_bytes(response.into_body(), usize::MAX).await.unwrap();
            let frame = bundle.frame(4).unwrap().data;
            assert_eq!((body.as_ptr(), body.len()), (frame.as_ptr(), frame.len()), "{path}");
        }
    }
}
