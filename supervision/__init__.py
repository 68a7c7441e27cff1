"""Supervised jobs: what they may ask for, and how it is kept.

It runs in Lambda, so it uses only the standard library and the packages that the function's archive has. Pure.
"""
