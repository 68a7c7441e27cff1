"""Queues, as functions read them."""
