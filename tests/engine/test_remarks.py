"""What is listed by name: all of it, up to what still can be read, and then where the rest is."""

from __future__ import annotations

from torch import nn

import linscope
from linscope.graph.remarks import MOST_NAMES, listed, summarised


class Wide(nn.Module):
    """Of ``count`` heads none is used."""

    def __init__(self, count: int) -> None:
        super().__init__()
        self.body = nn.Linear(4, 4, bias=False)
        for i in range(count):
            self.add_module(f"head{i}", nn.Sequential(nn.Linear(4, 2), nn.Linear(2, 1)))

    def forward(self, x: object) -> object:
        return self.body(x)


def message(count: int) -> str:
    report = linscope.analyze(Wide(count), "[1,4]")
    (note,) = [note for note in report.notes if note.code == "unused-parameters"]
    assert dict(note.data)["names"] == tuple(f"head{i}" for i in range(count))
    return note.message


def test_unused_parameters_are_listed_by_the_modules_that_hold_nothing_else() -> None:
    # 4 · 2 + 2 and 2 · 1 + 1 of each
    assert message(2) == "26 unused: no operator of this forward read head0, head1"
    assert message(MOST_NAMES).endswith("head18, head19")


def test_a_list_too_long_says_where_the_whole_is() -> None:
    assert message(22).endswith("head19 and 2 more, all in the JSON under notes")


def test_lists() -> None:
    assert listed(["a"]) == "a"
    assert listed(["a", "b"]) == "a, b"
    assert tuple(summarised(["a.b.w", "a.b.v", "a.c.w"], ["a.c.v"])) == ("a.b", "a.c.w")
