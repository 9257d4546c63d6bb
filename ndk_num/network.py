"""The network and its hyper-parameters: a frozen, validated object."""

from __future__ import annotations

import math
from dataclasses import dataclass
from numbers import Integral, Real

from ndk_num.errors import InputError, shortened
from ndk_num.layer_maps import layer_map

_DEEPEST = 10_000
_SMALLEST, _LARGEST = 1e-100, 1e100  # their quotients, κ among them, stay within float64


@dataclass(frozen=True, kw_only=True)
class Network:
    """An infinitely wide network trained by noisy gradient descent.   (1)–(5)

    Parameters
    ----------
    depth : int
        Number of hidden layers, 1 ≤ L ≤ 10,000.
    activation : str
        The activation φ: one of `ndk_num.activations()`, a call with numbers such as ``"leaky_relu(0.1)"``, or a
        formula such as ``"x*tanh(x)"``, for which code is made and certified at first use.
    temperature : float
        Level of noise T ≥ 0 of the Langevin dynamics (5). T = 0 is gradient flow.
    sigma2 : float
        σ² > 0, variance of the Gaussian prior on every weight: the regulariser is T/(2σ²) |Θ|² (3).
    sigma02 : float
        σ0² > 0, variance of every weight at initialisation.

    Raises
    ------
    InputError
        If a value is outside its domain; a positive one is between 1e-100 and 1e100.
    """

    depth: int
    activation: str
    temperature: float
    sigma2: float = 1.0
    sigma02: float = 1.0

    def __post_init__(self) -> None:
        depth = self.depth
        if isinstance(depth, bool) or not isinstance(depth, Integral) or not 1 <= depth <= _DEEPEST:
            raise InputError(
                f"depth is {shortened(depth)}; it is the number of hidden layers, an integer of at least 1 and at most"
                f" {_DEEPEST}"
            )
        object.__setattr__(self, "depth", int(depth))
        layer_map(self.activation)
        for name, positive in (("temperature", False), ("sigma2", True), ("sigma02", True)):
            object.__setattr__(self, name, _real(name, getattr(self, name), positive=positive))

    @property
    def kappa(self) -> float:
        """κ = T/σ², the rate at which weights forget their past under the prior."""
        return self.temperature / self.sigma2

    @property
    def fastest_forgetting(self) -> float:
        """T/min(σ², σ0²): the highest relative rate at which the prior statistics change."""
        return self.temperature / min(self.sigma2, self.sigma02)


def require_network(net: object) -> Network:
    """Return `net` if it is a network; InputError otherwise."""
    if not isinstance(net, Network):
        raise InputError(f"net is {net!r}; give an ndk_num.Network")
    return net


def require_gradients(net: Network) -> None:
    """InputError if the network's gradients are infinite, so that it has no dynamics."""
    if layer_map(net.activation).infinite_gradients:
        raise InputError(
            f"activation {net.activation} jumps, so the derivative kernel and the neural dynamical kernel of an input"
            " with itself are infinite and there are no gradient dynamics; choose a continuous one, or ask for two-time"
            " kernels and the NNGP equilibrium alone"
        )


def _real(name: str, value: object, *, positive: bool) -> float:
    allowed = f"{'' if positive else 'zero (gradient flow) or '}positive, between {_SMALLEST:g} and {_LARGEST:g}"
    if isinstance(value, bool) or not isinstance(value, Real):
        raise InputError(f"{name} is {shortened(value)}; give a finite number that is {allowed}")
    try:
        number = float(value)
    except OverflowError:  # an integer or a fraction
        number = math.inf
    if not abs(number) <= _LARGEST:
        raise InputError(f"{name} is {shortened(value)}; give a finite number that is {allowed}")
    if number < 0 or (positive and number == 0) or 0 < number < _SMALLEST:
        raise InputError(f"{name} is {shortened(value)}; it must be {allowed}")
    return number
