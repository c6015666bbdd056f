"""The spec language: text to a Spec with a place on every node, and back. Pure; imports no torch."""

from linscope.notation.parser import parse
from linscope.notation.spec import Spec
from linscope.notation.unparse import unparse

__all__ = ["Spec", "parse", "unparse"]
