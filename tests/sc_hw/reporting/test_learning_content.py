"""Reports of networks that learn: layers, what was learned, and pictures of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from learning_hardware import spec_of
from recurrent_networks import design

from sc_hw.build.elaborate import Build, elaborate
from sc_hw.files import write_json
from sc_hw.reporting.report import report
from sc_model.spec import Design


@pytest.fixture(scope="module")
def build(tmp_path_factory: pytest.TempPathFactory) -> Build:
    design = Design(name="learn", block="learning_network", learning=spec_of())
    return elaborate(design, tmp_path_factory.mktemp("builds"))


def learned(build: Build, **others: Any) -> dict[str, Any]:
    """What a run leaves, made up: two of three held-out samples are right."""
    return {
        "schema_version": "sc-hw.learned.v1",
        "build_id": build.id,
        "verilog_sha256": build.manifest["verilog_sha256"],
        "passed": True,
        "data": "made_up.npz",
        "image": [3, 4],
        "samples": 200,
        "samples_in_rtl": 100,
        "other_answers": 0,
        "other_values_of_the_state": 0,
        "values_of_the_state": 77,
        "held_out": 3,
        "before": 0.1,
        "after": 2 / 3,
        "block": 50,
        "curve": [0.1, 0.2, 0.4, 0.5],
        "curve_in_rtl": [0.1, 0.2],
        **others,
    }


def test_without_a_task_the_page_says_what_the_network_is(build: Build, tmp_path: Path) -> None:
    content = report(build.folder, tmp_path)
    assert content["learned"] == {"status": "not run", "command": "sc-hw demo"}
    layers = [(row["name"], row["rows"], row["neurons"]) for row in content["layers"]]
    assert layers == [("hidden", 13, 21), ("output", 21, 10)]
    assert content["layers"][0]["memory_bits"] == 13 * 21 * 8
    page, text = ((tmp_path / f"report.{kind}").read_text() for kind in ("html", "md"))
    assert "12 inputs, 21 hidden neurons, 10 classes" in page
    assert "| hidden | 13 | 21 | 8 | error\\_triggered | 2^-2 | 200 | 8 | 2,184 | 8 |" in text
    assert "hidden where trace = 0 or signal = 0" in page


def test_what_was_learned_is_shown(build: Build, tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    write_json(build.folder / "learned.json", learned(build))
    arrays: dict[str, Any] = {
        "hidden.weight": rng.integers(-127, 128, (13, 21)),
        "output.weight": rng.integers(-127, 128, (21, 10)),
        "labels": np.array([3, 3, 9]),
        "answers": np.array([3, 0, 9]),
    }
    np.savez(build.folder / "learned.npz", **arrays)
    content = report(build.folder, tmp_path, embed=False)
    assert content["learned"]["by_class"] == [
        {"class": 3, "samples": 2, "right": 1},
        {"class": 9, "samples": 1, "right": 1},
    ]
    assert content["learned"]["confusion"][3][0] == 1
    assert content["figures"]["learned.after"] == 2 / 3
    names = {path.name for path in tmp_path.glob("*.svg")}
    pictures = ("curve", "confusion", "weights", "histogram")
    assert names == {f"report_{name}.svg" for name in pictures}
    page, text = ((tmp_path / f"report.{kind}").read_text() for kind in ("html", "md"))
    assert "10 → 66.7 %" in page
    assert "the first 100 of them" in page
    assert "200 samples of `made_up.npz`, of which 100 in the compiled Verilog" in text
    write_json(build.folder / "learned.json", learned(build, verilog_sha256="b" * 64))
    assert report(build.folder, tmp_path)["learned"]["status"] == "stale"
    assert "Stale:" in (tmp_path / "report.html").read_text()


def test_a_recurrent_network_has_the_same_page(tmp_path: Path) -> None:
    build, rng = elaborate(design(), tmp_path / "builds"), np.random.default_rng(1)
    page, text = (tmp_path / f"report.{kind}" for kind in ("html", "md"))
    content = report(build.folder, tmp_path)
    assert content["learned"]["status"] == "not run"
    assert [layer["memory_bits"] for layer in content["layers"]] == [13 * 8 * 16, 8 * 3 * 8]
    assert "5 lines, 8 neurons that feed back, 3 classes, 1,856 bits of weights" in text.read_text()
    # 12 bits of potential, a spike, a slope of 4 bits, a trace and a signal of 8
    assert "| hidden | 13 | 8 | 4 | e\\_prop | 2^-11 | 128 | 8 | 1,664 | 33 |" in text.read_text()
    assert "A layer is frozen where its signals are 0" in page.read_text()
    write_json(build.folder / "learned.json", learned(build, image=None, after=1.0))
    arrays: dict[str, Any] = {
        "hidden.weight": rng.integers(-127, 128, (13, 8)),
        "hidden.eligibility": rng.integers(0, 256, (13, 8)),
        "output.weight": rng.integers(-127, 128, (8, 3)),
        "labels": np.array([2, 0, 1]),
        "answers": np.array([2, 0, 1]),
    }
    np.savez(build.folder / "learned.npz", **arrays)
    report(build.folder, tmp_path, embed=False)
    names = {path.name for path in tmp_path.glob("*.svg")}
    assert names == {f"report_{name}.svg" for name in ("curve", "confusion", "histogram")}
    assert "10 → 100.0 %" in page.read_text()
