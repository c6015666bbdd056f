"""``python -m linscope``."""

from linscope.cli.entry import run

run()
