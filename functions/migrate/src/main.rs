//! The Lambda function `migrate`.

use greenlight_aws::lambda;

fn main() -> Result<(), lambda::Failure> {
    lambda::run(greenlight_migrate::handle)
}
