"""EventBridge's event bus: its rules match events as on AWS, and it delivers the events to their targets."""
