"""Fixtures of the symbolic side."""

from __future__ import annotations

import os
import sys

import pytest

from ndk_sym import certificates, registry
from tests.ndk_sym.small_derivations import known


@pytest.fixture
def installed(monkeypatch):
    """Let exactly these derivations be installed, and no certificate."""

    def install(*found):
        module = sys.modules["ndk_sym.verify"]
        monkeypatch.setattr(module, "derivations", lambda: known(*found))
        monkeypatch.setattr(registry, "derivations", lambda: known(*found))  # for `ndk derive`
        monkeypatch.setattr(certificates, "available", dict)
        monkeypatch.setattr(os, "cpu_count", lambda: 1)  # another process would not see them

    return install
