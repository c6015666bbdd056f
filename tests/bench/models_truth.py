"""Published models, their published figures, and ours. Run it: ``python tests/bench/models_truth.py [PART ...]``.

The exit code is 0 where every row is right.
"""

from __future__ import annotations

import sys
from importlib import import_module

from model_rows import HEAD

PARTS = {"transformers": "transformers_truth", "torchvision": "torchvision_truth"}
"""What each part of the table needs, and the module beside this one that has its ``rows()``."""


def main(parts: list[str]) -> int:
    print(HEAD)
    wrong = 0
    for part in parts:
        try:
            for row in import_module(PARTS[part]).rows():
                print(row.line(), flush=True)
                wrong += not row.right
        except ImportError as error:
            print(f"{part}: not asked: {error}")
            wrong += 1
    print("all right" if not wrong else f"{wrong} wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:] or list(PARTS)))
