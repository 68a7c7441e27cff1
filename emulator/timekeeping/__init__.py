"""The clock, and how time passes."""
