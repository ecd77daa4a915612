//! Inputs that say by themselves in which pieces they come.

/// A byte that tells how many sizes follow (its four lower bits), the sizes, and the bytes that are cut.
#[derive(Clone, Copy, Debug)]
pub struct Cut<'a> {
    sizes: &'a [u8],
    /// What is cut.
    pub whole: &'a [u8],
}

impl<'a> Cut<'a> {
    /// `None` where the input is shorter than its own beginning says.
    pub fn of(input: &'a [u8]) -> Option<Self> {
        let (count, rest) = input.split_first()?;
        let (sizes, whole) = rest.split_at_checked(usize::from(count & 0xF))?;
        Some(Self { sizes, whole })
    }

    /// Something else, cut the same way.
    pub fn another<'b>(self, whole: &'b [u8]) -> Cut<'b>
    where
        'a: 'b,
    {
        Cut { sizes: self.sizes, whole }
    }

    /// The pieces: sizes are taken by turns; without any, there is one piece.
    pub fn pieces(self) -> impl Iterator<Item = &'a [u8]> {
        let mut rest = self.whole;
        let mut sizes = self.sizes.iter().cycle();
        std::iter::from_fn(move || {
            let size = sizes.next().map_or(rest.len(), |size| in_bytes(*size));
            let (piece, later) = rest.split_at(size.min(rest.len()));
            rest = later;
            (!piece.is_empty()).then_some(piece)
        })
    }
}

/// From 1 to 8192: small ones each, large ones in steps.
fn in_bytes(size: u8) -> usize {
    match size {
        0..=127 => usize::from(size) + 1,
        large => (usize::from(large) - 127) * 64,
    }
}
