"""Checkpoint files: every field comes back, and what does not fit is named."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from device_designs import LAYER, stimulus

from sc_hw import Device
from sc_hw.simulation.checkpoint import CHECKPOINT_SCHEMA, read_checkpoint, write_checkpoint
from sc_hw.simulation.devices import device_block
from sc_model.spec import ConfigError, Design
from sc_sim.files import write_arrays

BANK = Design(name="bank", block="bank", synapses=3)


def test_every_field_comes_back(tmp_path: Path) -> None:
    block = device_block(BANK)
    state = {
        "synapse": {"weight": np.array([1, 2, 3]), "eligibility": np.array([-5, 0, 5])},
    }
    path = write_checkpoint(tmp_path / "a.npz", state, block)
    again = read_checkpoint(path, block)
    assert {name: values.tolist() for name, values in again["synapse"].items()} == {
        "weight": [1, 2, 3],
        "eligibility": [-5, 0, 5],
    }


def test_name_and_fabric_do_not_matter_but_the_size_does(tmp_path: Path) -> None:
    path = write_checkpoint(tmp_path / "a.npz", {"synapse": {}}, device_block(BANK))
    same = BANK.model_copy(update={"name": "other", "fabric": "ecp5", "seed": 9})
    assert read_checkpoint(path, device_block(same)) == {}
    with pytest.raises(ConfigError) as error:
        read_checkpoint(path, device_block(BANK.model_copy(update={"synapses": 4})))
    assert str(error.value) == f"checkpoint {path} is of a design with another synapses."


def test_fields_of_more_than_64_bits_are_refused(tmp_path: Path) -> None:
    wide = np.array([1 << 63, 0], dtype=object)
    fits = np.array([(1 << 63) - 1], dtype=object)
    state = {"synapse": {"narrow": fits, "wide": wide}}
    with pytest.raises(ConfigError) as error:
        write_checkpoint(tmp_path / "a.npz", state, device_block(BANK))
    assert (
        str(error.value)
        == "a checkpoint file holds fields of up to 64 bits, and synapse.wide has more."
    )
    assert not list(tmp_path.iterdir())


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as error:
        Device.open(BANK).checkpoint(tmp_path)
    assert str(error.value) == (
        f"checkpoint {tmp_path} must be a file (.npz), not a folder; give"
        f" {tmp_path / 'checkpoint.npz'}, say."
    )


@pytest.mark.parametrize("value", [-1, float("nan"), [1, 2, 3], np.zeros(3)])
def test_a_state_without_its_spaces(value: Any) -> None:
    device = Device.open(BANK)
    with pytest.raises(ConfigError) as error:
        device.restore({"weight": value})
    assert str(error.value).startswith(
        "a state must hold the fields of 'weight' by name, as Device.state() gives them, not "
    )


def test_files_that_are_no_checkpoint(tmp_path: Path) -> None:
    block, path = device_block(BANK), tmp_path / "a.npz"
    with pytest.raises(ConfigError) as error:
        read_checkpoint(path, block)
    assert str(error.value) == f"checkpoint {path} does not exist; Device.checkpoint writes one."
    other = f'{{"schema_version": "not {CHECKPOINT_SCHEMA}"}}'.encode()
    for arrays in ({"x": np.zeros(2)}, {"about": np.frombuffer(other, np.uint8)}):
        write_arrays(path, arrays)
        with pytest.raises(ConfigError) as error:
            read_checkpoint(path, block)
        text = f"checkpoint {path} is none, or broken off; Device.checkpoint writes one."
        assert str(error.value) == text


def test_checkpoints_go_from_one_to_the_other_unseen(builds: Path, tmp_path: Path) -> None:
    """Model, file, RTL, file, model, against one that ran through; the layout may be another."""
    given, through = stimulus(LAYER, 90), Device.open(LAYER)
    expected = through.run(**given)
    part = [
        {name: values[first : first + 30] for name, values in given.items()}
        for first in (0, 30, 60)
    ]
    other_layout = LAYER.model_copy(update={"layer": LAYER.layer.model_copy(update={"lanes": 1})})
    first = Device.open(LAYER)
    fired = [first.run(**part[0])]
    second = Device.open(other_layout, on="rtl", root=builds)
    second.restore(first.checkpoint(tmp_path / "first.npz"))
    fired.append(second.run(**part[1]))
    third = Device.open(LAYER)
    third.restore(second.checkpoint(tmp_path / "second.npz"))
    fired.append(third.run(**part[2]))
    assert np.array_equal(np.concatenate(fired), expected)
    assert {(s, n): v.tolist() for s, f in third.state().items() for n, v in f.items()} == {
        (s, n): v.tolist() for s, f in through.state().items() for n, v in f.items()
    }


LANE = Design(name="lane", block="lane")
DESIGNS = (LANE, BANK, LAYER)


def crafted(path: Path, design: Design, change: Callable[[dict[str, Any]], object]) -> Path:
    """A checkpoint of a device, with its arrays changed."""
    write_checkpoint(path, Device.open(design).state(), device_block(design))
    with np.load(path) as archive:
        arrays = {name: archive[name].copy() for name in archive.files}
    change(arrays)
    np.savez(path, **arrays)
    return path


def set_first(name: str, value: int) -> Callable[[dict[str, Any]], object]:
    return lambda arrays: arrays[name].reshape(-1).__setitem__(0, value)


@pytest.mark.parametrize("design", DESIGNS, ids=lambda design: design.block)
@pytest.mark.parametrize(
    ("change", "says"),
    [
        (set_first("synapse.weight", 65536), r": synapse.weight must be in \[0, 65535\], not 65"),
        (set_first("synapse.weight", -1), r": synapse.weight must be in \[0, 65535\], not -1 at"),
        (set_first("synapse.weight", -(1 << 63)), r": synapse.weight must be in \[0, 65535\], not"),
        (lambda a: a.pop("synapse.weight"), " must have the field 'synapse.weight', and has "),
        (lambda a: a.update({"x.y": np.zeros(1, int)}), " has an unknown field 'x.y'; its fields"),
        (lambda a: a.update({"z": np.zeros(1, int)}), " has an unknown field 'z.'; its fields are"),
        (lambda a: a.update({"synapse.a.b": np.zeros(1, int)}), " has an unknown field 'synapse.a"),
        (
            lambda a: a.update({"synapse.weight": a["synapse.weight"] * 1.0}),
            ": synapse.weight must hold integers, not float64",
        ),
        (
            lambda a: a.update({"synapse.weight": np.zeros((2, 2, 2), int)}),
            r": synapse.weight must have shape \(.*\), not \(2, 2, 2\)",
        ),
    ],
    ids=range(9),
)
def test_every_field_is_checked_for_every_block(
    design: Design, change: Callable[[dict[str, Any]], object], says: str, tmp_path: Path
) -> None:
    path = crafted(tmp_path / "c.npz", design, change)
    device = Device.open(design)
    before = device.state()
    with pytest.raises(ConfigError, match=f"^checkpoint {re.escape(str(path))}{says}"):
        device.restore(path)
    after = device.state()
    for space, fields in before.items():
        for name, values in fields.items():
            assert np.array_equal(after[space][name], values)


def test_the_other_spaces_of_a_layer(tmp_path: Path) -> None:
    for name, value, bounds in (
        ("control.lfsr", 0, "[1, "),  # a shift register never leaves 0
        ("neuron.fired", 2, "[0, 1]"),
        ("pre.pre_trace", -1, "[0, 4095]"),
        ("control.mean", 1 << 20, "["),
    ):
        path = crafted(tmp_path / "c.npz", LAYER, set_first(name, value))
        with pytest.raises(ConfigError) as error:
            Device.open(LAYER).restore(path)
        assert f": {name} must be in {bounds}" in str(error.value)
    state = Device.open(LAYER).state()
    state["neuron"]["fired"] = state["neuron"]["fired"] + 2
    with pytest.raises(ConfigError, match=r"^a state: neuron.fired must be in \[0, 1\], not 2 at"):
        Device.open(LAYER).restore(state)


@pytest.mark.parametrize(
    "about", ["[" * 100_000, "null", "[]", '{"schema_version": "sc-hw.checkpoint.v1"}', "\x00", "é"]
)
def test_what_says_nothing_of_its_design(about: str, tmp_path: Path) -> None:
    block = device_block(BANK)
    np.savez(tmp_path / "c.npz", about=np.frombuffer(about.encode("latin-1"), np.uint8))
    with pytest.raises(ConfigError, match=r"is none, or broken off; Device\.checkpoint writes one"):
        read_checkpoint(tmp_path / "c.npz", block)
