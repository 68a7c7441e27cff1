"""EventBridge Scheduler: which schedules it takes, when they are due, and what it calls."""
