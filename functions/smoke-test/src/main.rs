//! The Lambda function `smoke-test`.

use greenlight_aws::lambda;

fn main() -> Result<(), lambda::Failure> {
    lambda::run(greenlight_smoke_test::handle)
}
