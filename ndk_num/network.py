"""The network and its hyper-parameters: a frozen, validated object."""

from __future__ import annotations

import math
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from numbers import Integral
from typing import Any

from ndk_num.errors import InputError, shortened
from ndk_num.groups import Bias, Group, Layer, Readout, real
from ndk_num.layer_maps import layer_map

_DEEPEST = 10_000
_ROUNDINGS = 4 * sys.float_info.epsilon  # of two variances and a quotient, in each of two ratios


@dataclass(frozen=True, kw_only=True)
class Network:
    """An infinitely wide network trained by noisy gradient descent.   (1)–(5)

    Parameters
    ----------
    depth : int
        Number of hidden layers, 1 ≤ L ≤ 10,000; with `layers` their number, and need not be given.
    activation : str
        The activation φ of every hidden layer: one of `ndk_num.activations()`, a call with numbers such as
        ``"leaky_relu(0.1)"``, or a formula such as ``"x*tanh(x)"``, for which code is made and certified at first use.
        Not to be given with `layers`, whose every member has its own.
    temperature : float
        Level of noise T ≥ 0 of the Langevin dynamics (5). T = 0 is gradient flow.
    sigma2 : float
        σ² > 0, variance of the Gaussian prior on every weight: the regulariser is T/(2σ²) |Θ|² (3).
    sigma02 : float
        σ0² > 0, variance of every weight at initialisation.
    layers : sequence of Layer or str, optional
        The hidden layers one by one, each with its activation and, where they differ from the network's, variances; a
        text is the activation of a layer without more. All groups share the temperature, so that each has its own
        κ_g = T/σ_g².   (derivation general-hyperparameters)
    readout : Readout, optional
        The readout's own variances and bias.

    Raises
    ------
    InputError
        If a value is outside its domain; a positive one is between 1e-100 and 1e100.
    """

    depth: int = 0
    activation: str = ""
    temperature: float
    sigma2: float = 1.0
    sigma02: float = 1.0
    layers: Sequence[Layer | str] | None = None
    readout: Readout | None = None

    def __post_init__(self) -> None:
        if self.layers is not None:
            object.__setattr__(self, "layers", self._given_layers())
        object.__setattr__(self, "depth", _hidden_layers(self.depth))
        if self.layers is None:
            layer_map(self.activation)
        if not isinstance(self.readout, Readout | None):
            raise InputError(f"readout is {shortened(self.readout)}; give Readout(sigma2=…, sigma02=…, bias=…) or None")
        object.__setattr__(self, "temperature", real("temperature", self.temperature, zero="gradient flow"))
        for name in ("sigma2", "sigma02"):
            object.__setattr__(self, name, real(name, getattr(self, name)))

    def _given_layers(self) -> tuple[Layer, ...]:
        given = self.layers
        if not isinstance(self.activation, str) or self.activation:
            raise InputError(
                f"activation is {shortened(self.activation)} and there are layers, which have their own: give"
                " activation and depth, or layers"
            )
        if isinstance(given, str) or not isinstance(given, Sequence) or not given:
            raise InputError(
                f'layers is {shortened(given)}; give the hidden layers one by one, such as ["relu", Layer("erf")]'
            )
        found = tuple(Layer(one) if isinstance(one, str) else one for one in given)
        for one in found:
            if not isinstance(one, Layer):
                raise InputError(f"layers hold {shortened(one)}; give for each a Layer, or the text of its activation")
        if not _no_depth(self.depth) and _hidden_layers(self.depth) != len(found):
            raise InputError(f"depth is {shortened(self.depth)} and there are {len(found)} layers; leave depth out")
        object.__setattr__(self, "depth", len(found))
        return found

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Network:
        """Return the network of which `to_dict` made these values.

        Raises
        ------
        InputError, TypeError
            If it never did.
        """

        def group(made: type, given: Mapping[str, Any]) -> Any:
            bias = given["bias"]
            return made(**{**given, "bias": None if bias is None else Bias(**bias)})

        found = dict(values)
        if found.get("layers") is not None:
            found["layers"] = [group(Layer, one) for one in found["layers"]]
        if found.get("readout") is not None:
            found["readout"] = group(Readout, found["readout"])
        return cls(**found)

    def to_dict(self) -> dict[str, Any]:
        """Return the values it was made of as numbers, texts, lists and dictionaries."""
        return asdict(self)

    @cached_property
    def activations(self) -> tuple[str, ...]:
        """The activation of each of the L hidden layers."""
        if self.layers is None:
            return (self.activation,) * self.depth
        return tuple(one if isinstance(one, str) else one.activation for one in self.layers)

    @cached_property
    def groups(self) -> tuple[Group, ...]:
        """Variances of the weights that lead into each of the L hidden layers, and of the readout: L + 1 groups."""
        readout = self._group(self.readout)
        if self.layers is None:
            return (*(self._group(None),) * self.depth, readout)
        return (*(self._group(one) for one in self.layers if isinstance(one, Layer)), readout)

    def _group(self, given: Layer | Readout | None) -> Group:
        if given is None:
            return Group(self.sigma2, self.sigma02)
        sigma2, sigma02 = given.sigma2, given.sigma02
        return Group(
            self.sigma2 if sigma2 is None else sigma2, self.sigma02 if sigma02 is None else sigma02, given.bias
        )

    @property
    def title(self) -> str:
        """Its activations in a few words."""
        return self.activation or ", ".join(self.activations)

    @property
    def kappa(self) -> float:
        """κ = T/σ², the rate at which weights forget their past under the prior; the smallest where groups differ."""
        largest = max(max(group.sigma2, group.bias.sigma2 if group.bias else 0.0) for group in self._distinct)
        return self.temperature / largest

    @property
    def forgetting(self) -> float:
        """Σ_g κ_g over the weights of all layers, (L + 1) κ in a uniform network: how fast outputs decorrelate."""
        return sum(self.temperature / group.sigma2 for group in self.groups)

    @property
    def fastest_forgetting(self) -> float:
        """T/min(σ², σ0²): the highest relative rate at which the prior statistics change, of any group."""
        smallest = min(min(group.sigma2, group.sigma02) for group in self._distinct)
        for group in self._distinct:
            if group.bias:  # biases that are zero at first change what the weights contribute
                smallest = min(smallest, group.bias.sigma2, group.bias.sigma02 or group.sigma02)
        return self.temperature / smallest

    @property
    def ratio(self) -> float:
        """σ0²/σ² of all groups; NaN where it is not the same for all, but for the rounding of the variances."""
        found = {one.sigma02 / one.sigma2 for group in self._distinct for one in (group, group.bias) if one}
        if max(found) - min(found) > _ROUNDINGS * max(found):
            return math.nan
        return min(found, key=lambda one: (len(repr(one)), one))  # 0.1, where others have 0.09999999999999999

    def at_ratio(self, ratio: float) -> Network:
        """Return the network with σ0² = ratio · σ² in every group."""

        def moved(given: Any) -> Any:
            if given is None or isinstance(given, str):
                return given
            group = self._group(given)
            bias = group.bias and replace(group.bias, sigma02=ratio * group.bias.sigma2)
            return replace(given, sigma02=ratio * group.sigma2, bias=bias)

        layers = None if self.layers is None else tuple(moved(one) for one in self.layers)
        return replace(self, sigma02=ratio * self.sigma2, layers=layers, readout=moved(self.readout))

    @property
    def _distinct(self) -> set[Group]:
        return set(self.groups)


def _no_depth(depth: object) -> bool:
    """Whether it is the default, which means that it was not given."""
    return isinstance(depth, Integral) and not isinstance(depth, bool) and depth == 0


def _hidden_layers(depth: object) -> int:
    """Return a number of hidden layers; InputError for anything else."""
    if isinstance(depth, bool) or not isinstance(depth, Integral) or not 1 <= int(depth) <= _DEEPEST:
        raise InputError(
            f"depth is {shortened(depth)}; it is the number of hidden layers, an integer of at least 1 and at most"
            f" {_DEEPEST}"
        )
    return int(depth)


def require_network(net: object) -> Network:
    """Return `net` if it is a network; InputError otherwise."""
    if not isinstance(net, Network):
        raise InputError(f"net is {net!r}; give an ndk_num.Network")
    return net


def require_gradients(net: Network) -> None:
    """InputError if the network's gradients are infinite, so that it has no dynamics."""
    for activation in set(net.activations):
        if layer_map(activation).infinite_gradients:
            raise InputError(
                f"activation {activation} jumps, so the derivative kernel and the neural dynamical kernel of an input"
                " with itself are infinite and there are no gradient dynamics; choose a continuous one, or ask for"
                " two-time kernels and the NNGP equilibrium alone"
            )
