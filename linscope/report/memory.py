"""What a forward needs of memory, as a plain record. Everything is in bytes."""

from __future__ import annotations

from dataclasses import dataclass, replace

WEIGHTS_AS = {"int8": 8, "int4": 4}
"""Dtypes that weights are kept in and no forward runs in, with the bits of an element."""

PACKED = "packed"
"""In the place of a dtype: weights of quantized layers, which are no tensors."""


@dataclass(frozen=True, slots=True)
class Held:
    """What parameters and buffers of one dtype take; ``elements`` are those of the parameters."""

    dtype: str
    elements: int
    parameters: int
    buffers: int


@dataclass(frozen=True, slots=True)
class Memory:
    """Memory at inference, in bytes.

    Args:
        parameters: every parameter once, as it is stored; packed weights of quantized layers with them.
        buffers: every buffer once.
        activations: the most that inputs, results between and outputs took at once, each storage once however many
            views it has; without what an operator takes for itself while it runs. None where nothing ran.
        reached_in: the path of the layer that ran when it was the most; None where nothing ran.
        kv_cache: the keys and values that a causal language model keeps of the tokens that went in; None for every
            other model. They are no activations: the forward runs without a cache.
        held: parameters and buffers by dtype, as they are.
        weights_as: the dtype that ``parameters`` are worked out for, where it is not the one they are in.
    """

    parameters: int = 0
    buffers: int = 0
    activations: int | None = None
    reached_in: str | None = None
    kv_cache: int | None = None
    held: tuple[Held, ...] = ()
    weights_as: str | None = None

    @property
    def total(self) -> int:
        """All of it together, as far as it is known."""
        return self.parameters + self.buffers + (self.activations or 0) + (self.kv_cache or 0)

    @property
    def as_tensors(self) -> int:
        """What of ``parameters`` are parameters of PyTorch's, and no packed weights."""
        return self.parameters - sum(held.parameters for held in self.held if held.dtype == PACKED)

    def with_weights_as(self, dtype: str) -> Memory:
        """The same with every real parameter stored in ``dtype``, one of ``WEIGHTS_AS``.

        Elements times its bits, without scales and zero points; all else stays as it ran.
        """
        sizes = (stored(held.elements, dtype) if is_real(held.dtype) else held.parameters for held in self.held)
        return replace(self, parameters=sum(sizes), weights_as=dtype)


def stored(elements: int, dtype: str) -> int:
    """Bytes that so many elements take in one of ``WEIGHTS_AS``, packed, the last byte filled up."""
    return (elements * WEIGHTS_AS[dtype] + 7) // 8


def is_real(dtype: str) -> bool:
    """Whether weights of that dtype, by torch's name, are among those that are stored as something else."""
    return dtype.startswith(("float", "bfloat"))


def readable(size: int) -> str:
    """Bytes for people: ``512 bytes``, ``97.5 MiB``."""
    value, unit = float(size), "bytes"
    for larger in ("KiB", "MiB", "GiB", "TiB", "PiB", "EiB"):
        if value < 1024:
            break
        value, unit = value / 1024, larger
    return f"{value:,.1f} {unit}" if unit != "bytes" else f"{size} bytes"
