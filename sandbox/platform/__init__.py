"""A Pulumi program of its own: what a team has before its first job."""
