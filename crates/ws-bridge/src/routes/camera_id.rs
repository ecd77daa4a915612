//! `{id}` in a path: the camera that a request is about.

use std::convert::Infallible;

use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;
use utoipa::IntoParams;

use crate::scene::Scene;

/// As it was typed: there may be no such camera.
#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
pub(crate) struct CameraId {
    /// The camera's id.
    #[param(value_type = u8, maximum = 255)]
    id: String,
}

impl CameraId {
    pub(crate) fn as_str(&self) -> &str {
        &self.id
    }

    /// The camera that is meant, if there is one.
    pub(crate) fn find(&self, scene: &Scene) -> Option<u8> {
        self.id.parse().ok().filter(|id| scene.cameras.contains_key(id))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for CameraId {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Infallible> {
        // What is no UTF-8 is no camera either; each face says so in its own way.
        let id = Path::<String>::from_request_parts(parts, state).await;
        Ok(Self { id: id.map_or_else(|_| char::REPLACEMENT_CHARACTER.into(), |Path(id)| id) })
    }
}
