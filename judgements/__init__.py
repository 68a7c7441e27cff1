"""Judges what the account says of capacity providers, networks and task definitions, before and after a deployment.

Pure: the answers come from `placements`, which asks through Pulumi's provider, and from `doctor`, which asks AWS.
"""
