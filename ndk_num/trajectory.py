"""The result of a solve: the mean predictor as a function of time, with dense output, statistics and a file format."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from numpy.typing import ArrayLike

from ndk_num import checks, files, stored
from ndk_num.checks import Array
from ndk_num.covariance import Covariance, Ensemble, between, equal_times
from ndk_num.errors import InputError
from ndk_num.kernels import learning_kind
from ndk_num.network import Network
from ndk_num.volterra.piecewise import Piecewise

if TYPE_CHECKING:
    import xarray


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
        return stored.dataset(self)

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
            If the file cannot be read, is damaged or holds something else.
        """
        return cls(**stored.read(path))

    def ensemble(self, of: str) -> Ensemble:
        """What covariances are computed for."""
        self.require_continuous_time()
        kind = learning_kind(self.learning)
        return Ensemble(self.network, self.X, self.X_test, self.stats["rtol"], of, kind)

    def _shaped(self, values: Array) -> Array:
        """Drop the output axis where y has none."""
        return values[..., 0] if self.y.ndim == 1 else values
