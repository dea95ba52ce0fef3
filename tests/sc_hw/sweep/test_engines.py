"""Engines: every item once, whatever becomes of the processes that work on them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from support import ROOT
from sweep_workers import doubled

from sc_hw.errors import ToolError
from sc_hw.sweep.engines import MAX_LOSSES, Cluster, Processes, lost
from sc_hw.sweep.sweep import sweep
from sc_model.spec import ConfigError

LANES = """\
[sweep]
name = "lanes"
design = "lane.toml"
targets = ["ice40-up5k"]
objectives = ["lut", "fmax_mhz"]

[grid]
"rule.weight_bits" = [4, 5]
"""


def test_the_item_of_a_killed_process_is_done_again(tmp_path: Path) -> None:
    items = {str(n): {"number": n, "folder": str(tmp_path)} for n in range(4)}
    items["1"]["dies"] = 1
    assert sorted(Processes(2).run(doubled, items)) == [(str(n), 2 * n) for n in range(4)]


def test_an_item_that_kills_every_process_fails_alone(tmp_path: Path) -> None:
    items = {"bad": {"number": 7, "folder": str(tmp_path), "dies": 99}}
    assert dict(Processes(1).run(doubled, items)) == {"bad": lost(MAX_LOSSES)}


def test_nobody_at_the_address_is_said_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("distributed")
    monkeypatch.setattr("sc_hw.sweep.engines.CONNECT_S", 0.3)
    with pytest.raises(ToolError, match=r"^no Dask scheduler answers at tcp://127.0.0.1:1 \("):
        Cluster("tcp://127.0.0.1:1")


@pytest.mark.parametrize("address", ["nonsense", "tcp://host", "host:port", "tcp://a b:1"])
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(
        ConfigError, match=r"^--scheduler must be an address as tcp://HOST:8786, not"
    ):
        Cluster(address)


@pytest.fixture
def scheduler(tmp_path: Path) -> Iterator[str]:
    """The address of a real Dask scheduler with two workers."""
    pytest.importorskip("distributed")
    file, environ = tmp_path / "dask.json", {**os.environ, "PYTHONPATH": str(ROOT / "tests")}
    command = [sys.executable, "-m", "dask"]
    one = ["--nthreads", "1", "--no-nanny", "--no-dashboard", "--death-timeout", "20"]
    log = (tmp_path / "log").open("w")

    def start(*arguments: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [*command, *arguments], env=environ, cwd=tmp_path, stdout=log, stderr=log
        )

    quiet = ("--no-dashboard", "--no-show", "--scheduler-file", str(file))
    processes = [start("scheduler", "--host", "127.0.0.1", "--port", "0", *quiet)]
    try:
        end = time.monotonic() + 60
        while not file.is_file() or not file.stat().st_size:
            assert time.monotonic() < end, "the scheduler has not begun within a minute"
            time.sleep(0.1)
        address = str(json.loads(file.read_text())["address"])
        processes += [start("worker", address, *one) for _ in range(2)]
        yield address
    finally:
        for process in processes:
            process.kill()
            process.wait()
        log.close()


def test_a_cluster_gives_the_table_of_processes(scheduler: str, tmp_path: Path) -> None:
    """Also where a worker is lost: the first item kills its own, and is done by the other."""
    with closing(Cluster(scheduler)) as cluster:
        items = {str(n): {"number": n, "folder": str(tmp_path)} for n in range(3)}
        items["0"]["dies"] = 1
        assert sorted(cluster.run(doubled, items)) == [(str(n), 2 * n) for n in range(3)]
    (tmp_path / "lanes.toml").write_text(LANES)
    (tmp_path / "lane.toml").write_text((ROOT / "examples" / "lane.toml").read_text())
    for folder, address in (("here", None), ("there", scheduler)):
        result = sweep(tmp_path / "lanes.toml", out=tmp_path / folder, jobs=1, scheduler=address)
        assert (result["points"], result["failed"], result["worked_on"]) == (2, 0, 2)
    tables = [(tmp_path / folder / "table.csv").read_bytes() for folder in ("here", "there")]
    assert tables[0] == tables[1]
    assert len(tables[0].splitlines()) == 3
    # all is known now, so nothing is worked on and the table stays
    again = sweep(tmp_path / "lanes.toml", out=tmp_path / "here")
    assert again["worked_on"] == 0
    assert (tmp_path / "here" / "table.csv").read_bytes() == tables[0]
