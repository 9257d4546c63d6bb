"""The prior statistics: derived, equal to the published formulas, stable where those cancel."""

from collections.abc import Callable
from fractions import Fraction

import mpmath
import pytest
import sympy as sp

from ndk_sym import notation as nt
from ndk_sym import prior
from ndk_sym.stable import exact
from tests.tolerances import FIFTY_DIGITS

t, s, kappa, sigma2, sigma02 = nt.t, nt.s, nt.kappa, nt.sigma2, nt.sigma02
LAG = sp.Symbol("lag", positive=True)


def published(t: sp.Expr, s: sp.Expr) -> sp.Expr:
    """Equation (10), typed from the paper: the independent witness."""
    return sigma2 * sp.exp(-kappa * sp.Abs(t - s)) + (sigma02 - sigma2) * sp.exp(-kappa * (t + s))


def is_zero(expr: sp.Expr) -> bool:
    return bool(sp.simplify(sp.expand(expr)) == 0)


def test_covariance_is_the_published_one() -> None:
    assert is_zero(prior.covariance(t, s) - published(t, s))


def test_a_wrong_sign_in_the_prior_is_seen() -> None:
    wrong = sigma2 * sp.exp(-kappa * sp.Abs(t - s)) - (sigma02 - sigma2) * sp.exp(-kappa * (t + s))
    assert not is_zero(prior.covariance(t, s) - wrong)


def moment_equation(candidate: Callable[[sp.Expr], sp.Expr]) -> sp.Expr:
    """Residual of dv/ds = −2κv + 2T, T = κσ²."""
    return sp.diff(candidate(s), s) + 2 * kappa * candidate(s) - 2 * kappa * sigma2


def test_variance_solves_the_moment_equation() -> None:
    assert is_zero(moment_equation(prior.variance))
    assert is_zero(prior.variance(0) - sigma02)
    assert not is_zero(moment_equation(lambda x: prior.variance(x) + sp.exp(-kappa * x)))  # planted: a wrong rate


def test_covariance_is_symmetric_and_accepts_numbers_in_either_order() -> None:
    assert prior.covariance(t, s) == prior.covariance(s, t)
    assert prior.covariance(3, 1) == prior.covariance(1, 3)
    assert is_zero(prior.covariance(3, 1) - published(sp.Integer(3), sp.Integer(1)))
    assert is_zero(prior.covariance(t, t) - prior.variance(t))


def test_stable_forms_are_the_same_functions() -> None:
    assert is_zero(exact(prior.stable_variance(s)) - prior.variance(s))
    ordered = prior.covariance(s + LAG, s)
    assert is_zero(exact(prior.stable_covariance(s + LAG, s)) - ordered)
    rho2 = ordered**2 / (prior.variance(s + LAG) * prior.variance(s))
    assert is_zero(exact(prior.stable_complement(s + LAG, s)) - (1 - rho2))
    swapped = exact(prior.stable_complement(s, s + LAG))  # planted: the times in the wrong order
    assert not is_zero(swapped - (1 - rho2))


def test_complement_keeps_its_digits_as_the_times_meet() -> None:
    point = {kappa: 1, sigma2: 1, sigma02: sp.Rational(1, 2), s: 1, t: 1 + sp.Rational(1, 10**40)}
    stable = sp.N(exact(prior.stable_complement(t, s)).subs(point), 50, maxn=500)
    rho2 = published(t, s) ** 2 / (published(t, t) * published(s, s))
    reference = sp.N((1 - rho2).subs(point), 50, maxn=500)
    assert abs(stable / reference - 1) < FIFTY_DIGITS
    assert 1e-41 < reference < 1e-39


def test_stable_forms_at_zero_temperature() -> None:
    assert exact(prior.stable_variance(s)).subs(kappa, 0) == sigma02
    assert exact(prior.stable_complement(t, s)).subs(kappa, 0) == 0


def test_proximal_parameters_are_the_published_ones() -> None:
    lam, temperature = nt.lam, kappa * sigma2
    found = prior.proximal_parameters()
    memory = lam / (lam + kappa)
    assert is_zero(found[nt.lam_tilde] - memory)
    assert is_zero(found[nt.sigma2_tilde] - 2 * temperature / ((lam + kappa) * (1 - memory**2)))
    assert not is_zero(found[nt.sigma2_tilde] - temperature / ((lam + kappa) * (1 - memory**2)))  # planted


def test_transition_completes_the_square() -> None:
    memory, step = prior.proximal_transition()
    energy = kappa / 2 * nt.Theta**2 + nt.lam / 2 * (nt.Theta - nt.Theta_previous) ** 2
    exponent = -energy / (2 * kappa * sigma2)
    rest = sp.expand(exponent + (nt.Theta - memory * nt.Theta_previous) ** 2 / (2 * step))
    assert sp.simplify(sp.diff(rest, nt.Theta)) == 0


def chain(steps: int, memory: Fraction, step: Fraction, start: Fraction) -> list[list[Fraction]]:
    """Covariance matrix of Θ_{k+1} = λ̃ Θ_k + noise, by propagating rows: no closed form involved."""
    matrix = [[Fraction(0)] * (steps + 1) for _ in range(steps + 1)]
    matrix[0][0] = start
    for k in range(1, steps + 1):
        for past in range(k):
            matrix[k][past] = matrix[past][k] = memory * matrix[k - 1][past]
        matrix[k][k] = memory**2 * matrix[k - 1][k - 1] + step
    return matrix


MEMORY, STEP, START = Fraction(3, 5), Fraction(1, 7), Fraction(9, 4)
STATIONARY = STEP / (1 - MEMORY**2)


def at_numbers(expr: sp.Expr) -> Fraction:
    values = {nt.lam_tilde: MEMORY, nt.sigma2_tilde: STATIONARY, sigma02: START}
    number = expr.subs({key: sp.Rational(v.numerator, v.denominator) for key, v in values.items()})
    return Fraction(int(number.p), int(number.q))


def test_proximal_covariance_is_that_of_the_chain() -> None:
    matrix = chain(5, MEMORY, STEP, START)
    pairs = [(i, j) for i in range(6) for j in range(6)]
    assert len(pairs) == 36
    for i, j in pairs:
        assert at_numbers(prior.proximal_covariance(i, j)) == matrix[i][j]
        assert at_numbers(prior.proximal_same_replica(i, j)) == matrix[i][j]
    assert at_numbers(prior.proximal_covariance(2, 1)) != matrix[2][2]  # planted: a swapped argument


def test_other_replica_parted_one_step_ago() -> None:
    # a replica at step j is λ̃ Θ_{j−1} plus noise of its own: its covariance with the chain follows row j − 1
    matrix = chain(5, MEMORY, STEP, START)
    for i in range(1, 6):
        for j in range(1, i + 1):
            shared = MEMORY * matrix[i][j - 1]
            assert at_numbers(prior.proximal_other_replica(i, j)) == shared
            assert at_numbers(prior.proximal_other_replica(j, i)) == shared
            assert at_numbers(prior.proximal_same_replica(i, j)) != shared


@pytest.mark.parametrize(("first", "second"), [(2, 1), (1, 2), (1, 1)])
def test_proximal_chain_becomes_continuous_at_rate_one_over_lambda(first: int, second: int) -> None:
    numbers = {kappa: sp.Rational(1, 2), sigma2: 1, sigma02: 3}
    limit = sp.N(prior.covariance(first, second).subs(numbers), 30)

    def error(lam: int) -> float:
        chain_value = prior.proximal_covariance(lam * first, lam * second).subs(prior.proximal_parameters())
        return float(abs(sp.N(chain_value.subs({**numbers, nt.lam: lam}), 30) - limit))

    slope = mpmath.log(error(1000) / error(2000), 2)
    assert 0.99 < slope < 1.01


def test_proximal_limit_is_exact() -> None:
    lag = sp.Symbol("lag", positive=True)
    memory = prior.proximal_parameters()[nt.lam_tilde]
    assert sp.limit(memory ** (nt.lam * lag), nt.lam, sp.oo) == sp.exp(-kappa * lag)
    assert sp.limit(prior.proximal_parameters()[nt.sigma2_tilde], nt.lam, sp.oo) == sigma2


@pytest.mark.parametrize("wrong", [nt.j * nt.lam_tilde ** (2 * nt.j), nt.j + nt.lam_tilde ** (2 * nt.j)])
def test_a_recurrence_of_another_form_is_refused(monkeypatch: pytest.MonkeyPatch, wrong: sp.Expr) -> None:
    monkeypatch.setattr(sp, "rsolve", lambda *arguments: wrong)
    with pytest.raises(ArithmeticError, match="unexpected solution"):
        prior._proximal_recurrence.__wrapped__()
