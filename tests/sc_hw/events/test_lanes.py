"""A lane of an event layer: sizes that follow from its pipeline, and what it refuses."""

from __future__ import annotations

import pytest

from sc_hw.events.lanes import EventLanes
from sc_hw.fabric.families import load_family
from sc_model.layer_kinds import kind_of
from sc_model.spec import DenseSpec, HetSynSpec, IntFormat, TrainedLayerSpec


def lane(spec: TrainedLayerSpec, width: int = 1, family: str = "generic") -> EventLanes:
    value = IntFormat(width)
    return EventLanes(spec, value, kind_of(spec).pipeline(spec, value, 1.0), load_family(family))


@pytest.mark.parametrize("family", ["generic", "gatemate", "ecp5"])
@pytest.mark.parametrize("neurons", [1, 2, 3, 4, 9])
def test_sets_keep_additions_to_one_sum_apart(neurons: int, family: str) -> None:
    spec = DenseSpec(name="a", inputs=300, neurons=neurons, weight_bits=14, engine="events")
    dut = lane(spec, 4, family)
    assert dut.sets * spec.groups >= dut.loop
    assert dut.sets == 1 or dut.sets // 2 * spec.groups < dut.loop  # the fewest, a power of two
    assert dut.sets & dut.sets - 1 == 0
    assert dut.landed == dut.fetched + dut.adding
    assert "value" in dut.signature.members


def test_an_event_of_one_bit_has_no_value() -> None:
    one_bit = lane(DenseSpec(name="a", inputs=3, neurons=2, engine="events"))
    assert "value" not in one_bit.signature.members


def test_with_delays_sums_are_cleared() -> None:
    delayed = lane(DenseSpec(name="a", inputs=3, neurons=5, max_delay=3, engine="events"))
    assert delayed.clears
    assert {"wipe", "host_place", "stored"} < {*delayed.signature.members}
    assert not {"first", "counts"} & {*delayed.signature.members}
    assert delayed.sum_words == 5 << 3  # banks, and 5 groups
    # The bank of a delay is known later than the place of an event.
    assert delayed.fetched >= 2 + 3
    spec = DenseSpec(name="a", inputs=3, neurons=5, max_delay=3, engine="events")
    value = IntFormat(1)
    with pytest.raises(ValueError, match=r"^sums of delayed products must be cleared"):
        EventLanes(
            spec,
            value,
            kind_of(spec).pipeline(spec, value, 1.0),
            load_family("generic"),
            clears=False,
        )


def test_synapses_with_state_are_refused() -> None:
    with pytest.raises(ValueError, match=r"^synapse 'hetsyn' of an event layer must have no state"):
        lane(HetSynSpec(name="a", inputs=3, neurons=2))
