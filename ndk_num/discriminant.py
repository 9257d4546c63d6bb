"""Fisher's linear discriminant of one output and two classes: a threshold and its direction."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from ndk_num import checks
from ndk_num.checks import Array
from ndk_num.errors import InputError, shortened

__all__ = ["Discriminant", "exponent", "two_labels"]


@dataclass(frozen=True)
class Discriminant:
    """Fisher's linear discriminant of one output.

    Attributes
    ----------
    labels : (float, float)
        Of the first class, the larger one, and of the second.
    means : (float, float)
        Mean outputs of the classes.
    width : float
        s, the standard deviation within the classes, of all inputs together.
    log_odds : float
        log(n₁/n₂) of the numbers of inputs.
    """

    labels: tuple[float, float]
    means: tuple[float, float]
    width: float
    log_odds: float

    @classmethod
    def fit(cls, values: ArrayLike, y: ArrayLike, *, resolution: float = 0.0) -> Discriminant:
        """Train on outputs and labels.

        Parameters
        ----------
        values : array (P,)
            Outputs.
        y : array (P,)
            Labels, of two different values.
        resolution : float
            Means that differ by no more are taken as equal: what is below the accuracy of the outputs decides nothing.

        Raises
        ------
        InputError
            For labels of one class or of more than two, arrays that do not fit, or a resolution below 0.
        """
        least, labels = _resolution(resolution), two_labels(y)
        outputs, given = checks.real_array("values", values), np.asarray(y, dtype=np.float64)
        if outputs.shape != given.shape:
            raise InputError(f"values has shape {outputs.shape} but y has {given.shape}; give one output per label")
        unit = exponent(outputs)
        scaled = np.ldexp(outputs, -unit)  # sums may overflow, and long after learning squares underflow
        first, second = (scaled[given == label] for label in labels)
        means = first.mean(), second.mean()
        with np.errstate(over="ignore"):
            if np.ldexp(abs(means[0] - means[1]), unit) <= least:
                means = (scaled.mean(),) * 2
        variance = (first.var() * first.size + second.var() * second.size) / scaled.size
        found = (float(np.ldexp(mean, unit)) for mean in means)
        log_odds = float(np.log(first.size / second.size))
        return cls(labels, (next(found), next(found)), float(np.ldexp(np.sqrt(variance), unit)), log_odds)

    @property
    def threshold(self) -> float:
        """The output at which the decision changes; NaN where it never does."""
        unit, threshold, gap = self._scaled()
        with np.errstate(over="ignore"):
            return float(np.ldexp(threshold, unit)) if gap else np.nan

    def predict(self, values: ArrayLike) -> Array:
        """Labels of outputs of any shape."""
        outputs = checks.real_array("values", values)
        unit, threshold, gap = self._scaled()
        with np.errstate(over="ignore"):  # an output so large lies on its side of any threshold
            score = (np.ldexp(outputs, -unit) - threshold) * np.sign(gap) if gap else np.asarray(self.log_odds)
        return np.where(np.broadcast_to(score, outputs.shape) >= 0, *self.labels)

    def accuracy(self, values: ArrayLike, y: ArrayLike) -> float:
        """Share of outputs (P,) that are given their label.

        Raises
        ------
        InputError
            For labels of other classes than it was trained on, or of another shape than the outputs.
        """
        outputs, given = checks.real_array("values", values), checks.real_array("y", y)
        if given.ndim != 1 or not given.size or outputs.shape != given.shape:
            raise InputError(
                f"values has shape {outputs.shape} and y {given.shape}; give one output, shape (inputs,), and one label"
                " for each input"
            )
        if not np.isin(given, self.labels).all():
            other = float(given[~np.isin(given, self.labels)][0])
            raise InputError(
                f"y holds {other:g}, which is no label that the discriminant was trained on; give labels of"
                f" {self.labels[0]:g} and {self.labels[1]:g}"
            )
        return float(np.mean(self.predict(outputs) == given))

    def _scaled(self) -> tuple[int, float, float]:
        """A power of two, and the threshold and the difference of the means in units of it."""
        unit = exponent(np.array([*self.means, self.width]))
        first, second, width = (float(np.ldexp(value, -unit)) for value in (*self.means, self.width))
        gap = first - second
        shift = width / gap * width * self.log_odds if gap and self.log_odds else 0.0
        return unit, (first + second) / 2 - shift, gap


def two_labels(y: ArrayLike, y_test: ArrayLike | None = None) -> tuple[float, float]:
    """The two labels that occur, the larger one first; InputError if there are not two, or others in the test."""
    found = np.unique(checks.real_array("y", y))
    if found.size != 2 or np.ndim(y) != 1:
        raise InputError(
            f"y has shape {np.shape(y)} and {found.size} different labels; a linear discriminant needs one output and"
            " labels of two values"
        )
    if y_test is not None and not np.isin(checks.real_array("y_test", y_test), found).all():
        raise InputError("y_test has labels that y does not have; give labels of the same two classes")
    return float(found[1]), float(found[0])


def exponent(values: Array) -> int:
    """Of the least power of two above all of them; 0 if they are 0."""
    return int(np.frexp(np.abs(values).max(initial=0.0))[1])


def _resolution(value: float) -> float:
    array = checks.real_array("resolution", value)
    if array.ndim or not array >= 0:
        raise InputError(f"resolution is {shortened(value)}; give a number of at least 0")
    return float(array)
