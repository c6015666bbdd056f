"""The parameters in safetensors files, from their headers alone: no torch, no other package, no tensor read."""

from linscope.sources.safetensors.opening import opened

__all__ = ["opened"]
