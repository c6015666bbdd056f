"""A reference that shares nothing with the tool: every contraction done in Python loops that count as they go.

``InLoops`` is entered around a forward and takes over each function of torch that contracts, above dispatch:
the numbers come from torch's shapes and from nothing that looks at operators.
"""

from brute.mode import InLoops

__all__ = ["InLoops"]
