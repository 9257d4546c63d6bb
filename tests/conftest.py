"""Shared test set-up: `tests` is a package, so helpers such as `tests.tolerances` import by name."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
