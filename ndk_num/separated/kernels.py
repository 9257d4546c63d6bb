"""What the integral equation needs of a kernel: weights in time in, sums over past values out.

Rows are the training inputs, then the test inputs; columns are the training inputs. A kernel is known by r functions
of time, `evaluate`; quadrature in time turns them into weights w[k, i, j] of earlier node j at time i, and

    apply(w, v)[i] = Σ_kj w[k, i, j] Φ_k v[j].
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from ndk_num.arrays import DeviceArray, Place
from ndk_num.checks import Array
from ndk_num.pairs import Pairs
from ndk_num.separated.entries import Entries

__all__ = ["ConstantKernel", "ExactKernel", "HistoryKernel", "SeparatedKernel"]


class HistoryKernel(Protocol):
    """A kernel K(t,s) between R rows and P columns, of which the first P rows are the columns."""

    @property
    def shape(self) -> tuple[int, int]:
        """R and P."""
        ...

    @property
    def place(self) -> Place:
        """Where its large arrays live."""
        ...

    @property
    def rank(self) -> int:
        """Number r of functions of time."""
        ...

    def evaluate(self, t: Array, s: Array) -> Array:
        """The r functions of time A_k(t,s), shape (n, r)."""
        ...

    def apply(self, weights: DeviceArray, values: DeviceArray, *, rows: int | None = None) -> DeviceArray:
        """Σ_kj w[k,i,j] Φ_k v[j] for the first `rows` rows: (r, n, N), (N, P, k) → (n, rows, k)."""
        ...

    def matrix(self, weights: DeviceArray) -> DeviceArray:
        """The same on the training inputs as a matrix (n P, N P)."""
        ...

    def values(self, t: Array, s: Array) -> Array:
        """K(t,s) of all rows for n pairs of times: shape (n, R, P)."""
        ...

    def adjoint(self, t: float) -> HistoryKernel:
        """K(t−τ', t−τ)ᵀ on the training inputs, a kernel with P rows, as a function of the lags τ ≥ τ'."""
        ...


@dataclass(frozen=True)
class SeparatedKernel:
    """K(t,s) ≈ Σ_k A_k(t,s) Φ_k with exact kernels A_k of a few skeleton pairs of inputs.

    Attributes
    ----------
    entries : Entries
        Exact kernel entries.
    skeleton : Pairs
        The skeleton pairs, each field of shape (r + q,): first r between different inputs, then q of one input.
    blocks : array (R, r, P)
        Coefficients Φ_k of entries between different inputs, on `place`.
    own : array (q, P)
        Coefficients of the entries of one input, a family of its own, on `place`.
    error : float
        Largest relative error found on entries and times that were not used.
    place : Place
    """

    entries: Entries
    skeleton: Pairs
    blocks: DeviceArray
    own: DeviceArray
    error: float
    place: Place

    @property
    def shape(self) -> tuple[int, int]:
        """R and P."""
        return self.blocks.shape[0], self.blocks.shape[2]

    @property
    def rank(self) -> int:
        """Number of skeleton pairs."""
        return int(self.skeleton.xy.size)

    def evaluate(self, t: Array, s: Array) -> Array:
        """A_k(t,s) for n pairs of times: shape (n, r + q)."""
        return self.entries(t, s, self.skeleton)

    def apply(self, weights: DeviceArray, values: DeviceArray, *, rows: int | None = None) -> DeviceArray:
        """Σ_kj w[k,i,j] Φ_k v[j]: one product with W in time, one with all Φ_k side by side."""
        xp = self.place.xp
        total, n, nodes = weights.shape
        _, inputs, outputs = values.shape
        r = self.blocks.shape[1]
        moments = xp.matmul(xp.reshape(weights, (total * n, nodes)), xp.reshape(values, (nodes, inputs * outputs)))
        moments = xp.permute_dims(xp.reshape(moments, (total, n, inputs, outputs)), (0, 2, 1, 3))
        blocks = self.blocks if rows is None else self.blocks[:rows, :, :]
        side_by_side = xp.reshape(blocks, (blocks.shape[0], r * inputs))
        result = xp.matmul(side_by_side, xp.reshape(moments[:r, ...], (r * inputs, n * outputs)))
        result = xp.reshape(result, (blocks.shape[0], n, outputs))
        result[:inputs, ...] += xp.sum(self.own[:, :, None, None] * moments[r:, ...], axis=0)
        return xp.permute_dims(result, (1, 0, 2))

    def matrix(self, weights: DeviceArray) -> DeviceArray:
        """Σ_k w[k,i,j] Φ_k on the training inputs as a matrix (n P, N P)."""
        xp = self.place.xp
        total, n, nodes = weights.shape
        inputs, r = self.shape[1], self.blocks.shape[1]
        flat = xp.reshape(xp.permute_dims(weights, (1, 2, 0)), (n * nodes, total))
        blocks = xp.reshape(xp.permute_dims(self.blocks[:inputs, :, :], (1, 0, 2)), (r, inputs * inputs))
        result = xp.reshape(xp.matmul(flat[:, :r], blocks), (n, nodes, inputs, inputs))
        index = xp.arange(inputs, device=self.place.device)
        eye = xp.astype(index[:, None] == index[None, :], xp.float64)
        own = xp.reshape(xp.matmul(flat[:, r:], self.own), (n, nodes, inputs, 1))
        result = result + own * eye
        return xp.reshape(xp.permute_dims(result, (0, 2, 1, 3)), (n * inputs, nodes * inputs))

    def values(self, t: Array, s: Array) -> Array:
        """K(t,s) of all rows for n pairs of times: shape (n, R, P)."""
        inputs, r = self.shape[1], self.blocks.shape[1]
        a = self.evaluate(t, s)
        result = np.tensordot(a[:, :r], self.place.get(self.blocks), axes=([1], [1]))
        index = np.arange(inputs)
        result[:, index, index] += a[:, r:] @ self.place.get(self.own)
        return result

    def adjoint(self, t: float) -> SeparatedKernel:
        """K(t−τ', t−τ)ᵀ on the training inputs, as a function of the lags τ ≥ τ'."""
        square = self.place.xp.permute_dims(self.blocks[: self.shape[1], :, :], (2, 1, 0))
        return replace(self, entries=_in_lags(self.entries, t), blocks=self.place.xp.asarray(square, copy=True))

    def at(self, t: float, s: float) -> DeviceArray:
        """K(t,s) on the training inputs, shape (P, P)."""
        return self.matrix(self.place.put(self.evaluate(np.array([t]), np.array([s])).reshape(-1, 1, 1)))

    def spectra(self, basis: DeviceArray) -> Array:
        """Diagonals of Uᵀ Φ_k U for an orthogonal basis U of the training inputs: shape (r + q, P)."""
        xp, inputs = self.place.xp, self.shape[1]
        found = [
            xp.sum(xp.matmul(self.blocks[:inputs, k, :], basis) * basis, axis=0) for k in range(self.blocks.shape[1])
        ]
        own = xp.matmul(self.own, basis * basis)
        return np.concatenate([np.stack([self.place.get(row) for row in found]), self.place.get(own)])


@dataclass(frozen=True)
class ExactKernel:
    """Every entry by itself, r = R P: what compression does not pay for."""

    entries: Entries
    pairs: Pairs
    place: Place
    error: float = 0.0

    @property
    def shape(self) -> tuple[int, int]:
        """R and P."""
        rows, inputs = self.pairs.xy.shape
        return rows, inputs

    @property
    def rank(self) -> int:
        """Number of entries."""
        return int(self.pairs.xy.size)

    def evaluate(self, t: Array, s: Array) -> Array:
        """K(t,s) of every entry for n pairs of times: shape (n, R P)."""
        return self.entries(t, s, Pairs(*(field.ravel() for field in self.pairs)))

    def apply(self, weights: DeviceArray, values: DeviceArray, *, rows: int | None = None) -> DeviceArray:
        """Σ_j w[·, i, j] v[j], entry by entry."""
        xp = self.place.xp
        rows = self.shape[0] if rows is None else rows
        _, n, _ = weights.shape
        nodes, inputs, outputs = values.shape
        matrix = self._ordered(weights[: rows * inputs, ...], rows)
        flat = xp.reshape(values, (nodes * inputs, outputs))
        return xp.reshape(xp.matmul(xp.reshape(matrix, (n * rows, nodes * inputs)), flat), (n, rows, outputs))

    def matrix(self, weights: DeviceArray) -> DeviceArray:
        """The weights of the training inputs as a matrix (n P, N P)."""
        inputs = self.shape[1]
        _, n, nodes = weights.shape
        ordered = self._ordered(weights[: inputs * inputs, ...], inputs)
        return self.place.xp.reshape(ordered, (n * inputs, nodes * inputs))

    def values(self, t: Array, s: Array) -> Array:
        """K(t,s) of all rows for n pairs of times: shape (n, R, P)."""
        return self.evaluate(t, s).reshape(t.size, *self.shape)

    def adjoint(self, t: float) -> ExactKernel:
        """K(t−τ', t−τ)ᵀ on the training inputs, as a function of the lags τ ≥ τ'.

        `pairs` keeps its order, (row at t, column at s): transposed, row i and column j hold the entry (j, i).
        """
        pairs = Pairs(*(field[: self.shape[1]].T for field in self.pairs))
        return replace(self, entries=_in_lags(self.entries, t), pairs=pairs)

    def _ordered(self, weights: DeviceArray, rows: int) -> DeviceArray:
        """Weights (rows P, n, N) as (n, rows, N, P)."""
        xp, inputs = self.place.xp, self.shape[1]
        _, n, nodes = weights.shape
        return xp.permute_dims(xp.reshape(weights, (rows, inputs, n, nodes)), (2, 0, 3, 1))


@dataclass(frozen=True)
class ConstantKernel:
    """The kernel 1 between all rows and columns at all times: a bias of the output learns by it, but for its decay."""

    shape: tuple[int, int]
    rank: int = 1

    def evaluate(self, t: Array, s: Array) -> Array:
        """1 at n pairs of times: shape (n, 1)."""
        return np.ones((np.broadcast(t, s).size, 1))

    def apply(self, weights: Array, values: Array) -> Array:
        """Σ_j w[0, i, j] Σ_P v[j], the same for all rows."""
        sums = np.tensordot(weights[0], values.sum(axis=1), 1)
        return np.repeat(sums[:, None], self.shape[0], axis=1)


def _in_lags(entries: Entries, t: float) -> Entries:
    return Entries(lambda tau, earlier, pairs: entries(np.maximum(t - earlier, 0.0), np.maximum(t - tau, 0.0), pairs))
