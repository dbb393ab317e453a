//! The Lambda function `warm-up`.

use greenlight_aws::lambda;

fn main() -> Result<(), lambda::Failure> {
    lambda::run(greenlight_warm_up::handle)
}
