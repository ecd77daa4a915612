//! The pixel formats that can be encoded, by their GenICam (PFNC) and GStreamer names.

/// How the samples of a frame are laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PixelFormat {
    /// 8-bit gray.
    Mono8,
    /// Gray in 16-bit little-endian words, of which the lowest `bits` (10, 12, 14 or 16) are used.
    Mono16 {
        /// Significant bits of a word.
        bits: u8,
    },
    /// 8-bit mosaic of a colour sensor.
    Bayer8(BayerOrder),
    /// 8-bit red, green, blue.
    Rgb8,
    /// 8-bit blue, green, red.
    Bgr8,
    /// 4:2:2 packed: Y U Y V.
    Yuyv,
    /// 4:2:2 packed: U Y V Y.
    Uyvy,
    /// 4:2:0 in three planes: Y, U, V.
    I420,
    /// 4:2:0 in two planes: Y, and U V interleaved.
    Nv12,
    /// A JPEG that the camera compressed.
    Jpeg,
    /// The same from a camera that may leave out the end: then it is appended.
    JpegToComplete,
}

/// The colours of a mosaic's first two pixels of the first two rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BayerOrder {
    /// R G / G B.
    Rggb,
    /// G R / B G.
    Grbg,
    /// G B / R G.
    Gbrg,
    /// B G / G R.
    Bggr,
}

impl PixelFormat {
    /// Bytes of a row and number of rows of each plane, without padding. (0, 0) for a plane that is not there.
    pub fn plane_sizes(self, width: u32, height: u32) -> [(usize, usize); 3] {
        let (w, h) = (width as usize, height as usize);
        let (half_w, half_h) = (w.div_ceil(2), h.div_ceil(2));
        match self {
            Self::Mono8 | Self::Bayer8(_) => [(w, h), (0, 0), (0, 0)],
            Self::Mono16 { .. } => [(2 * w, h), (0, 0), (0, 0)],
            Self::Rgb8 | Self::Bgr8 => [(3 * w, h), (0, 0), (0, 0)],
            Self::Yuyv | Self::Uyvy => [(4 * half_w, h), (0, 0), (0, 0)],
            Self::I420 => [(w, h), (half_w, half_h), (half_w, half_h)],
            Self::Nv12 => [(w, h), (2 * half_w, half_h), (0, 0)],
            Self::Jpeg | Self::JpegToComplete => [(0, 0), (0, 0), (0, 0)],
        }
    }
}
