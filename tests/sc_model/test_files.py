"""Files written in one move: what an interrupted write leaves, permissions, text and JSON."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from support import ROOT

from sc_model.files import replace_bytes, replacing, sync_folder, write_json, write_text


def test_an_interrupted_write_leaves_the_old_file(tmp_path: Path) -> None:
    file = write_text(tmp_path / "out.txt", "good")

    def interrupted() -> None:
        with replacing(file) as temporary:
            temporary.write_text("half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert file.read_text() == "good"
    assert [path.name for path in tmp_path.iterdir()] == ["out.txt"]


KILLED = """
import os, signal, sys
from pathlib import Path
from sc_model.files import replacing
with replacing(Path(sys.argv[1])) as temporary:
    temporary.write_text("half")
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_killed_process_leaves_the_old_file(tmp_path: Path) -> None:
    file = write_text(tmp_path / "out.txt", "good")
    done = subprocess.run([sys.executable, "-c", KILLED, str(file)], cwd=ROOT, check=False)
    assert done.returncode == -9
    assert file.read_text() == "good"


def test_folders_are_made_and_others_may_read_the_file(tmp_path: Path) -> None:
    file = write_text(tmp_path / "a" / "b" / "out.txt", "text")
    assert file.read_text(encoding="utf-8") == "text"
    assert file.stat().st_mode & 0o777 == 0o644


def test_json_keeps_the_order_of_its_keys(tmp_path: Path) -> None:
    file = write_json(tmp_path / "out.json", {"b": [1], "a": None})
    assert file.read_text(encoding="utf-8") == '{\n "b": [\n  1\n ],\n "a": null\n}\n'
    assert json.loads(file.read_text(encoding="utf-8")) == {"b": [1], "a": None}


def test_a_durable_write_syncs_the_file_and_its_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced = []
    real = os.fsync
    monkeypatch.setattr(os, "fsync", lambda handle: (synced.append(handle), real(handle)))
    replace_bytes(tmp_path / "out.bin", b"\0\1")
    assert (tmp_path / "out.bin").read_bytes() == b"\0\1"
    assert len(synced) == 2
    sync_folder(tmp_path)
    assert len(synced) == 3


def test_a_folder_that_can_not_be_made_is_the_error_of_the_system(tmp_path: Path) -> None:
    (tmp_path / "blocker").write_text("a file where a folder should be")
    with pytest.raises(FileExistsError):
        write_text(tmp_path / "blocker" / "out.txt", "text")
