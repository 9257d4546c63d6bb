"""The linear system of one panel:  α v_i + Σ_kq w[k,i,q] Φ_k v_q = b_i  for the values v at its n nodes.

Small ones are solved densely. Large ones by GMRES: in the eigenbasis U of K(t,t) at one time all Φ_k are nearly
diagonal, so that P systems of n unknowns, U S⁻¹ Uᵀ, are close to the inverse, whatever P, T and the panel.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from ndk_num.arrays import DeviceArray
from ndk_num.checks import Array
from ndk_num.separated import HistoryKernel, SeparatedKernel
from ndk_num.volterra.krylov import gmres

__all__ = ["Basis", "Systems"]

_DENSE = 400  # unknowns up to which elimination is faster
_LARGEST_DENSE = 8000  # unknowns that elimination may take when iterations do not converge
_MANY = 12  # iterations after which a new basis may be worth its eigenvectors
_MISFIT = 0.3  # at which it is
_MOST = 80
_USUAL = 15  # three times the iterations that are usual
_FAILED = 10.0  # residual in units of its target at which iterations have failed; short of it, rounding ended them


@dataclass
class Basis:
    """Eigenvectors of K(t,t) at one time, handed on from march to march: they cost more than most panels."""

    vectors: DeviceArray = None


@dataclass
class Systems:
    """Solves the panels of one march, and counts.

    Attributes
    ----------
    kernel : HistoryKernel
    identity : float
        α: 1 for an equation of the second kind, 0 for one of the first.
    basis : Basis
        Used, and renewed where it no longer fits.
    iterations : list of int
        Of each system solved by GMRES.
    """

    kernel: HistoryKernel
    identity: float
    basis: Basis = field(default_factory=Basis)
    iterations: list[int] = field(default_factory=list)
    _spectra: Array | None = None

    def solve(self, weights: Array, right_side: DeviceArray, t: float, target: float) -> DeviceArray:
        """Values (n, P, k) at the nodes of a panel around time t, where |b − A v|₂ ≤ target.

        `weights` (r, n, n), `right_side` (n, P, k).
        """
        on_device = self.kernel.place.put(weights)
        if not isinstance(self.kernel, SeparatedKernel) or self._eliminating_pays(right_side.shape):
            return self._eliminate(on_device, right_side)
        if self.basis.vectors is None:
            self._renew(self.kernel, t)
        if self._spectra is None:
            self._spectra = self.kernel.spectra(self.basis.vectors)
        n, inputs, outputs = right_side.shape
        together = target * float(np.sqrt(n * outputs))  # of all nodes and outputs
        v, residual = self._iterate(self.kernel, on_device, weights, right_side, together)
        if self.iterations[-1] > _MANY and self._misfit(self.kernel, t) > _MISFIT:
            self._renew(self.kernel, t)
        if residual > _FAILED * together and n * inputs <= _LARGEST_DENSE:
            return self._eliminate(on_device, right_side)
        return v

    def _eliminating_pays(self, shape: tuple[int, ...]) -> bool:
        """Elimination costs ⅔ (n P)³, an iteration 2 r n P² k: of many columns it is the cheaper of the two."""
        n, inputs, outputs = shape
        few = n * inputs <= _DENSE
        return few or (n * inputs <= _LARGEST_DENSE and n * n * inputs < _USUAL * self.kernel.rank * outputs)

    def _eliminate(self, weights: DeviceArray, right_side: DeviceArray) -> DeviceArray:
        xp = self.kernel.place.xp
        n, inputs, outputs = right_side.shape
        matrix = self.kernel.matrix(weights)
        index = xp.arange(n * inputs, device=self.kernel.place.device)
        matrix = matrix + self.identity * xp.astype(index[:, None] == index[None, :], xp.float64)
        found = xp.linalg.solve(matrix, xp.reshape(right_side, (n * inputs, outputs)))
        return xp.reshape(found, (n, inputs, outputs))

    def _renew(self, kernel: SeparatedKernel, t: float) -> None:
        """Take the eigenbasis of K(t,t)."""
        now = kernel.at(t, t)
        self.basis.vectors = kernel.place.xp.linalg.eigh((now + now.T) / 2)[1]
        self._spectra = kernel.spectra(self.basis.vectors)

    def _misfit(self, kernel: SeparatedKernel, t: float) -> float:
        """|UᵀK(t,t)U d⁻¹ z − z|/|z| for a random z and the diagonal d: 0 for eigenvectors."""
        assert self._spectra is not None
        diagonal = kernel.evaluate(np.array([t]), np.array([t]))[0] @ self._spectra
        z = np.random.default_rng(0).standard_normal(diagonal.size)
        start = kernel.place.put(np.divide(z, diagonal, out=np.zeros_like(z), where=diagonal != 0))
        xp, basis = kernel.place.xp, self.basis.vectors
        found = xp.matmul(basis.T, xp.matmul(kernel.at(t, t), xp.matmul(basis, start)))
        return float(np.linalg.norm(kernel.place.get(found) - z) / np.linalg.norm(z))

    def _iterate(
        self, kernel: SeparatedKernel, on_device: DeviceArray, weights: Array, right_side: DeviceArray, target: float
    ) -> tuple[DeviceArray, float]:
        xp, basis = kernel.place.xp, self.basis.vectors
        n, inputs, outputs = shape = right_side.shape
        assert self._spectra is not None
        systems = self.identity * np.eye(n) + np.tensordot(self._spectra, weights, axes=([0], [0]))
        inverse = kernel.place.put(np.asarray(np.linalg.inv(systems), dtype=np.float64))  # (P, n, n)

        def operator(x: DeviceArray) -> DeviceArray:
            v = xp.reshape(x, shape)
            found = kernel.apply(on_device, v, rows=inputs)
            return xp.reshape(found, (-1,)) + self.identity * x

        def preconditioner(x: DeviceArray) -> DeviceArray:
            v = xp.reshape(xp.permute_dims(xp.reshape(x, shape), (1, 0, 2)), (inputs, n * outputs))
            v = xp.matmul(basis.T, v)
            v = xp.matmul(inverse, xp.reshape(v, (inputs, n, outputs)))
            v = xp.matmul(basis, xp.reshape(v, (inputs, n * outputs)))
            return xp.reshape(xp.permute_dims(xp.reshape(v, (inputs, n, outputs)), (1, 0, 2)), (-1,))

        flat = xp.reshape(right_side, (-1,))
        x, count, residual = gmres(kernel.place, operator, preconditioner, flat, target, _MOST)
        self.iterations.append(count)
        return xp.reshape(x, shape), residual
