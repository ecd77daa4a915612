//! Why there is no small frame.

/// Why there is no small frame of a camera.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoSmallFrame {
    /// Nobody has announced or sent this camera.
    #[error("there is no camera {camera}")]
    NoCamera {
        /// The camera.
        camera: u8,
    },
    /// It has not sent a JPEG yet.
    #[error("camera {camera} has sent no picture yet: try again in a second")]
    NoPicture {
        /// The camera.
        camera: u8,
    },
    /// Its picture is broken, or too large.
    #[error("camera {camera} sent a picture that cannot be decoded: {cause}")]
    Undecodable {
        /// The camera.
        camera: u8,
        /// What is wrong with it.
        cause: Undecodable,
    },
    /// More is asked for than this machine can scale.
    #[error("too many pictures are to be scaled at the same time: try again in a second, or ask for fewer sizes")]
    Busy,
}

/// What is wrong with a picture.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Undecodable {
    /// There is no JPEG in it.
    #[error("its JPEG does not say how large it is")]
    NoSize,
    /// Decoding would take too much memory.
    #[error("it has {width}x{height} pixels, at most {} million can be scaled", super::MAX_PIXELS / 1_000_000)]
    TooLarge {
        /// Pixels.
        width: u16,
        /// Pixels.
        height: u16,
    },
    /// Colour has a fourth of the picture's resolution (4:1:1 and the like), or it is one of four colours (CMYK) that do
    /// not have the same.
    #[error(
        "its colours are sampled in a way that cannot be scaled: 4:4:4, 4:4:0, 4:2:2 and 4:2:0 can, CMYK as 4:4:4 alone"
    )]
    Sampling,
    /// As the decoder says.
    #[error("{reason}")]
    Broken {
        /// As the decoder says.
        reason: String,
    },
}
