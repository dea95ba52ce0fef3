"""Settings of every test run, and builds that tests share, also between the workers of a parallel
run.
"""

from __future__ import annotations

import gc
import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from sc_hw.build.elaborate import Build, elaborate
from sc_model.spec import Design

# The same examples on every machine and in every worker, and no limit on wall-clock time.
settings.register_profile(
    "house",
    deadline=None,
    derandomize=True,
    max_examples=40,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("house")

# Most libraries of Verilog run here for thousands of clocks: to compile them takes longer than to
# run them. Some tests take the options that users get (the fixture `shipped_options`).
os.environ.setdefault("SC_HW_CFLAGS", "-O0")

# PyTorch starts a thread for each core in each worker, and they wait for each other in loops.
os.environ.setdefault("OMP_NUM_THREADS", "1")

# Designs are graphs of many objects that live long. With Python's own thresholds a worker spends a
# twelfth of its time on looking for circles in them.
gc.set_threshold(20_000, 50, 100)

NET = "\\$0"


@pytest.fixture(scope="session")
def builds(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """One folder of builds for the whole run: elaboration is atomic and the harness locks, so
    workers may share it.
    """
    base = tmp_path_factory.getbasetemp()
    folder = (base if worker_id == "master" else base.parent) / "builds"
    folder.mkdir(exist_ok=True)
    return folder


@pytest.fixture
def shipped_options(monkeypatch: pytest.MonkeyPatch) -> None:
    """Libraries of Verilog are compiled as for a user who sets nothing."""
    monkeypatch.delenv("SC_HW_CFLAGS", raising=False)


@pytest.fixture
def long_simulation(monkeypatch: pytest.MonkeyPatch) -> None:
    """Libraries of Verilog are compiled for runs of 10^5 clocks, as through a serial line."""
    monkeypatch.setenv("SC_HW_CFLAGS", "-O1")


@pytest.fixture
def build_of(builds: Path) -> Callable[..., Build]:
    def build(block: str, synapses: int = 1, fabric: str = "generic", **parameters: int) -> Build:
        rule = {"family": "reward_modulated_stdp", "parameters": parameters}
        design = Design.model_validate(
            {
                "name": f"{block}_under_test",
                "block": block,
                "synapses": synapses,
                "fabric": fabric,
                "rule": rule,
            }
        )
        return elaborate(design, builds)

    return build


@pytest.fixture
def seeded(tmp_path: Path) -> Callable[..., Build]:
    """A copy of a build with one edit in its Verilog; the edit must apply.

    `\\$0` in `old` is any of the numbered nets that the Verilog back-end names itself, and the same
    net in `new`.
    """

    def seed(build: Build, old: str, new: str) -> Build:
        folder = tmp_path / build.id
        folder.mkdir()
        shutil.copy(build.folder / "manifest.json", folder)
        text = build.verilog.read_text(encoding="utf-8")
        found = re.search(re.escape(old).replace(re.escape(NET), r"(\\\$\d+)"), text)
        assert found, (
            f"{old!r} is not in {build.verilog}: the emitted Verilog has changed, choose another"
            " edit"
        )
        put = new.replace(NET, found.group(1)) if NET in old else new
        (folder / "top.v").write_text(text.replace(found.group(0), put), encoding="utf-8")
        return Build(build.design, build.id, folder, build.manifest)

    return seed
