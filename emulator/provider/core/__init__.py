"""The common parts of the provider's resource types: their lifecycle, properties and messages."""
