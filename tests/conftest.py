"""Shared test set-up: `tests` is a package, so helpers such as `tests.tolerances` import by name."""

import os
import sys
from pathlib import Path

from hypothesis import settings

# Workers share the cores already: NumPy's own threads on top of them make the solver several times slower.
if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # read when NumPy is imported, which is later

sys.path.insert(0, str(Path(__file__).parents[1]))

# Reproducible runs on shared machines: the same examples every time, and no verdict on speed.
settings.register_profile("ndk", deadline=None, derandomize=True)
settings.load_profile("ndk")


def pytest_collection_modifyitems(items):
    """Long tests start first, so that no worker is left with one at the end."""
    items.sort(key=lambda item: item.get_closest_marker("long") is None)
