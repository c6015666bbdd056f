"""What the user's code finds around it, and that nothing of it is left behind."""

from __future__ import annotations

import random
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from sources.users_files import DIGITS, NET, ran, write


def test_two_files_of_one_name_are_two_and_so_are_their_siblings(here: Path) -> None:
    for folder, width in (("a", 3), ("b", 5)):
        write(here, f"{folder}/net.py", """
            from torch import nn
            from parts import WIDTH
            class Net(nn.Linear):
                def __init__(self):
                    from late import again  # while it is built
                    super().__init__(4, WIDTH)
                    assert again == WIDTH
                def forward(self, x):
                    from later import again  # while it runs
                    assert again == WIDTH
                    return super().forward(x)
        """)  # fmt: skip
        write(here, f"{folder}/parts.py", f"WIDTH = {width}")
        write(here, f"{folder}/late.py", "from parts import WIDTH as again")
        write(here, f"{folder}/later.py", "from parts import WIDTH as again")
    assert [ran(f"{folder}/net.py:Net").totals.macs for folder in ("a", "b", "a")] == [12, 20, 12]


def test_a_file_is_read_anew_each_time(here: Path) -> None:
    for width in (3, 6):
        write(here, "net.py", f"from torch import nn\ndef net(): return nn.Linear(4, {width})")
        assert ran("net:net").totals.macs == ran("net.py:net").totals.macs == 4 * width


def test_a_file_named_like_a_module_stands_in_nobodys_way(here: Path) -> None:
    write(here, "json.py", "from torch import nn\nimport random\ndef net(): return nn.Linear(4, 3)")
    before = sys.modules["json"]
    assert ran("json.py:net").totals.macs == 12
    assert sys.modules["json"] is before


RESTLESS = """
    import os, random, sys
    import torch
    from torch import nn
    print("imported")
    assert sys.argv[1:] == []
    sys.path.append("elsewhere")
    torch.manual_seed(7)
    random.seed(7)
    torch.set_default_dtype(torch.float64)
    torch.set_grad_enabled(False)
    os.makedirs("data", exist_ok=True)
    os.chdir("data")
    class Net(nn.Linear):
        def __init__(self):
            super().__init__(4, 2)
            print("built")
            torch.manual_seed(9)
        def forward(self, x):
            print("run")
            assert os.path.basename(os.getcwd()) == "data"
            random.seed(9)
            torch.use_deterministic_algorithms(True)
            return super().forward(x)
    net = Net()
"""


@pytest.mark.parametrize("name", ["Net", "net"])
def test_nothing_is_left_behind(here: Path, capsys: pytest.CaptureFixture[str], name: str) -> None:
    write(here, "net.py", RESTLESS)
    ran(f"{NET}:tiny", DIGITS)  # what torch imports at first is torch's own

    def state() -> tuple[Any, ...]:
        settings = torch.get_default_dtype(), torch.is_grad_enabled(), torch.are_deterministic_algorithms_enabled()
        process = list(sys.path), set(sys.modules), sys.argv, sys.stdout, sys.dont_write_bytecode, Path.cwd()
        return random.getstate(), torch.get_rng_state().tolist(), settings, process

    before = state()
    report = ran(f"net.py:{name}")
    assert state() == before
    assert report.totals.parameters.bytes == 10 * 8  # the file's own default dtype holds while it runs
    assert sorted(path.name for path in here.iterdir()) == ["data", "net.py"]  # and no bytecode
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.split()[0] == "imported" and printed.err.split()[-1] == "run"


def test_the_same_seed_gives_the_same_instance(here: Path) -> None:
    write(here, "net.py", """
        import torch
        from torch import nn
        net = nn.Linear(4, int(torch.randint(1, 10**6, ())))
    """)  # fmt: skip
    torch.manual_seed(123)
    widths = [ran("net.py:net", seed=seed).outputs[0].shape for seed in (1, 1, 2)]
    assert widths[0] == widths[1] != widths[2]
