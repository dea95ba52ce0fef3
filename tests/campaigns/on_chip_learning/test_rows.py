"""Short runs of networks that learn on the chip, as rows of the report."""

from __future__ import annotations

import pytest

from campaigns.on_chip_learning import rows as campaign


def test_rows_of_integers_readout_and_floating_point() -> None:
    design, splits = campaign.design_of("digits"), [campaign.tasks.digits(0)]
    found = campaign.integers(design, splits, 1200)
    assert found["mean"] == found["worst"] == found["accuracies"][0] or found["deviation"] is None
    assert found["mean"] > 0.88
    assert 0.3 < found["samples_with_an_error"] < 1
    assert 0 < found["share_updated"] < 0.5
    alone = campaign.integers(design, splits, 1200, ("hidden",))
    # words of the readout alone: ten classes in two words of eight lanes, of 9,600 synapses
    assert alone["share_updated"] < 16 * 128 / 9600
    assert campaign.floats(design, splits, 300)["mean"] > 0.6


def test_a_field_of_the_hidden_layer_is_changed() -> None:
    design = campaign.design_of("digits", {"shift": 3}, neurons=40, age_bits=5)
    assert design.learning is not None
    assert (design.learning.hidden[0].neurons, design.learning.hidden[0].age_bits) == (40, 5)
    assert design.learning.output.shift == 3
    assert design.synapses == 65 * 40 + 400


def test_a_drift_falls_and_recovers(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("BEFORE", 1500), ("AFTER", 1500), ("MARKS", (0, 1500)), ("SEEDS", 1)):
        monkeypatch.setattr(campaign, name, value)
    split = campaign.tasks.digits(0)
    found = campaign.drift(campaign.design_of("digits"), split, "rewired", "labels")
    assert found["after"]["0"] < 0.4 < 0.7 < found["after"]["1500"]
    assert found["before"] > 0.8
    frozen = campaign.drift(campaign.design_of("digits"), split, "rewired", "labels", ("hidden",))
    assert frozen["floors"] is None
    assert frozen["after"]["1500"] < found["after"]["1500"]
