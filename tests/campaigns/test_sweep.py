"""The campaign of sweeps: how tables are compared, and (in the soak) the whole of it, shorter."""

from __future__ import annotations

import multiprocessing
import os
import time
from pathlib import Path

import pytest

from campaigns.sweep import compared, markdown, run, workers_of, write_sweep
from sc_hw.sweep.points import batches
from sc_hw.sweep.spec import load_sweep
from sc_model.spec import load_design


def test_the_sweep_has_two_hundred_designs(tmp_path: Path) -> None:
    spec, folder = load_sweep(write_sweep(tmp_path, (6, 8, 9, 10, 12)))
    assert folder == tmp_path
    ((points, _),) = batches(spec)
    assert len({tuple(sorted(point.items())) for point in points}) == 200
    assert load_design(tmp_path / spec.design).block == "layer"


def test_a_design_that_is_there_twice_is_seen(tmp_path: Path) -> None:
    once, twice = tmp_path / "once.csv", tmp_path / "twice.csv"
    once.write_text("point,failed\n0,\n1,\n")
    twice.write_text("point,failed\n0,\n0,no design\n")
    assert compared(once, once) == {
        "same_table": True,
        "rows": 2,
        "points": 2,
        "each_once": True,
        "failed": 0,
    }
    found = compared(twice, once)
    assert (found["same_table"], found["each_once"], found["failed"]) == (False, False, 1)


def test_the_processes_of_a_pool_are_found() -> None:
    child = multiprocessing.get_context("spawn").Process(target=time.sleep, args=(60,))
    child.start()
    try:
        assert workers_of(os.getpid()) == [child.pid]
    finally:
        child.kill()
        child.join()


def test_the_page_says_what_is_not_so() -> None:
    values = {
        "command": "c",
        "points": 2,
        "failed": 0,
        "workers": 2,
        "workers_killed": 1,
        "each_once": False,
        "same_table": False,
        "worked_on": {"processes": 2, "dask": 2, "processes_again": 0},
        "front": [],
    }
    page = markdown(values)
    assert "each design NOT ONCE" in page
    assert "the table is ANOTHER" in page
    assert "NOT" not in markdown({**values, "each_once": True, "same_table": True})


@pytest.mark.soak
def test_a_killed_worker_changes_nothing(tmp_path: Path) -> None:
    found = run(tmp_path, [8])
    assert found["workers_killed"] == 1
    assert found["same_table"]
    assert found["each_once"]
    assert (found["points"], found["failed"]) == (40, 0)
    assert found["worked_on"] == {"processes": 40, "dask": 40, "processes_again": 0}
