"""What both engines of a trained layer show to the network: the same ports and spaces."""

from __future__ import annotations

from sc_hw.events import EventLayer
from sc_hw.parts.space import Space
from sc_hw.trained import TrainedLayer
from sc_model.spec import DenseSpec, IntFormat


def test_engines_have_the_same_ports_and_spaces() -> None:
    sizes = {"name": "a", "inputs": 5, "neurons": 7, "lanes": 3}
    sweep = TrainedLayer(DenseSpec(**sizes), IntFormat(2))
    events = EventLayer(DenseSpec(**sizes, engine="events"), IntFormat(2))
    assert sweep.signature == events.signature
    assert sweep.spaces == events.spaces
    assert list(events.spaces) == [Space.SYNAPSE, Space.NEURON, Space.CONTROL]
    bits = events.memory_bits
    assert bits == {**sweep.memory_bits, "sums": bits["sums"]}
