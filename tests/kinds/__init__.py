"""Code of every kind that a count must be right on, in plain PyTorch: a module of this folder for each family.

``tests/data/kinds.json`` names these builders, what goes in, and the numbers with their working.
"""
