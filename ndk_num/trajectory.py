"""The result of a solve: the mean predictor as a function of time, with dense output, statistics and a file format."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from ndk_num import checks, files
from ndk_num.checks import Array
from ndk_num.covariance import Covariance, Ensemble, between, equal_times
from ndk_num.errors import InputError
from ndk_num.kernels import learning_kind
from ndk_num.network import Network
from ndk_num.volterra.piecewise import Piecewise

if TYPE_CHECKING:
    import xarray

_FORMAT = "ndk-trajectory-1"


@dataclass(frozen=True)
class Prediction:
    """Predictor at some times (leading axis) or at an equilibrium (no such axis).

    Attributes
    ----------
    train, test : array (..., P[, k]), (..., M[, k])
        Mean predictor on the training and on the test inputs.
    train_cov, test_cov : array (..., P, P), (..., M, M) or None
        Covariance over the ensemble of networks, the same for every output; None when not asked for.
    covariance_error : float or None
        Estimated error of the covariances, relative to the largest prior variance; None at an equilibrium.
    """

    train: Array
    test: Array
    train_cov: Array | None = None
    test_cov: Array | None = None
    covariance_error: float | None = None


@dataclass(frozen=True)
class Trajectory:
    """Mean predictor of a network from initialisation to the horizon.

    Attributes
    ----------
    network : Network
    X, y, X_test : array (P, N0), (P[, k]), (M, N0)
        The data it was solved for.
    residual_path, test_path : Piecewise
        v = Y − f̄ on the training inputs and f̄_* on the test inputs, as functions of time.
    stats : mapping
        method, nodes, panels, kernel_evaluations, rank, seconds, error_estimate (relative to max |y|), rtol.
    covariance : bool or {"train", "test"}
        Whether `at` returns covariances, and of which inputs.
    learning : {"all", "readout", "hidden"}
        The weights that the gradient of the error reached.
    """

    network: Network
    X: Array
    y: Array
    X_test: Array
    residual_path: Piecewise
    test_path: Piecewise
    stats: Mapping[str, Any]
    covariance: bool | str = False
    learning: str = "all"

    @property
    def horizon(self) -> float:
        """Last time."""
        return float(self.residual_path.edges[-1])

    @property
    def times(self) -> Array:
        """Times of the solver's nodes, from 0 to the horizon: shape (N,)."""
        return self.residual_path.times

    @property
    def residual(self) -> Array:
        """Y − f̄ on the training inputs at `times`: shape (N, P[, k]). More digits than `y - train` when T is small."""
        return self._shaped(self.residual_path.flat)

    @property
    def train(self) -> Array:
        """Mean predictor on the training inputs at `times`: shape (N, P[, k])."""
        return self.y - self.residual

    @property
    def test(self) -> Array:
        """Mean predictor on the test inputs at `times`: shape (N, M[, k])."""
        return self._shaped(self.test_path.flat)

    def at(self, times: ArrayLike, *, progress: Callable[[float, str], None] | None = None) -> Prediction:
        """Predictor at any times in [0, horizon].

        Parameters
        ----------
        times : array (n,)
        progress : callable, optional
            Called as progress(fraction, message) while covariances are computed; what it raises ends the computation.

        Returns
        -------
        Prediction
            `.train` (n, P[, k]), `.test` (n, M[, k]); with `covariance=True` in `solve` also `.train_cov` (n, P, P)
            and `.test_cov` (n, M, M). At each time the covariance of all inputs is positive semi-definite.

        Raises
        ------
        InputError
            For a time outside [0, horizon], or a `progress` that is no function.

        Warns
        -----
        AccuracyWarning
            If the covariances are not accurate to `rtol`, relative to the largest prior variance.
        """
        checks.progress(progress)
        t = checks.times("times", times, horizon=self.horizon)
        prediction = Prediction(self.y - self.residual_at(t), self._shaped(self.test_path(t)))
        if not self.covariance:
            return prediction
        of = self.covariance if isinstance(self.covariance, str) else "both"
        found = equal_times(self.ensemble(of), t, progress)
        return replace(
            prediction,
            train_cov=None if of == "test" else found.train,
            test_cov=None if of == "train" else found.test,
            covariance_error=found.error_estimate,
        )

    def covariance_between(
        self, t: float, s: float, *, of: str = "both", progress: Callable[[float, str], None] | None = None
    ) -> Covariance:
        """Covariance over the ensemble between the predictors at two times, in either order.

        Cov[f(t), f(s)] = (R C Rᵀ)(t,s) with C = m K^L and R = (1 + K^d)⁻¹; for test inputs g_* − k^d R g takes the
        place of R g. Beyond the paper; it follows from (6)–(8).

        Parameters
        ----------
        t, s : float
            In [0, horizon].
        of : {"both", "train", "test"}
            The inputs whose covariances are wanted: time and memory go with their number.
        progress : callable, optional
            Called as progress(fraction, message); what it raises ends the computation.

        Returns
        -------
        Covariance
            `.train` (P, P), `.test` (M, M), `.train_test` (P, M) with training inputs at t and test inputs at s,
            `.test_train` (M, P). Exchanging t and s transposes it.

        Raises
        ------
        InputError
            For a time outside [0, horizon], an unknown `of`, or a `progress` that is no function.

        Warns
        -----
        AccuracyWarning
            If it is not accurate to `rtol`, relative to the largest prior variance.
        """
        times = [checks.time("t", t), checks.time("s", s)]
        return self.joint_covariance(times, of=of, progress=progress)[0, 1]

    def joint_covariance(
        self, times: ArrayLike, *, of: str = "both", progress: Callable[[float, str], None] | None = None
    ) -> Covariance:
        """Covariance over the ensemble of the predictors at several times: that of whole trajectories.

        The adjoint equation is solved once for each time, whatever the number of pairs.

        Parameters
        ----------
        times : array (n,)
            In [0, horizon].
        of, progress
            As in `covariance_between`.

        Returns
        -------
        Covariance
            `.values` (n, n, A, A) of the A inputs asked for, `.train` (n, n, P, P), `.test` (n, n, M, M), and `.matrix`
            (n A, n A), which is positive semi-definite and may be sampled from.

        Raises
        ------
        InputError
            For a time outside [0, horizon], an unknown `of`, or a `progress` that is no function.

        Warns
        -----
        AccuracyWarning
            If it is not accurate to `rtol`, relative to the largest prior variance.
        """
        checks.progress(progress)
        t = checks.times("times", times, horizon=self.horizon)
        return between(self.ensemble(of), t, progress)

    def require_continuous_time(self) -> None:
        """InputError for a trajectory of Markov proximal learning: what its weights share between times is not (10)."""
        if self.stats.get("method") == "proximal":
            raise InputError(
                "the trajectory is one of Markov proximal learning at finite lam; covariances, drift and weights of"
                " different times need one by ndk_num.solve"
            )

    def residual_at(self, times: ArrayLike) -> Array:
        """Y − f̄ on the training inputs at any times in [0, horizon]: shape (n, P[, k])."""
        return self._shaped(self.residual_path(checks.times("times", times, horizon=self.horizon)))

    def to_xarray(self) -> xarray.Dataset:
        """Return everything as an `xarray.Dataset` with named dimensions time, train, test, output, feature."""
        import xarray

        output = () if self.y.ndim == 1 else ("output",)
        variables = {
            "train_predictor": (("time", "train", *output), self.train),
            "residual": (("time", "train", *output), self.residual),
            "test_predictor": (("time", "test", *output), self.test),
            "X": (("train", "feature"), self.X),
            "y": (("train", *output), self.y),
            "X_test": (("test", "feature"), self.X_test),
            "panel_edges": (("edge",), self.residual_path.edges),
            "panel_nodes": (("node",), self.residual_path.nodes),
        }
        attributes = {
            "format": _FORMAT,
            "network": json.dumps(self.network.to_dict()),
            "stats": json.dumps(dict(self.stats)),
            "covariance": self.covariance if isinstance(self.covariance, str) else int(self.covariance),
            "learning": self.learning,
        }
        return xarray.Dataset(variables, coords={"time": self.times}, attrs=attributes)

    def save(self, path: str | Path) -> None:
        """Write a NetCDF-4 file that `Trajectory.load` and `xarray.open_dataset` read.

        A file that exists is replaced once the new one is complete, so a full disk does not lose both.

        Raises
        ------
        InputError
            If the file cannot be written.
        """
        files.write_netcdf(self.to_xarray(), path)

    @classmethod
    def load(cls, path: str | Path) -> Trajectory:
        """Read a file written by `save`.

        Raises
        ------
        InputError
            If the file cannot be read or holds something else.
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
            return cls._from_dataset(data)
        except (KeyError, TypeError, ValueError, IndexError, AttributeError) as error:
            raise InputError(
                f"{source} is a damaged trajectory ({files.reason(error)}); save the trajectory again"
            ) from error

    @classmethod
    def _from_dataset(cls, data: xarray.Dataset) -> Trajectory:
        y = data["y"].values
        edges, nodes = data["panel_edges"].values, data["panel_nodes"].values

        if not (edges[0] == 0 and np.all(np.diff(edges) > 0)):
            raise ValueError("panel_edges do not increase from 0")
        for name in data.data_vars:
            checks.real_array(str(name), data[name].values)

        def path(name: str) -> Piecewise:
            flat = data[name].values
            flat = flat[..., None] if y.ndim == 1 else flat
            return Piecewise(edges, nodes, flat[0], flat[1:].reshape(len(edges) - 1, len(nodes), *flat.shape[1:]))

        covariance, learning = data.attrs["covariance"], str(data.attrs.get("learning", "all"))
        learning_kind(learning)
        return cls(
            network=Network.from_dict(json.loads(data.attrs["network"])),
            X=data["X"].values,
            y=y,
            X_test=data["X_test"].values,
            residual_path=path("residual"),
            test_path=path("test_predictor"),
            stats=json.loads(data.attrs["stats"]),
            covariance=covariance if isinstance(covariance, str) else bool(covariance),
            learning=learning,
        )

    def ensemble(self, of: str) -> Ensemble:
        """What covariances are computed for."""
        self.require_continuous_time()
        kind = learning_kind(self.learning)
        return Ensemble(self.network, self.X, self.X_test, self.stats["rtol"], of, kind)

    def _shaped(self, values: Array) -> Array:
        """Drop the output axis where y has none."""
        return values[..., 0] if self.y.ndim == 1 else values
