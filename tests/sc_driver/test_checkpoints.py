"""Checkpoint files of boards: they are those of devices, and what is none is one line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from device_designs import LAYER
from host_manifests import NAMES, manifest_of
from register_model import manifest_of_design

from sc_driver.checkpoints import check_fields, identity, read_state, write_state
from sc_hw import Device
from sc_hw.simulation.devices import device_block
from sc_model.spec import Design

MANIFEST = manifest_of_design(LAYER)


@pytest.mark.parametrize("name", NAMES)
def test_a_manifest_says_which_states_fit_as_a_device_does(name: str) -> None:
    manifest = manifest_of(name)
    design = Design.model_validate(
        {k: v for k, v in manifest["design"].items() if k != "synapses" or name in ("lane", "bank")}
    )
    rule = dict(manifest["rule"]) if "rule" in manifest else None
    assert identity(manifest["design"], rule) == device_block(design).identity()


def test_files_go_both_ways(tmp_path: Path) -> None:
    model = Device.open(LAYER)
    model.load(np.arange(147).reshape(21, 7))
    state = read_state(model.checkpoint(tmp_path / "model.npz"), MANIFEST)
    state["neuron"]["potential"][3] = 5
    model.restore(write_state(tmp_path / "board.npz", state, MANIFEST))
    assert model.state()["neuron"]["potential"].tolist() == [0, 0, 0, 5, 0, 0, 0]
    assert sorted(file.name for file in tmp_path.iterdir()) == ["board.npz", "model.npz"]


def test_what_is_no_checkpoint(tmp_path: Path) -> None:
    file = tmp_path / "x.npz"
    with pytest.raises(ValueError, match=rf"^checkpoint {file} can't be read: .*No such file"):
        read_state(file, MANIFEST)
    for about in ({}, {"about": np.zeros(3)}, {"about": np.frombuffer(b"[]", np.uint8)}):
        np.savez(file, **about)  # type: ignore[arg-type]
        with pytest.raises(ValueError, match=rf"^{file} is no checkpoint; Device\.checkpoint"):
            read_state(file, MANIFEST)
    write_state(file, {"synapse": {"weight": np.zeros(3)}}, manifest_of("bank"))
    with pytest.raises(ValueError, match=r" is of a design with another block, layer, neuron, "):
        read_state(file, MANIFEST)
    wide: Any = np.array([1 << 70], dtype=object)
    with pytest.raises(ValueError, match=r"^a checkpoint file holds .*, and synapse\.weight has"):
        write_state(tmp_path / "wide.npz", {"synapse": {"weight": wide}}, MANIFEST)
    assert not (tmp_path / "wide.npz").exists()


def test_fields_that_do_not_fit() -> None:
    like = {"synapse": {"weight": np.zeros((2, 3)), "trace": np.zeros(2)}}
    check_fields("a state", like, like)
    for state, text in (
        (
            {"synapse": {"weight": np.zeros((2, 3))}},
            "a state has no field synapse.trace; its field",
        ),
        (
            like | {"neuron": {"x": np.zeros(1)}},
            "a state has an unknown field neuron.x; its fields",
        ),
        (
            {"synapse": {"weight": np.zeros((2, 3)), "trace": np.zeros(3)}},
            "a state: synapse.trace must have shape (2,), not (3,).",
        ),
    ):
        with pytest.raises(ValueError) as caught:  # noqa: PT011 - the text follows
            check_fields("a state", state, like)
        assert str(caught.value).startswith(text)
