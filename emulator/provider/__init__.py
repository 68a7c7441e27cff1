"""A replacement for the pulumi-aws provider that deploys only to the embedded AWS."""

from emulator.provider.server import ProviderServer, serve

__all__ = ["ProviderServer", "serve"]
