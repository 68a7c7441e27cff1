"""The component resources `JobGroup` and `ScheduledJob`, and the pure functions they are made of."""
