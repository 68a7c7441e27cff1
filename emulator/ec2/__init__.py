"""Subnets and security groups whose ids the caller can choose, and what DescribeRegions and routes tell."""
