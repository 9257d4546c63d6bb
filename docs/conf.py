"""Sphinx configuration: `sphinx-build -W --keep-going -b html docs docs/_build/html`; needs no network."""

project = "ndk"
author = "The ndk developers"
extensions = ["myst_parser"]
exclude_patterns = ["_build", "_ext"]
html_theme = "furo"
