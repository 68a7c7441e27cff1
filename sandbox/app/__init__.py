"""The team's application, as in its container image."""
