"""Whether a pooling window fits the sizes it slides over, and what would make it fit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from linscope.engine.derivations.lineage import layer_name
from linscope.engine.diagnosis.result import Diagnosis
from linscope.engine.diagnosis.wording import as_argument, by, per_dimension, sliding

if TYPE_CHECKING:
    from collections.abc import Iterator

WHOLE = ("AvgPool3d", "LPPool3d")


class Window(NamedTuple):
    """One spatial dimension: its size and the window that slides along it."""

    size: int
    kernel: int
    stride: int
    padding: int
    dilation: int
    rounds_up: bool
    kind: str

    @property
    def reach(self) -> int:
        """What the window covers, gaps included."""
        return self.dilation * (self.kernel - 1) + 1

    @property
    def padded(self) -> int:
        return self.size + 2 * self.padding

    @property
    def output(self) -> int:
        """The size that comes out; rounding up never starts a window in the right padding."""
        spare = self.stride - 1 if self.rounds_up else 0
        steps = (self.padded - self.reach + spare) // self.stride
        if self.rounds_up and steps * self.stride >= self.size + self.padding:
            steps -= 1
        return steps + 1

    @property
    def room(self) -> int:
        """Three-dimensional averages want the kernel to fit the input itself, padding aside."""
        return self.size if self.kind in WHOLE else self.padded

    @property
    def most_padding(self) -> int:
        """Half the window, gaps left out."""
        return self.kernel // 2

    @property
    def fits(self) -> bool:
        whole = self.kind not in WHOLE or self.size >= self.kernel
        return self.output > 0 and whole and self.padding <= self.most_padding

    @property
    def largest_kernel(self) -> int:
        return min(self.kernel, (self.room - 1) // self.dilation + 1)


def window_fault(module: Any, sizes: tuple[int, ...]) -> Diagnosis | None:
    """What is wrong with these spatial sizes for this pooling, or None. ``details`` hold one line."""
    windows = _windows(module, sizes)
    if all(w.fits for w in windows):
        return None
    kernel, size = by(w.reach for w in windows), by(w.size for w in windows)
    repair = next((change for change in _changes(windows) if _repairs(module, sizes, change)), {})
    padded = all(w.padding <= w.most_padding for w in windows)
    return Diagnosis(
        message=f"{{layer}} has a window of {kernel}, larger than its input of {size}"
        if padded
        else f"{{layer}} has padding {by(w.padding for w in windows)}, more than half its kernel_size",
        details=(
            sliding(
                [w.size for w in windows],
                [w.kernel for w in windows],
                [w.padding for w in windows],
                [w.dilation for w in windows],
            ),
        ),
        arguments=tuple((name, as_argument(values)) for name, values in repair.items()),
    )


def _changes(windows: tuple[Window, ...]) -> Iterator[dict[str, list[int]]]:
    """What might help, the smallest change first."""
    yield {"padding": [min(w.padding, w.most_padding) for w in windows]}
    yield {"kernel_size": [w.largest_kernel for w in windows]}
    bare = [w._replace(padding=0) for w in windows]
    yield {"kernel_size": [w.largest_kernel for w in bare], "padding": [0] * len(bare)}


def _repairs(module: Any, sizes: tuple[int, ...], change: dict[str, list[int]]) -> bool:
    kernel = change.get("kernel_size")
    if kernel is not None and min(kernel) < 1:
        return False
    return all(w.fits for w in _windows(module, sizes, kernel=kernel, padding=change.get("padding")))


def fractional_fault(module: Any, sizes: tuple[int, ...]) -> Diagnosis | None:
    """Windows may overlap, but output and window must fit: output + kernel - 1 <= size, in 3-D <."""
    spare = 1 if len(sizes) == 3 else 0
    kernel = per_dimension(module.kernel_size, len(sizes))
    if module.output_size is not None:
        output = per_dimension(module.output_size, len(sizes))
    else:
        ratios = module.output_ratio
        ratios = (ratios,) * len(sizes) if isinstance(ratios, float) else tuple(ratios)
        output = tuple(int(size * ratio) for size, ratio in zip(sizes, ratios, strict=True))
    axes = tuple(zip(sizes, kernel, output, strict=True))
    if all(o + k - 1 + spare <= size for size, k, o in axes):
        return None
    fitting = [min(k, size - o + 1 - spare) for size, k, o in axes]
    return Diagnosis(
        message=f"{{layer}} has a window of {by(kernel)}, too large to give {by(output)} from {by(sizes)}",
        details=(f"kernel_size at most {by(max(size - o + 1 - spare, 0) for size, _, o in axes)}",),
        arguments=(("kernel_size", as_argument(fitting)),) if min(fitting) > 0 else (),
    )


def _windows(module: Any, sizes: tuple[int, ...], *, kernel: Any = None, padding: Any = None) -> tuple[Window, ...]:
    """The windows as the module has them, or with another kernel (which the stride follows) or padding."""
    spatial = len(sizes)

    def own(name: str, default: Any) -> tuple[int, ...]:
        value: Any = getattr(module, name, default)
        return per_dimension(default if value is None or value == () else value, spatial)

    kernels = own("kernel_size", 1)
    strides = own("stride", kernels)
    if kernel is not None:
        changed = per_dimension(kernel, spatial)
        strides = changed if strides == kernels else strides
        kernels = changed
    paddings = own("padding", 0) if padding is None else per_dimension(padding, spatial)
    kind = layer_name(module)
    return tuple(
        Window(*axis, module.ceil_mode, kind)
        for axis in zip(sizes, kernels, strides, paddings, own("dilation", 1), strict=True)
    )
