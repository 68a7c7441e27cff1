"""The team's application, as its container image has it."""
