"""Checks that run: each is analysed, and the report held against what is expected."""
