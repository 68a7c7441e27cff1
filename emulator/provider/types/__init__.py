"""The resource types and functions of the provider, with one module per service or group of types."""
