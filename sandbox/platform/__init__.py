"""A separate Pulumi program for the resources that a team has before its first job."""
