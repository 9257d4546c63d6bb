"""Options that do not change a result: devices, memory, checkpoints."""

import json
import tracemalloc

import numpy as np
import pytest

from ndk_num import InputError, Network, solve
from ndk_num.arrays import place
from ndk_num.dynamics import prepare
from ndk_num.volterra import collocation, gradient_flow, panels, systems, trapezoid
from ndk_num.volterra.resources import OVERHEAD, memory
from tests.ndk_num.cases import unit
from tests.tolerances import SAME_SOLVE

NET = Network(depth=2, activation="relu", temperature=1e-3, sigma2=1.0, sigma02=0.5)
CASE = unit(inputs=60, features=20, tests=5)
SMALL = unit(inputs=10, features=20, tests=5)


def installed(library):
    return pytest.param(library, marks=[] if _there(library) else pytest.mark.skip(reason=f"{library} not installed"))


def _there(library) -> bool:
    try:
        place(library)
    except InputError:
        return False
    return True


@pytest.mark.parametrize("device", ["array_api_strict", installed("torch:cpu")])
@pytest.mark.parametrize("activation", ["relu", "erf"])
def test_another_library_gives_the_same_trajectory(device, activation, monkeypatch):
    """One implementation: by elimination and by iteration, compressed and not."""
    net = Network(depth=2, activation=activation, temperature=1e-3, sigma2=1.0, sigma02=0.5)
    for dense, case in ((0, CASE), (10**6, SMALL), (0, unit())):
        monkeypatch.setattr(systems, "_DENSE", dense)
        here, there = (solve(net, *case, horizon=100.0, rtol=1e-5, device=name) for name in (None, device))
        times = np.append(0.0, np.geomspace(1e-3, here.horizon, 50))
        assert np.abs(here.at(times).test - there.at(times).test).max() <= SAME_SOLVE
        assert np.abs(here.at(times).train - there.at(times).train).max() <= SAME_SOLVE


@pytest.mark.parametrize("device", ["tpu", "torch:nowhere", "numpy:1", 3, "array_api_strict:0"])
def test_devices_that_are_not_there(device):
    with pytest.raises(InputError, match=r"device|install"):
        solve(NET, *unit(), device=device)


@pytest.mark.parametrize(
    ("given", "bytes_"),
    [
        ("8 GB", 8e9),
        ("512MiB", 2**29),
        (1e6, 1e6),
        ("1.5kb", 1500.0),
        (np.int64(10**10), 1e10),
        (np.float32(1e6), 1e6),
        (10**400, np.inf),
    ],
)
def test_amounts_of_memory(given, bytes_):
    assert memory(given) == bytes_


@pytest.mark.parametrize("given", ["much", "-1 GB", 0, -5, float("nan"), "GB", True, [1]])
def test_amounts_of_memory_that_are_none(given):
    with pytest.raises(InputError, match="max_memory"):
        solve(NET, *unit(), max_memory=given)


def test_a_solve_that_does_not_fit_is_refused_before_its_work(monkeypatch):
    monkeypatch.setattr(panels.March, "run", lambda *arguments: pytest.fail("work was started"))
    with pytest.raises(InputError, match=r"60 training inputs need about .* MB and max_memory is 60.1 MB; raise it"):
        solve(NET, *CASE, max_memory="60.1 MB")


def test_the_estimate_of_memory_is_one():
    """What NumPy allocates at most, beside the estimate."""
    case = unit(inputs=250, features=40, tests=20)
    net = Network(depth=1, activation="relu", temperature=0.1)
    problem, _ = prepare(net, *case, None)
    tracemalloc.start()
    sol = solve(net, *case, rtol=1e-3)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    estimate = collocation.needed(problem, int(sol.stats["rank"]), 6)
    assert peak <= estimate <= 6 * peak + OVERHEAD


class Interrupt(BaseException):
    """Ctrl-C."""


@pytest.mark.parametrize("panels_done", [3, 17, 25])
def test_an_interrupted_solve_goes_on_where_it_was(tmp_path, panels_done):
    """In the first level and in the second; the result is that of an undisturbed solve."""
    file = tmp_path / "run.ckpt"
    calls = []

    def interrupted(fraction, message):
        calls.append(message)
        if len(calls) == panels_done:
            raise Interrupt

    with pytest.raises(Interrupt):
        solve(NET, *CASE, rtol=1e-5, progress=interrupted, checkpoint=file)
    assert file.exists()
    again = []
    resumed = solve(NET, *CASE, rtol=1e-5, progress=lambda *seen: again.append(seen), checkpoint=file)
    total = []
    whole = solve(NET, *CASE, rtol=1e-5, progress=lambda *seen: total.append(seen))
    assert not file.exists()
    assert np.array_equal(resumed.times, whole.times)
    assert np.abs(resumed.test - whole.test).max() <= SAME_SOLVE
    assert len(calls) + len(again) == len(total)


@pytest.mark.parametrize("name", ["file/run.ckpt", "missing/run.ckpt", ".", "loop", "n" * 300])
def test_a_checkpoint_that_cannot_be_written_is_refused_before_the_work(tmp_path, monkeypatch, name):
    """Below a file the finished solve was lost; a missing folder was found at the first save, hours later."""
    (tmp_path / "file").write_text("x")
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    monkeypatch.setattr(collocation, "separated", lambda *arguments: pytest.fail("work was started"))
    with pytest.raises(InputError, match="cannot write") as found:
        solve(NET, *unit(), checkpoint=tmp_path / name)
    assert "\n" not in str(found.value)
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["file", "loop"]


def test_a_result_survives_a_checkpoint_that_cannot_be_removed(tmp_path, monkeypatch):
    def refused(path, missing_ok=False):
        raise PermissionError(13, "Permission denied")

    def last(fraction, message):
        monkeypatch.setattr(type(tmp_path), "unlink", refused)  # the folder changed while the solve ran

    with pytest.warns(UserWarning, match=r"run\.ckpt cannot be removed: Permission denied"):
        sol = solve(NET, *unit(), horizon=1.0, rtol=1e-2, progress=last, checkpoint=tmp_path / "run.ckpt")
    assert np.isfinite(sol.test).all()


@pytest.mark.parametrize("damage", ["problem", "number", "distances", "stats", "march_v", "march_steps", "nodes"])
def test_a_checkpoint_with_something_missing_is_refused(tmp_path, damage):
    file, calls = tmp_path / "run.ckpt", []

    def interrupted(fraction, message):
        calls.append(message)
        if len(calls) == 25:
            raise Interrupt

    with pytest.raises(Interrupt):
        solve(NET, *CASE, rtol=1e-5, progress=interrupted, checkpoint=file)
    with np.load(file) as opened:
        data = dict(opened)
    about = json.loads(str(data.pop("about")))
    assert damage in about or damage in data
    kept = {name: array for name, array in data.items() if name != damage}
    about.pop(damage, None)
    with file.open("wb") as opened:
        np.savez(opened, about=np.array(json.dumps(about)), **kept)
    with pytest.raises(InputError, match="as a checkpoint"):
        solve(NET, *CASE, rtol=1e-5, checkpoint=file)


def test_checkpoints_of_other_problems_and_other_files_are_refused(tmp_path):
    file = tmp_path / "run.ckpt"

    def interrupted(fraction, message):
        raise Interrupt

    with pytest.raises(Interrupt):
        solve(NET, *CASE, progress=interrupted, checkpoint=file)
    with pytest.raises(InputError, match="another problem"):
        solve(NET, *CASE, rtol=1e-4, checkpoint=file)
    file.write_bytes(b"PK\x03\x04 something else")
    with pytest.raises(InputError, match="as a checkpoint"):
        solve(NET, *CASE, checkpoint=file)
    with pytest.raises(InputError, match="cannot write"):
        solve(NET, *unit(), progress=interrupted, checkpoint=tmp_path / "no" / "folder")


OTHERS = {  # methods without a device and without checkpoints
    "gradient_flow": Network(depth=2, activation="relu", temperature=0.0),
    "trapezoid": Network(depth=1, activation="erf", temperature=0.1),
}
QUICK = {"horizon": 2.0, "rtol": 1e-2}


@pytest.mark.parametrize("method", OTHERS)
@pytest.mark.parametrize("option", [{"device": "array_api_strict"}, {"checkpoint": "x.ckpt"}])
def test_methods_that_take_no_such_option_say_so(option, method, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match="takes no"):
        solve(OTHERS[method], *unit(), method=method, **option)


@pytest.mark.parametrize("method", [None, *OTHERS])
@pytest.mark.parametrize("option", [{"device": "numpy"}, {"max_memory": "8 GB"}, {"max_memory": np.int64(10**10)}])
def test_options_that_change_nothing_are_taken_by_every_method(option, method):
    """Gradient flow and the trapezoid refused the default device and any amount of memory."""
    net = OTHERS.get(method, NET)
    plain, other = (solve(net, *unit(), **QUICK, method=method, **options) for options in ({}, option))
    assert np.array_equal(plain.test, other.test)


@pytest.mark.parametrize("method", OTHERS)
def test_other_methods_refuse_what_does_not_fit_before_their_work(method, monkeypatch):
    module = {"gradient_flow": gradient_flow, "trapezoid": trapezoid}[method]
    for work in ("Flow", "on_nodes"):
        monkeypatch.setattr(module, work, None, raising=False)
    with pytest.raises(InputError, match=r"60 training inputs need about .* MB and max_memory is 60.4 MB; raise it"):
        solve(OTHERS[method], *CASE, method=method, max_memory="60.4 MB")


def test_the_trapezoid_refuses_more_steps_than_fit():
    case = unit()
    problem, _ = prepare(OTHERS["trapezoid"], *case, 2.0)
    between = (trapezoid.needed(problem, 400) + trapezoid.needed(problem, 800)) / 2
    with pytest.raises(InputError, match="larger rtol"):
        solve(OTHERS["trapezoid"], *case, horizon=2.0, rtol=1e-9, method="trapezoid", max_memory=between)


def test_gradient_flow_refuses_more_times_than_fit():
    case, y = unit(), np.random.default_rng(0).standard_normal((4, 1000))
    problem, _ = prepare(OTHERS["gradient_flow"], case.X, y, case.X_test, None)
    with pytest.raises(InputError, match="larger rtol"):
        solve(OTHERS["gradient_flow"], case.X, y, case.X_test, rtol=1e-12, max_memory=gradient_flow.needed(problem, 90))


@pytest.mark.parametrize(
    ("method", "sizes", "outputs"),
    [
        ("gradient_flow", (250, 20), 1),
        ("gradient_flow", (60, 1500), 1),
        ("gradient_flow", (20, 100), 200),
        ("trapezoid", (15, 10), 1),
        ("trapezoid", (4, 100), 200),
    ],
)
def test_their_estimates_of_memory_are_ones(method, sizes, outputs):
    inputs, tests = sizes
    case = unit(inputs=inputs, features=40, tests=tests)
    y = np.random.default_rng(0).standard_normal((inputs, outputs))
    problem, _ = prepare(OTHERS[method], case.X, y, case.X_test, 2.0)
    tracemalloc.start()
    sol = solve(OTHERS[method], case.X, y, case.X_test, **QUICK, method=method)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    module = {"gradient_flow": gradient_flow, "trapezoid": trapezoid}[method]
    estimate = module.needed(problem, int(sol.stats["nodes"]))
    assert peak <= estimate <= 6 * peak + OVERHEAD
