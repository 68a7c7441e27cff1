"""EventBridge Scheduler: its checks of schedules, their due ticks, and its calls."""
