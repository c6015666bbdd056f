"""Two reports side by side: data in, data out."""

from linscope.comparison.difference import compare_forms
from linscope.comparison.limits import Limit, judged, limits_of

__all__ = ["Limit", "compare_forms", "judged", "limits_of"]
