"""The path of every request: the door, the check against the service's model, and then the sandbox's part or moto."""
