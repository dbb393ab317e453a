//! `AWS::Lambda::EventInvokeConfig`.

use super::{Creation, Kind, Naming};
use crate::builder::Builder;
use crate::problem::Problem;
use std::time::Duration;

pub(super) static KIND: Kind = Kind {
    name: "AWS::Lambda::EventInvokeConfig",
    properties: &["FunctionName", "Qualifier", "MaximumRetryAttempts", "MaximumEventAgeInSeconds", "DestinationConfig"],
    naming: Naming::Made,
    parent: None,
    reference: |config| config.name.clone(),
    attributes: &[],
    create,
};

fn create(builder: &mut Builder, creation: &Creation<'_>) -> Result<(), Problem> {
    let properties = &creation.properties;
    let at = properties.required("FunctionName")?.place;
    properties.required("Qualifier")?;
    properties.word("Qualifier", &["$LATEST"])?;
    let retries = properties.integer("MaximumRetryAttempts", 0, 2)?;
    let age = properties.integer("MaximumEventAgeInSeconds", 60, 21_600)?;
    let mut on_failure = None;
    if let Some(destinations) = properties.table("DestinationConfig", &["OnFailure"])?
        && let Some(failure) = destinations.table("OnFailure", &["Destination"])?
    {
        let arn = failure.required_text("Destination")?;
        builder.destinations.push((
            failure.required("Destination")?.place,
            failure.join("Destination"),
            arn.to_owned(),
        ));
        on_failure = Some(arn.to_owned());
    }
    let function = builder.function(properties.required_text("FunctionName")?, at)?;
    function.maximum_retry_attempts = retries.unwrap_or(function.maximum_retry_attempts);
    function.maximum_event_age = age.map_or(function.maximum_event_age, |age| Duration::from_secs(age.into()));
    function.on_failure = on_failure;
    Ok(())
}
