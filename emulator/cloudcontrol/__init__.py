"""The Cloud Control API, which reads resources of other services in the shape of their CloudFormation types."""
