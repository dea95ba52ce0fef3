"""What a kind's synapse must have."""

from __future__ import annotations

import pytest

from sc_model.arithmetic import Unit
from sc_model.layer_kinds import Synapse, kind_of, load_kind
from sc_model.spec import ConfigError, DenseSpec, HetSynSpec, IntFormat

BIT = IntFormat(1)


def unit(outputs: dict[str, IntFormat], state: dict[str, int]) -> Unit:
    return Unit("odd", {"value": BIT, **dict.fromkeys(state, BIT)}, outputs, state, lambda o, n: {})


def test_a_synapse_has_a_product() -> None:
    with pytest.raises(
        ValueError, match=r"^synapse 'odd' must have an output 'product', not only trace\.$"
    ):
        Synapse(unit({"trace": BIT}, {"trace": 0}))


def test_state_begins_with_0() -> None:
    with pytest.raises(
        ValueError, match=r"^state 'trace' of synapse 'odd' must begin with 0, not 1\.$"
    ):
        Synapse(unit({"trace": BIT, "product": BIT}, {"trace": 1}))


def test_kinds_by_name_and_by_layer() -> None:
    assert load_kind("dense").spec is DenseSpec
    assert kind_of(HetSynSpec(name="a", inputs=1, neurons=1)) is load_kind("hetsyn")
    with pytest.raises(
        ConfigError,
        match=r"^layer kind must be one of conv, dense, hetsyn, .*, not 'hetsin'; did you mean",
    ):
        load_kind("hetsin")
