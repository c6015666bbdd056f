"""The versions that matter to a result, from the installed packages' metadata: torch is not imported."""

from __future__ import annotations

import platform


def version_text() -> str:
    """A line each for linscope, Python, torch and thop."""
    from importlib import metadata

    from linscope import __version__

    def installed(package: str) -> str:
        try:
            return metadata.version(package)
        except metadata.PackageNotFoundError:
            return "not installed"

    return (
        f"linscope {__version__}\n"
        f"Python {platform.python_version()}\n"
        f"torch {installed('torch')}\n"
        f"thop {installed('thop')}\n"
    )
