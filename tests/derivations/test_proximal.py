"""From proximal learning to Langevin dynamics: what is proved, and that the mistakes a person would make are found."""

from __future__ import annotations

from dataclasses import replace

import pytest
import sympy as sp

from derivations import _continuous_coefficients as coefficients
from derivations import _proximal_expansion as expansion
from derivations import continuous_limit, markov_proximal, proximal_limit
from ndk_sym import notation as nt
from ndk_sym import proximal_step, wick
from ndk_sym.abstract import F, Fdot, Kd
from ndk_sym.integrals import Antiderivative
from ndk_sym.statement import Status
from ndk_sym.truncation import letters
from tests.derivations.defects import decide, step, with_lhs, with_rhs, with_rule

STEPS = {markov_proximal: 25, proximal_limit: 13, continuous_limit: 15}
NAMES = [module.__name__.rpartition(".")[2] for module in STEPS]
NUMERIC = {"quadrature-mean", "quadrature-variance", "far-out"}
FALSE = Status.FALSE
T, lam, kappa = nt.T, nt.lam, nt.kappa


def exchanged(*pairs):
    """A change that puts each second expression for the first."""
    return lambda e: e.xreplace(dict(pairs))


def rebuilt(module):
    """The steps of a module whose functions were damaged, by id."""
    return {one.id: one for one in module.DERIVATION.build()}


@pytest.mark.parametrize("module", STEPS, ids=NAMES)
def test_every_step_holds_as_it_stands(module):
    found = {one.id: decide(one) for one in module.DERIVATION.steps}
    assert len(found) == STEPS[module]
    weaker = {id: status for id, status in found.items() if status is not Status.PROVED}
    assert weaker == {id: Status.NUMERIC for id in found if id in NUMERIC}


# -- markov-proximal: statements --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("id", "change"),
    [
        ("square", exchanged((nt.shifted_sq, 2 * nt.shifted_sq))),  # the half of λ/2
        ("gaussian-mean", lambda e: -e),  # uphill
        ("gaussian-variance", exchanged((T, T / 2))),  # noise T
        ("white-noise", exchanged((T, T / 2))),
        ("white-noise", exchanged((nt.dt, nt.dt**2))),
        ("mean", exchanged((lam**-2, lam**-3))),  # wrong order in 1/λ
        ("variance", exchanged((T, T / 2))),
        ("fourth-cumulant", exchanged((lam, lam ** sp.Rational(3, 4)))),
        ("mean-2d", exchanged((lam**-2, lam**-2 / 2))),
        ("generator-1d", exchanged((T, T / 2))),
        ("generator-1d", lambda e: e.replace(nt.E, lambda *x: -nt.E(*x))),  # uphill
        ("generator-2d", lambda e: e.replace(nt.E, lambda *x: -nt.E(*x))),
        ("next-order-1d", lambda e: e.replace(nt.U, lambda *x: 2 * nt.U(*x))),  # E − U/λ
        ("next-order-2d", lambda e: e.replace(nt.U, lambda *x: -nt.U(*x))),
        ("radial-variance", exchanged((nt.d, nt.d - 1))),
        ("quadratic-any-d", lambda e: e.xreplace({nt.Hess**2: nt.Hess})),
        ("quadratic-mean", lambda e: e / kappa),
        ("quadratic-variance", exchanged((T, T / 2))),
        ("quadrature-mean", exchanged((lam**-2, 0))),
        ("quadrature-variance", exchanged((lam**-2, -(lam**-2)))),
    ],
)
def test_wrong_claims_about_one_step_of_the_chain(id, change):
    assert with_rhs(step(id, markov_proximal), change) is FALSE


@pytest.mark.parametrize("id", ["mean", "mean-2d", "next-order-1d"])
def test_the_corrected_energy_with_noise_t(id):
    one = step(id, markov_proximal)
    index = next(k for k, (pattern, _) in enumerate(one.statement.given) if pattern.func == nt.U)
    assert with_rule(one, index, exchanged((T, T / 2))) is FALSE


def test_a_drift_uphill_does_not_complete_the_square():
    assert with_rule(step("square", markov_proximal), 0, exchanged((nt.delta_grad, -nt.delta_grad))) is FALSE


def test_the_corrected_energy_has_a_minus():
    one = step("modified-energy", markov_proximal)
    wrong = T / (kappa + kappa**2 / (2 * lam))
    assert with_rhs(one, lambda e: sp.Limit(lam * (wrong - T / kappa), lam, sp.oo)) is FALSE


# -- markov-proximal: steps -------------------------------------------------------------------------------------------

WICK = ("mean", "variance", "fourth-cumulant", "mean-2d", "generator-1d", "next-order-1d")


def test_wicks_theorem_with_the_wrong_variance(monkeypatch):
    right = wick.gaussian_moment
    monkeypatch.setattr(proximal_step, "gaussian_moment", lambda variance: right(variance / 2))
    found = {id: decide(one) for id, one in rebuilt(markov_proximal).items() if id in WICK}
    assert found == dict.fromkeys(WICK, FALSE)


def test_a_taylor_polynomial_without_its_factorials(monkeypatch):
    right = proximal_step.taylor
    for module in (proximal_step, expansion):
        monkeypatch.setattr(module, "taylor", lambda f, at, by, k: sp.factorial(k) * right(f, at, by, k))
    found = {id: decide(one) for id, one in rebuilt(markov_proximal).items() if id in WICK}
    assert found == dict.fromkeys(WICK, FALSE)


def test_a_generator_without_the_second_dimension(monkeypatch):
    monkeypatch.setattr(expansion, "laplacian", lambda f, theta: sp.Derivative(f, (theta[0], 2)))
    found = rebuilt(markov_proximal)
    assert decide(found["generator-1d"]) is Status.PROVED
    assert [decide(found[id]) for id in ("generator-2d", "next-order-2d", "mean-2d")] == [FALSE] * 3


def test_a_correction_of_the_drift_without_its_half(monkeypatch):
    right = expansion.potential
    monkeypatch.setattr(expansion, "potential", lambda theta: 2 * right(theta))
    found = rebuilt(markov_proximal)
    assert [decide(found[id]) for id in ("next-order-1d", "mean-2d")] == [FALSE] * 2


def test_the_rest_of_the_weights_has_one_dimension_less(monkeypatch):
    monkeypatch.setattr(expansion, "squares", lambda _: lambda k: (2 * T) ** k * sp.rf(nt.d / 2, k) * 2**k)
    found = rebuilt(markov_proximal)
    assert [decide(found[id]) for id in ("radial-mean", "radial-variance")] == [FALSE] * 2


def test_a_wrong_antiderivative_of_the_gaussian():
    one = step("norm", markov_proximal)
    assert not decide(replace(one, check=Antiderivative(one.check.primitive / 2))).ok


@pytest.mark.parametrize("module", [markov_proximal, proximal_limit], ids=NAMES[:2])
def test_quadrature_of_another_density(monkeypatch, module):
    right = proximal_step.quadrature_moments
    hotter = lambda *args, temperature, **options: right(*args, temperature=2 * temperature, **options)  # noqa: E731
    monkeypatch.setattr(module, "quadrature_moments", hotter)
    found = rebuilt(module)
    assert [decide(found[id]) for id in ("quadrature-mean", "quadrature-variance")] == [FALSE] * 2


# -- proximal-limit ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("id", "change"),
    [
        ("implicit-euler", exchanged((lam, lam / 2))),
        ("curvature", exchanged((lam, lam / 2))),
        ("laplace-variance", exchanged((T, T / 2))),
        ("laplace-mean", lambda e: -e),
        ("laplace-mean", lambda e: e / 2),
        ("laplace", lambda e: e.subs(nt.psi(nt.Theta_star), -nt.psi(nt.Theta_star))),
        ("quadratic-square", exchanged((nt.Theta_star, nt.Theta_previous))),
        ("quadratic-mean", exchanged((nt.kappa, 0))),
        ("quadratic-contraction", lambda e: e / lam),
        ("quadratic-prox", exchanged((nt.centre, -nt.centre))),
        ("probability", exchanged((T, T / 2))),
        ("quadrature-mean", lambda e: -e),
        ("quadrature-variance", exchanged((T, T / 2))),
    ],
)
def test_wrong_claims_about_the_proximal_step(id, change):
    assert with_rhs(step(id, proximal_limit), change) is FALSE


def test_the_gradient_is_taken_at_the_end_of_the_step():
    explicit_euler = exchanged((nt.E(nt.Theta), nt.E(nt.Theta_previous)), (nt.Theta, nt.Theta_previous))
    slope = sp.Derivative(nt.E(nt.Theta), nt.Theta)
    wrong = exchanged((slope, explicit_euler(slope)))
    assert with_rhs(step("implicit-euler", proximal_limit), wrong) is FALSE


def test_the_step_does_not_concentrate_at_a_growing_temperature():
    one = step("concentration", proximal_limit)
    assert with_lhs(one, lambda e: sp.Limit(e.args[0], T, sp.oo)) is FALSE


def test_laplaces_method_with_the_wrong_width(monkeypatch):
    right = wick.gaussian_moment
    monkeypatch.setattr(proximal_step, "gaussian_moment", lambda variance: right(variance / 2))
    found = rebuilt(proximal_limit)
    assert [decide(found[id]) for id in ("laplace-variance", "laplace-mean", "laplace")] == [FALSE] * 3


def test_laplaces_method_with_the_wrong_cubic_term(monkeypatch):
    right = proximal_limit.low_temperature

    def damaged(curvature, slopes, powers, *, order):
        return right(curvature, slopes | {3: slopes[3] / 2}, powers, order=order)

    monkeypatch.setattr(proximal_limit, "low_temperature", damaged)
    found = rebuilt(proximal_limit)
    assert decide(found["laplace-variance"]) is Status.PROVED  # of higher order there
    assert [decide(found[id]) for id in ("laplace-mean", "laplace")] == [FALSE] * 2


# -- continuous-limit: statements -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("id", "change"),
    [
        ("memory", exchanged((kappa, kappa / 2))),
        ("memory-slope", lambda e: 2 * e),
        ("memory-slope", lambda e: -e),
        ("variance", lambda e: e / 2),
        ("weight-difference", lambda e: e / nt.lam_tilde),  # λ̃ one power off
        ("initial-condition", exchanged((kappa, -kappa))),
        ("layer", exchanged((nt.m_same, nt.m_other), (nt.m_other, nt.m_same))),
        ("layer", exchanged((T, T / 2))),
        ("slope", lambda e: e.replace(Fdot, F)),
        ("recursion", lambda e: e.replace(Fdot, F)),
        ("recursion", lambda e: e.subs(sp.exp(-kappa * (nt.t - nt.s)), 1)),
        ("recursion", lambda e: e.subs(nt.m_ts * Kd(nt.L, nt.t, nt.s), Kd(nt.L, nt.t, nt.s))),
        ("ntk", exchanged((nt.sigma02, nt.sigma2))),
        ("far-out", lambda e: 2 * e),
        ("diagonal", exchanged((T, T / 2))),
        ("geometric-sum", lambda e: e / nt.lam_tilde),
        ("sum-to-integral", exchanged((nt.gamma, 2 * nt.gamma))),
    ],
)
def test_wrong_claims_about_the_limit(id, change):
    assert with_rhs(step(id, continuous_limit), change) is FALSE


def test_replicas_exchanged_change_the_sign_of_the_kernel():
    swap = exchanged((nt.m_same, nt.m_other), (nt.m_other, nt.m_same), (nt.k_same, nt.k_other), (nt.k_other, nt.k_same))
    for id in ("weight-difference", "far-out"):
        assert with_lhs(step(id, continuous_limit), swap) is FALSE


def test_a_sum_over_steps_needs_its_one_over_lambda():
    one = step("sum-to-integral", continuous_limit)
    assert with_lhs(one, lambda e: sp.Limit(e.args[0] / lam, lam, sp.oo)) is FALSE


@pytest.mark.parametrize("id", ["same-replica", "other-replica"])
def test_the_limit_of_a_chain_with_noise_t(id):
    one = step(id, continuous_limit)
    index = next(k for k, (pattern, _) in enumerate(one.statement.given) if pattern == nt.sigma2_tilde)
    assert with_rule(one, index, lambda e: e / 2) is FALSE


# -- continuous-limit: steps ------------------------------------------------------------------------------------------


def test_replicas_that_part_one_step_early(monkeypatch):
    right = continuous_limit.other_replica
    for module in (continuous_limit, coefficients):
        monkeypatch.setattr(module, "other_replica", lambda i, j: nt.lam_tilde * right(i, j))
    found = rebuilt(continuous_limit)
    assert [decide(found[id]) for id in ("weight-difference", "far-out")] == [FALSE] * 2
    assert decide(found["other-replica"]) is Status.PROVED  # the limit itself does not see one step


def test_a_slope_that_forgets_the_difference_of_the_weights(monkeypatch):
    centre = nt.m_ts * nt.k_xy
    wrong = nt.m_ts * Fdot(nt.a, centre, nt.b) * Kd(nt.L, nt.t, nt.s)
    monkeypatch.setattr(continuous_limit, "limit_of_layer", lambda: wrong)
    assert decide(rebuilt(continuous_limit)["recursion"]) is FALSE


def test_a_kernel_of_another_layer_is_not_the_limit(monkeypatch):
    right = continuous_limit.layers
    monkeypatch.setattr(continuous_limit, "layers", lambda maps, depth: list(right(maps, depth + 1)))
    assert decide(rebuilt(continuous_limit)["far-out"]) is Status.NUMERIC  # both sides of the same depth agree
    without = lambda maps, depth: [replace(x, ndk=x.cross) for x in right(maps, depth)]  # noqa: E731
    monkeypatch.setattr(continuous_limit, "layers", without)
    assert decide(rebuilt(continuous_limit)["far-out"]) is FALSE


def test_an_integral_that_forgets_its_lower_end(monkeypatch):
    def damaged(function, limits):
        x, _, high = limits
        return (function / sp.simplify(sp.diff(function, x) / function)).subs(x, high)

    monkeypatch.setattr(continuous_limit, "_decays", damaged)
    assert decide(rebuilt(continuous_limit)["sum-to-integral"]) is FALSE


def test_letters_stand_for_coefficients_whatever_they_are():
    x, f = sp.Symbol("x"), sp.Function("f")(T)
    found = letters([2, f * x + sp.sin(x), sp.sqrt(kappa) * f.diff(T)], [x])
    assert set(found) == {f, f.diff(T), sp.sqrt(kappa)}
    assert len(set(found.values())) == 3


def test_a_tilted_gaussian_by_hand():
    """⟨x⟩, ⟨x²⟩ and the norm under exp(−x²/2v + εax + ε²bx²), which is a Gaussian too."""
    x, v, a, b = sp.symbols("x v a b")
    moments = {x: wick.gaussian_moment(v)}
    first, second, one = wick.tilted_averages(
        {1: a * x, 2: b * x**2}, [{0: x}, {0: x**2}, {0: 1}], moments=moments, order=4
    )
    epsilon = sp.Symbol("epsilon")
    variance = v / (1 - 2 * b * v * epsilon**2)
    for found, exact in ((first, epsilon * a * variance), (second, variance + (epsilon * a * variance) ** 2)):
        series = sp.Poly(sp.series(exact, epsilon, 0, 5).removeO(), epsilon)
        assert [sp.expand(series.coeff_monomial(epsilon**k) - found[k]) for k in range(5)] == [0] * 5
    assert one == [1, 0, 0, 0, 0]
