"""Sphinx configuration: `sphinx-build -W --keep-going -b html docs docs/_build/html`; needs no network.

The pages under docs/generated are written by `ndk_pages` before Sphinx reads the sources.
"""

import sys
from importlib.metadata import version as installed
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "_ext"))

project = "ndk"
author = "The ndk developers"
copyright = "2026, The ndk developers"
version = release = installed("ndk")

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "ndk_docstrings",
    "ndk_mathml",
    "ndk_pages",
    "ndk_links",
]
exclude_patterns = ["_build", "_ext"]
default_role = "literal"
suppress_warnings = ["ref.python"]  # InputError is documented for both packages

myst_enable_extensions = ["dollarmath", "amsmath"]
myst_heading_anchors = 3

autodoc_member_order = "bysource"
autodoc_typehints = "none"  # docstrings give types with shapes
napoleon_google_docstring = False
napoleon_use_rtype = False
napoleon_custom_sections = ["Parameters, Returns, Raises", ("Fields", "params_style")]

html_theme = "furo"
html_title = f"ndk {release}"
html_static_path = ["_static"]
html_css_files = ["ndk.css"]
html_math_renderer = "mathml"
html_show_sphinx = False
html_copy_source = False
