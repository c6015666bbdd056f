"""Building a model that is not ours, with values or without, whatever its constructor does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch import nn
from torch.nn.modules.module import register_module_parameter_registration_hook
from torch.utils._device import DeviceContext

from linscope.errors import LinscopeError, ModelError
from linscope.sources.users_code import raised

if TYPE_CHECKING:
    from collections.abc import Callable

LARGE = 2**26
"""Elements from which a tensor is not made for real, only because a constructor reads others."""

_SIZED = {torch.empty, torch.zeros, torch.ones, torch.full, torch.rand, torch.randn}
"""What makes a tensor of any size from next to nothing."""


def constructed(make: Callable[[], nn.Module], name: str) -> nn.Module:
    """What ``make`` gives, on the device that is the default: on meta, without values.

    A constructor that reads values (``torch.linspace(...).tolist()``, the widths of a RegNet) fails on meta. It is
    called again for real, and what it holds of values then is its buffers, and what is no parameter.

    Args:
        name: the call, as the error has it.

    Raises:
        ModelError: the constructor raised; the details are its own words and the lines they came through.
        LinscopeError: whatever of ours ``make`` raises.
    """
    try:
        return _on_meta(make) if torch.get_default_device().type == "meta" else make()
    except LinscopeError:
        raise
    except (Exception, SystemExit) as error:
        raise ModelError(f"{name} raised {type(error).__name__}", details=raised(error)) from error


def _on_meta(make: Callable[[], nn.Module]) -> nn.Module:
    try:
        return make()
    except LinscopeError:
        raise
    except Exception:
        with _RealUnlessLarge(), _ParametersOnMeta():
            return make()


class _RealUnlessLarge(DeviceContext):
    """Tensors made inside have values, but for those that would fill the memory."""

    def __init__(self) -> None:
        super().__init__(torch.device("cpu"))

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        if func in _SIZED and kwargs.get("device") is None and kwargs.get("out") is None:
            made = func(*args, **{**kwargs, "device": "meta"})
            if made.numel() >= LARGE:
                return made
        return super().__torch_function__(func, types, args, kwargs)  # type: ignore[no-untyped-call]  # torch's


class _ParametersOnMeta:
    """Parameters lose their values inside, as soon as a module has them; one held twice stays one."""

    __slots__ = ("_handle", "_made")

    def __enter__(self) -> None:
        self._made: dict[int, tuple[nn.Parameter, nn.Parameter]] = {}  # with the first, so that its id stays its own
        self._handle: Any = register_module_parameter_registration_hook(self._emptied)

    def __exit__(self, *exception: object) -> None:
        self._handle.remove()

    def _emptied(self, module: nn.Module, name: str, parameter: Any) -> Any:
        if type(parameter) is not nn.Parameter or parameter.is_meta:
            return None  # as it is
        found = self._made.get(id(parameter))
        if found is None:
            empty = nn.Parameter(torch.empty_like(parameter, device="meta"), parameter.requires_grad)
            found = self._made[id(parameter)] = parameter, empty
        return found[1]
