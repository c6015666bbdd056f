"""A stranger's pull request: what is read, run and printed of it takes bounded time and memory, and runs nothing."""

from __future__ import annotations

import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

SPECS = {
    "deep brackets": "[2,4] -> " + "(" * 5_000 + "ReLU" + ")" * 5_000,
    "deep layers": "[2,4] -> " + "Sequential(" * 500 + "ReLU()" + ")" * 500,
    "repetition of repetition": "[2,4] -> ((((ReLU) * 99999) * 99999) * 99999) * 99999",
    "many steps": "[2,4] -> (Linear(4,4) -> ReLU) * 50000",
    "a huge input": "[9223372036854775807] -> ReLU",
    "a huge product": "[1000000,1000000,1000000] -> ReLU",
    "a huge layer": "[1000000,1000000] -> Linear(1000000,1000000)",
    "a huge embedding": "[2]:int64 -> Embedding(10000000000,100000)",
    "a small input made huge": "[2,2] -> repeat(100000,100000)",
    "an upsampling": "[1,1,9,9] -> Upsample(scale_factor=100000)",
    "much work on little": "[64,64,64,64] -> Conv2d(64,4096,63,padding=31)",
    "many names": ", ".join(f"a{i}=[1]" for i in range(9_000)) + " -> ReLU",
    "a long number": "[2,4] -> Linear(4," + "9" * 90_000 + ")",
    "many dimensions": "[" + ",".join("1" * 4_000) + "] -> ReLU",
    "a recurrent one": "[1000000,1,8] -> LSTM(8,8)",
    "a transformer": "[10,2,64] -> TransformerEncoder(TransformerEncoderLayer(64,8,10000000),1000000)",
}
FILES = {
    "nothing but brackets": "a = " + "[" * 200_000,
    "inline tables": "a = " + "{b = " * 50_000 + "1" + "}" * 50_000,
    "a key of many parts": "[" + "a." * 50_000 + "b]\nc = 1\n",
    "many tables": "".join(f"[a{i}]\n" for i in range(50_000)),
    "a long string": 'schema = 1\n[[check]]\nspec = "' + "x" * 5_000_000 + '"\n',
    "many bindings": "schema = 1\n[[check]]\nspec = '[B] -> ReLU'\nbind = [" + "{B = 1}," * 100_000 + "]\n",
    "a long expression": "schema = 1\n[[check]]\nspec = '[3] -> ReLU'\nmacs = '" + "9*" * 400_000 + "9'\n",
    "a large expression": "schema = 1\n[[check]]\nspec = '[3] -> ReLU'\nmacs = '" + "*".join(["9" * 90] * 10) + "'\n",
    "many unknown keys": "schema = 1\n" + "".join(f"key_{i} = {i}\n" for i in range(20_000)),
    "no text": "\0" * 1000,
    "too large": "#" * (17 * 2**20),
}


def check(folder: Path, *arguments: str) -> tuple[int, str, float]:
    """Exit code, all that was said, and seconds, of a process with two gigabytes at most."""
    limit = "import resource; resource.setrlimit(resource.RLIMIT_DATA, (8 * 2**30, 8 * 2**30)); "
    program = f"{limit}import sys; from linscope.cli.main import run; run(sys.argv[1:])"
    start = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-c", program, "check", *arguments],
        cwd=folder, capture_output=True, encoding="utf-8", timeout=120, check=False,
    )  # fmt: skip
    assert "Traceback" not in done.stderr
    return done.returncode, done.stdout + done.stderr, time.monotonic() - start


@pytest.mark.slow
@pytest.mark.parametrize("name", SPECS)
def test_a_hostile_spec(name: str, tmp_path: Path) -> None:
    (tmp_path / "linscope.toml").write_text(f"schema = 1\n[[check]]\nspec = '{SPECS[name]}'\nparams = 0\n")
    code, said, took = check(tmp_path, "--timeout", "10", "--max-memory", "2GiB", "--no-exec")
    assert code in (0, 1, 2, 3), said[-2000:]
    assert took < 60
    assert len(said) < 20_000


@pytest.mark.parametrize("name", FILES)
def test_a_hostile_file(name: str, tmp_path: Path) -> None:
    (tmp_path / "linscope.toml").write_text(FILES[name])
    code, said, took = check(tmp_path)
    assert code in (1, 2), said[-2000:]
    assert took < 30
    assert len(said) < 20_000
