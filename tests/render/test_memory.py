"""Memory in the summary: the total, and each figure with what is in it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from render.samples import SAMPLES

from linscope.render import Look, render
from linscope.report.memory import PACKED, Held, Memory, readable
from linscope.report.record import Report, TensorInfo

MIB = 2**20


def told(memory: Memory, **changes: object) -> list[str]:
    """The lines of the fact, as a pipe gets them."""
    report: Report = replace(SAMPLES["linear"], memory=memory, **changes)
    lines = render(report, "table", Look(explain="none")).splitlines()
    first = next((i for i, line in enumerate(lines) if line.startswith("  Memory")), None)
    if first is None:
        return []
    more = lines[first + 1 :]
    end = next(i for i, line in enumerate(more) if not line.startswith(" " * 8))
    return [" ".join(line.split()) for line in [lines[first], *more[:end]]]


def test_every_figure_says_what_is_in_it() -> None:
    held = (Held("float32", MIB, 4 * MIB, 2_048), Held("int64", 0, 0, 8))
    memory = Memory(4 * MIB, 2_056, 3 * MIB // 2, "0", None, held)
    assert told(memory) == [
        "Memory 5.5 MiB",
        "4.0 MiB parameters in float32",
        "2.0 KiB buffers: float32 2.0 KiB, int64 8 bytes",
        "1.5 MiB activations at their most, in Linear(4, 2), without operators' scratch memory",
    ]


def test_little_is_left_to_the_json_form() -> None:
    assert told(Memory(MIB - 1, 0, 0, "0")) == []
    assert told(Memory(MIB, 0, 0, "0"))[0] == "Memory 1.0 MiB"
    assert "| Memory" not in render(SAMPLES["linear"], "markdown", Look())


def test_weights_kept_in_fewer_bits_are_told_from_those_of_the_run() -> None:
    held = (Held("bfloat16", 1_000, 2_000, 0), Held("int64", 1, 8, 0), Held(PACKED, 0, 5, 0))
    memory = Memory(2_013, 0, 10, "0", None, held).with_weights_as("int4")
    assert told(memory)[:2] == [
        "Memory 523 bytes",  # 1,000 · 4 / 8 = 500, and 8, 5, 10
        "513 bytes parameters as int4, without scales and zero points; they are bfloat16 in the run; "
        "with int64 8 bytes, packed weights 5 bytes",
    ]


def test_weights_that_are_no_real_numbers_stay_as_they_are() -> None:
    memory = Memory(5, 0, 10, "", None, (Held(PACKED, 0, 5, 0),)).with_weights_as("int8")
    assert told(memory) == [
        "Memory 15 bytes",
        "5 bytes parameters in packed weights",
        "10 bytes activations at their most, in the model itself, without operators' scratch memory",
    ]


@pytest.mark.parametrize(("shape", "tokens"), [((1, 4_096), "4,096 tokens"), ((8, 4_096), "8 × 4,096 tokens")])
def test_the_cache_says_of_how_many_tokens_it_is(shape: tuple[int, ...], tokens: str) -> None:
    ids = TensorInfo(shape, "int64", "input_ids")
    assert (
        told(Memory(0, 0, 10, "0", 20), inputs=(ids,))[-1]
        == f"20 bytes KV cache: keys and values that are kept of {tokens}"
    )


def test_what_never_ran_has_no_activations() -> None:
    assert told(Memory(2 * MIB, held=(Held("float32", MIB // 2, 2 * MIB, 0),))) == [
        "Memory at least 2.0 MiB",
        "2.0 MiB parameters in float32",
        "unknown activations: nothing ran",
    ]


def test_markdown_has_it_too() -> None:
    report = replace(SAMPLES["linear"], memory=Memory(MIB, 0, 0, "0", held=(Held("float32", MIB // 4, MIB, 0),)))
    text = render(report, "markdown", Look())
    assert "- **Memory**: 1.0 MiB\n  - 1.0 MiB   parameters in float32\n" in text


@pytest.mark.parametrize(
    ("size", "text"), [(12, "12 bytes"), (1_536, "1.5 KiB"), (3 * 2**30, "3.0 GiB"), (2**70, "1,024.0 EiB")]
)
def test_sizes_for_people(size: int, text: str) -> None:
    assert readable(size) == text
