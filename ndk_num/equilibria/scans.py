"""Both equilibria against depth, training-set size, σ0²/σ² and T.   (SI D.1)"""

from __future__ import annotations

import json
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from ndk_num import checks
from ndk_num.checks import Array, Index
from ndk_num.covariance import inputs_wanted
from ndk_num.dynamics import silent
from ndk_num.equilibria.predictors import Data, Spectrum, nngp_kernels, ntk_covariance, ntk_kernels, symmetric
from ndk_num.errors import InputError, shortened
from ndk_num.network import Network, require_network

if TYPE_CHECKING:
    import xarray

AXES = {"depth": "number of hidden layers L", "size": "number of training inputs P", "ratio": "σ0²/σ²",
        "temperature": "temperature T"}  # fmt: skip
_MEASURES = {
    "": ("mean predictor on test inputs", "units of y"),
    "_cov": ("covariance on test inputs", "units of y squared"),
    "_train_error": ("mean squared error of the mean predictor on the training inputs", "units of y squared"),
    "_test_error": ("mean squared error of the mean predictor on the test inputs", "units of y squared"),
}


def scan(
    net: Network,
    X: ArrayLike,
    y: ArrayLike,
    X_test: ArrayLike,
    *,
    depth: Sequence[int] | None = None,
    size: Sequence[int] | None = None,
    ratio: Sequence[float] | None = None,
    temperature: Sequence[float] | None = None,
    y_test: ArrayLike | None = None,
    covariance: bool | str = False,
    progress: Callable[[float, str], None] | None = None,
) -> xarray.Dataset:
    """NTK and NNGP equilibria over one axis, or over the grid of several.   (18)(20), (SI D.1)

    At least one of `depth`, `size`, `ratio` and `temperature` is given; `net` and the data fix the others. Input
    kernels are computed once, layer kernels once for each depth and variance, eigenvectors once for all temperatures.

    Parameters
    ----------
    net : Network
    X, y, X_test : array (P, N0), (P[, k]), (M, N0)
    depth : sequence of int, optional
        Numbers of hidden layers.
    size : sequence of int, optional
        Numbers of training inputs, from 1 to P. The subsets are nested: that of n inputs holds the first n in the order
        that takes one input of each class (equal rows of `y`) in turn, classes and their members in the order of `X`.
        That order is the coordinate `order`. Labels that all differ leave the order of `X`.
    ratio : sequence of float, optional
        σ0²/σ², by σ0² at the network's σ².
    temperature : sequence of float, optional
        T; 0 is the limit T → 0.
    y_test : array (M,) or (M, k), optional
        Labels of the test inputs, for the test errors.
    covariance : bool or "test"
        Also return the covariances on the test inputs; a scan has none on the training inputs.
    progress : callable, optional
        Called as progress(fraction, message) along the way.

    Returns
    -------
    xarray.Dataset
        `ntk`, `nngp` (axes …, test[, output]), `ntk_train_error`, `nngp_train_error` (axes …) and, if asked for,
        `ntk_cov`, `nngp_cov` (axes …, test, test2), `ntk_test_error`, `nngp_test_error` (axes …). A variable has only
        those of the given axes on which it depends: the NTK equilibrium not that of `temperature`, the NNGP equilibrium
        not that of `ratio`; xarray's arithmetic broadcasts them. Units are attributes. What `net` fixes is a scalar
        coordinate.

    Raises
    ------
    InputError
        If no axis is given, a value is outside its domain, or arrays have wrong shapes or non-finite entries.
    """
    checks.progress(progress)
    _, of_test = inputs_wanted(covariance)
    if covariance == "train":
        raise InputError("covariance is 'train'; a scan has covariances on the test inputs alone: give True or 'test'")
    given = {"depth": depth, "size": size, "ratio": ratio, "temperature": temperature}
    if all(values is None for values in given.values()):
        raise InputError(f"no axis is given; give at least one of {', '.join(given)} as a sequence of values")
    data = Data.of(require_network(net), X, y, X_test)
    fixed = {"depth": net.depth, "size": len(data.y), "ratio": net.ratio, "temperature": net.temperature}
    axes = {name: _axis(name, values, fixed[name], len(data.y)) for name, values in given.items()}
    order = balanced(data.y)
    labels = None if y_test is None else checks.real_array("y_test", y_test)
    if labels is not None and labels.shape != (expected := (data.grams[2].xy.shape[0], *data.y.shape[1:])):
        raise InputError(f"y_test has shape {labels.shape}; the test predictor needs {expected}")
    scanned = {name for name, values in given.items() if values is not None}
    networks = _Networks(net, scanned)
    for name in scanned - {"size"}:  # a value outside its domain is found before the work
        for value in axes[name]:
            networks.at(**{name: value})
    found = _Scan(_permuted(data, order), networks, axes, labels, of_test, progress or silent).run()
    return _dataset(found, axes, scanned, order, data)


def balanced(y: Array) -> Index:
    """Order of rows that takes one of each class in turn, classes and members in the order in which they come."""
    _, first, label = np.unique(y.reshape(len(y), -1), axis=0, return_index=True, return_inverse=True)
    label = label.reshape(-1)
    turn = np.empty(len(y), dtype=np.intp)  # the number of earlier members of the same class
    for value in range(len(first)):
        members = np.flatnonzero(label == value)
        turn[members] = np.arange(len(members))
    return np.lexsort((first[label], turn))


def _axis(name: str, values: Any, fixed: float, most: int) -> list[Any]:
    """The values along an axis; that of the network for an axis that was not given."""
    if values is None:
        return [fixed]
    listed = _listed(values)
    if not listed:
        raise InputError(f"{name} is {shortened(values)}; give a sequence of values, such as {name}=[1, 2]")
    if len(set(listed)) < len(listed):
        raise InputError(f"{name} is {shortened(listed)}; give each value once")
    for value in listed:
        wrong = isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= most
        if name == "size" and wrong:
            raise InputError(f"size holds {shortened(value)}; give integers from 1 to the number of inputs, {most}")
        if name == "ratio" and not (isinstance(value, (int, float)) and value > 0):
            raise InputError(f"ratio holds {shortened(value)}; σ0²/σ² is a positive number")
    return listed


def _listed(values: Any) -> list[Any]:
    """The members of a sequence of numbers or texts; none where it is something else."""
    if isinstance(values, str) or not hasattr(values, "__len__") or np.ma.is_masked(values):
        return []
    try:
        array = np.asarray(values)
    except ValueError:  # ragged
        return []
    members = array.tolist() if array.ndim == 1 else []
    return members if all(isinstance(one, Hashable) for one in members) else []


def _permuted(data: Data, order: Index) -> Data:
    """The same data with the training inputs in another order."""
    train, cross, own = data.grams
    train = type(train)(train.xx[order], train.xy[np.ix_(order, order)], train.yy[:, order],
                        train.root[np.ix_(order, order)])  # fmt: skip
    cross = type(cross)(cross.xx, cross.xy[:, order], cross.yy[:, order], cross.root[:, order])
    return replace(data, y=data.y[order], grams=(train, cross, own))


@dataclass(frozen=True)
class _Networks:
    """Networks along the axes: what is not scanned stays as it is."""

    net: Network
    scanned: set[str]

    def at(self, *, depth: int = 1, ratio: float = 1.0, temperature: float = 1.0) -> Network:
        """The network of these values of the scanned axes."""
        net = self.net
        if "depth" in self.scanned:
            net = replace(net, depth=depth)
        if "ratio" in self.scanned:
            net = net.at_ratio(ratio)
        return replace(net, temperature=temperature) if "temperature" in self.scanned else net


@dataclass(frozen=True)
class _Scan:
    """Both equilibria on a grid; arrays by name, with leading axes as in `_DIMS`."""

    data: Data
    networks: _Networks
    axes: dict[str, list[Any]]
    y_test: Array | None
    covariance: bool
    progress: Callable[[float, str], None]

    def run(self) -> dict[str, Array]:
        """Points of each kind in the order of its axes, stacked."""
        kinds = {"ntk": self._ntk(), "nngp": self._nngp()}
        total = sum(self._count(kind) for kind in kinds)
        found: dict[str, Array] = {}
        done = 0
        for kind, points in kinds.items():
            listed = []
            for point in points:
                listed.append(point)
                done += 1
                self.progress(done / total, f"{kind.upper()} equilibria")
            shape = tuple(len(self.axes[axis]) for axis in _DIMS[kind])
            for name in listed[0]:
                values = np.array([point[name] for point in listed])
                found[kind + name] = values.reshape(*shape, *values.shape[1:])
        return found

    def _count(self, kind: str) -> int:
        return int(np.prod([len(self.axes[axis]) for axis in _DIMS[kind]]))

    def _ntk(self) -> Iterator[dict[str, Array]]:
        """Points over depth, ratio and size."""
        for depth in self.axes["depth"]:
            for ratio in self.axes["ratio"]:
                at = self.networks.at(depth=depth, ratio=ratio)
                whole = ntk_kernels(replace(self.data, net=at), prior=3 if self.covariance else 0)
                for size in self.axes["size"]:
                    kernels = whole.part(size)
                    found = Spectrum.of(kernels.train)
                    gain = found.gain(kernels.cross, 0.0)
                    covariance = ntk_covariance(kernels, gain) if self.covariance else None
                    yield self._point(found, 0.0, gain, covariance)

    def _nngp(self) -> Iterator[dict[str, Array]]:
        """Points over depth, size and temperature."""
        for depth in self.axes["depth"]:
            at = replace(self.data, net=self.networks.at(depth=depth))
            train, cross, *own = nngp_kernels(at, own=self.covariance)
            for size in self.axes["size"]:
                found = Spectrum.of(train[:size, :size])
                for noise in self.axes["temperature"]:
                    gain = found.gain(cross[:, :size], noise)
                    covariance = symmetric(own[0] - gain @ cross[:, :size].T) if self.covariance else None
                    yield self._point(found, noise, gain, covariance)

    def _point(self, found: Spectrum, noise: float, gain: Array, covariance: Array | None) -> dict[str, Array]:
        """What is returned of one point of the grid."""
        y = self.data.y[: len(found.values)]
        fitted = found.vectors @ ((found.values * found.inverse(noise)) * (found.vectors.T @ y).T).T
        point = {"": gain @ y, "_train_error": np.asarray(np.mean((fitted - y) ** 2))}
        if covariance is not None:
            point["_cov"] = covariance
        if self.y_test is not None:
            point["_test_error"] = np.asarray(np.mean((point[""] - self.y_test) ** 2))
        return point


_DIMS = {"ntk": ("depth", "ratio", "size"), "nngp": ("depth", "size", "temperature")}
_OWN_DIMS = {"": ("test", "output"), "_cov": ("test", "test2")}


def _dataset(
    found: dict[str, Array], axes: dict[str, list[Any]], scanned: set[str], order: Index, data: Data
) -> xarray.Dataset:
    """Named dimensions, coordinates, units; axes that were not given become scalar coordinates."""
    import xarray

    variables = {}
    for name, values in found.items():
        kind, _, rest = name.partition("_")
        measure = f"_{rest}" if rest else ""
        own = _OWN_DIMS.get(measure, ())[: values.ndim - len(_DIMS[kind])]
        title, units = _MEASURES[measure]
        attributes = {"long_name": f"{kind.upper()} equilibrium: {title}", "units": units}
        variables[name] = ((*_DIMS[kind], *own), values, attributes)
    coordinates: dict[str, Any] = {
        name: ((name,), values, {"long_name": AXES[name], "units": "1"}) for name, values in axes.items()
    }
    coordinates["order"] = (("train",), order, {"long_name": "rows of X in the order in which subsets take them"})
    made = xarray.Dataset(variables, coordinates, {"network": json.dumps(data.net.to_dict())})
    return made.isel({name: 0 for name in axes if name not in scanned})
