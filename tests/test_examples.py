"""Every example runs, and prints what it is there to show."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[1] / "examples"
SHOWN = {
    "main.sh": ["[32, 3, 2]", "768", "1,536", "Why the weight is transposed"],
    "main.py": ["[32, 3, 2]", "768 = 32 · 3 × (4 · 2)", "thop:         768"],
    "net.py": [],  # models for others to name
    "module.py": ["650 parameters", "1800 MACs"],  # 10·50 + 50 + 50·2; 3·(500 + 100)
    "mlp.sh": ["652", "1,800"],
    "stem.sh": ["[1, 64, 56, 56]", "9,536", "118,013,952"],  # 9,408 + 2·64
    "check_shapes.sh": ["ok      [B=32,3,4] -> Linear(4,2) -> [B,3,2]"],
    # 32 rows: 64 · 4, and 4 · 64
    "teach_operator.py": [
        "0 MACs, lower_bound; uncounted: mylib.low_rank",
        "16,384 MACs, complete; uncounted: nothing",
    ],
    "explain.sh": ["Expected size for first two dimensions of batch2", "[ 5  6 ]          [ 5  6  11 ]"],
    "compare.sh": ["+ 2: MaxPool2d(2)", "483,328", "✓ MACs 606,208 → 483,328"],  # 442,368 + 4,096·10
    "read_json.py": ["complete: True", "606208 MACs"],  # 32·32·16·3·9 + 16384·10
}


def run(path: Path) -> subprocess.CompletedProcess[str]:
    program = [sys.executable, str(path)] if path.suffix == ".py" else ["sh", str(path)]
    inherited = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "FORCE_COLOR")}
    search = os.pathsep.join((str(Path(sys.executable).parent), inherited.get("PATH", "")))
    return subprocess.run(
        program,
        capture_output=True,
        encoding="utf-8",
        env={**inherited, "PATH": search, "PYTHONUTF8": "1"},
        timeout=120,
        check=False,
    )


def test_every_example_is_tested() -> None:
    assert {path.name for path in EXAMPLES.iterdir() if path.suffix in (".py", ".sh")} == set(SHOWN)


@pytest.mark.parametrize("name", SHOWN)
def test_an_example_runs_and_shows_its_point(name: str) -> None:
    done = run(EXAMPLES / name)
    assert (done.returncode, done.stderr) == (0, "")
    for words in SHOWN[name]:
        assert words in done.stdout


def test_the_shape_check_fails_where_a_shape_is_wrong(tmp_path: Path) -> None:
    script = (EXAMPLES / "check_shapes.sh").read_text().replace("[B,3,2]", "[B,3,5]")
    broken = tmp_path / "check_shapes.sh"
    broken.write_text(script)
    done = run(broken)
    assert done.returncode == 1
    assert "failed  [B=32,3,4] -> Linear(4,2) -> [B,3,5]" in done.stdout
    assert "error[assertion]" in done.stderr
