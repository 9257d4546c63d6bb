"""Shared test set-up: `tests` is a package, so helpers such as `tests.tolerances` import by name."""

import sys
from pathlib import Path

from hypothesis import settings

sys.path.insert(0, str(Path(__file__).parents[1]))

# Reproducible runs on shared machines: the same examples every time, and no verdict on speed.
settings.register_profile("ndk", deadline=None, derandomize=True)
settings.load_profile("ndk")
