"""The record of one analysis, its JSON form and its published schema."""

from linscope.report.derivation import Derivation, Factor, Term
from linscope.report.record import Report

__all__ = ["Derivation", "Factor", "Report", "Term"]
