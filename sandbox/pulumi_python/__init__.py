"""The Python for Pulumi's language host; `python` is its command."""
