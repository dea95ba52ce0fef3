"""Ctrl-C: the line, exit status 130, and no child left, whatever the command does just then."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from time import monotonic, sleep

import pytest
from support import ROOT

LINE = "interrupted; what had been finished is kept"
LIMIT_S = 20  # an interrupted command ends within 2 s; this is where a test gives up
# Sends itself an interrupt when a module is looked for, and then runs the command.
IN_AN_IMPORT = """
import os, signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
sys.path.insert(0, {root!r})
class Finder:
    def find_spec(self, name, path, target=None):
        if name == {module!r}:
            os.kill(os.getpid(), signal.SIGINT)
sys.meta_path.insert(0, Finder())
sys.argv = ["sc-hw", "elaborate", {design!r}, "--build", "build"]
from sc_hw.cli import main
main()
"""


def _interruptible() -> None:
    """A test run in the background of a shell ignores interrupts, and so would its children."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def marked(mark: str) -> list[str]:
    """Command lines of processes with a text in their environment."""
    found = []
    for place in Path("/proc").glob("[0-9]*"):
        try:
            if mark.encode() in (place / "environ").read_bytes():
                found.append((place / "cmdline").read_text().replace("\0", " "))
        except OSError:
            continue
    return found


@pytest.mark.parametrize(
    "module", ["sc_hw.cli.interrupts", "typer", "pydantic", "sc_hw.build.elaborate", "amaranth.hdl"]
)
def test_while_modules_are_imported(tmp_path: Path, module: str) -> None:
    design = str(ROOT / "examples" / "lane.toml")
    code = IN_AN_IMPORT.format(root=str(ROOT), module=module, design=design)
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, timeout=LIMIT_S
    )
    assert (done.returncode, done.stderr.splitlines()[-1:]) == (130, [LINE]), done
    assert "Traceback" not in done.stderr
    assert not list(tmp_path.glob("build/*"))


def test_what_raises_it_without_an_interrupt_gets_the_line_too() -> None:
    # a plug-in may do so on its import
    code = (
        "import sys, types\n"
        "def run(): raise KeyboardInterrupt\n"
        "sys.modules['sc_hw.cli.application'] = types.SimpleNamespace(main=run)\n"
        "from sc_hw.cli import main\n"
        "main()\n"
    )
    command = [sys.executable, "-c", code, "boards"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=LIMIT_S)
    assert (done.returncode, done.stderr.splitlines()) == (130, [LINE])


@pytest.mark.parametrize(
    ("arguments", "status"), [(["--version"], 0), (["elaborate", "no_such_file.toml"], 2)]
)
def test_behind_the_end_of_a_command_it_changes_nothing(
    tmp_path: Path, arguments: list[str], status: int
) -> None:
    code = (
        "import atexit, os, signal, sys\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        f"sys.path.insert(0, {str(ROOT)!r})\n"
        f"sys.argv = {['sc-hw', *arguments]!r}\n"
        "class Last:\n"
        "    def __del__(self, kill=os.kill, me=os.getpid(), number=signal.SIGINT):\n"
        "        kill(me, number)\n"
        "sys.last = Last()  # goes when modules do, after the interpreter has put handlers back\n"
        "atexit.register(os.kill, os.getpid(), signal.SIGINT)\n"
        "from sc_hw.cli import main\n"
        "main()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, timeout=LIMIT_S
    )
    assert done.returncode == status, done
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("command", "stage"),
    [
        pytest.param(
            ("prove", str(ROOT / "examples" / "lane.toml")),
            "proving the design",
            marks=pytest.mark.soak,
        ),
        (("cosim", str(ROOT / "examples" / "lane.toml")), "co-simulation"),
        (("bench", "adaptation", "--steps", "2000000"), "bench adaptation"),
    ],
    ids=["prove", "cosim", "bench"],
)
def test_while_a_stage_runs(tmp_path: Path, command: tuple[str, ...], stage: str) -> None:
    mark = f"SC_HW_TEST={tmp_path}"
    process = subprocess.Popen(
        [sys.executable, "-m", "sc_hw.cli", *command],
        cwd=tmp_path,
        env={
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "NO_COLOR": "1",
            "TERM": "dumb",
            "SC_HW_TEST": str(tmp_path),
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=_interruptible,
    )
    assert process.stderr is not None
    lines = []
    for line in process.stderr:
        lines.append(line)
        if stage in line:
            break
    sleep(0.3)  # some way into the stage; how far does not matter
    process.send_signal(signal.SIGINT)  # to it alone; from a keyboard it goes to all
    _, rest = process.communicate(timeout=LIMIT_S)
    assert (process.returncode, rest.splitlines()[-1:]) == (130, [LINE]), (lines, rest)
    assert "Traceback" not in rest
    end = monotonic() + LIMIT_S
    while marked(mark) and monotonic() < end:
        sleep(0.05)
    assert marked(mark) == []
    assert not list(tmp_path.glob("build/*/proof.json"))
