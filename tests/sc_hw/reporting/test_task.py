"""The score of a recorded task."""

from __future__ import annotations

from pathlib import Path

from report_files import COSIM, put, recorded

from sc_hw.reporting.report import report


def test_what_was_learned_is_scored_on_the_decisions_of_the_rtl(tmp_path: Path) -> None:
    build = put(tmp_path, results=COSIM | {"recording": "recording.npz"})
    recorded(build, [1, 1, 0, 1, 0, 1, 0, 0], [9, 1, 1, 9, 1, 9, 9, 1])
    learned = report(build)["learned"]
    assert (learned["curve"], learned["trials"], learned["samples"]) == ([0.5, 1.0], 4, 4)
    assert (learned["after"], learned["golden_after"], learned["chance"]) == (0.75, 0.75, 0.5)
    assert learned["same_decisions"] is True
    assert learned["same_weights_as_golden"] is True
    assert learned["by_class"] == [
        {"class": 0, "samples": 2, "right": 2},
        {"class": 1, "samples": 2, "right": 1},
    ]
    assert learned["confusion"] == [[2, 0], [1, 1]]
    page = (build / "report.html").read_text()
    assert "75.0 %" in page
    assert "Share of right decisions over the trials" in page
    assert "Weights of each neuron as an image" in page
    assert "Every decision of the RTL is the one that the recorded reward was given for." in page
    recorded(build, [1, 1, 0, 1, 1, 0, 0, 0], [1, 9, 9, 1, 9, 1, 1, 9])
    again = report(build)["learned"]
    assert (again["after"], again["same_decisions"], again["same_weights_as_golden"]) == (
        0.25,
        False,
        False,
    )
    page = (build / "report.html").read_text()
    assert "DIFFER from those of the golden model" in page
    assert "The RTL decided otherwise than the golden model that was rewarded." in page


def test_a_replay_that_ends_early_is_scored_as_far_as_it_went(tmp_path: Path) -> None:
    build = put(tmp_path, results=COSIM | {"recording": "recording.npz"})
    recorded(build, [1, 1, 0, 1, 0, 1, 0, 0], [9, 1, 1, 9, 1, 9, 9, 1], steps=5)
    learned = report(build)["learned"]
    assert (learned["curve"], learned["trials"], learned["samples"], learned["after"]) == (
        [0.5],
        3,
        0,
        None,
    )
    assert (learned["same_decisions"], learned["same_weights_as_golden"], learned["by_class"]) == (
        True,
        None,
        [],
    )
    assert "The replay ended before the held-out samples." in (build / "report.html").read_text()


def test_an_absolute_recording_path_leaves_no_trace(tmp_path: Path) -> None:
    build = put(tmp_path)
    recorded(build, [1, 1, 0, 1, 0, 1, 0, 0], [9, 1, 1, 9, 1, 9, 9, 1])
    put(tmp_path, results=COSIM | {"recording": str(build / "recording.npz")})
    assert report(build)["learned"]["status"] == "measured"
    assert str(tmp_path) not in "".join(
        (build / f"report.{kind}").read_text() for kind in ("json", "md", "html")
    )
