"""The replicated fields as n → 0: propagators, action and source term, (SI 32)–(SI 34), for `replica-mgf`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

import sympy as sp

from derivations import _replica_brute as brute
from derivations._replica_sums import Kernel, explicit_fields, source_form, symmetric
from ndk_sym import notation as nt
from ndk_sym.cases import Cases
from ndk_sym.operators import Operators, operator
from ndk_sym.replicas import ReplicaMatrix, gram
from ndk_sym.statement import Rule, Statement, Step

__all__ = ["steps"]

T, lam, n, i, j, last = nt.T, nt.lam, nt.n, nt.i, nt.j, nt.last
COUNT = sp.Symbol("n", positive=True)  # the number of replicas, as a real number
u, v = nt.u, nt.v_last

# -- n → 0, for any number of steps and training points --------------------------------------------------

Block = list[list[sp.Expr]]
D, C0, J, JT, A, AT = nt.Same, nt.Other, nt.Causal, nt.Causal_T, nt.Forward, nt.Forward_T
COMMON: Block = [[C0, J], [JT, sp.S(0)]]
CAUSAL: tuple[Rule, ...] = ((J, A - D), (JT, AT - D))


def product(x: Block, y: Block) -> Block:
    """Product of 2 × 2 blocks of operators."""
    return [[x[a][0] * y[0][b] + x[a][1] * y[1][b] for b in (0, 1)] for a in (0, 1)]


def plus(x: Block, y: Block) -> Block:
    """Sum of 2 × 2 blocks."""
    return [[x[a][b] + y[a][b] for b in (0, 1)] for a in (0, 1)]


def contracted(x: Block) -> sp.Expr:
    """Σ p_a x_{ab} q_b with arbitrary numbers: equal for all p, q means equal blocks."""
    left, right = (nt.p_1, nt.p_2), (nt.q_1, nt.q_2)
    return sp.Add(*(left[a] * right[b] * x[a][b] for a in (0, 1) for b in (0, 1)))


def overlaps(count: sp.Expr) -> Block:
    """G = UᵀU."""
    return [[count, sp.S(1)], [sp.S(1), sp.S(1)]]


def inverse_overlaps(count: sp.Expr) -> Block:
    """G^{−1}."""
    return [[1 / (count - 1), -1 / (count - 1)], [-1 / (count - 1), count / (count - 1)]]


def diagonal(x: sp.Expr, y: Block) -> Block:
    """x ⊗ y with numbers y."""
    return [[x * y[a][b] for b in (0, 1)] for a in (0, 1)]


def precision() -> Block:
    """B + 𝒟 ⊗ G^{−1}, of (u, v)."""
    return plus(COMMON, diagonal(D, inverse_overlaps(COUNT)))


def forward_map() -> Block:
    """𝒟 + B G, where M U = U(𝒟 + B G)."""
    return plus(diagonal(D, [[sp.S(1), sp.S(0)], [sp.S(0), sp.S(1)]]), product(COMMON, overlaps(COUNT)))


def reduction_steps() -> Iterator[Step]:
    """The reduction to (u, v) for symbolic n, and its limit."""
    yield Step(
        Statement(
            id="reduction",
            title="the precision of (u, v) for n replicas: B + 𝒟 ⊗ G^{−1}, for any number of steps and training points",
            lhs=contracted(product(precision(), overlaps(COUNT))),
            rhs=contracted(forward_map()),
            paper="(SI 32)",
        ),
        reason="M U = U(𝒟 + B G), so UᵀM^{−1}U = G(𝒟 + B G)^{−1}, the inverse of B + 𝒟 ⊗ G^{−1}. p, q are arbitrary.",
        uses=("replicated-action",),
        check=Operators(),
    )
    yield Step(
        Statement(
            id="limit-precision",
            title="the precision of (u, v) as n → 0",
            lhs=contracted(precision()),
            rhs=contracted([[C0 - D, A], [AT, sp.S(0)]]),
            paper="(SI 32), (SI 33)",
            given=((COUNT, sp.S(0)), *CAUSAL),
        ),
        reason="G^{−1} → [[−1, 1], [1, 0]]: the field v has no action of its own. 𝒜 = 𝒟 + 𝒥 is causal.",
        uses=("reduction",),
        check=Operators(),
    )


def limit_steps() -> Iterator[Step]:
    """The inverse of the limit, and its triangular form."""
    R, RT, V = (operator(name) for name in (r"\mathcal{R}", r"\mathcal{R}^{\top}", r"\mathcal{V}"))
    inverse: Block = [[sp.S(0), RT], [R, V]]
    yield Step(
        Statement(
            id="propagators",
            title="its inverse: ⟨uu⟩ = 0, the response ⟨vu⟩ = 𝒜^{−1}, and ⟨vv⟩ = 𝒜^{−1}(𝒟 − C⁰)𝒜^{−T}",
            lhs=contracted(product([[C0 - D, A], [AT, sp.S(0)]], inverse)),
            rhs=nt.p_1 * nt.q_1 + nt.p_2 * nt.q_2,
            paper="(SI 32)",
            given=((R, A**-1), (RT, AT**-1), (V, A**-1 * (D - C0) * AT**-1)),
        ),
        reason="Multiply out. Response is causal: the inverse of a lower triangular matrix is lower triangular.",
        uses=("limit-precision",),
        check=Operators(),
    )
    yield Step(
        Statement(
            id="triangular",
            title="𝒟 + B G is block triangular as n → 0, so its determinant is det 𝒜 det 𝒜ᵀ = (det 𝒟)²",
            lhs=contracted(forward_map()),
            rhs=contracted([[A, C0 + A - D], [sp.S(0), AT]]),
            paper="(SI 32)",
            given=((COUNT, sp.S(0)), *CAUSAL),
        ),
        reason="𝒥 is strictly lower triangular in time. With det M = (det 𝒟)^{n−2} det(𝒟 + B G) the norm tends to 1.",
        uses=("reduction",),
        check=Operators(),
    )


def determinant_step() -> Step:
    """The norm."""
    return Step(
        Statement(
            id="determinant",
            title="the determinant of the replicated action tends to 1: two steps, any kernels; three, explicit ones",
            lhs=sp.Subs(nt.det_n(last), COUNT, 0),
            rhs=sp.Integer(1),
            paper="(SI 32)",
        ),
        reason="The determinant for symbolic n by elimination, at n = 0: the generating function is normalised.",
        uses=("triangular",),
        check=Cases(
            tuple((f"{k} steps", partial(determinant_case, k)) for k in (2, 3)), method="replica-symmetric determinant"
        ),
    )


def symbolic_fields(times: int) -> ReplicaMatrix:
    """The replicated action with symbols for all kernels."""
    one, two = symmetric("A"), symmetric("B")
    return brute.field_matrix(
        sp.Matrix(times, times, lambda t, s: one(t + 1, s + 1)),
        sp.Matrix(times, times, lambda t, s: two(t + 1, s + 1)),
        T,
    )


def determinant_case(times: int) -> tuple[Rule, ...]:
    """(det 𝒟)^{n−2} det(𝒟 + B G) at symbolic n."""
    matrix = (
        symbolic_fields(2)
        if times == 2
        else brute.field_matrix(*brute.kernels(brute.HIDDEN[0], times), brute.RATIONAL[T])
    )
    return ((nt.det_n(last), matrix.determinant(COUNT)),)


# -- the action and the source term of the paper ---------------------------------------------------------


def action_steps() -> Iterator[Step]:
    """(SI 28), (SI 32)–(SI 34): in terms of the discrete neural dynamical kernel."""

    def kernel(t: int, s: int) -> sp.Expr:
        return lam / (2 * T) * (symmetric("A")(t, s) - symmetric("B")(t, s))

    def test(t: int, s: int) -> sp.Expr:
        return lam / (2 * T) * (sp.Symbol(f"a_{t}{s}", real=True) - sp.Symbol(f"b_{t}{s}", real=True))

    noise = sp.Sum(sp.Sum(nt.C_other(i, j) * u(i) * u(j), (j, 1, last)), (i, 1, last)) / 2
    local = T * sp.Sum((1 + nt.K_step(i, i) / lam) * u(i) ** 2, (i, 1, last))
    response = sp.Sum(u(i) * (v(i) + sp.Sum(nt.K_step(i, j) * v(j), (j, 1, i)) / lam), (i, 1, last))
    yield Step(
        Statement(
            id="action",
            title="the action as n → 0, in terms of the discrete NDK: two and three steps",
            lhs=nt.S_n(0),
            rhs=noise - local + response,
            paper="(SI 28), (SI 32), (SI 33)",
        ),
        reason="The quadratic form of the precision at n = 0, with K^d = (λ/2T)(C¹ − C⁰); the labels add −iΣ Y u.",
        uses=("limit-precision", "replicated-action"),
        check=Cases(tuple((f"{k} steps", partial(action_case, k, kernel)) for k in (2, 3)), method="explicit sum"),
    )
    later = sp.Sum(nt.c_same(i, j) * u(j), (j, i + 1, last)) + sp.Sum(nt.c_other(i, j) * u(j), (j, 1, i))
    moved = sp.Sum(nt.k_step(i, j) * v(j), (j, 1, i)) / lam
    yield Step(
        Statement(
            id="source",
            title="the source term, in terms of the discrete NDK of the test point: two and three steps",
            lhs=source_form(),
            rhs=sp.Sum(nt.ell(i) * (moved + later), (i, 1, last)),
            paper="(SI 34)",
        ),
        reason="No sum over replicas is left but u: the source term is the same for every n.",
        uses=("replicated-source",),
        check=Cases(tuple((f"{k} steps", partial(source_case, k, test)) for k in (2, 3)), method="explicit sum"),
    )


def named_fields(times: int) -> tuple[Rule, ...]:
    """Symbols for u and v at every step."""
    _, rules = explicit_fields(2, times)
    named = (u, lambda t: sp.Symbol(f"u_{t}", real=True)), (v, lambda t: sp.Symbol(f"w_{t}", real=True))
    return (*rules[:2], *named, *rules[5:])


def action_case(times: int, kernel: Kernel) -> tuple[Rule, ...]:
    """½ zᵀ(B + 𝒟 ⊗ G^{−1})z at n = 0 with z = (u, v/2T)."""
    matrix = symbolic_fields(times)
    overlap = gram(COUNT, times).inv().subs(COUNT, 0)
    precision = matrix.common + sp.diag(matrix.same, matrix.same) * overlap
    names: Sequence[str] = [f"{x}_{t + 1}" for x in "uw" for t in range(times)]
    z = sp.Matrix([sp.Symbol(x, real=True) / (1 if x[0] == "u" else 2 * T) for x in names])
    return (nt.S_n(0), (z.T * precision * z)[0] / 2), *named_fields(times), (nt.K_step, kernel)


def source_case(times: int, kernel: Kernel) -> tuple[Rule, ...]:
    """The kernels as symbols."""
    return *named_fields(times), (nt.k_step, kernel)


def steps() -> Iterator[Step]:
    """The reduction to (u, v), its limit, the action."""
    yield from reduction_steps()
    yield from limit_steps()
    yield determinant_step()
    yield from action_steps()
