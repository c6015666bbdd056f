"""How many threads torch runs on."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from collections.abc import Iterator


def alone() -> None:
    """Keep to one thread from now on: in a forked process, those of the process it came from are not there."""
    torch.set_num_threads(1)


@contextlib.contextmanager
def on_one_thread() -> Iterator[None]:
    """Torch runs on one thread inside: small layers are slower on several, which wait for one another."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
