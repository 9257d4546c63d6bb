"""Steps of predictor-covariance at T → 0 and fixed time: the ensemble of the neural tangent kernel."""

from __future__ import annotations

from collections.abc import Iterator

import sympy as sp

from derivations._covariance_normals import UNIT_NORMALS, covariance_of, root, root_star
from ndk_sym import notation as nt
from ndk_sym.integrals import Antiderivative
from ndk_sym.matrices import Entrywise
from ndk_sym.operators import Operators, operator
from ndk_sym.predictor import EIGENVALUES, Propagator
from ndk_sym.statement import Statement, Step

t, s, gamma, g, g_star, K_NTK = nt.t, nt.s, nt.gamma, nt.g, nt.g_star, nt.K_NTK
C, C_star, C_test = nt.C, nt.C_star, nt.C_test
kernel_ntk = operator("k_{NTK}")  # of the test point with the training inputs, a column
k_NTK = sp.transpose(kernel_ntk)


def ensemble_steps() -> Iterator[Step]:
    """T → 0 at fixed time: g stands still, D is the constant NTK."""
    E = Propagator(t)
    started = sp.Symbol("g_0", real=True)
    yield Step(
        Statement(
            id="ensemble-mode",
            title="at T → 0 the fluctuation of an eigenmode decays like its mean",
            lhs=sp.exp(-gamma * t) * started + sp.Integral(gamma * sp.exp(-gamma * s) * started, (s, 0, t)),
            rhs=started,
            paper="(18)",
        ),
        reason="(1 + D) applied to e^{−γt} g_0 gives the g that stands still, g = g_0, as m = σ₀² and D = γ.",
        uses=("training", "ntk-limit"),
        check=Antiderivative(-sp.exp(-gamma * s) * started),
    )
    loss = k_NTK * K_NTK**-1 * (1 - E)  # of the initial function on training inputs, propagated
    yield Step(
        Statement(
            "ensemble-equation",
            sp.Derivative(g_star - loss * g, t),
            -k_NTK * (E * g),
            paper="(18)",
            title="on a test point, any number of inputs",
        ),
        reason="∂_t of the fluctuation is −k_NTKᵀ times that on the training inputs, e^{−Kt} g; it starts at g_*.",
        uses=("ensemble-mode", "test"),
        check=Operators(),
    )
    symmetric = {sp.transpose(K_NTK): K_NTK, sp.transpose(E): E}
    cross = loss * sp.transpose(C_star)
    fluctuation = covariance_of(root_star - loss * root, root_star - loss * root)
    ensemble = C_test - cross - sp.transpose(cross) + loss * C * sp.transpose(loss)
    yield Step(
        Statement(
            "ensemble",
            fluctuation.xreplace(symmetric),
            ensemble.xreplace(symmetric),
            title="the ensemble of Lee et al. (2019)",
            given=UNIT_NORMALS,
        ),
        reason="Here C, C_*, C_** are the covariances σ₀² K^L at initialisation, one time each.",
        uses=("ensemble-equation", "covariance-test"),
        check=Operators(),
    )
    rates = EIGENVALUES
    yield Step(
        Statement(
            "ensemble-equilibrium",
            sp.Limit(loss * C * (1 - E) * K_NTK**-1 * sp.transpose(k_NTK), t, sp.oo),
            k_NTK * K_NTK**-1 * C * K_NTK**-1 * sp.transpose(k_NTK),
            title="at the NTK equilibrium the spread of the initial functions remains",
            given=(
                (K_NTK, sp.ImmutableMatrix(sp.diag(*rates))),
                (E, sp.ImmutableMatrix(sp.diag(*(sp.exp(-rate * t) for rate in rates)))),
                (kernel_ntk, sp.ImmutableMatrix(sp.symbols("k_1 k_2", real=True))),
                (C, sp.ImmutableMatrix(2, 2, [nt.a, nt.c, nt.c, nt.b])),
            ),
        ),
        reason="The last term of the ensemble, for two inputs, in the basis of eigenvectors, any C.",
        uses=("ensemble",),
        check=Entrywise(),
    )
