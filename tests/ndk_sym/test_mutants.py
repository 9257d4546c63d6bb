"""A defect in any branch and in any series of the generated code is caught by its certificate."""

import ast

import pytest

from ndk_sym.certify import CHECK, FULL, Effort
from tests.mutation.equivalent import why_equivalent
from tests.mutation.generated import Judge, main, planted, users
from tests.mutation.operators import mutants

FEW = Effort(samples=8, average_points=1, textbook_points=1)
PLANTED = 1 + 2.0**-40
BRANCHES = {"where": (1, 2), "maximum": (0,), "minimum": (0,)}  # which arguments are the values of branches


@pytest.fixture(scope="module")
def judge():
    return Judge(FEW)


@pytest.fixture(scope="module")
def thorough():
    return Judge(CHECK)


def defective_branches(text):
    """(function, code) for every branch of every `where`, `maximum` and `minimum`, that branch wrong by 1e-12."""
    tree = ast.parse(text)
    for function in (node for node in tree.body if isinstance(node, ast.FunctionDef)):
        for call in (node for node in ast.walk(function) if isinstance(node, ast.Call)):
            for k in BRANCHES.get(getattr(call.func, "id", ""), ()):
                right = call.args[k]
                call.args[k] = ast.BinOp(right, ast.Mult(), ast.Constant(PLANTED))
                yield function.name, ast.unparse(ast.fix_missing_locations(tree))
                call.args[k] = right


NAMES = [*Judge(FEW).modules]


@pytest.mark.parametrize("name", NAMES)
def test_a_defect_in_any_branch_is_caught(judge, name):
    found = list(defective_branches(judge.texts[name]))
    assert len(found) >= judge.texts[name].count("where(") * 2
    assert judge.objection(name, judge.texts[name], judge.runtime) == ""
    for function, code in found:
        assert "wrong by" in judge.objection(name, code, judge.runtime, function)


def test_branches_are_found(judge):
    found = {name for name in NAMES if list(defective_branches(judge.texts[name]))}
    assert found >= {"abrelu", "abs", "gelu", "leaky_relu", "rectified_monomial_2", "relu", "scaled_erf"}


@pytest.mark.parametrize(
    ("series", "right", "wrong"),
    [("crescent", "0.00119047619", "0.00118906064"), ("_arc_wedge_series", "comb(k, j)", "comb(k, j - (j == 2))")],
)
def test_a_defect_in_a_series_is_caught_in_every_module_that_uses_it(judge, series, right, wrong):
    assert right in judge.runtime
    runtime, found = judge.runtime.replace(right, wrong), judge.users(series)
    assert len(found) >= 2
    for name in found:
        assert "wrong by" in judge.objection(name, judge.texts[name], runtime), name


def test_a_root_that_underflows_is_caught(judge):
    """Planted: the angle from a root that lost its bits near 1e-300."""
    honest = "if not (_needs_scaling(a) or _needs_scaling(b)):\n        return angle("
    assert judge.runtime.count(honest) == 1
    runtime = judge.runtime.replace(honest, "if True:\n        return angle(")
    for name in ("relu", "step"):
        assert "wrong by" in judge.objection(name, judge.texts[name], runtime), name


def test_a_product_that_overflows_is_caught():
    """Planted: 2π times the kernel, where only the kernel is representable; with as many points as are written down."""
    judge, name = Judge(FULL), "rectified_monomial_3"
    before, after = "float(value / _TURN) for value", "        series *= step\n    return series"
    assert judge.runtime.count(before) == judge.runtime.count(after) == 1
    runtime = judge.runtime.replace(before, "float(value) for value").replace(after, f"{after} / (2 * np.pi)")
    assert "wrong by inf" in judge.objection(name, judge.texts[name], runtime, "layer")


@pytest.mark.parametrize("k", range(8))
def test_every_term_of_the_series_of_wedge_is_needed(judge, k):
    runtime = f"{judge.runtime}\n_WEDGE = (*_WEDGE[:{k}], 0.0, *_WEDGE[{k} + 1:])\n"
    assert "wrong by" in judge.objection("relu", judge.texts["relu"], runtime)


@pytest.mark.parametrize("k", range(10))
def test_every_term_of_the_series_of_arc_wedge_is_needed(judge, k):
    honest = "return tuple(float(value / _TURN) for value in moved)"
    assert honest in judge.runtime
    wrong = f"return tuple(float(value / _TURN) * (j != {k}) for j, value in enumerate(moved))"
    runtime = judge.runtime.replace(honest, wrong)
    assert "wrong by" in judge.objection("rectified_monomial_3", judge.texts["rectified_monomial_3"], runtime)


def test_runtime_functions_are_known_by_their_users(judge):
    assert users(judge.runtime, "_split") >= {"root_det", "spread"}
    assert {"exp", "sin", "cos"} <= set(judge.users("spread"))
    assert {"rectified_monomial_2", "rectified_monomial_3"} == set(judge.users("arc_wedge"))


# -- the whole


@pytest.mark.parametrize("name", ["exp", "erf"])
def test_mutants_of_a_module_do_not_survive_unexplained(thorough, name):
    count, alive = thorough.survivors(name, planted(thorough, name))
    assert count > 50
    assert [str(mutant) for mutant in alive if not why_equivalent(name, mutant)] == []


@pytest.mark.slow
@pytest.mark.parametrize("name", [*NAMES, "runtime"])
def test_mutants_of_every_module_do_not_survive_unexplained(name):
    """3 minutes."""
    assert main([name]) == 0


def test_mutants_differ_in_one_place():
    found = [*mutants("def f(x, y):\n    'a + 1'\n    return maximum(x, 0) + 2*g(y, x)\n")]
    assert {mutant.kind for mutant in found} == {
        "operator", "dropped term", "dropped factor", "constant + 1", "sign of a constant", "constant × (1 + 2⁻²⁰)",
        "swapped arguments", "function",
    }  # fmt: skip
    assert all("a + 1" in mutant.text for mutant in found)
    assert len({mutant.text for mutant in found}) == len(found)
