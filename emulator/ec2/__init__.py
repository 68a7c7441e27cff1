"""Subnets and security groups whose ids the caller can choose."""
