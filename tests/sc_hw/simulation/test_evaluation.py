"""Right answers of a network in floating point, in integers and in its Verilog."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import nir
import numpy as np
import pytest
from network_designs import two_clocks

import sc_hw
from sc_hw.commands.import_nir import import_nir
from sc_hw.simulation import evaluation
from sc_hw.simulation.evaluation import answer_table, evaluate
from sc_model.golden.network.network import Network
from sc_model.quantisation import save_design
from sc_model.spec import ConfigError, load_design

TOLD: dict[str, Any] = {"dt_ms": 1.0, "reset": "subtract", "reset_delay": False}
RNG = np.random.default_rng(8)
SPIKES = (RNG.random((6, 30, 3)) < 0.4).astype(np.uint8)


@pytest.fixture
def net(tmp_path: Path) -> Path:
    """A network of two outputs, and its samples in data.npz."""
    same = [np.full(2, each) for each in (0.02, 1.0, 0.0, 0.1, 0.0)]
    nodes: dict[str, Any] = {
        "input": nir.Input(np.array([3])),
        "w": nir.Linear(np.array([[1.0, 0.3, -0.7], [0.21, 0.9, 0.4]])),
        "n": nir.LIF(*same),
        "output": nir.Output(np.array([2])),
    }
    edges = [("input", "w"), ("w", "n"), ("n", "output")]
    nir.write(tmp_path / "small.nir", nir.NIRGraph(nodes, edges))
    import_nir(tmp_path / "small.nir", tmp_path / "net", **TOLD)
    np.savez(tmp_path / "data.npz", spikes=SPIKES, labels=[0, 1, 1, 0, 1, 1])
    return tmp_path / "net" / "small.toml"


def test_each_sample_begins_after_a_reset(net: Path, tmp_path: Path) -> None:
    found = sc_hw.evaluate(net, tmp_path / "data.npz")
    spec = load_design(net).network
    assert spec is not None
    with np.load(net.with_suffix(".npz")) as arrays:
        golden = Network(spec, dict(arrays))
    counts = []
    for sample in SPIKES:
        golden.reset()
        counts.append(golden.run(sample).sum(axis=0))
    assert found["integer"]["answers"] == np.argmax(counts, axis=1).tolist()
    assert found["integer"]["spikes"] == int(np.sum(counts))
    assert found["float"]["answers"] == found["integer"]["answers"]
    assert found["agreement"]["differing_share"] <= 0.01
    assert (found["rtl"], found["passed"], found["labels"]) == (None, True, True)
    assert json.loads(json.dumps(found)) == found


def test_portions_of_samples_give_the_same(
    net: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = evaluate(net, tmp_path / "data.npz")
    monkeypatch.setattr(evaluation, "NUMBERS_AT_A_TIME", 200)
    assert evaluate(net, tmp_path / "data.npz") == whole
    coarse = tmp_path / "coarse"
    import_nir(tmp_path / "small.nir", coarse, weight_bits=2, fraction=0, **TOLD)
    late = SPIKES.copy()
    late[:3] = 0  # so that the first difference is in a later portion
    np.savez(tmp_path / "late.npz", spikes=late)
    parts = evaluate(coarse / "small.toml", tmp_path / "late.npz")
    monkeypatch.undo()
    assert evaluate(coarse / "small.toml", tmp_path / "late.npz") == parts
    assert parts["agreement"]["first_difference"]["sample"] >= 3


def test_without_the_network_in_floating_point(net: Path, tmp_path: Path) -> None:
    data, file, report = (
        tmp_path / "data.npz",
        tmp_path / "small.nir",
        net.with_suffix(".import.json"),
    )
    moved = shutil.move(file, tmp_path / "moved.nir")
    found = evaluate(net, data)
    assert found["float"] is None
    assert found["float_missing"].endswith("small.nir is no longer there; give it with --nir")
    assert evaluate(net, data, nir=moved)["float"] is not None
    shutil.copy(net, file)  # another file of that name
    assert "is not what was imported" in evaluate(net, data)["float_missing"]
    with pytest.raises(ConfigError, match="must be the one that was imported; it differs"):
        evaluate(net, data, nir=file)
    with pytest.raises(ConfigError, match="there is none"):
        evaluate(net, data, nir=tmp_path / "none.nir")
    for wrong in ('{"float": 3}', '{"float": {"file": 3, "sha256": "", "answers": {}}}', "[]"):
        report.write_text(wrong)
        assert evaluate(net, data)["float"] is None
    other = '{"float": {"file": "x", "sha256": "", "answers": {"inputs": 1}}}'
    report.write_text(other)
    assert "does not say what the design was imported from" in evaluate(net, data)["float_missing"]
    report.write_text("{}")
    found = evaluate(net, data)
    assert (
        found["float_missing"] == "small.import.json does not say what the design was imported from"
    )
    assert "float: not run, small.import.json does not say" in answer_table(found)
    with pytest.raises(ConfigError, match="must say what the import was told"):
        evaluate(net, data, nir=moved)
    report.unlink()
    assert str(evaluate(net, data)["float_missing"]).startswith("small.import.json is not there,")
    with pytest.raises(ConfigError, match=r"^--nir needs .*small.import.json.* it is not there;"):
        evaluate(net, data, nir=moved)


def test_data_without_labels_and_of_other_classes(net: Path, tmp_path: Path) -> None:
    np.savez(tmp_path / "x.npz", x=SPIKES)
    found = evaluate(net, tmp_path / "x.npz", samples=2)
    assert (found["samples"], found["labels"], found["integer"]["right"]) == (2, False, None)
    assert "the data have no labels, so no answer is right or wrong" in answer_table(found)
    np.save(tmp_path / "l.npy", np.array([0, 1, 2, 0, 0, 0]))
    with pytest.raises(ConfigError) as error:
        evaluate(net, tmp_path / "x.npz", labels=tmp_path / "l.npy")
    assert str(error.value) == (
        "data file x.npz: labels must be below 2, one of the outputs of layer 'n', not 2."
    )
    for wrong in ({"samples": 0}, {"rtl": -1}):
        with pytest.raises(ConfigError, match="must be >= "):
            evaluate(net, tmp_path / "x.npz", **wrong)  # type: ignore[arg-type]


def test_designs_that_are_no_such_network(tmp_path: Path, net: Path) -> None:
    lane = sc_hw.new("lane", block="lane", folder=tmp_path)
    with pytest.raises(ConfigError, match=r"^evaluate must have a network, not the lane 'lane'"):
        evaluate(lane, tmp_path / "data.npz")
    text = net.read_text() + "\n[plastic]\nneurons = 2\n"
    (tmp_path / "learns.toml").write_text(text)
    with pytest.raises(ConfigError, match=r"does not learn, and 'small' has a plastic layer"):
        evaluate(tmp_path / "learns.toml", tmp_path / "data.npz")


def test_verilog_of_two_clocks(
    builds: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The network that co-simulation tests build too; its last layer ticks every fourth step."""
    design = two_clocks()
    assert design.network is not None
    golden = Network(design.network)
    weights = {"fast": RNG.integers(60, 127, (3, 2)), "slow": RNG.integers(60, 127, (2, 3))}
    parameters: dict[str, Any] = {f"{name}.weight": each for name, each in weights.items()}
    parameters |= {f"{name}.code": np.full(each.shape, 9) for name, each in weights.items()}
    assert golden.last == "slow"
    save_design(tmp_path, design, parameters)
    np.savez(tmp_path / "x.npz", x=(RNG.random((3, 40, 2)) < 0.9), labels=[0, 1, 1])
    found = evaluate(tmp_path / "two.toml", tmp_path / "x.npz", rtl=3, root=builds)
    assert (found["rtl"]["samples"], found["rtl_difference"], found["passed"]) == (3, None, True)
    assert found["rtl"]["answers"] == found["integer"]["answers"]
    clocks = found["rtl"]["clocks"]
    assert len(clocks) == 3
    assert min(clocks) > 40  # a step takes a clock or more
    to_word = found["rtl"]["clocks_to_word"]  # of the last layer, which ticks every fourth step
    assert len(to_word) == 10
    assert to_word == sorted(to_word)
    assert to_word[-1] == round(sum(clocks) / 3, 1)
    assert to_word[0] < to_word[-1] / 4
    mean = f"{sum(clocks) / 3:,.0f} clocks a sample"
    assert f"every spike alike in 3 samples; {mean}" in answer_table(found)


def test_verilog_that_gives_another_spike(
    net: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def other(design: Any, spec: Any, parameters: Any, samples: Any, *_: Any) -> Any:
        (spikes,) = evaluation.run_integers(spec, parameters, samples)
        spikes[1, 7, 0] ^= 1
        return spikes, None, np.full(spikes.shape[:2], 100)

    real: Callable[..., Any] = other
    monkeypatch.setattr(evaluation, "_rtl", real)
    found = evaluate(net, tmp_path / "data.npz", rtl=3)
    assert not found["passed"]
    difference = found["rtl_difference"]
    assert (difference["sample"], difference["step"], difference["neuron"]) == (1, 7, 0)
    assert difference["integer"] + difference["rtl"] == 1
    assert "rtl against integers: first difference sample 1, step 7" in answer_table(found)


@pytest.mark.parametrize("readout", ["last_potential", "largest_potential", "first_spike"])
def test_a_readout_answers_in_integers_and_in_floating_point(tmp_path: Path, readout: str) -> None:
    rng, none, one = np.random.default_rng(3), np.zeros, np.ones
    nodes: dict[str, Any] = {
        "input": nir.Input(np.array([1, 5, 5])),
        "conv": nir.Conv2d((5, 5), rng.normal(0, 0.5, (2, 1, 3, 3)), 1, 0, 1, 1, none(2)),
        "n": nir.IF(one((2, 3, 3)) * 1000, one((2, 3, 3)), none((2, 3, 3))),
        "flat": nir.Flatten({"input": np.array([2, 3, 3])}, 0, -1),
        "w": nir.Linear(rng.normal(0, 0.5, (3, 18))),
        "last": nir.LI(one(3) * 0.01, one(3) * 10, none(3)),
        "output": nir.Output(np.array([3])),
    }
    if readout == "first_spike":
        nodes["last"] = nir.IF(one(3) * 1000, one(3), none(3))
    names = list(nodes)
    file = tmp_path / "image.nir"
    nir.write(file, nir.NIRGraph(nodes, list(pairwise(names)), type_check=False))
    import_nir(file, tmp_path / "net", readout=readout, compact=True, weight_bits=12, **TOLD)
    spikes = (rng.random((20, 12, 25)) < 0.3).astype(np.uint8)
    np.savez(tmp_path / "data.npz", spikes=spikes, labels=np.arange(20) % 3)
    design = tmp_path / "net" / "image.toml"
    spec = load_design(design).network
    assert spec is not None
    assert spec.layers[0].kind == "conv"
    found = sc_hw.evaluate(design, tmp_path / "data.npz")
    with np.load(design.with_suffix(".npz")) as arrays:
        expected = Network(spec, dict(arrays)).answers(spikes)
    assert found["integer"]["answers"] == expected.winners.tolist()
    assert found["float"]["answers"] == expected.winners.tolist()
    assert len(set(expected.winners.tolist())) > 1


def test_verilog_that_takes_values_plays_no_spikes(net: Path, tmp_path: Path) -> None:
    coded = tmp_path / "coded.toml"
    coded.write_text(net.read_text() + '\n[encoder]\nkind = "threshold"\n')
    text = r"^rtl must be 0 for design '\w+', whose Verilog takes values by its table \[encoder\]"
    with pytest.raises(ConfigError, match=text):
        evaluate(coded, tmp_path / "data.npz", parameters=net.with_suffix(".npz"), rtl=1)
