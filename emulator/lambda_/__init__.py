"""Lambda functions: each handler runs in a warm process, and rules, topics and queues invoke it."""
