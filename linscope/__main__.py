"""``python -m linscope``."""

from linscope.cli.main import run

run()
