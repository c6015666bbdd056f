"""Code of the user's that fails: shown by the user's own lines, the layer, and the shapes on the way there."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from sources.users_files import DIGITS, NET, failed, ran, write

from linscope.errors import ModelError, ShapeError, TargetError, UsageError

if TYPE_CHECKING:
    from pathlib import Path

IMPORTS = [
    (
        "def load():\n    import no_such_package\nload()",
        ("ModuleNotFoundError: No module named 'no_such_package'", "net.py:3, in <module>: load()",
         "net.py:2, in load: import no_such_package"),
    ),
    ("x = 1\ny = x / 0", ("ZeroDivisionError: division by zero", "net.py:2, in <module>: y = x / 0")),
    ("int('one')", ("ValueError: invalid literal for int() with base 10: 'one'", "net.py:1, in <module>: int('one')")),
    ("import sys\nsys.exit(3)", ("SystemExit: 3", "net.py:2, in <module>: sys.exit(3)")),
]  # fmt: skip


@pytest.mark.parametrize(("source", "lines"), IMPORTS, ids=[lines[0].partition(":")[0] for _, lines in IMPORTS])
@pytest.mark.parametrize("form", ["net.py", "net"])
def test_an_import_that_fails_shows_the_users_own_lines_and_no_others(
    here: Path, source: str, lines: tuple[str, ...], form: str
) -> None:
    write(here, "net.py", source)
    error = failed(f"{form}:Net")
    assert (type(error), error.message, error.exit_code) == (TargetError, f"{form} failed to import", 3)
    assert error.details == lines


def test_a_syntax_error_shows_its_place(here: Path) -> None:
    write(here, "net.py", "import torch\ndef f(:\n    pass")
    error = failed("net.py:Net")
    assert error.message == "net.py failed to import"
    assert error.details[0].endswith('net.py", line 2')
    assert error.details[-1] == "SyntaxError: invalid syntax"


def test_a_file_of_a_package_is_told_how_it_is_named(here: Path) -> None:
    write(here, "pkg/net.py", "from .parts import Part")
    assert "py:package.module:NAME" in (failed("pkg/net.py:Net").hint or "")


def test_a_constructor_that_raises_shows_its_lines(here: Path) -> None:
    write(here, "net.py", """
        from torch import nn
        class Net(nn.Module):
            def __init__(self, n=3):
                super().__init__()
                self.check(n)
            def check(self, n):
                raise ValueError(f"n is {n}")
    """)  # fmt: skip
    error = failed("net.py:Net", args={"n": 7})
    assert (type(error), error.message, error.exit_code) == (ModelError, "Net(n=7) raised ValueError", 3)
    assert error.details[0] == "ValueError: n is 7"
    assert [line.partition(": ")[2] for line in error.details[1:]] == ["self.check(n)", 'raise ValueError(f"n is {n}")']


FORWARDS = """
    import torch
    from torch import nn
    from torch.nn import functional as F

    class Inner(nn.Module):
        def __init__(self):
            super().__init__()
            self.norm, self.weight = nn.LayerNorm(4), nn.Parameter(torch.ones(5, 2))
        def forward(self, x):
            y = self.norm(x)
            return y @ self.weight

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.body = nn.Sequential(nn.Linear(3, 4), Inner())
        def forward(self, x):
            return self.body(x)

    class Deep(nn.Module):
        def forward(self, x):
            return self.again(x)
        def again(self, x):
            return self.again(x)

    class Convs(nn.Module):
        def __init__(self):
            super().__init__()
            self.steps = nn.ModuleList(nn.Conv2d(3, 3, 3) for _ in range(20))
            self.head = nn.Linear(100, 10)
        def forward(self, x):
            for step in self.steps:
                x = F.relu(step(x))
            return self.head(x.flatten(1))
"""


def test_a_model_that_raises_shows_its_own_lines_and_the_shapes_on_the_way_there(here: Path) -> None:
    write(here, "net.py", FORWARDS)
    error = failed("net.py:Net", "[2,3]")
    assert (type(error), error.exit_code) == (ModelError, 3)
    assert error.message == "the model raised RuntimeError at body.1"
    assert error.details == (
        "RuntimeError: mat1 and mat2 shapes cannot be multiplied (2x4 and 5x2)",
        "net.py:19, in forward: return self.body(x)",
        "net.py:12, in forward: return y @ self.weight",
        "in: [2,4]",
        "way: Net [2,3]",
        "way: body Sequential [2,3]",
        "way: body.0 Linear [2,3] → [2,4]",
        "way: body.1.norm LayerNorm [2,4] → [2,4]",
    )


def test_a_model_that_leaves_the_program_is_one_that_raises(here: Path) -> None:
    write(
        here,
        "net.py",
        """
        import sys
        from torch import nn
        class Net(nn.Linear):
            def forward(self, x): sys.exit(5)
        class Outer(nn.Sequential):
            def __init__(self): super().__init__(Net(4, 4))
        """,
    )
    error = failed("net.py:Outer")
    assert (type(error), error.exit_code, error.message) == (ModelError, 3, "the model raised SystemExit at 0")
    assert error.details[:2] == ("SystemExit: 5", "net.py:5, in forward: def forward(self, x): sys.exit(5)")


@pytest.mark.parametrize(
    ("inputs", "message", "rest"),
    [
        ("y=[1,4]", "Net has no input 'y'", "it has x, mask, size"),
        ({"x": "[1,4]", "mask": "[1]", "mas": "[1]"}, "Net has no input 'mas'", "did you mean mask?"),
        ("[4], [4], [4]", "Net takes 2 inputs by position, 3 are given", "its forward takes (x, mask, *, size=None)"),
        ("[1,4]", "Net needs mask as well", '--input "mask=[...]"'),
        ("size=[1]", "Net needs x and mask as well", '--input "x=[...]" --input "mask=[...]"'),
        ({"x": "[1,4]", "mask": "[1]"}, None, ""),
    ],
    ids=str,
)
def test_inputs_that_a_forward_does_not_take_are_told_before_it_runs(
    here: Path, inputs: Any, message: str | None, rest: str
) -> None:
    write(
        here,
        "net.py",
        """
        from torch import nn
        class Net(nn.Module):
            def forward(self, x, mask, *, size=None): return x + mask
        net = Net()
        """,
    )
    for name in ("Net", "net"):
        if message is None:
            assert ran(f"net.py:{name}", inputs).outputs[0].shape == (1, 4)
        else:
            error = failed(f"net.py:{name}", inputs)
            assert (type(error), error.exit_code, error.message) == (UsageError, 2, message)
            assert rest in str(error)


def test_a_wrong_input_shape_names_the_layer_its_path_and_the_shapes_on_the_way_there(here: Path) -> None:
    write(here, "net.py", FORWARDS)
    error = failed("net.py:Convs", "[1,3,43,45]")
    assert (type(error), error.exit_code) == (ShapeError, 1)
    # each convolution takes 2 off: 43 - 40 = 3, 45 - 40 = 5, and 3·3·5 = 45
    assert "expects 100 features in the last dimension, got 45" in error.message
    assert error.details[:3] == (
        "layer: head",
        "in: [1,45]   last dimension 45, in_features 100",
        "at: net.py:35, in forward: return self.head(x.flatten(1))",
    )
    assert error.details[3:5] == ("way: Convs [1,3,43,45]", "way: … 9 calls …")
    assert error.details[5] == "way: steps.9 Conv2d [1,3,25,27] → [1,3,23,25]"
    assert error.details[-1] == "way: steps.19 Conv2d [1,3,5,7] → [1,3,3,5]"


def test_endless_recursion_is_told_in_a_few_lines(here: Path) -> None:
    write(here, "net.py", FORWARDS)
    error = failed("net.py:Deep")
    assert len(error.details) <= 5
    assert re.fullmatch(r"net\.py:25, in again \(\d+ times\): return self\.again\(x\)", error.details[2])


def test_a_tensor_of_the_wrong_dtype_is_told(here: Path) -> None:
    error = failed(f"{NET}:Net", f"{DIGITS}:int64")
    assert type(error) is ShapeError
    assert error.message.endswith("computes in float32, got int64")
    assert error.details[:2] == ("layer: body.0", "in: [1,1,28,28]:int64   weights float32")


def test_the_dtype_asked_for_is_that_of_parameters_and_inputs() -> None:
    report = ran(f"{NET}:Net", DIGITS, dtype="float64")
    assert (report.inputs[0].dtype, report.outputs[0].dtype) == ("float64", "float64")
    assert report.totals.parameters.bytes == 8 * report.totals.parameters.total
