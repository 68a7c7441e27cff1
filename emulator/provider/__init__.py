"""A stand-in for the pulumi-aws provider that deploys to the embedded AWS only."""

from emulator.provider.server import ProviderServer, serve

__all__ = ["ProviderServer", "serve"]
