"""Child processes: our interpreter, nothing of the user's folder or variables, plain names."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from support import ROOT

from sc_model import environment
from sc_model.environment import (
    cache_for_now,
    cache_problem,
    child_environment,
    is_plain,
    lasting_program,
    plain_name,
    plain_temporary_folder,
    python_command,
    with_python,
)
from sc_model.processes import run_program

HARMFUL = {
    "PYTHONPATH": "/elsewhere",
    "PYTHONHOME": "/no/python",
    "PYTHONSTARTUP": "startup.py",
    "PYTHONOPTIMIZE": "2",
    "PYTHONWARNINGS": "error",
    "MAKEFLAGS": "-n",
    "MAKEFILES": "/own.mk",
    "CXXFLAGS": "-std=c++98",
    "CPPFLAGS": "-Werror",
    "VERILATOR_ROOT": "/old/verilator",
    "COCOTB_TESTCASE": "none",
    "GPI_EXTRA": "lib.so",
    "PERL5OPT": "-d",
    "WAVES": "1",
    "LANGUAGE": "de",
}


def test_variables_that_steer_tools_are_left_out() -> None:
    kept = child_environment({**HARMFUL, "HOME": "/home/me", "PATH": "/usr/bin", "OBJCACHE": "a"})
    assert {name: kept[name] for name in ("HOME", "PATH", "OBJCACHE")} == {
        "HOME": "/home/me",
        "PATH": "/usr/bin",
        "OBJCACHE": "a",
    }
    assert not (HARMFUL.keys() - {"PYTHONPATH"}) & kept.keys()
    assert "/elsewhere" not in kept.get("PYTHONPATH", "")


def test_relative_folders_are_taken_off_the_path() -> None:
    """A program `python3` in the working folder is not ours."""
    kept = child_environment({"PATH": os.pathsep.join([".", "", "bin", "/usr/bin"])})
    assert kept["PATH"] == "/usr/bin"


def test_texts_of_programs_are_in_english_and_letters_in_the_users_encoding() -> None:
    kept = child_environment({"LC_ALL": "de_DE.UTF-8", "PATH": "/bin"})
    assert (kept["LC_MESSAGES"], kept["LC_CTYPE"]) == ("C", "de_DE.UTF-8")
    assert "LC_ALL" not in kept


def test_a_child_imports_nothing_of_the_working_folder(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Nor of a folder of PYTHONPATH that holds no installed packages, nor of one of a variable."""
    names = ("sim", "numpy", "cocotb", "random", "json", "sc_model", "sitecustomize")
    for name in names:
        (tmp_path / f"{name}.py").write_text("raise SystemExit('the user's file')\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setenv("PYTHONSTARTUP", str(tmp_path / "sim.py"))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tools").mkdir()
    program = "import json, random, numpy, sc_model; print(numpy.__version__)"
    command = (sys.executable, "-P", "-c", program)
    done = run_program(command, env=child_environment())
    assert (done.returncode, done.stderr) == (0, "")
    assert python_command("json.tool", "a")[1:] == ("-P", "-m", "json.tool", "a")


def test_packages_in_a_folder_of_their_own_are_found(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """`pip install --target FOLDER` with FOLDER in PYTHONPATH."""
    (tmp_path / "thing-1.dist-info").mkdir()
    monkeypatch.setattr(sys, "path", [str(tmp_path / "none"), "", str(tmp_path), *sys.path])
    folders = child_environment()["PYTHONPATH"].split(os.pathsep)
    assert str(tmp_path.resolve()) in folders
    assert str(ROOT) in folders


@pytest.mark.parametrize("name", ["python", "python3"])
def test_another_python_on_path_is_not_ours(tmp_path: Path, name: str) -> None:
    """As where conda, pyenv or another environment is active."""
    other = tmp_path / "other"
    other.mkdir()
    (other / name).write_text("#!/bin/sh\necho another version >&2\nexit 9\n")
    (other / name).chmod(0o755)
    search = with_python(tmp_path / "it's ours", f"{other}:/usr/bin:/bin")
    done = subprocess.run(
        ["/bin/sh", "-c", f"{name} -c 'import sys; print(sys.prefix, sys.flags.safe_path)'"],
        env={"PATH": search},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == f"{sys.prefix} True\n"


ODD_NAMES = ("my proj", "a'b", 'a"b', "a$x", "a#b", "a;b", "a%b", "ü", "a\nb")


@pytest.mark.parametrize("name", ODD_NAMES)
def test_odd_names_get_a_plain_one(tmp_path: Path, name: str) -> None:
    folder = tmp_path / name / "below"
    folder.mkdir(parents=True)
    (folder / "file").write_text("content")
    assert not is_plain(folder)
    with plain_name(folder) as plain:
        assert is_plain(plain)
        assert (plain / "file").read_text() == "content"
    assert not plain.exists()
    with plain_name(tmp_path) as plain:
        assert plain == tmp_path.resolve()


def test_a_temporary_folder_with_an_odd_name_is_passed_over(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    odd = tmp_path / "my tmp"
    odd.mkdir()
    monkeypatch.setattr(environment.tempfile, "gettempdir", lambda: str(odd))
    assert plain_temporary_folder() != odd
    assert child_environment({"TMPDIR": str(odd)})["TMPDIR"] == str(plain_temporary_folder())
    # one that can't be written, so that Python has taken another
    monkeypatch.setattr(environment.tempfile, "gettempdir", lambda: "/tmp")
    assert child_environment({"TMPDIR": "/proc"})["TMPDIR"] == "/tmp"
    monkeypatch.setattr(environment, "is_plain", lambda path: False)
    with pytest.raises(OSError, match=r"^no temporary folder has a plain name"):
        plain_temporary_folder()


def test_run_program_uses_that_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONHOME", "/no/python")
    monkeypatch.setenv("MAKEFLAGS", "-n")
    done = run_program(
        (sys.executable, "-c", "import json, os; print(json.dumps(dict(os.environ)))")
    )
    assert not {"PYTHONHOME", "MAKEFLAGS"} & json.loads(done.stdout).keys()


def test_without_a_cache_folder_tools_get_a_temporary_one(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """HOME where nothing can be written, as of a container's user; a file in the cache's place; a
    user without an entry; a folder that belongs to root after a command with sudo.
    """
    (tmp_path / "file").write_text("")
    monkeypatch.setattr(environment, "cache_for_now", lambda: tmp_path / "now")
    unwritable = {
        "/proc/nohome/.cache can't be made: No such file or directory": {"HOME": "/proc/nohome"},
        f"{tmp_path}/file can't be made: File exists": {"XDG_CACHE_HOME": f"{tmp_path}/file"},
        "there is no home folder": {},
    }
    monkeypatch.setattr(environment.os.path, "expanduser", lambda path: path)
    for problem, variables in unwritable.items():
        assert cache_problem(variables) == problem
        kept = child_environment({**variables, "PATH": "/bin"})
        assert kept["XDG_CACHE_HOME"] == str(tmp_path / "now")
        assert kept["HOME"]
    fine = {"XDG_CACHE_HOME": str(tmp_path / "new"), "PATH": "/bin"}
    assert cache_problem(fine) is None
    assert child_environment(fine)["XDG_CACHE_HOME"] == fine["XDG_CACHE_HOME"]
    (tmp_path / "new" / "wasmtime").mkdir()
    monkeypatch.setattr(environment.os, "access", lambda path, mode: path.name != "wasmtime")
    assert cache_problem(fine) == f"{tmp_path}/new/wasmtime can't be written"


@pytest.mark.parametrize("shared", ["", "wasmtime", "YoWASP"])
def test_tools_use_no_cache_that_others_can_write(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, shared: str
) -> None:
    """They load compiled code from it: the folder itself, or one that is there already."""
    monkeypatch.setattr(environment, "cache_for_now", lambda: tmp_path / "now")
    folder = tmp_path / "cache" / shared
    folder.mkdir(parents=True)
    variables = {"XDG_CACHE_HOME": str(tmp_path / "cache"), "PATH": "/bin"}
    assert cache_problem(variables) is None
    folder.chmod(0o777)
    assert cache_problem(variables) == f"others can write {folder}"
    assert child_environment(variables)["XDG_CACHE_HOME"] == str(tmp_path / "now")


@pytest.mark.parametrize("taken_by", ["nobody", "a link", "others may write"])
def test_the_temporary_cache_is_ours_alone(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, taken_by: str
) -> None:
    monkeypatch.setattr(environment.tempfile, "gettempdir", lambda: str(tmp_path))
    monkeypatch.setattr(environment.tempfile, "mkdtemp", lambda prefix: str(tmp_path / "own"))
    shared = tmp_path / f"sc-hw-cache-{os.geteuid()}"
    if taken_by == "a link":
        shared.symlink_to(tmp_path)
    elif taken_by == "others may write":
        shared.mkdir()
        shared.chmod(0o777)
    cache_for_now.cache_clear()
    folder = cache_for_now()
    cache_for_now.cache_clear()
    assert folder == (shared if taken_by == "nobody" else tmp_path / "own")


def test_a_program_of_an_installation_with_an_odd_name(tmp_path: Path) -> None:
    """Verilator's own script can't start its program there: ours takes the script's place."""
    root = tmp_path / "ve nv $x'"
    (root / "bin").mkdir(parents=True)
    (root / "bin" / "tool_bin").write_text('#!/bin/sh\necho "$0 $1"\n')
    (root / "bin" / "tool_bin").chmod(0o755)
    plain, path = lasting_program(root, "tool_bin")
    assert is_plain(plain)
    assert is_plain(path)
    assert plain.resolve() == root.resolve()
    done = subprocess.run([path / "tool", "a b"], capture_output=True, text=True, check=True)
    assert done.stdout == f"{plain}/bin/tool_bin a b\n"
    assert lasting_program(root, "tool_bin") == (plain, path)
