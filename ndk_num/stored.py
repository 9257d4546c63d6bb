"""Trajectories as data sets with names, and back: what a file holds is checked before it is used."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from ndk_num import checks, files
from ndk_num.checks import Array
from ndk_num.covariance import inputs_asked
from ndk_num.errors import InputError
from ndk_num.kernels import learning_kind
from ndk_num.network import Network
from ndk_num.volterra.piecewise import Piecewise

if TYPE_CHECKING:
    import xarray

    from ndk_num.trajectory import Trajectory

__all__ = ["dataset", "read"]

_FORMAT = "ndk-trajectory-1"
_SAME_TIME = 1e-12  # relative


def dataset(sol: Trajectory) -> xarray.Dataset:
    """Everything of a trajectory, with named dimensions time, train, test, output, feature."""
    import xarray

    output = () if sol.y.ndim == 1 else ("output",)
    variables = {
        "train_predictor": (("time", "train", *output), sol.train),
        "residual": (("time", "train", *output), sol.residual),
        "test_predictor": (("time", "test", *output), sol.test),
        "X": (("train", "feature"), sol.X),
        "y": (("train", *output), sol.y),
        "X_test": (("test", "feature"), sol.X_test),
        "panel_edges": (("edge",), sol.residual_path.edges),
        "panel_nodes": (("node",), sol.residual_path.nodes),
    }
    attributes = {
        "format": _FORMAT,
        "network": json.dumps(sol.network.to_dict()),
        "stats": json.dumps(dict(sol.stats)),
        "covariance": sol.covariance if isinstance(sol.covariance, str) else int(sol.covariance),
        "learning": sol.learning,
    }
    return xarray.Dataset(variables, coords={"time": sol.times}, attrs=attributes)


def read(path: object) -> dict[str, Any]:
    """The attributes of the trajectory that a file holds.

    Raises
    ------
    InputError
        If the file cannot be read, is damaged or holds something else.
    """
    import xarray

    source = files.local(path)
    try:
        with source.open("rb"):  # says why not in plainer words than the HDF5 library
            pass
        with xarray.open_dataset(source, engine="h5netcdf") as opened:
            data = opened.load()
    except (OSError, ValueError, KeyError, RuntimeError) as error:
        raise InputError(
            f"cannot read {source}: {files.reason(error)}; give a file written by Trajectory.save"
        ) from error
    if data.attrs.get("format") != _FORMAT:
        raise InputError(f"{source} is not a trajectory ({_FORMAT}); give a file written by Trajectory.save")
    try:
        return _arrays(data) | _attributes(data.attrs)
    except (KeyError, TypeError, ValueError, IndexError, AttributeError) as error:
        raise InputError(
            f"{source} is a damaged trajectory ({files.reason(error)}); save the trajectory again"
        ) from error


def _arrays(data: xarray.Dataset) -> dict[str, Any]:
    """The data and the paths; ValueError where they do not fit together."""
    for name, variable in data.variables.items():
        if variable.dtype != np.float64:
            raise ValueError(f"{name} is {variable.dtype} and not float64")
        checks.real_array(str(name), variable.values)
    X = checks.inputs("X", data["X"].values)
    y, test = checks.labels(data["y"].values, len(X)), data["X_test"].values
    if test.shape != (0, X.shape[1]):  # there may be none
        test = checks.inputs("X_test", test, columns=X.shape[1])
    edges, nodes = data["panel_edges"].values, data["panel_nodes"].values
    if edges.ndim != 1 or edges.size < 2 or edges[0] != 0 or not (np.diff(edges) > 0).all():
        raise ValueError("panel_edges do not increase from 0")
    if nodes.ndim != 1 or not nodes.size or not (np.diff(nodes, prepend=0.0) > 0).all() or nodes[-1] != 1:
        raise ValueError("panel_nodes do not increase from above 0 to 1")
    residual = _path(data, "residual", edges, nodes, y.shape)
    predictor = _path(data, "test_predictor", edges, nodes, (len(test), *y.shape[1:]))
    times = data["time"].values
    if times.shape != residual.times.shape or not np.allclose(times, residual.times, rtol=_SAME_TIME, atol=0):
        raise ValueError("time is not that of the panels' nodes")
    if not np.array_equal(data["train_predictor"].values, y - data["residual"].values):
        raise ValueError("train_predictor is not y less residual")
    return {"X": X, "y": y, "X_test": test, "residual_path": residual, "test_path": predictor}


def _path(data: xarray.Dataset, name: str, edges: Array, nodes: Array, shape: tuple[int, ...]) -> Piecewise:
    flat, panels = data[name].values, len(edges) - 1
    expected = (panels * nodes.size + 1, *shape)
    if flat.shape != expected:
        raise ValueError(f"{name} has shape {flat.shape} and not {expected}")
    flat = flat[..., None] if len(shape) == 1 else flat
    return Piecewise(edges, nodes, flat[0], flat[1:].reshape(panels, nodes.size, *flat.shape[1:]))


def _attributes(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """Network, statistics and options; ValueError for what a solve does not write."""
    stats, learning = json.loads(attributes["stats"]), str(attributes.get("learning", "all"))
    if not isinstance(stats, dict) or not isinstance(stats.get("method"), str):
        raise ValueError("stats name no method")
    if stats["method"] != "proximal":  # which is exact at its steps
        checks.rtol(stats["rtol"])
        if not checks.real_array("error_estimate", stats["error_estimate"]) >= 0:
            raise ValueError("error_estimate is negative")
    learning_kind(learning)
    covariance = attributes["covariance"]
    if np.ndim(covariance) == 0 and covariance in (0, 1):
        covariance = bool(covariance)
    return {
        "network": Network.from_dict(json.loads(attributes["network"])),
        "stats": stats,
        "covariance": inputs_asked(covariance),
        "learning": learning,
    }
