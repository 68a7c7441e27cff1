"""The embedded AWS: what the program talks to on a machine without an account."""
