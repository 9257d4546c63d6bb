"""`verify`: what counts as a pass, the graph of lemmas, discovery, certificates."""

from __future__ import annotations

import sys
import textwrap
from dataclasses import replace

import pytest

from ndk_sym import certificates, generate, registry
from ndk_sym import verify as public_verify
from ndk_sym.errors import InputError
from ndk_sym.registry import derivations, found_in, lemmas, needed, ordered, select
from ndk_sym.statement import Evidence, Status
from ndk_sym.verify import Report, check_derivation, verify
from tests.ndk_sym.small_derivations import FALSE, OPEN, TRUE, a_derivation, a_step, known, x
from tests.tolerances import CERTIFIED_AVERAGE

# -- what counts as a pass ----------------------------------------------------------------------------------------


def test_a_true_derivation_passes_and_everything_is_counted(installed):
    installed(TRUE)
    report = verify()
    assert report.ok
    assert [r.id for r in report.results] == ["true"]
    assert [s.step.id for s in report.results[0].steps] == ["sum", "product"]
    assert report.as_dict()["checked"] == {"results": 1, "steps": 2}


@pytest.mark.parametrize(("broken", "status"), [(FALSE, Status.FALSE), (OPEN, Status.UNKNOWN)])
def test_one_false_or_unknown_fails_the_run(installed, broken, status):
    installed(TRUE, broken)
    report = verify()
    assert not report.ok
    assert {r.id: r.status for r in report.results} == {"true": Status.PROVED, broken.id: status}


def test_a_broken_lemma_breaks_what_uses_it(installed):
    user = a_derivation("user", a_step("own", x, x, uses=("false",)))
    installed(FALSE, user)
    (result,) = verify(["user"]).results
    assert result.status is Status.FALSE
    assert "false" in result.evidence


def test_a_lemma_step_is_used_alone(installed):
    installed(FALSE, a_derivation("user", a_step("own", x, x, uses=("false/sum",))))
    assert verify(["user"]).ok
    assert not verify(["false"]).ok


def test_of_a_lemma_only_what_is_used_is_checked(installed):
    checked = []

    def told(name):
        return lambda statement, context: checked.append(name) or Evidence(Status.PROVED, 0.0, "test")

    lemma = a_derivation(
        "lemma",
        a_step("first", x, x, check=told("first")),
        a_step("second", x, x, uses=("first",), check=told("second")),
        a_step("third", x, x, check=told("third")),
    )
    installed(lemma, a_derivation("user", a_step("own", x, x, uses=("lemma/second",))))
    assert verify(["user"]).ok
    assert checked == ["first", "second"]
    checked.clear()
    assert verify().ok
    assert checked == ["first", "second", "third"]


def test_lemmas_of_steps_that_are_not_needed_are_left_out(installed):
    lemma = a_derivation("lemma", a_step("first", x, x), a_step("second", x, x, uses=("false",)))
    installed(FALSE, lemma, a_derivation("user", a_step("own", x, x, uses=("lemma/first",))))
    assert needed(["user"], registry.derivations()) == {"lemma": ("first",), "user": ("own",)}
    (result,) = verify(["user"]).results
    assert result.status is Status.PROVED
    assert not verify(["lemma"]).ok


@pytest.mark.parametrize("between", ["sum", "lemma/third"])
def test_what_a_lemma_rests_on_counts(installed, between):
    """A step that holds by itself but uses one that does not, in its derivation or in another."""
    wrong = a_step("sum", x + x, 3 * x)
    lemma = a_derivation("lemma", a_step("third", x, x + 1))
    middle = a_derivation("middle", wrong, a_step("product", x * x, x**2, uses=(between,)))
    installed(lemma, middle, a_derivation("user", a_step("own", x, x, uses=("middle/product",))))
    (result,) = verify(["user"]).results
    assert result.status is Status.FALSE
    assert f"rests on {between}" in result.evidence


def test_a_result_weakened_by_a_lemma_says_by_which(installed):
    def numeric(statement, context):
        return Evidence(Status.NUMERIC, 1e-40, "digits")

    installed(
        a_derivation("lemma", a_step("sampled", x, x, check=numeric)),
        a_derivation("user", a_step("own", x, x, uses=("lemma/sampled",))),
    )
    (result,) = verify(["user"]).results
    assert result.status is Status.NUMERIC
    assert result.evidence == "1 step: 1 exact zero; numeric since it uses lemma/sampled"


def test_a_step_is_no_stronger_for_what_it_rests_on(installed):
    def numeric(statement, context):
        return Evidence(Status.NUMERIC, 1e-40, "digits")

    lemma = a_derivation("lemma", a_step("strong", x, x), a_step("weak", x, x, uses=("strong",), check=numeric))
    installed(lemma, a_derivation("user", a_step("own", x, x, uses=("lemma/weak",))))
    (result,) = verify(["user"]).results
    assert result.status is Status.NUMERIC


def test_the_residual_is_the_largest_that_is_known():
    def found(residual):
        return lambda statement, context: Evidence(Status.NUMERIC, residual, "digits")

    steps = [a_step(f"{k}", x, x, check=found(residual)) for k, residual in enumerate((1e-40, None, 1e-30, 1e-50))]
    assert check_derivation(a_derivation("several", *steps)).residual == 1e-30
    assert check_derivation(a_derivation("none", steps[1])).residual is None


def test_a_check_that_breaks_leaves_the_statement_unknown():
    def breaks(statement, context):
        raise ZeroDivisionError("oops")

    result = check_derivation(a_derivation("broken", a_step("only", x, x, check=breaks)))
    assert result.status is Status.UNKNOWN
    assert "oops" in result.evidence


def test_without_its_lemmas_a_derivation_is_unknown():
    assert check_derivation(a_derivation("user", a_step("own", x, x, uses=("elsewhere",)))).status is Status.UNKNOWN


def test_an_empty_report_is_not_ok():
    assert not Report((), 50).ok


def test_the_weakest_status_wins():
    assert Status.weakest([]) is Status.UNKNOWN
    assert Status.weakest([Status.PROVED, Status.NUMERIC, Status.CERTIFIED]) is Status.NUMERIC
    assert Status.weakest([Status.UNKNOWN, Status.FALSE]) is Status.FALSE
    assert [status for status in Status if status.ok] == [Status.PROVED, Status.CERTIFIED, Status.NUMERIC]


# -- certificates -------------------------------------------------------------------------------------------------


def a_certificate(status):
    return certificates.Certificate("certificate-x", "x", lambda digits: Evidence(status, 1e-60, "test", f"{digits}"))


@pytest.mark.parametrize("status", list(Status))
def test_certificates_count_like_derivations(installed, monkeypatch, status):
    installed(TRUE)
    monkeypatch.setattr(certificates, "available", lambda: {"certificate-x": a_certificate(status)})
    report = verify(digits=30)
    assert [r.id for r in report.results] == ["true", "certificate-x"]
    assert report.ok == status.ok
    assert report.results[1].evidence == "30"


def test_a_certificate_that_breaks_is_unknown(installed, monkeypatch):
    broken = certificates.Certificate("certificate-x", "x", lambda digits: 1 // 0)
    installed(TRUE)
    monkeypatch.setattr(certificates, "available", lambda: {"certificate-x": broken})
    assert verify(["certificate-x"]).results[0].status is Status.UNKNOWN


# -- ids and the graph --------------------------------------------------------------------------------------------


def test_an_unknown_id_lists_the_known_ones(installed):
    installed(TRUE, FALSE)
    with pytest.raises(InputError, match=r"'nope'.*true, false"):
        verify(["nope"])
    with pytest.raises(InputError, match="no id"):
        verify([])


@pytest.mark.parametrize("digits", [9, 1001, 50.0, "50", True, None])
def test_digits_out_of_range(digits):
    with pytest.raises(InputError, match="digits"):
        verify(digits=digits)


def test_lemmas_come_first_and_only_what_was_asked_for_is_reported(installed):
    first = a_derivation("z-lemma", a_step("s", x, x))
    second = a_derivation("a-user", a_step("s", x, x, uses=("z-lemma",)))
    installed(second, first)
    seen = []
    assert [r.id for r in verify(progress=lambda *args: seen.append(args)).results] == ["z-lemma", "a-user"]
    assert seen == [(0, 2, "Derivation z-lemma"), (1, 2, "Derivation a-user")]
    assert [r.id for r in verify(["a-user"]).results] == ["a-user"]
    assert [r.id for r in verify("a-user").results] == ["a-user"]


def test_a_circle_is_an_error():
    one = a_derivation("one", a_step("s", x, x, uses=("two",)))
    two = a_derivation("two", a_step("s", x, x, uses=("one/s",)))
    with pytest.raises(InputError, match="one → two → one"):
        ordered(["one"], known(one, two))


@pytest.mark.parametrize("uses", ["missing", "true/missing", "missing/sum"])
def test_a_missing_id_is_an_error(uses):
    user = a_derivation("user", a_step("own", x, x, uses=(uses,)))
    with pytest.raises(InputError, match="missing"):
        ordered(["user"], known(user, TRUE))


def test_a_step_cannot_use_a_later_one_nor_itself():
    for steps in (
        (a_step("first", x, x, uses=("second",)), a_step("second", x, x)),
        (a_step("first", x, x, uses=("first",)),),
    ):
        with pytest.raises(InputError, match="later"):
            lemmas(a_derivation("user", *steps), {})


def test_lemmas_are_sorted():
    names = ("z", "c", "a", "y", "b", "x")
    user = a_derivation("user", *(a_step(f"own-{name}", x, x, uses=(name,)) for name in names))
    assert lemmas(user, known(*(a_derivation(name, a_step("s", x, x)) for name in names))) == tuple(sorted(names))


def test_steps_need_distinct_ids_and_there_must_be_some():
    with pytest.raises(InputError, match="two steps"):
        _ = a_derivation("twice", a_step("s", x, x), a_step("s", x, x)).steps
    with pytest.raises(InputError, match="no steps"):
        _ = a_derivation("none").steps


def test_steps_may_come_from_a_generator():
    step = a_step("s", x, x)
    made = replace(a_derivation("made"), build=lambda: (one for one in (step,)))
    assert made.steps == (step,)
    assert made.result == step.statement


def test_select_keeps_order_and_drops_repetitions():
    assert select(["b", "a", "b"], ["a", "b", "c"]) == ("b", "a")
    assert select(None, ["a", "b"]) == ("a", "b")


# -- discovery ----------------------------------------------------------------------------------------------------

MODULE = """
from ndk_sym.statement import Derivation

def steps():
    return ()

ONE = Derivation("{id}", "t", "p", (), "", "", steps)
"""


@pytest.fixture
def package(tmp_path, monkeypatch, request):
    """Write a package of derivations from {file: source} and import it."""
    names = []

    def write(files):
        name = f"package_{len(names)}_{abs(hash(request.node.nodeid))}"
        names.append(name)
        for file, source in {"__init__.py": "", **files}.items():
            target = tmp_path / name / file
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(textwrap.dedent(source))
        monkeypatch.syspath_prepend(tmp_path)
        return __import__(name)

    yield write
    for name in [module for module in sys.modules if module.split(".")[0] in names]:
        del sys.modules[name]


def test_a_derivation_is_registered_by_being_there(package):
    found = found_in(
        package({"b.py": MODULE.format(id="two"), "sub/__init__.py": "", "sub/a.py": MODULE.format(id="one")})
    )
    assert sorted(found) == ["one", "two"]


@pytest.mark.parametrize("where", ["broken.py", "sub/__init__.py", "sub/broken.py"])
@pytest.mark.parametrize("error", ["import no_such_module_anywhere", "1 / 0"])
def test_an_error_in_a_module_is_not_swallowed(package, where, error):
    files = {"good.py": MODULE.format(id="one"), "sub/__init__.py": "", where: error}
    with pytest.raises((ModuleNotFoundError, ZeroDivisionError)):
        found_in(package(files))


def test_a_package_without_derivations_is_an_error(package):
    with pytest.raises(InputError, match="no derivation"):
        found_in(package({"empty.py": ""}))


def test_two_derivations_of_one_id_are_an_error(package):
    with pytest.raises(InputError, match="two derivations"):
        found_in(package({"a.py": MODULE.format(id="one"), "b.py": MODULE.format(id="one")}))


def test_no_package_at_all_is_an_error(monkeypatch):
    monkeypatch.setattr(registry.importlib.metadata, "entry_points", lambda group: ())
    with pytest.raises(InputError, match="entry point"):
        derivations()


def test_derivations_are_sorted_by_id_and_not_by_module(package, monkeypatch):
    name = package({"a.py": MODULE.format(id="two"), "b.py": MODULE.format(id="one")}).__name__
    entry = registry.importlib.metadata.EntryPoint("x", name, registry.GROUP)
    monkeypatch.setattr(registry.importlib.metadata, "entry_points", lambda group: (entry,))
    assert list(derivations()) == ["one", "two"]


def test_the_installed_derivations_are_found():
    assert {"price-theorem", "ndk-derivative", "long-time-identity"} <= set(derivations())


def test_verify_is_public():
    assert public_verify is verify


# -- committed certificates ---------------------------------------------------------------------------------------


def of_linear(monkeypatch, target):
    monkeypatch.setattr(certificates, "default_target", lambda: target)
    return certificates.available()["certificate-linear"].check(50)


def test_every_generated_module_has_a_certificate():
    expected = {path.stem for path in generate.default_target().glob("*.json")}
    assert {f"certificate-{name}" for name in expected} == set(certificates.available())
    assert {"certificate-erf", "certificate-relu", "certificate-prior"} <= set(certificates.available())


def test_a_committed_certificate_is_evidence_by_balls(monkeypatch):
    found = of_linear(monkeypatch, generate.default_target())
    assert found.status is Status.CERTIFIED, found
    assert found.residual <= CERTIFIED_AVERAGE
    assert "ulp" in found.detail


def test_an_edited_or_missing_module_fails(monkeypatch, tmp_path):
    for path in generate.default_target().glob("linear.*"):
        text = path.read_text(encoding="utf-8")
        (tmp_path / path.name).write_text(text.replace("def norm", "def  norm"), encoding="utf-8")
    found = of_linear(monkeypatch, tmp_path)
    assert found.status is Status.FALSE
    assert "linear.py: differs" in found.detail
    assert of_linear(monkeypatch, tmp_path / "nowhere").status is Status.UNKNOWN


def test_nothing_measured_is_unknown(monkeypatch):
    monkeypatch.setattr(certificates, "check_module", lambda target, module: ([], {}))
    assert of_linear(monkeypatch, generate.default_target()).status is Status.UNKNOWN


@pytest.mark.parametrize(("enclosed", "said"), [(False, "python-flint would enclose"), (True, "average of 1 formulas")])
def test_digits_make_a_certificate_numeric(monkeypatch, enclosed, said):
    by = {"average": "digits", "form": "balls" if enclosed else "digits"}
    measured = {"f": {"theory": {"F": {"average": "1e-30"}}, "transcription": {"F": {"bulk": {"ulp": 1.0}}}}}
    measured["f"]["by"] = {"F": by}
    monkeypatch.setattr(certificates, "check_module", lambda target, module: ([], measured))
    found = of_linear(monkeypatch, generate.default_target())
    assert (found.status, found.residual) == (Status.NUMERIC, 1e-30)
    assert said in found.detail
