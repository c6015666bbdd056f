"""``py:``: a class, a factory or an instance in the user's own code, found, built and run in every mode."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from sources.users_files import DIGITS, NET, failed, ran, write

import linscope
from linscope.errors import LinscopeError, TargetError, UsageError

if TYPE_CHECKING:
    from pathlib import Path

# Net(8, 2): 8·1·9+8 and 16·8·9+16, then 16·7·7·10+10 weights; 28²·72 + 14²·1152 + 7840 MACs.
PARAMETERS, MACS = 80 + 1_168 + 7_850, 56_448 + 225_792 + 7_840

# ── what a name stands for ──────────────────────────────────────────────────────────────────────────


def test_a_class_is_built_with_its_arguments() -> None:
    totals = ran(f"{NET}:Net", DIGITS).totals
    assert (totals.parameters.total, totals.macs) == (PARAMETERS, MACS)
    # 1·4·9+4, then 4·14·14·10+10
    assert ran(f"{NET}:Net", DIGITS, args={"width": 4, "depth": 1}).totals.parameters.total == 40 + 7_850


def test_a_factory_is_called() -> None:
    assert ran(f"{NET}:mlp", DIGITS, args={"width": 3}).totals.macs == 784 * 3 + 3 * 10


def test_an_instance_keeps_its_own_mode() -> None:
    report = ran(f"{NET}:tiny", DIGITS)
    assert report.run.training is False
    assert report.totals.macs == 784 * 18 + 2 * 14 * 14 * 10
    assert ran(f"{NET}:tiny", DIGITS, train=True).run.training is True


def test_a_class_runs_in_evaluation_unless_told_otherwise() -> None:
    assert ran(f"{NET}:Net", DIGITS).run.training is False
    assert ran(f"{NET}:Net", DIGITS, train=True).run.training is True


def test_a_module_is_looked_for_in_the_working_directory_and_among_what_is_installed(here: Path) -> None:
    write(here, "pkg/sub/net.py", "from .parts import Part\nclass Net(Part): pass")
    write(here, "pkg/sub/parts.py", """
        from torch import nn
        class Part(nn.Linear):
            def __init__(self): super().__init__(4, 2)
    """)  # fmt: skip
    assert ran("pkg.sub.net:Net").totals.parameters.total == 10
    assert ran("torch.nn:Linear", args={"in_features": 4, "out_features": 5}).totals.macs == 20


def test_a_name_may_lie_within_another(here: Path) -> None:
    write(here, "net.py", """
        from torch import nn
        class Outer:
            class Inner(nn.Linear):
                def __init__(self, *, width): super().__init__(4, width)
    """)  # fmt: skip
    assert ran("net.py:Outer.Inner", args={"width": 3}).totals.macs == 12
    assert failed("net.py:Outer.Inne").hint == "did you mean py:net.py:Outer.Inner?"


def test_the_target_of_the_report_is_the_one_asked_for(here: Path) -> None:
    assert ran(f"{NET}:tiny", DIGITS).target == f"py:{NET}:tiny"


# ── what is wrong with a target ─────────────────────────────────────────────────────────────────────

BROKEN = """
    import torch
    from torch import nn
    class Net(nn.Module):
        def __init__(self, width, depth: int = 2): super().__init__()
        def forward(self, x, mask=None): return x
    class Config: pass
    class Fails(nn.Module): pass
    def nothing(): return None
    def by_position(n, /): return nn.Linear(n, n)
    number = 3
    linear = nn.Linear(4, 2)
"""


@pytest.mark.parametrize(
    ("target", "options", "kind", "message", "rest"),
    [
        ("ney.py:Net", {}, TargetError, "there is no file ney.py", "did you mean py:net.py?"),
        ("no/net.py:Net", {}, TargetError, "there is no file no/net.py", ""),
        (".py:Net", {}, TargetError, "there is no file .py", ""),
        ("ney:Net", {}, TargetError, "there is no module ney", "did you mean net?"),
        ("no.net:Net", {}, TargetError, "there is no module no, nor no.net", ""),
        ("torch.nnn:Linear", {}, TargetError, "there is no module torch.nnn", "did you mean torch.nn?"),
        ("a/net:Net", {}, TargetError, "a/net is the name of neither a module nor a Python file", "package.module"),
        ("net.py", {}, UsageError, "py:net.py names nothing in a module or a file", "py:net.py:NAME"),
        ("net.py:", {}, UsageError, "py:net.py: names nothing in a module or a file", "py:net.py:NAME"),
        ("net.py:Nte", {}, TargetError, "there is no Nte in net.py", "did you mean py:net.py:Net?"),
        ("net.py:zzz", {}, TargetError, "there is no zzz in net.py", "is: Net, Fails, nothing, by_position, linear"),
        ("net.py:number", {}, TargetError, "stands for no model: it is of the type int", "a function that returns one"),
        ("net.py:Config", {}, TargetError, "stands for no model: it is the class Config, no nn.Module", ""),
        ("net.py:nothing", {}, TargetError, "gives no nn.Module, but a value of the type NoneType", ""),
        ("net.py:by_position", {}, TargetError, "by_position takes arguments by position alone", "(n, /)"),
        ("net.py:Net", {}, UsageError, "Net needs width", "Net(width, depth: int = 2)\n  try: --arg width=64"),
        ("net.py:Net", {"args": {"widht": 1}}, UsageError, "Net has no argument widht", "did you mean width?"),
        ("net.py:linear", {"args": {"n": 1}}, UsageError, "it takes no arguments", "name its class, Linear"),
        ("net.py:linear", {"dtype": "float16"}, UsageError, "keeps its own dtype", ""),
        ("net.py:Fails", {"dtype": "int16"}, UsageError, "no model runs in int16", "float32, float64"),
        ("net.py:linear", {"batch": 2}, UsageError, "-B is for models that know their own inputs", "in --input"),
        ("net.py:linear", {"seq_len": 2}, UsageError, "-T is for models that know their own inputs", "in --input"),
        ("net.py:Net", {"inputs": None, "args": {"width": 3}}, UsageError, "takes (x, mask=None)", '--input "[1,3,224'),
        ("net.py:linear", {"inputs": None}, UsageError, "linear needs inputs: its forward takes (input", "--input"),
        ("net.py:Net", {"may_run_code": False}, UsageError, "--no-exec forbids that", ""),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_what_is_wrong_with_a_target_is_told(
    here: Path, target: str, options: dict[str, Any], kind: type[LinscopeError], message: str, rest: str
) -> None:
    write(here, "net.py", BROKEN)
    error = failed(target, **{"inputs": "[1,4]", **options})
    assert type(error) is kind
    assert message in error.message
    assert rest in str(error)
    assert error.exit_code == (2 if kind is UsageError else 3)


def test_code_that_may_not_run_does_not(here: Path) -> None:
    write(here, "net.py", "open('ran', 'w')")
    failed("net.py:Net", may_run_code=False)
    assert not (here / "ran").exists()


# ── on shapes alone ─────────────────────────────────────────────────────────────────────────────────

READS_VALUES = """
    import torch
    from torch import nn
    class Reads(nn.Module):
        def __init__(self, wide=0):
            super().__init__()
            widths = torch.linspace(2, 4, 2).int().tolist()  # no values on meta
            self.first, self.second = nn.Linear(4, widths[0]), nn.Linear(widths[0], widths[1])
            self.unused = nn.Linear(wide, wide)
            self.register_buffer("scale", torch.tensor(widths).float())
            self.shift = torch.ones(4)
            self.a = self.b = nn.Parameter(torch.ones(4))
        def forward(self, x):
            return self.second(self.first(x)) * self.scale.mean() + self.shift + self.a
    class Lazy(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = nn.LazyLinear(7)
        def forward(self, x):
            return self.layer(x)
"""


@pytest.mark.parametrize("run", ["real", "meta", "fake"])
def test_a_constructor_that_reads_values_runs_in_every_mode(here: Path, run: str) -> None:
    write(here, "net.py", READS_VALUES)
    report = ran("net.py:Reads", "[3,4]", run=run)
    assert (report.run.mode, report.totals.macs) == (run, 3 * (4 * 2 + 2 * 4))
    # 4·2+2, 2·4+4, and 4 held under two names
    assert report.totals.parameters.total == 10 + 12 + 4
    assert ran("net.py:Lazy", "[3,4]", run=run).totals.parameters.total == 4 * 7 + 7


def test_a_model_beyond_memory_is_answered_from_shapes(here: Path) -> None:
    write(here, "net.py", READS_VALUES)
    report = ran("net.py:Reads", "[3,4]", args={"wide": 10**6})
    assert report.run.mode == "meta"
    assert report.totals.parameters.total == 26 + 10**12 + 10**6


OWN = """
import torch
from torch import nn

class Own(nn.Module):
    def __init__(me):
        super().__init__()
        me.w = nn.Parameter(torch.ones(3, 4))

    def forward(me):
        return me.w @ me.w.T

own = Own()
"""


@pytest.mark.parametrize("name", ["Own", "own"])
def test_a_forward_that_takes_nothing_needs_no_inputs(here: Path, name: str) -> None:
    write(here, "own.py", OWN)
    assert linscope.analyze(f"py:own.py:{name}", crosscheck=False).totals.macs == 3 * 4 * 3
