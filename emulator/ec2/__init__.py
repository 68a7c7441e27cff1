"""Subnets and security groups with ids that can be chosen."""
