"""Functions: each handler in a warm process, invoked by rules, topics and queues."""
