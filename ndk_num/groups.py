"""Groups of weights with variances of their own: hidden layers, the readout, and biases.   (general-hyperparameters)"""

from __future__ import annotations

import math
from dataclasses import dataclass
from numbers import Real
from typing import NamedTuple

from ndk_num.errors import InputError, shortened
from ndk_num.layer_maps import layer_map

__all__ = ["Bias", "Group", "Layer", "Readout", "real"]

_SMALLEST, _LARGEST = 1e-100, 1e100  # their quotients, κ among them, stay within float64


@dataclass(frozen=True, kw_only=True)
class Bias:
    """Biases that are added to what one layer computes from the layer below: a group of weights by themselves.

    Parameters
    ----------
    sigma2 : float
        σ² > 0, variance of their Gaussian prior.
    sigma02 : float
        σ0² ≥ 0, variance at initialisation; 0 where there are none at first.

    Raises
    ------
    InputError
        If a value is outside its domain.
    """

    sigma2: float
    sigma02: float

    def __post_init__(self) -> None:
        object.__setattr__(self, "sigma2", real("sigma2 of a bias", self.sigma2))
        object.__setattr__(self, "sigma02", real("sigma02 of a bias", self.sigma02, zero="none at initialisation"))


class Group(NamedTuple):
    """All variances of one layer: of its weights, and of its biases if it has any."""

    sigma2: float
    sigma02: float
    bias: Bias | None = None


@dataclass(frozen=True)
class Layer:
    """A hidden layer: the weights that lead into it, perhaps a bias for each neuron, and its activation.

    Parameters
    ----------
    activation : str
        The activation φ, as for a network.
    sigma2, sigma02 : float, optional
        Variances of its weights under the prior and at initialisation; the network's where they are not given.
    bias : Bias, optional
        Biases of its neurons.

    Raises
    ------
    InputError
        If a value is outside its domain.
    """

    activation: str
    sigma2: float | None = None
    sigma02: float | None = None
    bias: Bias | None = None

    def __post_init__(self) -> None:
        layer_map(self.activation)
        _check(self)


@dataclass(frozen=True, kw_only=True)
class Readout:
    """The readout: its weights, and perhaps a bias for each output.

    Parameters
    ----------
    sigma2, sigma02 : float, optional
        Variances of its weights under the prior and at initialisation; the network's where they are not given.
    bias : Bias, optional
        Biases of the outputs.

    Raises
    ------
    InputError
        If a value is outside its domain.
    """

    sigma2: float | None = None
    sigma02: float | None = None
    bias: Bias | None = None

    def __post_init__(self) -> None:
        _check(self)


def _check(group: Layer | Readout) -> None:
    """Replace the values of a group by validated ones."""
    for name in ("sigma2", "sigma02"):
        value = getattr(group, name)
        if value is not None:
            object.__setattr__(group, name, real(name, value))
    if not isinstance(group.bias, Bias | None):
        raise InputError(f"bias is {shortened(group.bias)}; give Bias(sigma2=…, sigma02=…) or None")


def real(name: str, value: object, *, zero: str = "") -> float:
    """Return one positive number within range; zero too where `zero` says what it means.

    Raises
    ------
    InputError
        For anything else.
    """
    allowed = f"{f'zero ({zero}) or ' if zero else ''}positive, between {_SMALLEST:g} and {_LARGEST:g}"
    if isinstance(value, bool) or not isinstance(value, Real):
        raise InputError(f"{name} is {shortened(value)}; give a finite number that is {allowed}")
    try:
        number = float(value)
    except OverflowError:  # an integer or a fraction
        number = math.inf
    if not abs(number) <= _LARGEST:
        raise InputError(f"{name} is {shortened(value)}; give a finite number that is {allowed}")
    if number < 0 or (not zero and number == 0) or 0 < number < _SMALLEST:
        raise InputError(f"{name} is {shortened(value)}; it must be {allowed}")
    return number
