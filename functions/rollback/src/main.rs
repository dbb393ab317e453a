//! The Lambda function `rollback`.

use greenlight_aws::lambda;

fn main() -> Result<(), lambda::Failure> {
    lambda::run(greenlight_rollback::handle)
}
