# amaranth: UnusedElaboratable=no
"""A learning network behind host registers: a step is a sample, and its packet the answer."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Module, Signal, Value

from sc_hw.build.blocks.ports import leaf_fields
from sc_hw.host.blocks.host_block import HostBlock
from sc_hw.host.packets import StepPacket, common_fields
from sc_hw.wires import choose
from sc_model.spec import ConfigError


class HostLearningNetwork(HostBlock):
    """A learning network behind the registers of a host; see `HostBlock`.

    The host sends the right class of a sample together with its values. Two samples are under way:
    the values of one come in while the network learns from the one before. A packet leaves when the
    network has learned from its sample.

    Raises
    ------
    ConfigError
        the network learns from rewards, which depend on its answer and so can't come with a sample.
    """

    name = "learning_network"
    kind = 5

    def describe(self) -> None:
        """A step carries class and flags of a sample, then its values; a packet the winner."""
        network = self.block.component
        if network.spec.feedback != "label":
            raise ConfigError(
                f"the host of design '{self.block.design.name}' tells the class of a sample with"
                " the sample, so [learning] feedback must be 'label', not"
                f" '{network.spec.feedback}': a reward follows the answer."
            )
        leaves = leaf_fields(network.parts.control.told_layout)
        bits = network.spec.value_bits
        self.step = StepPacket(
            network.spec.inputs,
            bits,
            ({"name": "value", "offset": 0, "width": bits, "signed": False},),
            common_fields((leaf["name"], leaf["width"], leaf["signed"]) for leaf in leaves),
        )
        self.describe_answers(network.plan.class_bits, network.parts.host)

    def connect(self, m: Module, pins: Any) -> None:
        """Send values in, the class after the answer, and the winner out at the sample's end."""
        self.count_in_flight(m, 2)
        told = Signal(name="told")  # the network has answered, and gets the class now
        lesson = self._lesson(m, pins.teach.valid & pins.teach.ready)
        answered = pins.o.valid & pins.o.ready
        m.d.comb += [
            pins.i.payload.eq(self.transfer.payload),
            pins.i.valid.eq(self.transfer.valid),
            self.transfer.ready.eq(pins.i.ready),
            pins.teach.payload.eq(lesson),
            pins.teach.valid.eq(told),
            pins.o.ready.eq(1),
        ]
        with m.If(answered):
            m.d.sync += told.eq(1)
        with m.If(pins.teach.valid & pins.teach.ready):
            m.d.sync += told.eq(0)
        self.answer_at_end(m, pins.o.payload.as_value(), answered, pins.done)
        self.connect_window(m, [pins.load], [pins.read], [pins.readback])

    def _lesson(self, m: Module, taught: Value) -> Value:
        """The class and flags of the sample that is answered.

        There is a register for each of the two samples under way. The common part of a step is
        complete once the step's first transfer comes, and stays until the next step.

        Parameters
        ----------
        taught : strobe, the network takes the class and flags of a sample.
        """
        layout = self.block.component.parts.control.told_layout
        # Numbers, 0 or 1, of the registers of the sample that comes in and of the one answered.
        coming, answered = Signal(name="coming", init=1), Signal(name="answered")
        lessons = [Signal(layout, name=f"lesson_{n}", reset_less=True) for n in range(2)]
        m.d.sync += [coming.eq(coming ^ self.begins), answered.eq(answered ^ taught)]
        for number, lesson in enumerate(lessons):
            with m.If(self.transfer.valid & (coming == number)):
                m.d.sync += [
                    lesson[each.name].eq(self.common_value(each.name)) for each in self.step.common
                ]
        return choose(answered, [lesson.as_value() for lesson in lessons])


HOST_BLOCK = HostLearningNetwork
