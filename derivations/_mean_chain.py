"""The step of mean-predictor without hidden layers: there the theory is exact, and the chain (4) can be followed."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache, partial

import sympy as sp

from ndk_sym import notation as nt
from ndk_sym.cases import Cases
from ndk_sym.statement import Rule, Statement, Step

i, j, lam = nt.i, nt.j, nt.lam
INPUTS = ((1, 2), (-1, 3), (2, 1))  # the last one is the test point
CHAIN = 3
field_of, input_kernel, label = (sp.Function(name, real=True) for name in ("fbar", "K^0", "y"))
mu, nu = sp.symbols("mu nu", integer=True, positive=True)


@cache
def chain() -> tuple[sp.Matrix, ...]:
    """Mean weights of the proximal chain of a linear regression: (4) is Gaussian, its mean is its most likely point."""
    targets = sp.Matrix(sp.symbols("y_1 y_2", real=True))
    weights, previous = sp.Matrix(sp.symbols("w_1 w_2", real=True)), sp.zeros(2, 1)
    found = []
    for _ in range(CHAIN):
        energy = sum((_output(weights, k) - targets[k]) ** 2 for k in range(2)) / 2
        energy += nt.kappa * (weights.T * weights)[0] / 2
        energy += lam * ((weights - previous).T * (weights - previous))[0] / 2
        slope, curvature = (sp.Matrix([sp.diff(energy, w) for w in weights]), sp.hessian(energy, list(weights)))
        lowest = -(curvature.adjugate() / curvature.det()) * slope.subs(dict.fromkeys(weights, 0))
        previous = lowest.applyfunc(sp.cancel)
        found.append(previous)
    return tuple(found)


def _output(weights: sp.Matrix, k: int) -> sp.Expr:
    return (sp.Matrix([INPUTS[k]]) * weights)[0] / sp.sqrt(2)


def chain_rules(at: int, which: int) -> Iterable[Rule]:
    """The outputs of the chain on all inputs, and the input kernel."""
    rules: list[Rule] = [(i, sp.Integer(at)), (mu, sp.Integer(which))]
    rules.append((sp.Sum, lambda term, *limits: sp.Sum(term, *limits).doit()))
    rules += [(field_of(k + 1, a + 1), _output(w, k)) for a, w in enumerate(chain()) for k in range(3)]
    inner = {(a, b): sum(p * q for p, q in zip(INPUTS[a], INPUTS[b], strict=True)) for a in range(3) for b in range(2)}
    rules += [(input_kernel(a + 1, b + 1), sp.Rational(value, 2)) for (a, b), value in inner.items()]
    rules += [(label(1), sp.Symbol("y_1", real=True)), (label(2), sp.Symbol("y_2", real=True))]
    return [*rules, (nt.lam_tilde, lam / (lam + nt.kappa))]


def chain_step() -> Step:
    """No hidden layer: the theory is exact, and can be compared with the chain itself."""
    ndk = nt.lam_tilde ** (i - j + 1) * input_kernel(mu, nu)
    names = ("first training input", "second training input", "test point")
    cases = tuple(
        (f"step {at}, {names[which - 1]}", partial(chain_rules, at, which))
        for at in range(1, CHAIN + 1)
        for which in (1, 2, 3)
    )
    return Step(
        Statement(
            id="chain",
            title="the proximal chain of a regression without hidden layers, 3 steps, P = 2 and a test point",
            lhs=field_of(mu, i),
            rhs=sp.Sum(ndk * (label(nu) - field_of(nu, j)), (nu, 1, 2), (j, 1, i)) / lam,
            paper="(4), (SI 35)–(SI 39)",
        ),
        reason="The chain (4) itself, its means step by step; L = 0, where K^{d,0}_{t,s} = λ̃^{t−s+1} K⁰ by (SI 28). "
        "μ and ν count the inputs.",
        uses=("prior-statistics/replicas",),
        check=Cases(cases),
    )
