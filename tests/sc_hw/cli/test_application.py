"""The command: every help has an example that runs, every error is one line, `--json` is JSON."""

from __future__ import annotations

import re
import shlex
import shutil
import sys
from pathlib import Path

import pytest
from command_line import error_of, sc_hw, sc_hw_in_new_interpreter
from support import ROOT

from sc_driver.errors import LinkError
from sc_hw.cli import app, application
from sc_hw.errors import AuditError, BoardError, OutputError, ReportError, ToolError
from sc_model.packages import MissingPackageError
from sc_model.spec import ConfigError, load_design

COMMANDS = {
    command.name or command.callback.__name__: command
    for command in app.registered_commands
    if command.callback
}
ORDER = (
    "doctor",
    "new",
    "import",
    "evaluate",
    "elaborate",
    "audit",
    "registers",
    "bundle",
    "prove",
    "cosim",
    "waves",
    "estimate",
    "report",
    "bench",
    "boards",
)
# These need a board, minutes of place and route, or files of their own: other tests have them.
ELSEWHERE = ("price", "sweep", "run", "sim-board", "selftest", "fit", "build", "program", "demo")


def example(name: str) -> list[str]:
    found = re.fullmatch(r"Example: sc-hw (.*)", COMMANDS[name].epilog or "")
    assert found, f"help of {name} has no example"
    return shlex.split(found.group(1))


def test_every_command_is_known_here() -> None:
    assert set(COMMANDS) == {*ORDER, *ELSEWHERE}
    for name in ELSEWHERE:
        assert example(name)[0] == name


# Other tests have what these do, which takes long: their examples are run by `make soak`.
LONG = ("prove", "estimate", "bench", "evaluate")


@pytest.mark.parametrize(
    "left_out", [LONG, pytest.param((), marks=pytest.mark.soak)], ids=["short ones", "all"]
)
def test_examples_of_all_helps_run(tmp_path: Path, left_out: tuple[str, ...]) -> None:
    shutil.copy(ROOT / "examples" / "nir" / "digits_snn.nir", tmp_path)
    shutil.copy(ROOT / "examples" / "nir" / "digits_snn_test.npz", tmp_path / "digits.npz")
    for name in ORDER:
        assert f"sc-hw {' '.join(example(name))}" in " ".join(
            sc_hw(tmp_path, name, "--help").stdout.split()
        ), name
        if name in left_out:
            continue
        done = sc_hw(tmp_path, *example(name))
        assert done.returncode == 0, (name, done.stdout, done.stderr)
        assert "Traceback" not in done.stderr
    assert (tmp_path / "my_lane.toml").exists()
    assert (tmp_path / "digits_snn" / "digits_snn.toml").exists()
    reports = sorted(path.parent.name for path in tmp_path.glob("build/*/report.html"))
    assert len(reports) == 1


def test_the_program_starts(tmp_path: Path) -> None:
    """By an interpreter of its own, and not as the fork of a process that has all imports."""
    done = sc_hw_in_new_interpreter(tmp_path, "new", "a", "--block", "lane")
    assert (done.returncode, done.stderr) == (0, "")
    assert load_design(tmp_path / "a.toml").block == "lane"


@pytest.mark.soak
def test_the_example_of_the_demo_runs(tmp_path: Path) -> None:
    done = sc_hw(tmp_path, *example("demo"))
    assert done.returncode == 0, (done.stdout, done.stderr)
    assert len(list(tmp_path.glob("build/*/report.html"))) == 1


def write(folder: Path, text: str) -> None:
    (folder / "d.toml").write_text(text)


TABLES = (
    "Its tables are: [design], [rule], [layer], [neuron], [network], [clock], [readout], [encoder],"
    " [plastic], [learning], [hidden], [output], [recurrent], [host]."
)
GOOD = '[design]\nname = "d"\nblock = "lane"\n'


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("name = 1", f"a design file has no table [name]. {TABLES}"),
        (
            "[desing]\n",
            f"a design file has no table [desing]; did you mean 'design'? {TABLES}",
        ),
        (GOOD + "[rule]\nweight_bits = 0\n", "[rule] weight_bits must be >= 1, not 0."),
        (
            GOOD + "[rule]\nweigth_bits = 8\n",
            (
                "[rule] has no field 'weigth_bits'; did you mean 'weight_bits'? Its fields are:"
                " learning_shift, reward_bits, trace_bits, trace_decay_shift, weight_bits."
            ),
        ),
        (
            GOOD + 'fabric = "ice40"\n',
            (
                "[design] fabric must be one of ecp5, gatemate, generic, gowin, ice40_hx, ice40_up,"
                " xilinx7, not 'ice40'; did you mean 'ice40_up'?"
            ),
        ),
        (GOOD + 'synapses = "many"\n', "[design] synapses must be an integer, not 'many' (str)."),
        (
            GOOD + "synapses = 7\n",
            (
                "[design] synapses must be 1 for block 'lane', not 7; for many synapses use block ="
                ' "bank".'
            ),
        ),
    ],
)
def test_bad_design_file_is_one_error_and_leaves_nothing(
    tmp_path: Path, text: str, says: str
) -> None:
    write(tmp_path, text)
    assert error_of(sc_hw(tmp_path, "elaborate", "d.toml")) == f"error: {says}"
    assert [path.name for path in tmp_path.iterdir()] == ["d.toml"]


def test_other_errors(tmp_path: Path) -> None:
    says = "error: design file none.toml does not exist; `sc-hw new NAME` writes one."
    assert error_of(sc_hw(tmp_path, "prove", "none.toml")) == says
    assert sc_hw(tmp_path, "new", "d", "--block", "lane").returncode == 0
    says = "error: design file d.toml exists already; choose another name or remove it."
    assert error_of(sc_hw(tmp_path, "new", "d", "--block", "lane")) == says
    (tmp_path / "file").write_text("")
    done = sc_hw(tmp_path, "elaborate", "d.toml", "--build", "file")
    assert re.fullmatch(
        rf"error: output file/[0-9a-f]{{12}}/top.v in {re.escape(str(tmp_path))} can't be written:"
        r" Not a directory; choose another folder.",
        error_of(done),
    )
    (tmp_path / "r.npz").write_bytes(b"not an archive")
    done = sc_hw(tmp_path, "cosim", "d.toml", "--events", "r.npz")
    assert error_of(done).startswith("error: recording r.npz is no NumPy archive (.npz): ")
    assert (
        error_of(sc_hw(tmp_path, "report", "d.toml", "--recording", "none.npz"))
        == "error: recording none.npz does not exist."
    )
    assert not list(tmp_path.glob("build/*/report.*"))


def test_missing_tool_is_one_error_with_the_command_that_mends_it(tmp_path: Path) -> None:
    sc_hw(tmp_path, "new", "d", "--block", "lane")
    empty = tmp_path / "empty"
    empty.mkdir()
    done = sc_hw(tmp_path, "cosim", "d.toml", PATH=str(empty))
    assert error_of(done) == "error: g++ 9 or newer is needed, found none; apt-get install g++"
    assert done.returncode == 3
    assert not (tmp_path / "build").exists()


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ConfigError("a [b]"), 2),
        (OutputError("a [b]"), 2),
        (ReportError("a [b]"), 2),
        (AuditError("a [b]"), 1),
        (ToolError("a [b]"), 3),
        (BoardError("a [b]"), 1),
        (LinkError("a [b]"), 2),
        (MissingPackageError("a [b]"), 3),
    ],
    ids=lambda value: type(value).__name__,
)
def test_exit_codes(
    error: Exception,
    code: int,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def fail(**_: object) -> None:
        raise error

    monkeypatch.setattr(application, "app", fail)
    with pytest.raises(SystemExit) as end:
        application.main()
    assert end.value.code == code
    assert capsys.readouterr().err == "error: a [b]\n"


def test_a_broken_plugin_is_named_unless_the_error_is_about_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Also where the command went well; `doctor` lists them itself."""
    monkeypatch.setattr(application, "loaded_problems", lambda: ["plug-in a is bad.", "b is bad."])
    monkeypatch.setattr(application, "app", lambda **_: None)
    monkeypatch.setattr(sys, "argv", ["sc-hw", "boards"])
    application.main()
    assert capsys.readouterr().err == "warning: plug-in a is bad.\nwarning: b is bad.\n"
    monkeypatch.setattr(sys, "argv", ["sc-hw", "doctor"])
    application.main()
    assert capsys.readouterr().err == ""

    def fail(**_: object) -> None:
        raise ConfigError("there is none. plug-in a is bad.")

    monkeypatch.setattr(application, "app", fail)
    monkeypatch.setattr(sys, "argv", ["sc-hw", "boards"])
    with pytest.raises(SystemExit):
        application.main()
    lines = "warning: b is bad.\nerror: there is none. plug-in a is bad.\n"
    assert capsys.readouterr().err == lines


def test_an_interrupt_reaches_the_entry_point(monkeypatch: pytest.MonkeyPatch) -> None:
    """`sc_hw.cli.main` says the line; see test_interrupts.py. typer makes an exit code of it."""

    def interrupt(**_: object) -> int:
        return 130

    monkeypatch.setattr(application, "app", interrupt)
    with pytest.raises(KeyboardInterrupt):
        application.main()


def test_a_working_folder_that_is_gone(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    here = Path.cwd()
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    try:
        with pytest.raises(SystemExit) as end:
            application.main()
    finally:
        monkeypatch.chdir(here)
    assert end.value.code == 2
    assert capsys.readouterr().err == (
        "error: the working folder can't be used: No such file or directory; change to another"
        " folder.\n"
    )
