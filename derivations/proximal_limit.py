r"""Zero temperature: Markov proximal learning becomes the deterministic proximal step.

As β = 1/T → ∞ the transition density exp(−G(Θ)/2T), G(Θ) = E(Θ) + λ/2 |Θ − Θ′|², concentrates on the minimum Θ* of G,
the proximal step (SI 1)

    Θ* = argmin_Θ [ E(Θ) + λ/2 |Θ − Θ′|² ].

Where E is differentiable, Θ* = Θ′ − ∇E(Θ*)/λ: a step of implicit Euler for gradient flow, with dt = 1/λ, while the
drift of Langevin dynamics (5) takes ∇E at Θ′. About Θ* the density is Gaussian of variance 2T/G″; with Θ = Θ* + √T x
everything else is a series in T, whose first terms Wick's theorem gives for a general E:

    ⟨ψ(Θ)⟩ = ψ(Θ*) + T [ψ″/G″ − ψ′ G‴/G″²] + O(T²).

For a quadratic energy there is nothing beyond the Gaussian: its mean is the proximal step at every temperature.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import sympy as sp

from ndk_sym import notation as nt
from ndk_sym.cases import Cases, Close
from ndk_sym.integrals import Antiderivative
from ndk_sym.operators import Operators
from ndk_sym.proximal_step import low_temperature, quadrature_moments
from ndk_sym.statement import Derivation, Rule, Statement, Step, domain

T, lam, E, psi = nt.T, nt.lam, nt.E, nt.psi
Theta, previous, star = nt.Theta, nt.Theta_previous, nt.Theta_star
G = sp.Function("G", real=True)

EXPONENT = (G, lambda x: E(x) + lam / 2 * (x - previous) ** 2)
# mean and variance of Θ − Θ*
CUMULANTS = (r"\langle{\Theta - \Theta^{*}}\rangle", r"\langle{(\Theta - \Theta^{*})^{2}}\rangle_{c}")
# G″ > 0 at the minimum, which the sampled energy has everywhere
INSTANCES = (
    (E, sp.Lambda(Theta, Theta**4 / 7 + Theta**2 / 3 + sp.sin(Theta) / 5)),
    (psi, sp.Lambda(Theta, sp.cos(Theta) + Theta**3 / 4)),
)


def minimum_steps() -> Iterator[Step]:
    """Where the density is largest, and how it is shaped there."""
    yield Step(
        Statement(
            id="implicit-euler",
            title="the slope of G vanishes exactly where Θ is an implicit Euler step from Θ′",
            lhs=sp.Derivative(G(Theta), Theta),
            rhs=lam * (Theta - (previous - sp.Derivative(E(Theta), Theta) / lam)),
            paper="(SI 1)",
            given=(EXPONENT,),
            domain=domain(functions=INSTANCES),
        ),
        reason="Differentiate. The exponent is −G/2T at every temperature: the most probable Θ does not depend on T.",
    )
    yield Step(
        Statement(
            id="curvature",
            title="the curvature of G: the minimum is unique once λ exceeds −E″ everywhere",
            lhs=sp.Derivative(G(Theta), (Theta, 2)),
            rhs=lam + sp.Derivative(E(Theta), (Theta, 2)),
            paper="(SI 1)",
            given=(EXPONENT,),
            domain=domain(functions=INSTANCES),
        ),
        reason="Differentiate twice; a convex E needs no condition on λ.",
        uses=("implicit-euler",),
    )


def laplace_steps() -> Iterator[Step]:
    """The density about Θ*: Laplace's method with its first corrections, for a general energy."""
    width, cubic = (sp.Derivative(G(star), (star, k)) for k in (2, 3))
    mean, variance, average = (sp.Function(name, real=True)(star) for name in (*CUMULANTS, r"\langle{\psi}\rangle_{1}"))
    slopes = [sp.Derivative(psi(star), (star, k)) for k in (1, 2)]
    claims = (
        (
            "laplace-variance", "fluctuations about the proximal step vanish like √T: the variance to first order in T",
            variance, 2 * T / width, "", lambda: T * first_order(2), ("curvature",),
            "Θ = Θ* + √T x; to lowest order x is Gaussian of variance 2/G″.",
        ),
        (
            "laplace-mean", "the mean is the proximal step, and its first correction",
            mean, -T * cubic / width**2, "(SI 1)", lambda: T * first_order(1), ("laplace-variance",),
            "Wick's theorem with the cubic term −√T G‴x³/12 of the exponent.",
        ),
        (
            "laplace", "any average: ⟨ψ⟩ = ψ(Θ*) + T times this + O(T²)",
            average, slopes[1] / width - slopes[0] * cubic / width**2, "(SI 1)",
            lambda: slopes[0] * first_order(1) + slopes[1] * first_order(2) / 2, ("laplace-mean", "laplace-variance"),
            "Taylor's formula for ψ about Θ*, with the two averages above.",
        ),
    )  # fmt: skip
    for id, title, term, value, paper, coefficient, uses, reason in claims:
        yield Step(
            Statement(
                id=id,
                title=title,
                lhs=term,
                rhs=value,
                paper=paper,
                domain=domain(functions=(EXPONENT, (E, INSTANCES[0][1].xreplace({Theta: star})), INSTANCES[1])),
            ),
            reason=reason,
            uses=uses,
            check=Cases((("any E", partial(_defined, term, coefficient)),), method="Wick's theorem"),
        )


def _defined(term: sp.Expr, value: Callable[[], sp.Expr]) -> tuple[Rule, ...]:
    return ((term, value()),)


def first_order(power: int) -> sp.Expr:
    """The coefficient of T in ⟨(Θ − Θ*)^power⟩; the square of the mean is of order T²."""
    slopes = {k: sp.Derivative(G(star), (star, k)) for k in (3, 4)}
    (moment,) = low_temperature(sp.Derivative(G(star), (star, 2)), slopes, (power,), order=1)
    return moment.coeff(T, 1)


def operator_steps() -> Iterator[Step]:
    """E = (Θ−c)ᵀH(Θ−c)/2 in any dimension."""
    inverse, hessian, start, centre = nt.G_H, nt.Hess, nt.Theta_vector, nt.centre
    prox = inverse * (lam * start + hessian * centre)
    curved = (hessian, inverse**-1 - lam)
    yield Step(
        Statement(
            id="quadratic-prox",
            title="quadratic energy in any dimension: the proximal step solves the implicit Euler equation",
            lhs=prox,
            rhs=start - hessian * (prox - centre) / lam,
            paper="(SI 1)",
            given=(curved,),
        ),
        reason="∇E = H(Θ − c); the minimum of G is at (λ+H)^{−1}(λΘ′ + Hc).",
        uses=("implicit-euler",),
        check=Operators(),
    )
    yield Step(
        Statement(
            id="quadratic-contraction",
            title="each step contracts the distance from the minimum of E by λ(λ+H)^{−1}",
            lhs=prox - centre,
            rhs=lam * inverse * (start - centre),
            given=(curved,),
        ),
        reason="So the deterministic algorithm converges for H > 0; with H = κ the factor is λ̃ = λ/(λ+κ).",
        uses=("quadratic-prox",),
        check=Operators(),
    )


def quadratic_steps() -> Iterator[Step]:
    """E = κ(Θ−c₀)²/2: exact at every temperature."""
    h, c = nt.kappa, sp.Symbol("c_0", real=True)
    point = (lam * previous + h * c) / (lam + h)
    whole = h * (Theta - c) ** 2 / 2 + lam * (Theta - previous) ** 2 / 2
    norm = sp.sqrt(4 * sp.pi * T / (lam + h))
    density = sp.exp(-(lam + h) * (Theta - star) ** 2 / (4 * T)) / norm  # Θ* stands for `point`
    yield Step(
        Statement(
            id="quadratic-square",
            title="E = κ(Θ−c₀)²/2: the exponent is a square about the proximal step, at every temperature",
            lhs=-whole / (2 * T),
            rhs=-(lam + h) * (Theta - star) ** 2 / (4 * T) - lam * h * (previous - c) ** 2 / (4 * T * (lam + h)),
            given=((star, point),),
        ),
        reason="Complete the square; the last term has no Θ and belongs to Z.",
        uses=("quadratic-prox",),
    )
    primitive = sp.erf((Theta - star) * sp.sqrt(lam + h) / (2 * sp.sqrt(T))) / 2
    yield Step(
        Statement(
            id="quadratic-mean",
            title="E = κ(Θ−c₀)²/2: the mean of the step is the proximal step, at every temperature",
            lhs=sp.Integral(Theta * density, (Theta, -sp.oo, sp.oo)),
            rhs=point,
            paper="(SI 1)",
            given=((star, point),),
        ),
        reason="The antiderivative is Θ* times the distribution function, less 2T/(λ+κ) times the density.",
        uses=("quadratic-square",),
        check=Antiderivative(star * primitive - 2 * T / (lam + h) * density),
    )
    inside = sp.erf(nt.epsilon * sp.sqrt(lam + h) / (2 * sp.sqrt(T)))
    yield Step(
        Statement(
            id="probability",
            title="E = κ(Θ−c₀)²/2: the probability that the step lies within ε of the proximal step",
            lhs=sp.Integral(density, (Theta, star - nt.epsilon, star + nt.epsilon)),
            rhs=inside,
            given=((star, point),),
        ),
        reason="The antiderivative is the distribution function.",
        uses=("quadratic-square",),
        check=Antiderivative(primitive),
    )
    yield Step(
        Statement(
            id="concentration",
            title="E = κ(Θ−c₀)²/2: this probability tends to 1 as β → ∞",
            lhs=sp.Limit(inside, T, 0, "+"),
            rhs=sp.Integer(1),
            paper="(SI 1)",
        ),
        reason="For every ε > 0, and whichever way T tends to 0.",
        uses=("quadratic-mean", "probability"),
        check=Cases((("every ε > 0", tuple),), method="limit"),
    )


# polynomials, so that Θ′ = Θ* + E′(Θ*)/λ is an exact rational number
_ENERGIES = {
    "quartic": Theta**4 / 4 - Theta**2 / 2 + Theta / 3,
    "sextic": Theta**6 / 6 + Theta**3 / 5 - Theta / 2,
    "cubic wall": Theta**4 / 9 + 2 * Theta**3 / 3 + Theta**2,
}
_AT, _LAM, _T = sp.Rational(3, 5), sp.Integer(5), sp.Rational(1, 10**20)


def polynomial(expr: sp.Expr) -> Callable[[Any], Any]:
    """A polynomial in Θ as a function of one mpmath number, at the precision of that number."""
    coefficients = [(int(value.p), int(value.q)) for value in sp.Poly(expr, Theta).all_coeffs()]

    def value(x: Any) -> Any:
        total = x.context.zero
        for over, under in coefficients:
            total = total * x + x.context.mpf(over) / under
        return total

    return value


def quadrature_case(name: str, which: int, cumulant: sp.Expr) -> tuple[Rule, ...]:
    """Mean less Θ*, or variance, by quadrature of exp(−G/2T) at T = 10^−20."""
    energy = _ENERGIES[name]
    start = _AT + sp.diff(energy, Theta).subs(Theta, _AT) / _LAM
    width = sp.Rational(1, 10**10)
    values = quadrature_moments(
        polynomial(energy),
        previous=start, temperature=_T, lam=_LAM, centre=_AT, width=width, digits=90,
    )  # fmt: skip
    evaluated = sp.Derivative, lambda *parts: sp.Derivative(*parts).doit()
    places = ((star, _AT), (previous, start), (T, _T), (lam, _LAM))
    return (cumulant, values[which]), EXPONENT, (E, sp.Lambda(Theta, energy)), evaluated, *places


def anharmonic_steps() -> Iterator[Step]:
    """Energies that are not quadratic, by quadrature of the density itself."""
    derivative = {k: sp.Derivative(G(star), (star, k)) for k in (2, 3)}
    claims = (
        ("quadrature-mean", "mean", -T * derivative[3] / derivative[2] ** 2),
        ("quadrature-variance", "variance", 2 * T / derivative[2]),
    )
    for which, (id, title, value) in enumerate(claims):
        cumulant = sp.Function(CUMULANTS[which], real=True)(star)
        yield Step(
            Statement(
                id=id,
                title=f"{title} of Θ − Θ* for three energies that are not quadratic, at T = 10^{{−20}}",
                lhs=cumulant,
                rhs=value,
                paper="(SI 1)",
            ),
            reason="Quadrature of exp(−G/2T); Θ′ is chosen so that Θ* = 3/5 is its exact proximal step.",
            uses=("laplace-mean" if which == 0 else "laplace-variance",),
            check=Close(
                tuple((name, partial(quadrature_case, name, which, cumulant)) for name in _ENERGIES), digits=17
            ),
        )


def steps() -> Iterator[Step]:
    """The minimum, Laplace's method about it, quadratic energies exactly, others by quadrature."""
    yield from minimum_steps()
    yield from laplace_steps()
    yield from operator_steps()
    yield from quadratic_steps()
    yield from anharmonic_steps()


DERIVATION = Derivation(
    id="proximal-limit",
    title="β → ∞: Markov proximal learning becomes the deterministic proximal step, implicit Euler",
    paper="(4), (SI 1)–(SI 3)",
    assumptions=(
        "E is differentiable, and G = E + λ/2 |Θ − Θ′|² has one minimum, with G″ > 0 there.",
        "The limit is taken at fixed E: the weight decay κ stays as it is, though κ = T/σ² in (3).",
    ),
    exact=(
        "The minimum is an implicit Euler step. For a general E: the first corrections in T of mean, variance and any "
        "average. For a quadratic E in any dimension the proximal step solves the implicit Euler equation; in one "
        "dimension the mean of the density is the proximal step at every temperature, and the density concentrates."
    ),
    physicist=(
        "Laplace's method: that the series in T is asymptotic, and that other minima of G do not matter, is not "
        "proved; quadrature confirms it for three energies. In more than one dimension the Gaussian integral is taken "
        "component by component along the eigenvectors of H. (SI 2)–(SI 3) define the density and its norm."
    ),
    build=steps,
    headline="laplace",
)
