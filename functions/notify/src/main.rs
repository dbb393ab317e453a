//! The Lambda function `notify`.

use greenlight_aws::lambda;

fn main() -> Result<(), lambda::Failure> {
    lambda::run(greenlight_notify::handle)
}
