//! One object from Amazon S3: a signed request instead of a very large SDK crate.

use crate::{Env, Error};

impl Env {
    /// Reads an object as text.
    ///
    /// # Errors
    /// With bucket and key, and what S3 answered.
    pub async fn s3_object(&self, bucket: &str, key: &str, version: Option<&str>) -> Result<String, Error> {
        let _ = version;
        Err(Error::Unfit(format!("s3:GetObject on {bucket}/{key}: objects in S3 are not read yet")))
    }
}
