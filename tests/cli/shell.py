"""Running the command as a person or a script does: a process of its own, its streams and its exit code."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import warnings
from typing import Any, NamedTuple

import pytest

from linscope.cli.main import outcome

PLAIN = ("COLUMNS", "NO_COLOR", "FORCE_COLOR", "PYTHONIOENCODING", "LINSCOPE_DEBUG", "LINES")


class Done(NamedTuple):
    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """Standard output, which must be one JSON document and nothing else."""
        return json.loads(self.out)


def process(*arguments: str, stdin: str | None = None, cwd: str | None = None, **environment: str) -> Done:
    """``linscope`` as a process of its own, piped, in an environment without settings of its own."""
    inherited = {name: value for name, value in os.environ.items() if name not in PLAIN}
    done = subprocess.run(
        [sys.executable, "-m", "linscope", *arguments],
        input=stdin,
        stdin=None if stdin is not None else subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        env={**inherited, "LINSCOPE_LANG": "en", **environment},
        cwd=cwd,
        check=False,
        timeout=120,
    )
    return Done(done.returncode, done.stdout, done.stderr)


def linscope(*arguments: str, stdin: str = "", cwd: str | None = None, **environment: str) -> Done:
    """The same within this process, where torch is imported already: for the many."""
    out, err = (io.TextIOWrapper(io.BytesIO(), "utf-8", newline="") for _ in range(2))
    with pytest.MonkeyPatch.context() as patch, warnings.catch_warnings():
        for name in PLAIN:
            patch.delenv(name, raising=False)
        for name, value in {"LINSCOPE_LANG": "en", **environment}.items():
            patch.setenv(name, value)
        if cwd is not None:
            patch.chdir(cwd)
        patch.setattr(sys, "stdin", io.StringIO(stdin))
        patch.setattr(sys, "stdout", out)
        patch.setattr(sys, "stderr", err)
        code = outcome(list(arguments))
    return Done(code, *(stream.buffer.getvalue().decode() for stream in (out, err)))
