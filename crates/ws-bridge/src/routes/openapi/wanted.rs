//! The body of `POST …/config`: the settings of a camera, and two keys of the webcam protocol beside them.

use std::borrow::Cow;

use frame_bundle::control::Settings;
use utoipa::openapi::schema::{ArrayBuilder, ObjectBuilder, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use crate::client::{FASTEST, SLOWEST};

pub(crate) struct Wanted;

impl PartialSchema for Wanted {
    fn schema() -> RefOr<Schema> {
        let mut schema = Settings::schema();
        if let RefOr::T(Schema::Object(settings)) = &mut schema {
            let fps = ObjectBuilder::new().schema_type(Type::Number).minimum(Some(SLOWEST)).maximum(Some(FASTEST));
            let fps = fps.description(Some("The same as `stream_fps`, which wins where both are there."));
            let side = ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(1)).maximum(Some(65_535));
            let resolution = ArrayBuilder::new().items(side).min_items(Some(2)).max_items(Some(2));
            let resolution = resolution.description(Some("Width and height in pixels."));
            settings.properties.extend([("fps".into(), fps.into()), ("resolution".into(), resolution.into())]);
            settings.description =
                Some("What is to change: at least one of these. Nothing does where one is wrong.".into());
            settings.min_properties = Some(1);
        }
        schema
    }
}

impl ToSchema for Wanted {
    fn name() -> Cow<'static, str> {
        "Wanted".into()
    }
}
