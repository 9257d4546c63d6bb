"""One march through the panels: collocation at Radau nodes with product integration.

On each panel the unknown is a polynomial, fixed by the equation at the panel's nodes. At two times between the nodes
the equation is looked at once more: what is left of it there, the *defect*, is what the solution's error is made of,
and decides how long the panel may be.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from ndk_num.arrays import DeviceArray
from ndk_num.checks import Array
from ndk_num.separated import HistoryKernel
from ndk_num.volterra.piecewise import Piecewise, interpolation, radau
from ndk_num.volterra.systems import Basis, Systems
from ndk_num.volterra.weights import Rule

__all__ = ["Adaptive", "March", "Marched", "Steps"]

_ROUNDING = 16.0  # of y − ∫ K v, in units of the last place of y: as much of a defect is not looked at
_SOLVED = 0.03  # residual at the nodes, in units of the tolerance of the defect between them


class Steps(Protocol):
    """Chooses the panels."""

    @property
    def horizon(self) -> float:
        """Last time."""
        ...

    def tolerance(self, high: float) -> float:
        """Largest defect, absolute, of a panel that ends at `high`."""
        ...

    def end(self, low: float) -> float:
        """End of the panel that starts at `low`."""
        ...

    def accept(self, low: float, high: float, defect: float, size: float, order: int) -> bool:
        """Whether the panel [low, high] with this defect and values up to `size` will do; chooses the next length."""
        ...


def _constant(time: float) -> float:
    """Of a kernel that does not become smaller."""
    return 1.0


@dataclass
class Adaptive:
    """Panels as long as the defect allows.

    Attributes
    ----------
    length : float
        Length of the first panel to try.
    horizon : float
        Last time.
    tol : float
        Largest defect, absolute.
    rate : float
        Largest row sum of |K(t,t)|, which bounds rounding.
    fading : callable
        From the time, by how much the kernel has become smaller.
    rounding : float
        Rounding of the right side, absolute.
    """

    length: float
    horizon: float
    tol: float
    rate: float = 0.0
    rounding: float = 0.0
    fading: Callable[[float], float] = _constant
    floor: float = 0.0  # a defect that shorter panels were found not to lower
    _rejected: list[tuple[float, float]] = field(default_factory=list)  # length and defect, attempts at this panel
    _accepted: int = 0

    _LONGER, _SHORTER, _MARGIN = 3.0, 0.25, 0.85
    _MOST_OF_TIME = 0.8  # a panel's length over its end
    _FEW, _ATTEMPTS, _LOWEST_ORDER, _FADING = 3, 12, 2.0, 0.7
    _MANY = 200  # panels, after which the tolerance grows: whatever asks for so many, a march must end

    def tolerance(self, high: float) -> float:
        """The same for all panels."""
        return self.tol

    def end(self, low: float) -> float:
        """The present length further; a sliver is not left over, and a rejected panel is not tried again."""
        left = self.horizon - low
        if self.length >= (left if self._rejected else 0.8 * left):
            return self.horizon
        return low + (left / 2 if self.length > left / 2 else self.length)

    def accept(self, low: float, high: float, defect: float, size: float, order: int) -> bool:
        """Whether the defect is within the tolerance or the rounding of ∫ K v, or no shorter panel will lower it."""
        rounding = max(np.finfo(float).eps * self.rate * self.fading(high) * high * size, self.rounding)
        tol = max(self.tolerance(high), rounding, self.floor) * 10.0 ** max(0.0, self._accepted / self._MANY - 1)
        factor = self._MARGIN * (tol / max(defect, 1e-300)) ** (1 / order)
        if defect <= tol:
            factor = max(factor, 1.0)  # panels that shrink while they are accepted would never end
        self.length = self._next(low, high, float(np.clip(factor, self._SHORTER, self._LONGER)))
        if defect <= tol or not np.isfinite(defect):
            if self._rejected and self._slow(high - low, defect):  # it was luck, not the shorter panel
                self.length, first = self._rejected[0]
                self.floor = max(self.floor, 4 * first)
            self._rejected.clear()
            # of noise that goes on the floor stays; where defects are far below, it fades
            self.floor = min(self.floor, max(8 * defect, self._FADING * self.floor))
            self._accepted += 1
            return True
        self._rejected.append((high - low, defect))
        if not self._futile(low):
            return False
        self.length, first = self._rejected[0]
        self.floor = 4 * max(first, defect)
        self._rejected.clear()
        self._accepted += 1
        return True

    def _futile(self, low: float) -> bool:
        """Whether shorter panels do not help, or so little that something else than their length must be to blame."""
        tried = len(self._rejected)
        slow = tried >= self._FEW and self._slow(*self._rejected[-1])
        return (slow and low > 0) or tried >= self._ATTEMPTS

    def _slow(self, short: float, last: float) -> bool:
        """Whether the defect fell more slowly with the length than any order explains, from the first attempt on."""
        long, first = self._rejected[0]
        return bool(np.log(first / max(last, 1e-300)) < self._LOWEST_ORDER * np.log(long / short))

    def _next(self, low: float, high: float, factor: float) -> float:
        """A defect goes with a power of the panel's length, or where all scales grow with time, of length over end."""
        length = high - low
        if factor < 1:
            return length * factor
        share = min(factor * length / high, self._MOST_OF_TIME)
        return max(length * factor, min(high * share / (1 - share), self._LONGER * length)) if low else length * factor


@dataclass(frozen=True)
class Marched:
    """v and g as functions of time, the largest defect between nodes, and counts."""

    v: Piecewise
    g: Piecewise
    defect: float
    iterations: tuple[int, ...]


@dataclass
class March:
    """Solve α v(t) + ∫_0^t K(t,s) v(s) ds = y(t) and integrate g(t) = g₀(t) + ∫_0^t k(t,s) v(s) ds along.

    Attributes
    ----------
    kernel : HistoryKernel
        K on the training inputs, k between the other rows and them.
    steps : Steps
        The panels.
    order : int
        Collocation nodes in a panel.
    right_side : callable
        times (n,) → y of shape (n, P, k).
    finest : float
        Length next to s = t on which K is smooth in √(t−s).
    identity : float
        α: 1, or 0 for an equation of the first kind.
    basis : Basis
        Eigenvectors for the panels' systems, renewed on the way.
    offset : callable, optional
        times (n,) → g₀ of shape (n, R − P, k); 0 when not given.
    """

    kernel: HistoryKernel
    steps: Steps
    order: int
    right_side: Callable[[Array], Array]
    finest: float
    identity: float = 1.0
    basis: Basis = field(default_factory=Basis)
    offset: Callable[[Array], Array] | None = None
    edges: list[float] = field(default_factory=lambda: [0.0])
    v: list[Array] = field(default_factory=list)
    g: list[Array] = field(default_factory=list)
    defect: float = 0.0

    def __post_init__(self) -> None:
        self.nodes = radau(self.order)
        gaps = np.diff(np.append(0.0, self.nodes))
        between = np.append(0.0, self.nodes)[[0, self.order // 2]] + gaps[[0, self.order // 2]] / 2
        self._times = np.append(self.nodes, between)
        self._polynomial = interpolation(self.nodes, between)
        self._dense = interpolation(np.append(0.0, self.nodes), between)
        self._rule = Rule(self.kernel.evaluate, self.nodes, self.finest)
        self._systems = Systems(self.kernel, self.identity, self.basis)
        self._solved: DeviceArray = None

    def run(self, progress: Callable[[float], None] | None = None, saved: Callable[[], None] | None = None) -> Marched:
        """March to the horizon.

        Parameters
        ----------
        progress : callable, optional
            Called with the part of the horizon's logarithm, roughly of the work, that is done.
        saved : callable, optional
            Called after every panel.
        """
        rounding = _ROUNDING * np.finfo(float).eps * float(np.abs(self.right_side(np.zeros(1))).max())
        while self.edges[-1] < self.steps.horizon:
            low = self.edges[-1]
            high = self.steps.end(low)
            v, g, defect = self._panel(low, high)
            if not self.steps.accept(low, high, defect - rounding, float(np.abs(v).max()), self.order):
                continue
            self.edges.append(high)
            self.v.append(v)
            self.g.append(g)
            self.defect = max(self.defect, defect)
            if saved is not None:
                saved()
            if progress is not None:
                progress(self._done(high))
        edges, start = np.array(self.edges), self.right_side(np.zeros(1))[0]
        at_zero = self._offset(np.zeros(1), start.shape[1])[0]
        return Marched(
            Piecewise(edges, self.nodes, start if self.identity else self.v[0][0], np.array(self.v)),
            Piecewise(edges, self.nodes, at_zero, np.array(self.g)),
            self.defect,
            tuple(self._systems.iterations),
        )

    def state(self) -> dict[str, Array]:
        """The panels so far, as arrays to go on from."""
        if not self.v or not isinstance(self.steps, Adaptive):
            return {}
        steps = np.array([self.steps.length, self.steps.floor, self.defect])
        return {"edges": np.array(self.edges), "v": np.array(self.v), "g": np.array(self.g), "steps": steps}

    def restore(self, state: dict[str, Array]) -> None:
        """Go on from the panels that `state` holds."""
        if state and isinstance(self.steps, Adaptive):
            self.edges, self.v, self.g = [float(x) for x in state["edges"]], list(state["v"]), list(state["g"])
            self.steps.length, self.steps.floor, self.defect = (float(x) for x in state["steps"])

    def _done(self, high: float) -> float:
        first, last = self.edges[1], self.steps.horizon
        return 1.0 if high >= last else float(np.log(2 * high / first) / np.log(2 * last / first))

    def _panel(self, low: float, high: float) -> tuple[Array, Array, float]:
        """v and g at the nodes of a panel, and its defect."""
        place, n, inputs = self.kernel.place, self.order, self.kernel.shape[1]
        t = low + (high - low) * self._times
        t[n - 1] = high
        y = self.right_side(t)
        weights = self._rule.current(t, low, high)
        past = self._past(t, y.shape)
        target = _SOLVED * self.steps.tolerance(high)
        v = self._systems.solve(weights[:, :n], place.put(y[:n]) - past[:n, :inputs, :], (low + high) / 2, target)
        total = place.get(past + self.kernel.apply(place.put(weights), v))
        missing = y - total[:, :inputs]
        g = total[:, inputs:] + self._offset(t, y.shape[2])
        solved = place.get(v)
        return solved, g[:n], self._left(missing[n:], g[n:], solved, g[:n])

    def _offset(self, t: Array, outputs: int) -> Array:
        rows, inputs = self.kernel.shape
        return self.offset(t) if self.offset else np.zeros((t.size, rows - inputs, outputs))

    def _left(self, missing: Array, exact: Array, v: Array, g: Array) -> float:
        """What is left of the equation, and between dense output and integral, at the times between nodes."""
        before = self.v[-1][-1] if self.v else self.right_side(np.zeros(1))[0]
        dense = np.concatenate([before[None], v])
        start = self.g[-1][-1] if self.g else self._offset(np.zeros(1), v.shape[2])[0]
        gaps = [missing - self.identity * np.tensordot(self._polynomial, v, 1)]
        if self.identity:
            gaps.append(missing - np.tensordot(self._dense, dense, 1))
        gaps.append(exact - np.tensordot(self._dense, np.concatenate([start[None], g]), 1))
        return float(max(np.abs(gap).max(initial=0.0) for gap in gaps))

    def _past(self, t: Array, shape: tuple[int, ...]) -> DeviceArray:
        """∫ over all finished panels: (len(t), R, k)."""
        place = self.kernel.place
        rows, (_, inputs, outputs) = self.kernel.shape[0], shape
        if not self.v:
            return place.put(np.zeros((t.size, rows, outputs)))
        weights = self._rule.history(t, np.array(self.edges))
        known = 0 if self._solved is None else int(self._solved.shape[0])
        if known < len(self.v) * self.order:
            fresh = np.concatenate(self.v[known // self.order :]).reshape(-1, inputs, outputs)
            new = place.put(fresh)
            self._solved = new if self._solved is None else place.xp.concat([self._solved, new], axis=0)
        return self.kernel.apply(place.put(weights), self._solved)
