//! `test-rule` of `[rehearsal]`.

/// What the rule of the test traffic wants of a request. It wants something, and a request must have all of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TestRule {
    /// A header: its name and its value.
    pub header: Option<(String, String)>,
    /// The host.
    pub host: Option<String>,
    /// The path; `*` in it is any text and `?` any one character.
    pub path: Option<String>,
}

impl TestRule {
    /// The most characters of a header's name, as Elastic Load Balancing has it (`HttpHeaderConditionConfig`).
    pub const LONGEST_NAME: usize = 40;
    /// The most characters of a value.
    pub const LONGEST_VALUE: usize = 128;
}
