//! What can be wrong with a request before any service has seen it.

use greenlight_world::AwsError;

/// A request that is not a call of an operation.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WireError {
    /// The body is over [`crate::MAX_BODY`].
    #[error("the request has a body of more than {} bytes; send less", crate::MAX_BODY)]
    TooLarge,
    /// Nobody signed the request.
    #[error("the request has no Authorization header; configure credentials, any access key will do on the stage")]
    MissingAuthentication,
    /// The Authorization header is not one of Signature Version 4.
    #[error(
        "the Authorization header is not `AWS4-HMAC-SHA256 Credential=KEY/DATE/REGION/SERVICE/aws4_request, …`: {0}"
    )]
    IncompleteSignature(&'static str),
    /// The request is for a service that the stage does not speak to.
    #[error(
        "the stage has no service `{0}`; it has cloudwatch, codedeploy, ecs, elasticloadbalancing, lambda, logs, s3, scheduler, secretsmanager, sns, sqs and ssm"
    )]
    UnknownService(String),
    /// Method, path, target or action name no operation.
    #[error("the stage has no operation {service}: {operation}; docs/operations.md lists those it has")]
    UnknownOperation {
        /// The service.
        service: &'static str,
        /// What was asked for.
        operation: String,
    },
    /// The request cannot be read.
    #[error("{0}")]
    Malformed(String),
    /// A part of the request that the stage does not support.
    #[error("the stage does not support {0}; leave it out")]
    Unsupported(String),
}

impl WireError {
    /// The error as a service would answer it.
    pub fn to_aws(&self) -> AwsError {
        let (code, status) = match self {
            Self::TooLarge => ("RequestEntityTooLargeException", 413),
            Self::MissingAuthentication => ("MissingAuthenticationTokenException", 403),
            Self::IncompleteSignature(_) => ("IncompleteSignatureException", 400),
            Self::UnknownService(_) | Self::UnknownOperation { .. } => ("UnknownOperationException", 400),
            Self::Malformed(_) => ("SerializationException", 400),
            Self::Unsupported(_) => ("NotImplemented", 501),
        };
        AwsError::with_status(code, self.to_string(), status)
    }
}
