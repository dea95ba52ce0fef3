"""`sc-hw run` and `selftest`: options go to the stage, and what is printed of its answer; and what
a user sees of a port or board that is not the right one, from the commands as from `Device`.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import pty
import re
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from device_designs import LAYER
from link_responder import Responder
from port_responder import PortResponder
from register_model import LayerRegisters, manifest_of_design
from serial.tools import list_ports
from support import ROOT
from typer.testing import CliRunner

from sc_driver.board import build_on
from sc_driver.errors import LinkError
from sc_hw import Device
from sc_hw.boards import Board
from sc_hw.build.elaborate import Build, elaborate
from sc_hw.build.naming import build_id
from sc_hw.cli import app
from sc_hw.cli.application import main
from sc_hw.cli.devices import _view
from sc_hw.simulation import running, selftest
from sc_hw.simulation.board import top
from sc_hw.simulation.board.pseudo_terminal import PseudoTerminal
from sc_hw.simulation.running import Progress
from sc_model.spec import ConfigError, Design, load_design

LANE = str(ROOT / "examples" / "lane.toml")
LEARNED = Progress(10, 20, 3, 0.125, {"reward": -1.5}, 1, 900, 400.25, [0, 1, 80, 40], {})
NOTHING_LEARNS = Progress(20, 20, None, None, {}, None, None, None, [], {})


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    made: list[dict[str, Any]] = []

    def run_design(design: Path, on: str, **options: Any) -> Any:
        made.append({"design": design, "on": on, **options})
        return iter([LEARNED, NOTHING_LEARNS])

    monkeypatch.setattr(running, "run_design", run_design)
    return made


def test_run_prints_a_line_for_each_portion(calls: list[dict[str, Any]]) -> None:
    done = CliRunner().invoke(app, ["run", LANE])
    assert done.exit_code == 0, done.output
    assert done.stdout.splitlines() == [
        "step 10 of 20; 3 spikes, 0.1250 a neuron and step; mean reward -1.50; weights 1 to 900,"
        " mean 400.2",
        "step 20 of 20",
    ]
    (call,) = calls
    assert (call["on"], call["steps"], call["seed"]) == ("model", None, 1)
    assert (call["events"], call["baud"]) == (None, None)


def test_run_as_json_is_the_end_of_the_run(calls: list[dict[str, Any]]) -> None:
    options = ["--on", "/dev/ttyUSB1", "--steps", "20", "--seed", "3", "--baud", "9600"]
    done = CliRunner().invoke(app, ["run", LANE, *options, "--events", "e.npz", "--json"])
    assert json.loads(done.stdout) == NOTHING_LEARNS.as_json()
    (call,) = calls
    assert (call["on"], call["steps"], call["seed"]) == ("/dev/ttyUSB1", 20, 3)
    assert (call["events"], call["baud"]) == (Path("e.npz"), 9600)


def test_histogram_for_a_terminal() -> None:
    # eight heights, rounded up: a bin with one weight of 80 is seen, an empty one is not
    assert _view(LEARNED).plain.splitlines() == [
        "step 10 of 20",
        "3 spikes, 0.1250 a neuron and step",
        "mean reward -1.50",
        "weights 1 to 900, mean 400.2",
        "       1 | ▁█▄| 900",
    ]
    assert _view(NOTHING_LEARNS).plain == "step 20 of 20"
    layers = {"hidden": [0, 1, 40, 40], "output": [0, 0, 40, 0]}
    assert _view(replace(LEARNED, layers=layers)).plain.splitlines()[-2:] == [
        "  hidden | ▁██|",
        "  output |  █ |",
    ]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["sim-board", LANE, "--board", "arty"], "board must be one of"),
        (["build", "my_rule.py", "--board", "icebreaker"], "is a rule; give its design, my_rule.t"),
    ],
)
def test_what_boards_do_not_run_is_refused_before_anything_is_made(
    arguments: list[str], message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(app, arguments)
    assert isinstance(done.exception, ConfigError)
    assert message in str(done.exception)
    assert "elaborating" not in done.output
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "option",
    [("--steps", "0"), ("--steps", "10000001"), ("--seed", "-1"), ("--baud", "299")],
    ids=" ".join,
)
def test_option_out_of_range(option: tuple[str, str], calls: list[dict[str, Any]]) -> None:
    done = CliRunner().invoke(app, ["run", LANE, *option])
    assert (done.exit_code, calls) == (2, [])
    assert option[0] in done.stderr


@pytest.mark.parametrize("passed", [True, False])
def test_selftest(passed: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    first = "" if passed else "word 10, weight: 5, not 4"
    space = {"words": 27, "wrong": int(not passed), "first": first}
    report = {
        "tests": {
            "link": {"passed": True, "requests": 12},
            "memories": {"passed": passed, "spaces": {"layer.synapse": space}},
            "clock": {"passed": None, "reason": "no adapter", "mhz": 1.5},
        },
        "passed": passed,
        "file": "build/abc/selftest.json",
    }
    calls: list[Any] = []

    def tested(port: str, design: Path | None, **options: Any) -> dict[str, Any]:
        calls.append((port, design, options["steps"], options["seed"], options["baud"]))
        return report

    monkeypatch.setattr(selftest, "selftest", tested)
    done = CliRunner().invoke(app, ["selftest", "/dev/ttyUSB1"])
    assert done.exit_code == int(not passed)
    word = "passed" if passed else "FAILED"
    assert done.stdout.splitlines() == [
        "link      passed requests 12",
        f"memories  {word}",
        "          layer.synapse: 27 words, "
        + ("0 wrong" if passed else "1 wrong, word 10, weight: 5, not 4"),
        "clock     not judged reason no adapter, mhz 1.5",
        f"{word}: build/abc/selftest.json",
    ]
    done = CliRunner().invoke(app, ["selftest", "sim-board", LANE, "--steps", "7", "--json"])
    assert (json.loads(done.stdout), done.exit_code) == (report, int(not passed))
    assert calls == [
        ("/dev/ttyUSB1", None, 10_000, 1, None),
        ("sim-board", Path(LANE), 7, 1, None),
    ]


# --- a port or board that is not the right one: the whole line ------------------------------------

HOLD = (
    "import fcntl, os, sys, tty\n"
    "port = os.open(sys.argv[1], os.O_RDWR | os.O_NOCTTY)\n"
    "fcntl.flock(port, fcntl.LOCK_EX | fcntl.LOCK_NB)\n"
    "print(flush=True)\n"
    "sys.stdin.read()\n"
)
linux = pytest.mark.skipif(sys.platform != "linux", reason="pseudo-terminals and locks of Linux")


def said(
    port: str, design: Design | None, monkeypatch: pytest.MonkeyPatch, root: Path
) -> tuple[str, str]:
    """What `Device.open` (or the driver, without a design) says, and what the command prints."""
    given = [] if design is None else [str(elaborate(design.behind("uart"), root).folder)]
    with pytest.raises(LinkError) as caught:
        used(port, given[0] if given else None)
    errors = io.StringIO()
    with monkeypatch.context() as patch, contextlib.redirect_stderr(errors):
        patch.setattr("sys.argv", ["sc-hw", "selftest", port, *given, "--build", str(root)])
        with pytest.raises(SystemExit) as end:
            main()
    assert end.value.code == 2
    lines = [line for line in errors.getvalue().splitlines(True) if not line.startswith("... ")]
    return str(caught.value), "".join(lines)


def used(port: str, folder: str | None) -> None:
    """Use a board until something fails."""
    if folder is None:
        build_on(port)
        return
    with Device.open(folder, port) as device:
        while True:
            device.state()


def ports_here() -> str:
    return ", ".join(sorted(port.device for port in list_ports.comports())) or "none"


@linux
def test_port_that_is_none(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("")
    for port, text in (
        ("/dev/nothing", f"There is no port /dev/nothing; ports of this machine: {ports_here()}."),
        (str(file), f"{file} is no serial port; ports of this machine: {ports_here()}."),
        ("/dev/null", f"/dev/null is no serial port; ports of this machine: {ports_here()}."),
        (str(tmp_path), f"{tmp_path} is no serial port; ports of this machine: {ports_here()}."),
    ):
        assert said(port, None, monkeypatch, tmp_path) == (text, f"error: {text}\n")


@linux
def test_port_that_another_process_holds(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with (
        PortResponder(bytes) as port,
        subprocess.Popen(
            [sys.executable, "-S", "-c", HOLD, port.name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        ) as holder,
    ):
        assert holder.stdout is not None
        holder.stdout.readline()
        text = f"Port {port.name} is used by another program; end that one."
        assert said(port.name, None, monkeypatch, tmp_path) == (text, f"error: {text}\n")
        holder.communicate()


@linux
def test_port_of_somebody_else(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A user's own process, for root may open everything."""
    port = tmp_path / "port"
    port.write_text("")
    port.chmod(0)
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        try:
            if os.geteuid() == 0:
                os.setuid(65_534)  # nobody
            os.write(writing, "|".join(said(str(port), None, monkeypatch, tmp_path)).encode())
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as answer:
        found = answer.read().split("|")
    os.waitpid(child, 0)
    text = (
        f"Port {port} may not be opened by this user; add yourself to the group that owns it (often"
        " dialout: `sudo usermod -aG dialout $USER`, then log in anew), or give it to you by a rule"
        " of udev."
    )
    assert found == [text, f"error: {text}\n"]


@linux
def test_board_that_is_not_the_right_one(monkeypatch: pytest.MonkeyPatch, builds: Path) -> None:
    other = load_design(ROOT / "examples" / "lane.toml")
    own, foreign = build_id(LAYER.behind("uart")), build_id(other.behind("uart"))
    for register, value, protocol, text in (
        (
            "MAGIC",
            7,
            1,
            "What answers on {port} is no board of sc-hw: its first register is 0x00000007, not"
            " 0x53434857; is it the right port?",
        ),
        (
            "PROTOCOL",
            0x30002,
            1,
            "The board on {port} has registers of version 2, this driver is for version 1; use the"
            " sc-hw that the board was built with.",
        ),
        (
            "",
            0,
            2,
            "The board on {port} speaks version 2 of the link (magic 0x53434857), this driver"
            " version 1 (magic 0x53434857); use the sc-hw that the board was built with.",
        ),
        (
            "",
            0,
            1,
            f"The board on {{port}} runs another design's bitstream: build {own}, not {foreign} of"
            f" 'lane'; program it, or take the manifest of build {own}.",
        ),
    ):
        registers = LayerRegisters(LAYER, manifest_of_design(LAYER))
        registers.values[register] = value
        with PortResponder(Responder(registers, protocol=protocol)) as port:
            wanted = text.format(port=port.name)
            assert said(port.name, other, monkeypatch, builds) == (wanted, f"error: {wanted}\n")


@linux
def test_board_that_is_unplugged_on_the_way(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], builds: Path
) -> None:
    manifest = manifest_of_design(LAYER)
    folder = str(elaborate(LAYER.behind("uart"), builds).folder)

    def plugged() -> PortResponder:
        responder = Responder(LayerRegisters(LAYER, manifest))
        return PortResponder(responder, pulled_after=300)

    with plugged() as port, pytest.raises(LinkError) as caught:
        used(port.name, folder)
    text = "Port {} is gone; was it unplugged? Plug it in and open it again."
    assert str(caught.value) == text.format(port.name)
    with plugged() as port:
        monkeypatch.setattr("sys.argv", ["sc-hw", "selftest", port.name, folder])
        with pytest.raises(SystemExit) as end:
            main()
    assert end.value.code == 2
    assert capsys.readouterr().err.splitlines()[-1] == f"error: {text.format(port.name)}"


# --- in a terminal --------------------------------------------------------------------------------


def in_a_terminal(*arguments: str, interrupted_after: bytes = b"") -> tuple[int, str, list[int]]:
    """A command in a terminal of its own.

    `interrupted_after`: Ctrl-C is typed when that has been printed. Returns the exit status, all
    that was printed, and the processes that the command had started by then.
    """
    child, terminal = pty.fork()
    if not child:
        os.execve(
            sys.executable,
            [sys.executable, "-m", "sc_hw.cli", *arguments],
            {**os.environ, "TERM": "xterm-256color", "COLUMNS": "100", "LINES": "30"},
        )
    printed, started = b"", []
    while True:
        try:
            printed += os.read(terminal, 4096)
        except OSError:  # the command has ended
            break
        if interrupted_after and not started and interrupted_after in printed:
            tasks = Path(f"/proc/{child}/task")
            started = [
                int(n) for t in tasks.iterdir() for n in (t / "children").read_text().split()
            ]
            os.write(terminal, b"\x03")
    _, status = os.waitpid(child, 0)
    os.close(terminal)
    return os.waitstatus_to_exitcode(status), printed.decode(), started


@linux
def test_run_in_a_terminal_is_one_view_that_changes() -> None:
    layer = str(ROOT / "examples" / "verilog_testbench" / "layer.toml")
    status, printed, _ = in_a_terminal("run", layer, "--steps", "40")
    assert status == 0
    rows = (
        r"step (\d+) of 40",
        r"\d+ spikes, [\d.]+ a neuron and step",
        r"mean reward -?[\d.]+",
        r"weights \d+ to \d+, mean [\d.]+",
        r" +\d+ \|[ ▁▂▃▄▅▆▇█]+\| \d+",
    )
    frames = re.findall("\r\n".join(rows), printed)
    assert frames[-1] == "40"
    # each further one is drawn over the one before: up and cleared, row by row
    assert printed.count("\x1b[2K" + "\x1b[1A\x1b[2K" * (len(rows) - 1)) == len(frames) - 1 > 0
    assert printed.count("\x1b[?25l") == printed.count("\x1b[?25h")  # the cursor is back


@pytest.mark.soak
@linux
def test_ctrl_c_ends_a_simulated_board_and_all_that_it_has_started(tmp_path: Path) -> None:
    status, printed, started = in_a_terminal(
        "sim-board", LANE, "--build", str(tmp_path), interrupted_after=b" baud"
    )
    assert status == 0, printed
    assert "Traceback" not in printed
    assert started
    deadline = time.monotonic() + 20
    while any(Path(f"/proc/{process}").exists() for process in started):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_sim_board_takes_a_board(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    made: list[Any] = []
    build = Build(load_design(LANE), "abc", tmp_path, {})

    class Port:
        name, baud = "/dev/pts/9", 9600

        def __enter__(self) -> None:
            made.append("opened")

        def __exit__(self, *_: object) -> None:
            made.append("pulled")

        def disturb(self, noise: float) -> None:
            made.append(noise)

        def join(self) -> None:
            raise KeyboardInterrupt

    def of_build(folder: Path, **options: Any) -> Port:
        made.append((folder, options))
        return Port()

    def simulated(design: Design, board: Board, root: Path) -> tuple[Build, Path]:
        made.append((design.name, board.name))
        return build, tmp_path / "top.v"

    monkeypatch.setattr(top, "simulated_board", simulated)
    monkeypatch.setattr(PseudoTerminal, "of_build", of_build)
    done = CliRunner().invoke(app, ["sim-board", LANE, "--board", "ulx3s-25f", "--noise", "0.01"])
    assert (done.exit_code, done.stdout) == (0, "lane, build abc: /dev/pts/9 at 9600 baud\n")
    options = {"real_time": False, "board": tmp_path / "top.v"}
    assert made == [("lane", "ulx3s-25f"), (tmp_path, options), "opened", 0.01, "pulled"]
    done = CliRunner().invoke(app, ["sim-board", LANE, "--board", "ulx4s"])
    assert isinstance(done.exception, ConfigError)
    assert str(done.exception).startswith("board must be one of arty-a7-35t, ")


def test_run_sets_parameters(calls: list[dict[str, Any]]) -> None:
    done = CliRunner().invoke(app, ["run", LANE, "--set", "rate=3", "--set", "gain=-1"])
    assert done.exit_code == 0, done.output
    assert calls[0]["settings"] == {"rate": 3, "gain": -1}


def test_a_setting_that_is_no_number_is_refused(calls: list[dict[str, Any]]) -> None:
    done = CliRunner().invoke(app, ["run", LANE, "--set", "rate"])
    assert isinstance(done.exception, ConfigError)
    assert str(done.exception) == "--set must be NAME=INTEGER, not 'rate'."
    assert calls == []
