//! The Lambda function `launch-job`.

use greenlight_aws::lambda;

fn main() -> Result<(), lambda::Failure> {
    lambda::run(greenlight_launch_job::handle)
}
