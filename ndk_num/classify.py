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
from ndk_num.errors import InputError, shortened
from ndk_num.trajectory import Prediction

__all__ = ["Accuracy", "Discriminant", "Histograms", "accuracy", "histograms", "two_labels"]

_FITS = ("each", "first")


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
            For labels of one class or of more than two, or arrays that do not fit.
        """
        labels = two_labels(y)
        outputs, given = checks.real_array("values", values), np.asarray(y, dtype=np.float64)
        if outputs.shape != given.shape:
            raise InputError(f"values has shape {outputs.shape} but y has {given.shape}; give one output per label")
        if not float(checks.real_array("resolution", resolution)) >= 0:
            raise InputError(f"resolution is {shortened(resolution)}; give a number of at least 0")
        first, second = (outputs[given == label] for label in labels)
        means = float(first.mean()), float(second.mean())
        if abs(means[0] - means[1]) <= resolution:
            means = (float(outputs.mean()),) * 2
        unit = float(np.abs(outputs).max()) or 1.0  # long after learning squares underflow
        variance = ((first / unit).var() * first.size + (second / unit).var() * second.size) / outputs.size
        return cls(labels, means, unit * float(np.sqrt(variance)), float(np.log(first.size / second.size)))

    @property
    def threshold(self) -> float:
        """The output at which the decision changes; NaN where it never does."""
        gap = self.means[0] - self.means[1]
        return sum(self.means) / 2 - self.width / gap * self.width * self.log_odds if gap else np.nan

    def predict(self, values: ArrayLike) -> Array:
        """Labels of outputs of any shape."""
        outputs = checks.real_array("values", values)
        gap, middle = self.means[0] - self.means[1], sum(self.means) / 2
        score = (outputs - middle) / gap + (self.width / gap) ** 2 * self.log_odds if gap else self.log_odds
        return np.where(np.broadcast_to(score, outputs.shape) >= 0, *self.labels)

    def accuracy(self, values: ArrayLike, y: ArrayLike) -> float:
        """Share of outputs (P,) that are given their label."""
        return float(np.mean(self.predict(values) == np.asarray(y)))


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
        For several outputs, labels that are not of two classes or do not fit, an unknown `fit`.
    """
    if not isinstance(fit, str) or fit not in _FITS:
        raise InputError(f"fit is {shortened(fit)}; give one of {', '.join(_FITS)}")
    labels = _labels("y", y, prediction.train)
    found = tuple(Discriminant.fit(values, labels, resolution=resolution) for values in prediction.train)
    if fit == "first":
        found = found[:1] * len(found)
    tests = None if y_test is None else _labels("y_test", y_test, prediction.test)
    two_labels(labels, tests)
    return Accuracy(
        np.array([one.accuracy(values, labels) for one, values in zip(found, prediction.train, strict=True)]),
        None
        if tests is None
        else np.array([one.accuracy(values, tests) for one, values in zip(found, prediction.test, strict=True)]),
        found,
    )


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
        For each time, of equal width, from its smallest to its largest output.

    Returns
    -------
    Histograms

    Raises
    ------
    InputError
        For several outputs, labels that are not of two classes or do not fit, or fewer than 1 bin.
    """
    if isinstance(bins, bool) or not isinstance(bins, int | np.integer) or bins < 1:
        raise InputError(f"bins is {shortened(bins)}; give an integer of at least 1")
    outputs = checks.real_array("values", values)
    given = _labels("y", y, outputs)
    labels = two_labels(given)
    edges = np.array([np.histogram_bin_edges(now, bins) for now in outputs]).reshape(-1, bins + 1)
    counts = [
        [np.histogram(now[given == label], e)[0] for label in labels] for now, e in zip(outputs, edges, strict=True)
    ]
    return Histograms(labels, edges, np.array(counts, dtype=np.float64).reshape(-1, 2, bins))


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


def _labels(name: str, value: ArrayLike, values: Array) -> Array:
    """Labels that fit outputs (n, P)."""
    labels = checks.real_array(name, value)
    if values.ndim != 2 or labels.shape != values.shape[1:]:
        raise InputError(
            f"{name} has shape {labels.shape} and the predictor {values.shape}; give one output at several times,"
            " shape (times, inputs), and one label for each input"
        )
    return labels
