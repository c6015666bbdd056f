"""Programs written by ``torch.export.save``, read as data: no pickle is opened, and nothing in them is run."""

from linscope.sources.exported.opening import opened

__all__ = ["opened"]
