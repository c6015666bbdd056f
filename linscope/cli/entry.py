"""The console script: so little that an interrupt before anything is imported is quiet, too."""

from __future__ import annotations


def run() -> None:
    """Run the command line and leave with its exit code."""
    try:
        from linscope.cli.main import run as run_command_line
    except KeyboardInterrupt:
        raise SystemExit(130) from None
    run_command_line()
