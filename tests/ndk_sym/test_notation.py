"""The notation: every symbol once, found by name, printed with its LaTeX."""

import pytest
import sympy as sp

from ndk_sym import InputError
from ndk_sym import notation as nt
from ndk_sym.predictor import Propagator
from ndk_sym.stable import Expm1, RootDet


def test_every_symbol_is_an_attribute_under_its_name() -> None:
    listed = [entry.name for entry in nt.entries()]
    assert len(set(listed)) == len(listed) > 100  # the loop below found them, and no module shadows another
    assert all(nt.entry(name).symbol is getattr(nt, name) for name in listed)


def test_no_symbol_of_the_package_lacks_an_entry() -> None:
    kinds = sp.Symbol | sp.core.function.UndefinedFunction
    found = {name for name, value in vars(nt).items() if isinstance(value, kinds)}
    assert found == {entry.name for entry in nt.entries()}


def test_entries_are_complete_and_distinct() -> None:
    entries = nt.entries()
    assert all(e.latex and e.meaning and e.domain and e.equation for e in entries)
    assert len({e.latex for e in entries}) == len(entries)


def test_unknown_symbol_is_refused_with_the_known_ones() -> None:
    with pytest.raises(InputError, match=r"'sigma' is not known.*sigma02"):
        nt.entry("sigma")


@pytest.mark.parametrize(
    ("expr", "expected"),
    [
        (nt.sigma2, r"\sigma^{2}"),
        (nt.sigma2**2, r"\sigma^{4}"),
        (sp.sqrt(nt.sigma02), r"\sigma_{0}"),
        (1 / nt.sigma2, r"\frac{1}{\sigma^{2}}"),
        (nt.Fdot(nt.a, nt.c, nt.b), r"\dot{F}{\left(a,c,b \right)}"),
        (RootDet(nt.a, nt.c, nt.b), r"\sqrt{a b - c^{2}}"),
        (Expm1(nt.kappa), r"-1 + e^{\kappa}"),
    ],
)
def test_latex(expr: sp.Expr, expected: str) -> None:
    assert nt.latex(expr).replace("e^{\\kappa} - 1", "-1 + e^{\\kappa}") == expected


def test_latex_takes_further_names() -> None:
    extra = sp.Symbol("K7")
    assert nt.latex(2 * extra, names={extra: "K^{7}"}) == "2 K^{7}"


def test_a_differential_of_a_name_with_a_superscript_has_one_superscript() -> None:
    text = nt.latex(sp.Derivative(nt.F(nt.a, nt.sigma2, nt.b), (nt.sigma2, 2)))
    assert r"\left(\sigma^{2}\right)^{2}" in text


@pytest.mark.parametrize(
    ("expr", "expected"),
    [
        (sp.transpose(nt.D), r"D^{\top}"),
        (sp.transpose(nt.k_GP), r"\left(k_{\mathrm{GP}}^{\top}\right)^{\top}"),
        (sp.transpose(nt.D) ** 2, r"\left(D^{\top}\right)^{2}"),
        (sp.transpose(nt.k_GP) ** 2, r"\left(\left(k_{\mathrm{GP}}^{\top}\right)^{\top}\right)^{2}"),
        (sp.transpose(Propagator(nt.t)), r"\left(e^{-t K_{\mathrm{NTK}}}\right)^{\top}"),
    ],
)
def test_a_transpose_has_one_superscript(expr: sp.Expr, expected: str) -> None:
    assert nt.latex(expr) == expected
