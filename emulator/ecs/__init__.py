"""ECS tasks: launched, run as processes, stopped, described and forgotten."""
