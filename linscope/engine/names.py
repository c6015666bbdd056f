"""The other names of modules that a model holds in several places."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from torch import nn

    from linscope.engine.attribution import Modules

Names = dict[str, tuple[str, ...]]

MOST_NAMES = 8
"""Names that are looked for beyond the first: containers of containers held twice have ever more."""


def other_names(modules: Modules) -> Names:
    """By the path a module goes by, which is the first, its other paths; modules with one only are left out.

    A name goes all the way: where ``a`` is also ``b``, ``a.0`` is also ``b.0``.
    """
    if sum(len(module._modules) for _, module in modules) < len(modules):
        return {}  # a tree: every module but the first is held once
    paths = {id(module): path for path, module in modules}
    held = {path: _held(module, paths) for path, module in modules}
    names: dict[str, list[str]] = {path: [path] for path in held}
    waiting: list[tuple[str, str]] = []

    def add(path: str, name: str) -> None:
        known = names[path]
        if name not in known and len(known) <= MOST_NAMES:
            known.append(name)
            waiting.append((path, name))

    for parent, children in held.items():
        for key, path in children.items():
            add(path, _joined(parent, key))
    while waiting:
        parent, name = waiting.pop(0)
        for key, path in held[parent].items():
            add(path, _joined(name, key))
    return {path: tuple(known[1:]) for path, known in names.items() if len(known) > 1}


def _held(module: nn.Module, paths: Mapping[int, str]) -> dict[str, str]:
    """The paths of the children of ``module``, by the names it has for them."""
    children = module._modules.items()
    return {key: paths[id(child)] for key, child in children if child is not None and id(child) in paths}


def _joined(parent: str, key: str) -> str:
    return f"{parent}.{key}" if parent else key
