"""Where a trajectory leads: its temperature, and the equilibria at which its two phases end.

In continuous time these are the NTK and the NNGP equilibrium at the network's temperature. A trajectory of Markov
proximal learning has the λ and T of its steps: where they are constant it ends at `equilibria.proximal`; where they
change no equilibrium is known.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

from ndk_num import checks, equilibria
from ndk_num.errors import InputError, shortened
from ndk_num.layer_maps import layer_map
from ndk_num.trajectory import Prediction

if TYPE_CHECKING:
    from ndk_num.network import Network
    from ndk_num.trajectory import Trajectory

__all__ = ["ends", "has_phases", "made", "name_of_end", "tempered"]

T = TypeVar("T")


def tempered(sol: Trajectory) -> Network:
    """The network at the temperature the trajectory was solved at; InputError where that changes from step to step."""
    return replace(sol.network, temperature=_constant(sol, "temperature")) if _is_chain(sol) else sol.network


def has_phases(sol: Trajectory) -> bool:
    """Whether phases and equilibria are known: not if λ or T change, nor for a chain without gradients."""
    steps = (sol.stats[name] for name in ("lam", "temperature")) if _is_chain(sol) else ()
    jumps = any(layer_map(one).infinite_gradients for one in set(sol.network.activations))
    return not jumps and all(isinstance(value, int | float) for value in steps)


def ends(sol: Trajectory, ntk: Prediction | None = None, nngp: Prediction | None = None) -> list[Prediction]:
    """The predictors at the ends of the gradient-driven and of the diffusive phase, those given or computed.

    Without test inputs the training inputs take their place.

    Raises
    ------
    InputError
        If one that is given is no prediction, or not of these data; if λ or T change from step to step.
    """
    tests = sol.X_test if len(sol.X_test) else sol.X
    data = (sol.X, sol.y, tests)
    found = [None if given is None else _fitting(name, given, sol) for name, given in (("ntk", ntk), ("nngp", nngp))]
    first = found[0] or equilibria.ntk(sol.network, *data, learning=sol.learning)
    if found[1] is not None:
        return [first, found[1]]
    if _is_chain(sol):
        return [first, equilibria.proximal(tempered(sol), *data, lam=_constant(sol, "lam"))]
    return [first, equilibria.nngp(sol.network, *data, learning=sol.learning)]


def name_of_end(sol: Trajectory) -> str:
    """What the equilibrium of the diffusive phase is called."""
    return "equilibrium at finite λ" if _is_chain(sol) else "NNGP equilibrium"


def made(name: str, value: Any, kind: type[T], by: str) -> T:
    """Return an optional result that was given; InputError if it is something else."""
    if not isinstance(value, kind):
        raise InputError(f"{name} is {shortened(value)}; give what {by} returns, or leave it out")
    return value


def _is_chain(sol: Trajectory) -> bool:
    return sol.stats.get("method") == "proximal"


def _constant(sol: Trajectory, name: str) -> float:
    """λ or T of all steps."""
    value = sol.stats[name]
    if not isinstance(value, int | float):
        raise InputError(
            f"{name} changes from step to step of this trajectory, so that it has no phases and no known equilibrium;"
            f" give proximal.solve one number for {name}, or give the phases and equilibria you mean"
        )
    return float(value)


def _fitting(name: str, given: object, sol: Trajectory) -> Prediction:
    """A prediction at an equilibrium, of the trajectory's inputs and outputs."""
    found = made(name, given, Prediction, f"equilibria.{name}")
    arrays = [checks.real_array(f"{name}.{part}", getattr(found, part)) for part in ("train", "test")]
    for part, array, count in zip(("train", "test"), arrays, (len(sol.X), len(sol.X_test)), strict=True):
        expected = (count, *sol.y.shape[1:])
        if array.shape != expected and (part == "train" or count):
            raise InputError(
                f"{name}.{part} has shape {array.shape}; the trajectory needs {expected}: give equilibria.{name} of"
                " its own data"
            )
    return Prediction(arrays[0], arrays[1])
