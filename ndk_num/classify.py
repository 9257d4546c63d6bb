"""Two classes told apart by one output: Fisher's linear discriminant, its accuracy in time, histograms.   Fig. 4

The paper asks what a drifted predictor still knows by a linear classifier between the outputs of the two classes
(SI D; Duda, Hart and Stork, *Pattern Classification*, 2000), trained on the training predictors of the same time. For
one output and classes of means m₁, m₂ and common variance s² it is the Gaussian decision

    class 1  where  (m₁ − m₂) (f − (m₁ + m₂)/2) + s² log(n₁/n₂) ≥ 0:

nothing but a threshold and its direction. A classifier that was trained before the drift and is kept shows the other
half of the story: outputs may be told apart and lie on the wrong sides.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from ndk_num import checks
from ndk_num.checks import Array
from ndk_num.discriminant import Discriminant, exponent, two_labels
from ndk_num.errors import InputError, shortened
from ndk_num.trajectory import Prediction

__all__ = ["Accuracy", "Discriminant", "Histograms", "accuracy", "histograms", "two_labels"]

MOST_BINS = 10_000
_FITS = ("each", "first")
_ULPS = 4  # of the largest output in a bin, at least


@dataclass(frozen=True)
class Accuracy:
    """Accuracy of a linear discriminant in time.

    Attributes
    ----------
    train : array (n,)
        Share of training inputs that are classified correctly.
    test : array (n,) or None
        The same of the test inputs, where their labels are known.
    discriminants : tuple
        The classifier of each time.
    """

    train: Array
    test: Array | None
    discriminants: tuple[Discriminant, ...]


def accuracy(
    prediction: Prediction,
    y: ArrayLike,
    y_test: ArrayLike | None = None,
    *,
    fit: str = "each",
    resolution: float = 0.0,
) -> Accuracy:
    """Accuracy of linear discriminants trained on the training predictors.   (SI D), Fig. 4

    Parameters
    ----------
    prediction : Prediction
        Of n times and one output, as from `drift`, `equilibria.drift` or `Trajectory.at`.
    y, y_test : array (P,), (M,)
        Labels, of the same two values.
    fit : {"each", "first"}
        Train at each time, as in the paper, or at the first time only, and keep the classifier.
    resolution : float
        Means of the classes that differ by no more are taken as equal. Give the accuracy of the predictor, of a
        trajectory rtol · max|y|: classifiers do not mind how small a difference is, and would classify errors too.

    Returns
    -------
    Accuracy

    Raises
    ------
    InputError
        For something else than a prediction, several outputs, labels that are not of two classes or do not fit, another
        number of times of test inputs, an unknown `fit`.
    """
    if not isinstance(fit, str) or fit not in _FITS:
        raise InputError(f"fit is {shortened(fit)}; give one of {', '.join(_FITS)}")
    train, test = outputs_of(prediction)
    labels = _labels("y", y, train)
    tests = None if y_test is None else _labels("y_test", y_test, test)
    if tests is not None and len(test) != len(train):
        raise InputError(
            f"prediction.test has {len(test)} times and prediction.train {len(train)}; give a prediction at one set of"
            " times"
        )
    two_labels(labels, tests)
    found = tuple(Discriminant.fit(values, labels, resolution=resolution) for values in train)
    if fit == "first":
        found = found[:1] * len(found)

    def shares(outputs: Array, given: Array) -> Array:
        return np.array([one.accuracy(values, given) for one, values in zip(found, outputs, strict=True)])

    return Accuracy(shares(train, labels), None if tests is None else shares(test, tests), found)


@dataclass(frozen=True)
class Histograms:
    """Outputs of each class, counted.

    Attributes
    ----------
    labels : (float, float)
        Of the first class, the larger one, and of the second.
    edges : array (n, bins + 1)
        Of each time's bins, which hold all outputs of that time.
    counts : array (n, 2, bins)
        Inputs of each class.
    """

    labels: tuple[float, float]
    edges: Array
    counts: Array


def histograms(values: ArrayLike, y: ArrayLike, *, bins: int = 20) -> Histograms:
    """Histograms of the outputs of each class at each time.   Fig. 4

    Parameters
    ----------
    values : array (n, P)
        Outputs at n times, such as `prediction.train`.
    y : array (P,)
        Labels, of two different values.
    bins : int
        For each time, of equal width, from its smallest to its largest output; where these agree to rounding, from half
        their size below to half above. At most 10,000.

    Returns
    -------
    Histograms

    Raises
    ------
    InputError
        For several outputs, labels that are not of two classes or do not fit, fewer than 1 bin or too many.
    """
    if isinstance(bins, bool) or not isinstance(bins, int | np.integer) or not 1 <= bins <= MOST_BINS:
        raise InputError(f"bins is {shortened(bins)}; give an integer of at least 1 and at most {MOST_BINS}")
    outputs = checks.real_array("values", values)
    given = _labels("y", y, outputs)
    labels = two_labels(given)
    edges = np.array([_edges(now, int(bins)) for now in outputs]).reshape(-1, bins + 1)
    counts = [
        [np.histogram(now[given == label], e)[0] for label in labels] for now, e in zip(outputs, edges, strict=True)
    ]
    return Histograms(labels, edges, np.array(counts, dtype=np.float64).reshape(-1, 2, bins))


def _edges(values: Array, bins: int) -> Array:
    """Edges of bins of equal width, far enough apart for float64."""
    unit = exponent(values)
    scaled = np.ldexp(values, -unit)  # the range of large outputs may overflow
    largest = np.abs(scaled).max()
    width = bins * _ULPS * max(np.spacing(largest), np.ldexp(np.finfo(float).smallest_subnormal, -unit))
    low, high = scaled.min(), scaled.max()
    if high - low < width:
        middle, half = (low + high) / 2, max(0.5 * (largest or 1.0), width / 2)
        most = np.ldexp(np.finfo(float).max, -unit) if unit > 0 else np.inf
        low, high = max(middle - half, -most), min(middle + half, most)
    return np.ldexp(np.linspace(low, high, bins + 1), unit)


def outputs_of(prediction: object) -> tuple[Array, Array]:
    """Return the outputs of training and of test inputs as arrays; InputError for something else than a prediction."""
    if not isinstance(prediction, Prediction):
        raise InputError(
            f"prediction is {shortened(prediction)}; give what drift, equilibria.drift or Trajectory.at returns"
        )
    train, test = (checks.real_array(f"prediction.{part}", getattr(prediction, part)) for part in ("train", "test"))
    return train, test


def _labels(name: str, value: ArrayLike, values: Array) -> Array:
    """Labels that fit outputs (n, P)."""
    labels = checks.real_array(name, value)
    if values.ndim != 2 or labels.shape != values.shape[1:]:
        raise InputError(
            f"{name} has shape {labels.shape} and the predictor {values.shape}; give one output at several times,"
            " shape (times, inputs), and one label for each input"
        )
    return labels
