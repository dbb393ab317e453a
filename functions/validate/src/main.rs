//! The Lambda function `validate`.

use greenlight_aws::lambda;

fn main() -> Result<(), lambda::Failure> {
    lambda::run(greenlight_validate::handle)
}
