"""Running in a process that was forked from one that has run already."""

from __future__ import annotations

import torch


def alone() -> None:
    """Keep to one thread: the threads of the process this one was forked from are not there any more."""
    torch.set_num_threads(1)
