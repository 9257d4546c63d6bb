"""The command `ndk`: what it prints, what it writes, and one line with exit code 2 for every mistake."""

import json
import signal
import subprocess
import sys
from importlib.metadata import EntryPoint, entry_points

import click
import numpy as np
import pytest
import xarray
from click.testing import CliRunner

import ndk_num.cli
from ndk_num import AccuracyWarning, GeneratedCodeError, InputError, Trajectory
from ndk_num.cli import main
from ndk_num.cli import run as run_module

SMALL = {
    "--data": "synthetic:4",
    "--depth": "1",
    "--activation": "erf",
    "--temperature": "0.05",
    "--sigma2": "1",
    "--sigma02": "0.5",
}
FAST = ("--rtol", "1e-4")


def ndk(*arguments):
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def solve_arguments(**changes):
    options = SMALL | {f"--{name.replace('_', '-')}": str(value) for name, value in changes.items()}
    return ("solve", *(part for pair in options.items() for part in pair))


def assert_one_line_error(result, code=2):
    """The contract for a user's mistake; `result.exception` other than SystemExit would be a traceback."""
    assert result.exit_code == code
    assert isinstance(result.exception, SystemExit)
    assert result.stdout == ""
    assert result.stderr.startswith("Error: ") and result.stderr.count("\n") == 1, result.stderr
    assert "Traceback" not in result.stderr


# The group


def with_commands(monkeypatch, **callbacks):
    """Replace the entry points by commands that do what a test needs."""
    commands = {name: click.Command(name, callback=callback) for name, callback in callbacks.items()}

    class Point:
        def __init__(self, name):
            self.name, self.value = name, name

        def load(self):
            return commands[self.name]

    monkeypatch.setattr(ndk_num.cli, "entry_points", lambda group: [Point(name) for name in commands])


def raising(error):
    def callback():
        raise error

    return callback


def test_help_lists_every_entry_point_with_one_line():
    result = ndk("--help")
    names = [point.name for point in entry_points(group="ndk.commands")]
    assert result.exit_code == 0 and {"solve", "report", "verify"} <= set(names)
    listed = {line.split()[0]: line.split()[1:] for line in result.stdout.split("Commands:")[1].splitlines() if line}
    assert set(names) <= set(listed) and all(listed[name] for name in names)


@pytest.mark.parametrize("name", [point.name for point in entry_points(group="ndk.commands")])
def test_every_command_can_be_loaded(name):
    result = ndk(name, "--help")
    assert result.exit_code == 0, result.exception
    assert "Usage:" in result.stdout


def test_no_arguments_print_the_help():
    assert ndk().exit_code == 0
    assert "Commands:" in ndk().stdout


def test_a_command_that_cannot_be_imported_shows_its_own_error(monkeypatch):
    broken = EntryPoint("broken", "ndk_num.no_such_module:command", "ndk.commands")
    monkeypatch.setattr(ndk_num.cli, "entry_points", lambda group: [broken])
    assert "cannot be loaded: ModuleNotFoundError" in " ".join(ndk("--help").stdout.split())
    for arguments in (["broken"], ["broken", "--json", "x"]):
        assert isinstance(ndk(*arguments).exception, ModuleNotFoundError)


def test_something_else_than_a_command_is_reported(monkeypatch):
    monkeypatch.setattr(ndk_num.cli, "entry_points", lambda group: [EntryPoint("odd", "math:pi", "ndk.commands")])
    assert isinstance(ndk("odd").exception, TypeError)


@pytest.mark.parametrize("arguments", [["nothing"], ["--nothing"], ["solve", "--nothing"], ["solve"]])
def test_usage_errors(arguments):
    assert_one_line_error(ndk(*arguments))


def test_mistakes_are_one_line(monkeypatch):
    class Foreign(ValueError):
        pass

    Foreign.__name__ = "InputError"  # another package's class of that name
    with_commands(
        monkeypatch,
        own=raising(InputError("first\nsecond")),
        foreign=raising(Foreign("given, allowed")),
        edited=raising(GeneratedCodeError("edited by hand; run `ndk generate`")),
        file=raising(FileNotFoundError(2, "No such file or directory", "/nowhere")),
    )
    for name in ("own", "foreign", "edited", "file"):
        assert_one_line_error(ndk(name))
    assert "first second" in ndk("own").stderr and "/nowhere" in ndk("file").stderr


@pytest.mark.parametrize("error", [ValueError("a defect"), RuntimeError("a defect"), OSError("a defect")])
def test_defects_keep_their_traceback(monkeypatch, error):
    with_commands(monkeypatch, defect=raising(error))
    assert ndk("defect").exception is error


def test_interruption_exits_130(monkeypatch):
    with_commands(monkeypatch, long=raising(KeyboardInterrupt()))
    result = ndk("long")
    assert result.exit_code == 130 and "Traceback" not in result.output


def test_warnings_are_one_line(monkeypatch):
    import warnings

    with_commands(monkeypatch, warn=lambda: warnings.warn(AccuracyWarning("not quite"), stacklevel=1))
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        assert ndk("warn").stderr == "Warning: not quite\n"


def test_exit_code_of_a_command_is_kept(monkeypatch):
    def leave():
        raise click.exceptions.Exit(1)

    with_commands(monkeypatch, leave=leave, fine=lambda: None)
    assert (ndk("leave").exit_code, ndk("fine").exit_code) == (1, 0)


def test_a_real_interrupt_ends_a_real_process():
    """Ctrl-C in the middle of a long computation: 130 and no traceback."""
    code = (
        "import signal, sys, time\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"  # a shell's background jobs ignore it
        "from ndk_num.cli import main, run\n"
        "run.perform = lambda *_, **__: (print('computing', flush=True), time.sleep(60))\n"
        f"main({list(solve_arguments())!r})\n"
    )
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "computing\n"
    process.send_signal(signal.SIGINT)
    _, stderr = process.communicate(timeout=30)
    assert process.returncode == 130 and stderr.strip() == "Interrupted."


# ndk solve


def test_solve_prints_phases_equilibria_and_stopping_time():
    result = ndk(*solve_arguments(), *FAST)
    assert result.exit_code == 0, result.output
    for word in ("gradient-driven", "crossover", "diffusive", "NTK", "NNGP", "Optimal stopping", "error estimate"):
        assert word in result.stdout
    for word in ("1 − 1/e of the way", "where 1 % of the distance is left", "test 1 is", "beyond NNGP at t ="):
        assert word in result.stdout
    assert result.stderr == ""


def test_solve_json_is_one_object_that_agrees_with_the_library():
    result = ndk(*solve_arguments(), *FAST, "--json")
    content = json.loads(result.stdout, parse_constant=pytest.fail)
    assert result.stdout.count("\n") == 1
    assert content["network"]["sigma02"] == 0.5 and content["horizon"] == 200.0
    assert content["phases"]["diffusive"] == 20.0
    nngp = content["equilibria"]["nngp"]
    np.testing.assert_allclose(content["final"]["test"], nngp["test"], atol=1e-3)  # e^{−10} from equilibrium
    assert nngp["test_error"] == pytest.approx((nngp["test"][0] - 1) ** 2)
    assert content["optimal_stopping"]["error"] <= content["final"]["test_error"]
    assert content["optimal_stopping"]["phase"] == "diffusive"
    assert content["phases"]["gradient"] < content["phases"]["crossover"] == content["relaxation"]["start"]
    assert content["relaxation"]["gap"] == pytest.approx(abs(content["equilibria"]["ntk"]["test"][0] - nngp["test"][0]))
    assert content["relaxation"]["overshoot"]["amount"] > 0
    assert content["error_estimate"] <= 1e-4


def test_a_part_may_learn_alone():
    content = json.loads(ndk(*solve_arguments(learning="readout"), *FAST, "--json").stdout)
    whole = json.loads(ndk(*solve_arguments(), *FAST, "--json").stdout)
    assert (content["learning"], whole["learning"]) == ("readout", "all")
    np.testing.assert_allclose(content["final"]["test"], content["equilibria"]["nngp"]["test"], atol=1e-3)
    assert content["final"]["test"][0] < whole["final"]["test"][0] - 0.02
    assert "the readout learning alone" in ndk(*solve_arguments(learning="readout"), *FAST).stdout


def test_solve_json_of_gradient_flow_has_no_infinity():
    content = json.loads(ndk(*solve_arguments(temperature=0), *FAST, "--json").stdout, parse_constant=pytest.fail)
    assert content["phases"]["diffusive"] is None and content["relaxation"]["reached"] is None


def test_solve_writes_trajectory_and_figure(tmp_path):
    out, plot = tmp_path / "run.nc", tmp_path / "run.png"
    result = ndk(*solve_arguments(), *FAST, "--out", out, "--plot", plot, "--json")
    content = json.loads(result.stdout)
    assert content["files"] == {"out": str(out), "plot": str(plot)}
    loaded = Trajectory.load(out)
    np.testing.assert_allclose(loaded.at([loaded.horizon]).test[0], content["final"]["test"], rtol=1e-12)
    with xarray.open_dataset(out, engine="h5netcdf") as opened:
        assert opened.sizes["train"] == 4
    assert plot.read_bytes().startswith(b"\x89PNG")


def test_solve_own_file_with_several_outputs_and_no_labels(tmp_path):
    path = tmp_path / "own.npz"
    np.savez(path, X=np.eye(3), y=np.eye(3)[:, :2], X_test=np.ones((1, 3)))
    result = ndk(*solve_arguments(data=path), *FAST)
    assert result.exit_code == 0 and "test 1, output 2" in result.stdout and "no test labels" in result.stdout


def test_raw_norms_and_method_reach_the_solver():
    scaled = json.loads(ndk(*solve_arguments(data="faces", per_class=3), *FAST, "--json").stdout)
    raw = json.loads(ndk(*solve_arguments(data="faces", per_class=3), *FAST, "--json", "--raw-norms").stdout)
    assert raw["phases"]["fastest"] > 2 * scaled["phases"]["fastest"]
    baseline = json.loads(ndk(*solve_arguments(), "--rtol", "1e-2", "--method", "trapezoid", "--json").stdout)
    assert baseline["stats"]["method"] == "trapezoid"


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"data": "cifar"}, "synthetic"),
        ({"data": "synthetic:5"}, "even"),
        ({"data": "mnist:1,1"}, "twice"),
        ({"data": "/nowhere/data.npz"}, "does not exist"),
        ({"data": "mnist:0,1", "per_class": 500}, "at most 499"),
        ({"per_class": 0}, "per_class"),
        ({"seed": -1}, "seed"),
        ({"depth": 0}, "depth"),
        ({"depth": "two"}, "depth"),
        ({"activation": "tanhh"}, "relu"),
        ({"temperature": -1}, "temperature"),
        ({"temperature": "nan"}, "temperature"),
        ({"sigma2": 0}, "sigma2"),
        ({"sigma02": "inf"}, "sigma02"),
        ({"horizon": 0}, "horizon"),
        ({"horizon": "inf"}, "horizon"),
        ({"rtol": 0}, "rtol"),
        ({"rtol": 2}, "rtol"),
        ({"method": "euler"}, "trapezoid"),
        ({"learning": "some"}, "readout"),
        ({"plot": "figure.doc"}, "png"),
        ({"plot": "figure"}, "png"),
        ({"out": "/nowhere/run.nc"}, "--out"),
        ({"plot": "/nowhere/run.png"}, "--plot"),
        ({"out": "/"}, "--out"),
        ({"out": 300 * "a"}, "--out"),
    ],
)
def test_solve_mistakes(changes, word):
    result = ndk(*solve_arguments(**changes))
    assert_one_line_error(result)
    assert word in result.stderr


def test_outputs_are_checked_before_the_computation(monkeypatch, tmp_path):
    monkeypatch.setattr(run_module, "perform", lambda *_, **__: pytest.fail("computed"))
    for option, name in (("--out", "run.nc"), ("--plot", "run.png"), ("--plot", "run.doc")):
        assert_one_line_error(ndk(*solve_arguments(), option, tmp_path / "missing" / name))


def test_checking_an_output_leaves_no_file_and_keeps_an_old_one(tmp_path):
    old = tmp_path / "old.nc"
    old.write_bytes(b"precious")
    assert_one_line_error(ndk(*solve_arguments(data="nothing"), "--out", old, "--plot", tmp_path / "new.png"))
    assert old.read_bytes() == b"precious" and [path.name for path in tmp_path.iterdir()] == ["old.nc"]


def test_progress_bar_shows_only_to_somebody_who_waits(monkeypatch, capsys):
    from ndk_num.cli import progress

    monkeypatch.setattr(progress, "PATIENCE", 0.0)
    with progress.ProgressBar("solving") as bar:
        bar(0.5, "half")
    assert capsys.readouterr().err == ""
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    with progress.ProgressBar("solving") as bar:
        bar(0.5, "half")
    shown = capsys.readouterr()
    assert "solving" in shown.err and "half" in shown.err and shown.out == ""
