"""The resource types and invokes of the provider, one service a file."""
