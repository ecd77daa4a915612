//! Which of the bridge's faces a client talks to, as metrics name them.

/// A face.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Face {
    /// `/` as a WebSocket.
    #[default]
    Bundles,
    /// `/camera/{id}` as a WebSocket.
    Camera,
    /// `/stream`, `/stream/{id}`.
    Stream,
    /// A request and its answer; such a client is none that watches.
    Http,
}

impl Face {
    /// Those of clients that watch.
    pub(crate) const WATCHED: [Self; 3] = [Self::Bundles, Self::Camera, Self::Stream];
    /// All of them.
    pub(crate) const ALL: [Self; 4] = [Self::Bundles, Self::Camera, Self::Stream, Self::Http];

    /// In a word.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Bundles => "bundles",
            Self::Camera => "camera",
            Self::Stream => "stream",
            Self::Http => "http",
        }
    }
}
