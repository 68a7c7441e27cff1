"""What people see of a stack: its schedules with their outcomes, the ticks to come, a job on a page, a log."""
