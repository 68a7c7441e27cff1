"""Turns the scheduled work that a team has elsewhere into job files and a stack file.

Each source has a file, which returns what it has found, and lists line by line what cannot be carried over.
"""
