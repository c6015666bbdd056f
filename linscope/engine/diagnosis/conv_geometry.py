"""Whether a kernel fits the sizes it slides over, and what would make it fit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from linscope.engine.diagnosis.result import Diagnosis
from linscope.engine.diagnosis.wording import as_argument, by, sliding

if TYPE_CHECKING:
    from collections.abc import Iterator


class Axis(NamedTuple):
    """One spatial dimension: its size and what the convolution does along it."""

    size: int
    kernel: int
    stride: int
    low: int
    high: int
    dilation: int
    output_padding: int

    @property
    def reach(self) -> int:
        """What the kernel covers, gaps included."""
        return self.dilation * (self.kernel - 1) + 1

    @property
    def padded(self) -> int:
        return self.low + self.size + self.high

    @property
    def transposed_size(self) -> int:
        """The size that a transposed convolution gives."""
        whole = (self.size - 1) * self.stride + self.reach + self.output_padding
        return whole - self.low - self.high


def spatial_fault(module: Any, sizes: tuple[int, ...]) -> Diagnosis | None:
    """What is wrong with these spatial sizes for this convolution, or None. ``details`` hold one line."""
    axes = tuple(_axes(module, sizes))
    if 0 in sizes:
        return Diagnosis(
            "{layer} has nothing to slide over: a spatial dimension is empty", (f"spatial size {by(sizes)}",)
        )
    return _transposed_fault(axes) if module.transposed else _plain_fault(module, axes)


def _axes(module: Any, sizes: tuple[int, ...]) -> Iterator[Axis]:
    per_axis = zip(sizes, module.kernel_size, module.stride, module.dilation, module.output_padding, strict=True)
    for i, (size, kernel, stride, dilation, output_padding) in enumerate(per_axis):
        if isinstance(module.padding, str):
            both = dilation * (kernel - 1) if module.padding == "same" else 0
            low, high = both // 2, both - both // 2
        else:
            low = high = module.padding[i]
        yield Axis(size, kernel, stride, low, high, dilation, output_padding)


def _plain_fault(module: Any, axes: tuple[Axis, ...]) -> Diagnosis | None:
    """Padding that the input cannot give, a kernel that does not fit, or both."""
    fitting = [min(a.kernel, (a.padded - 1) // a.dilation + 1) for a in axes]
    too_large = any(a.padded < a.reach for a in axes)
    smaller = (("kernel_size", as_argument(fitting)),) if too_large else ()
    room = {"reflect": 1, "circular": 0}.get(module.padding_mode)
    if room is not None and any(max(a.low, a.high) > a.size - room for a in axes):
        given, most = by(max(a.low, a.high) for a in axes), by(a.size - room for a in axes)
        return Diagnosis(
            message=f"{{layer}} pads by {given} with padding_mode={module.padding_mode!r}, "
            f"and the input gives {most} at most",
            details=(f"spatial size {by(a.size for a in axes)}, padding {given}",),
            arguments=(("padding_mode", "zeros"), *smaller),
        )
    if not too_large:
        return None
    kernel, padded = by(a.reach for a in axes), by(a.padded for a in axes)
    return Diagnosis(
        message=f"{{layer}} has a kernel of {kernel}, larger than its padded input of {padded}",
        details=(_sliding(axes),),
        arguments=smaller,
    )


def _transposed_fault(axes: tuple[Axis, ...]) -> Diagnosis | None:
    """An output_padding that leaves a gap, a padding that leaves nothing, or both."""
    most = [max(a.stride, a.dilation) - 1 for a in axes]
    kept = [min(a.output_padding, m) for a, m in zip(axes, most, strict=True)]
    allowed = tuple(a._replace(output_padding=k) for a, k in zip(axes, kept, strict=True))
    # What is left after the padding is cut off both ends must be at least 1.
    padding = [min(a.low, (a.transposed_size + 2 * a.low - 1) // 2) for a in allowed]
    less = (("padding", as_argument(padding)),) if any(a.transposed_size < 1 for a in allowed) else ()
    if allowed != axes:
        return Diagnosis(
            message=f"{{layer}} has output_padding {by(a.output_padding for a in axes)}, "
            f"and stride and dilation allow {by(most)} at most",
            details=(f"stride {by(a.stride for a in axes)}, dilation {by(a.dilation for a in axes)}",),
            arguments=(("output_padding", as_argument(kept)), *less),
        )
    if not less:
        return None
    return Diagnosis(
        message=f"{{layer}} would give an output of {by(max(a.transposed_size, 0) for a in axes)}: "
        "its padding cuts everything off",
        details=(f"spatial size {by(a.size for a in axes)}, padding {by(a.low for a in axes)}",),
        arguments=less,
    )


def _sliding(axes: tuple[Axis, ...]) -> str:
    return sliding([a.size for a in axes], [a.kernel for a in axes], [a.low for a in axes], [a.dilation for a in axes])
