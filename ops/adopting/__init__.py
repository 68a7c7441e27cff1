"""Reads the account for `adopt`. Nothing is changed there."""
