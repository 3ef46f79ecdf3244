//! What a probe of the Vision link can tell.

/// One verdict.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VisionReading {
    /// The link.
    pub link: VisionLink,
    /// What the verdict rests on, for people: `http 200 in 4 ms`.
    pub evidence: String,
}

/// The Vision link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VisionLink {
    /// It works.
    Up,
    /// It is proven not to work.
    Down,
    /// There is no evidence, or none that means anything: the name does not resolve, there is no route.
    Unknown,
}
