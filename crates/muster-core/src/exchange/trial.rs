//! The one unusual value of a request, where the request is about it (owner of [`Trial`]).

/// A value that servers often cannot handle, and where it stands in the request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trial {
    /// What it is, for a reader: `an apostrophe`.
    pub value: &'static str,
    /// Where it stands, for a reader: a JSON pointer, or `` the parameter `limit` ``.
    pub place: String,
    /// What it asks of the store or the parser that all operations share; nothing where each handler treats it alone.
    pub strain: Option<Strain>,
}

/// What a store or a parser often cannot hold, whichever operation passes it on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Strain {
    /// U+0000 in a string.
    Nul,
    /// Other control characters.
    Control,
    /// Characters beyond the Basic Multilingual Plane.
    Supplementary,
    /// A string of thousands of characters.
    Long,
    /// A number that 32 bits do not hold, and 64 do.
    Beyond32Bits,
    /// A number that 64 bits with a sign do not hold.
    Beyond63Bits,
    /// Arrays in arrays.
    Nested,
}

impl Strain {
    /// The noun with its article.
    #[must_use]
    pub const fn noun(self) -> &'static str {
        match self {
            Self::Nul => "NUL in a string",
            Self::Control => "control characters",
            Self::Supplementary => "characters beyond 16 bits, such as emoji",
            Self::Long => "a very long string",
            Self::Beyond32Bits => "a number beyond 32 bits",
            Self::Beyond63Bits => "a number beyond 63 bits",
            Self::Nested => "nested arrays",
        }
    }
}
