"""Secrets Manager and Parameter Store as tasks read them."""
