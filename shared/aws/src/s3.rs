//! One object from Amazon S3: a signed request instead of a very large SDK crate.

use crate::signed::{Answer, Service, Unsent};
use crate::{Env, Error};
use std::fmt::Write;

/// The largest object that is read: an `AppSpec` has a few hundred bytes.
const LARGEST: usize = 1024 * 1024;

impl Env {
    /// Reads an object as text.
    ///
    /// # Errors
    /// With bucket and key, and what S3 answered.
    pub async fn s3_object(&self, bucket: &str, key: &str, version: Option<&str>) -> Result<String, Error> {
        let fail = |what: &str| Error::Unfit(format!("s3:GetObject on {bucket}/{key}: {what}"));
        let url = url(self.sdk.endpoint_url(), &self.settings.region, bucket, key, version);
        let answer = self.get_object(&url).await.map_err(|error| fail(&error.to_string()))?;
        let body = answer.body.unwrap_or_default();
        if body.len() > LARGEST {
            return Err(fail(&format!("the object is larger than the {LARGEST} bytes that are read")));
        }
        let text = String::from_utf8(body).map_err(|_| fail("the object is not text"))?;
        match answer.status {
            200 | 206 => Ok(text),
            403 => Err(fail(&format!(
                "AccessDenied; allow s3:GetObject on arn:aws:s3:::{bucket}/{key} in the caller's role"
            ))),
            404 => Err(fail("there is no such object")),
            status => Err(fail(&format!("HTTP status {status}"))),
        }
    }

    async fn get_object(&self, url: &str) -> Result<Answer, Unsent> {
        // one byte more than is taken tells that there is more
        let request = http::Request::get(url).header("range", format!("bytes=0-{LARGEST}")).body(Vec::new())?;
        let service = Service { name: "s3", region: &self.settings.region, operation: "GetObject" };
        self.signed(service, request).await
    }
}

/// Virtual-hosted style at AWS; path style at an endpoint that somebody names, which rarely has a name per bucket.
fn url(endpoint: Option<&str>, region: &str, bucket: &str, key: &str, version: Option<&str>) -> String {
    let key = escaped(key, true);
    let mut url = match endpoint {
        Some(endpoint) => format!("{}/{}/{key}", endpoint.trim_end_matches('/'), escaped(bucket, false)),
        // a name with dots does not fit the certificate
        None if bucket.contains('.') => format!("https://s3.{region}.amazonaws.com/{bucket}/{key}"),
        None => format!("https://{bucket}.s3.{region}.amazonaws.com/{key}"),
    };
    if let Some(version) = version {
        url.push_str("?versionId=");
        url.push_str(&escaped(version, false));
    }
    url
}

/// Percent-encodes everything but unreserved characters, and slashes in a path.
fn escaped(text: &str, path: bool) -> String {
    let mut escaped = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) || (path && byte == b'/') {
            escaped.push(char::from(byte));
        } else {
            // writing to a string cannot fail
            let _ = write!(escaped, "%{byte:02X}");
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::url;

    #[test]
    fn urls_are_complete_and_escaped() {
        let table = [
            (None, "b", "a/b c.json", None, "https://b.s3.eu-west-1.amazonaws.com/a/b%20c.json"),
            (None, "b.c", "k", Some("v/1"), "https://s3.eu-west-1.amazonaws.com/b.c/k?versionId=v%2F1"),
            (Some("http://127.0.0.1:4566/"), "b", "ü", None, "http://127.0.0.1:4566/b/%C3%BC"),
        ];
        for (endpoint, bucket, key, version, expected) in table {
            assert_eq!(url(endpoint, "eu-west-1", bucket, key, version), expected);
        }
    }
}
