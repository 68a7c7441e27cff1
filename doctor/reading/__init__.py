"""Asks the account about each topic of the chain."""
