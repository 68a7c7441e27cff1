"""The event bus: rules matched as AWS matches them, and their targets delivered to."""
