"""What is known of other packages' graphs, put right."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nir
import numpy as np
import pytest
from small_graphs import TOLD, graph, lif

from sc_model.interchange import (
    FloatPopulation,
    InterchangeError,
    from_nir,
    import_design,
)


def test_snntorch_betas_come_back_as_they_were() -> None:
    """float32(1e-4) / (1 - beta) in float32, as snnTorch writes it."""
    for beta in (0.0, 0.1, 0.25, 0.5, 0.8, 0.9, 0.95, 0.99, 0.123456789, 0.999):
        single = np.float32(beta)
        tau = np.float32(1e-4) / (np.float32(1) - single)
        node = nir.LIF(
            *(np.full(2, each, np.float32) for each in (tau, tau / np.float32(1e-4), 0.0, 1.0, 0.0))
        )
        made = graph(("w", nir.Linear(np.ones((2, 3)))), ("n", node), edges="input>w w>n n>output")
        each = from_nir(made, source="snntorch", reset="zero", reset_delay=False).populations["n"]
        assert abs(each.kept("tau", 0.1)[0] - float(single)) < (
            1e-15 if beta >= 0.5 or round(beta, 2) == beta else 6e-8
        ), beta
        assert each.gain(0.1)[0] == 1.0


def test_sources_put_right_what_they_are_known_for() -> None:
    def one(node: Any, **told: Any) -> FloatPopulation:
        made = graph(("w", nir.Linear(np.ones((2, 3)))), ("n", node), edges="input>w w>n n>output")
        return from_nir(made, **told).populations["n"]

    counts = nir.IF(np.ones(2), np.ones(2), np.zeros(2))
    for source, told in (("norse", {"dt_ms": 2.0}), ("snntorch", {"reset_delay": False})):
        assert np.allclose(
            one(counts, source=source, reset="zero", **told).gain(told.get("dt_ms", 0.1)),
            1.0,
            rtol=1e-15,
        )
    assert np.allclose(one(counts, **TOLD).gain(1.0), 1e-3)
    norse = one(lif(2, tau=2e-5), source="norse", dt_ms=1.0, reset="zero")
    assert np.allclose(norse["tau"], 0.02, rtol=1e-15)
    assert not norse.reset_delay
    jelly = one(lif(2, tau=2e-4), source="spikingjelly", dt_ms=0.1)
    assert (jelly.reset, jelly.reset_delay, jelly.strict) == ("zero", False, False)
    gain_one = nir.LIF(*(np.full(2, each) for each in (1e-3, 10.0, 0.0, 1.0, 0.0)))
    assert one(gain_one, source="snntorch", reset="zero", reset_delay=True).reset_delay is False
    assert one(gain_one, source="snntorch", reset="subtract", reset_delay=True).reset_delay is True


def with_tau(seconds: Any, kind: Any = np.float32) -> Any:
    """A graph of two neurons with these time constants, of s and of the rest of a LIF."""
    taus = np.array(seconds, kind)
    ones = np.ones_like(taus)
    node = nir.LIF(taus, ones, ones * 0, ones, ones * 0)
    return graph(("w", nir.Linear(np.ones((2, 3)))), ("n", node), edges="input>w w>n n>output")


TIMES = [
    # dt in ms; what Norse 1.1 wrote for 10 and 20 ms, and what the others did
    (1.0, (1e-5, 2e-5), (0.01, 0.02)),
    (0.1, (1e-6, 2e-6), (0.01, 0.02)),
    (5.0, (5e-5, 1e-4), (0.01, 0.02)),
]


@pytest.mark.parametrize(("dt_ms", "scaled", "seconds"), TIMES)
def test_which_norse_wrote_a_file_is_seen_or_asked(dt_ms: float, scaled: Any, seconds: Any) -> None:
    told: dict[str, Any] = {"dt_ms": dt_ms, "reset": "zero"}
    for source, written in (
        ("norse", scaled),
        ("norse-1.1", scaled),
        ("norse-seconds", seconds),
    ):
        found = from_nir(with_tau(written), source=source, **told).populations["n"]
        assert found["tau"].tolist() == pytest.approx([0.01, 0.02], rel=1e-6)
        assert not found.reset_delay
    with pytest.raises(InterchangeError) as caught:
        from_nir(with_tau(seconds), source="norse", **told)
    assert str(caught.value) == (
        "source must be 'norse-seconds' or 'norse-1.1' for this graph, not 'norse': tau of node 'n'"
        f" is 0.01 s in the file. That is 10 ms where Norse wrote seconds, as others than 1.1 do,"
        f" or {10 / dt_ms:.3g} s from Norse 1.1, which writes dt ({dt_ms:g} ms) times it."
    )
    # one neuron of less than 1 s makes it clear: as seconds it would be shorter than the step
    mixed = from_nir(with_tau((scaled[0], 2 * dt_ms / 1e3)), source="norse", **told)
    assert mixed.populations["n"]["tau"].tolist() == pytest.approx([0.01, 2.0], rel=1e-6)


def test_the_time_constants_that_were_taken_are_said(tmp_path: Path) -> None:
    path = tmp_path / "a.nir"
    nir.write(path, with_tau((1e-5, 2e-5)))
    notes = import_design(path, source="norse", dt_ms=1.0, reset="zero").report.notes
    assert "node 'n': tau is taken as 10 to 20 ms, from source 'norse'." in notes


def test_sources_without_a_name_are_told_what_to_do() -> None:
    for source, hint in (
        ("sinabs", "count time in steps: leave source out, and give dt_ms = 1000, a step of 1 s."),
        ("Rockpool", "mean what NIR defines: leave source out, and give dt_ms, reset and"),
    ):
        with pytest.raises(InterchangeError) as caught:
            from_nir(with_tau((0.01, 0.02)), source=source)
        assert f"not '{source}'; graphs of {source.lower()} {hint}" in str(caught.value)
