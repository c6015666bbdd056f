"""What the report says besides its counts: of parameters that are not as others, and of attention."""

from __future__ import annotations

from typing import TYPE_CHECKING

from linscope.engine.frames import walk
from linscope.engine.masking import CAUSAL, MASKED, NEITHER
from linscope.graph.remarks import listed, summarised
from linscope.report.record import Note

if TYPE_CHECKING:
    from collections.abc import Sequence

    from linscope.engine.frames import Frame
    from linscope.engine.ledger import Ledger
    from linscope.report.record import ParameterCount


def remarks(root: Frame, ledger: Ledger) -> tuple[Note, ...]:
    """The notes on one run."""
    notes = []
    if ledger.unused:
        notes.append(_unused(ledger))
    if ledger.lazy:
        notes.append(_lazy(ledger.lazy))
    if ledger.has_packed:
        notes.append(_packed(ledger.total()))
    kinds = _kinds(root)
    if kinds:
        notes.append(_attention(kinds))
    return tuple(notes)


def _unused(ledger: Ledger) -> Note:
    count, names = ledger.total().unused, tuple(summarised(ledger.unused, ledger.used))
    return Note(
        "unused-parameters",
        f"{count:,} unused: no operator of this forward read {listed(names)}",
        (("unused", count), ("names", names)),
    )


def _lazy(names: Sequence[str]) -> Note:
    count = len(names)
    some = f"{count:,} lazy parameters without a size, in no count" if count > 1 else "a lazy parameter without a size"
    return Note(
        "lazy-parameters",
        f"{some}: nothing reached {listed(names)}",
        (("lazy", count), ("names", tuple(names))),
    )


def _packed(total: ParameterCount) -> Note:
    return Note(
        "packed-weights",
        f"{total.packed:,} packed besides, {total.packed_bytes:,} bytes: weights and biases of quantized layers, "
        "which PyTorch does not count as parameters",
        (("packed", total.packed), ("bytes", total.packed_bytes)),
    )


_WORDS = {CAUSAL: "causal", MASKED: "masked", NEITHER: "neither causal nor masked"}


def _kinds(root: Frame) -> dict[str, int]:
    """The calls of attention of each kind, as far as it is known: by operator, or by what a module was asked for."""
    found: dict[str, int] = {}
    for frame, _ in walk(root):
        if frame.attention:
            for kind in frame.attention:
                found[kind] = found.get(kind, 0) + 1
        elif frame.asked is not None and frame.macs:
            found[frame.asked] = found.get(frame.asked, 0) + 1
    return {kind: found[kind] for kind in _WORDS if kind in found}


def _attention(kinds: dict[str, int]) -> Note:
    told = [_WORDS[kind] for kind in kinds]
    if len(kinds) > 1:
        told = [f"{_WORDS[kind]} in {calls:,} call{'' if calls == 1 else 's'}" for kind, calls in kinds.items()]
    *first, last = told
    was = f"{', '.join(first)} and {last}" if first else last
    regardless = "" if set(kinds) == {NEITHER} else " all the same"
    return Note(
        "attention",
        f"attention was {was}; it is counted in full{regardless}",
        tuple((kind, kinds.get(kind, 0)) for kind in _WORDS),
    )
