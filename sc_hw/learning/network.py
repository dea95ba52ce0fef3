# amaranth: UnusedElaboratable=no
"""A network whose hidden layer and readout learn on the chip, one sample after the other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from amaranth.hdl import C, Cat, Module, Mux, Signal, Value
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out, connect, flipped

from sc_hw.fabric.families import Family
from sc_hw.learning.backward import BackwardPass
from sc_hw.learning.classes import ClassScores
from sc_hw.learning.control import SampleControl
from sc_hw.learning.event_sums import EventSums
from sc_hw.learning.feedback import FeedbackSum
from sc_hw.learning.forward import ForwardPass
from sc_hw.learning.host_port import HostPort
from sc_hw.learning.input_lists import InputLists
from sc_hw.learning.lane import LearningLane
from sc_hw.learning.lane_state import LaneState
from sc_hw.learning.neurons import HiddenNeurons
from sc_hw.learning.noise import NoiseSource
from sc_hw.learning.plan import LearningPlan, Part
from sc_hw.learning.readout import ReadoutPass
from sc_hw.learning.rows import HiddenRows
from sc_hw.learning.step_sizes import StepSizes
from sc_hw.learning.update import UpdatePass
from sc_hw.learning.weights import WeightMemory
from sc_hw.wires import Delays, gated
from sc_model.spec.learning import LearningNetworkSpec


@dataclass(frozen=True)
class _Parts:
    """The parts of a network, each of which its own file describes."""

    lists: InputLists
    forward: ForwardPass
    neurons: HiddenNeurons
    rows: HiddenRows
    readout: ReadoutPass
    classes: ClassScores
    backward: BackwardPass
    feedback: FeedbackSum
    update: UpdatePass
    sizes: StepSizes
    noise: NoiseSource
    weights: WeightMemory
    sums: EventSums
    state: LaneState
    control: SampleControl
    host: HostPort
    lanes: list[LearningLane]


class LearningNetwork(wiring.Component):
    """Inputs that spike once, a hidden layer, a readout; both layers learn from its errors.

    What a sample does is in `sc_model.golden.learning_network`; the numbers are the same. All
    passes share one memory of weights, one of sums and one of the lanes' state, and what the passes
    say to them is joined by OR: a pass that rests says 0. Domain ``sync``. A reset ends the sample
    under way, which may have changed some weights and not others, and empties the buffers of
    inputs; registers get their first values. Contents of memories are undefined at power-on: load
    weights and ages before the first sample.

    Parameters
    ----------
    spec : the network.
    family : the fabric.
    behind_host : whether it stands behind a host's registers, one sample at a time: then one
        buffer of inputs is enough.

    Members
    -------
    i : stream of a sample's values, one for each input.
    o : stream of answers: the class with the largest score.
    teach : stream of what is told of each answer: `label` is a class, `right` whether it is the
        right one, `single` that nothing is known of the others; with `learn` low nothing is learned
        from the sample.
    load, read, readback : of the host, served between samples (see `HostPort`).
    done : a sample is over; high for a clock.
    idle : no sample is under way.
    """

    def __init__(
        self, spec: LearningNetworkSpec, family: Family, *, behind_host: bool = False
    ) -> None:
        self.spec, self.family = spec, family
        self.plan = plan = LearningPlan(spec, family, behind_host)
        blocks = plan.lanes if family.multipliers is None else family.multipliers
        lanes = [LearningLane(plan, block=number < blocks) for number in range(plan.lanes)]
        neurons, classes = HiddenNeurons(plan), ClassScores(plan)
        self.parts = _Parts(
            lists=InputLists(plan),
            forward=ForwardPass(plan, neurons.spacing),
            neurons=neurons,
            rows=HiddenRows(plan),
            readout=ReadoutPass(plan),
            classes=classes,
            backward=BackwardPass(plan),
            feedback=FeedbackSum(plan, lanes[0].product_bits, classes.total_bits),
            update=UpdatePass(plan),
            sizes=StepSizes(plan),
            noise=NoiseSource(spec.noise_seed),
            weights=WeightMemory(plan),
            sums=EventSums(plan),
            state=LaneState(plan),
            control=SampleControl(plan),
            host=HostPort(plan),
            lanes=lanes,
        )
        host = self.parts.host
        super().__init__(
            {
                "i": In(stream.Signature(spec.value_bits)),
                "o": Out(stream.Signature(data.StructLayout({"winner": plan.class_bits}))),
                "teach": In(stream.Signature(self.parts.control.told_layout)),
                "load": In(stream.Signature(host.load_layout)),
                "read": In(stream.Signature(host.read_layout)),
                "readback": Out(stream.Signature(host.data_bits)),
                "done": Out(1),
                "idle": Out(1),
            }
        )

    @property
    def spaces(self) -> dict[Any, data.StructLayout]:
        """Fields of the words that the host addresses."""
        return self.parts.host.spaces

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        parts = self.parts
        for name, part in vars(parts).items():
            if name != "lanes":
                m.submodules[name] = part
        for number, lane in enumerate(parts.lanes):
            m.submodules[f"lane_{number}"] = lane
        self._control(m, parts)
        self._lists(m, parts)
        self._addresses(m, parts)
        self._forward(m, parts)
        self._rows(m, parts)
        self._classes(m, parts)
        self._learn(m, parts)
        self._state_writes(m, parts)
        self._host(m, parts)
        return m

    def _control(self, m: Module, parts: _Parts) -> None:
        """What starts the passes, and what they report."""
        control = parts.control
        signals = self._active_groups(m, parts)
        passes: dict[str, Any] = {
            "forward": parts.forward,
            "readout": parts.readout,
            "classes": parts.classes,
            "backward": parts.backward,
            "update": parts.update,
        }
        m.d.comb += [
            *(each.start.eq(getattr(control.starts, name)) for name, each in passes.items()),
            parts.rows.start.eq(control.starts.readout | control.starts.backward),
            control.ended.eq(Cat(each.ended for each in passes.values()).any()),
            control.full.eq(parts.lists.full),
            control.landing.eq(
                parts.weights.landing
                | parts.sums.landing
                | parts.neurons.landing
                | parts.feedback.landing
            ),
            control.learn.eq(parts.host.learn),
            control.any_error.eq(parts.classes.active.any()),
            control.any_signal.eq(signals.any()),
            parts.update.active.eq(signals),
            control.host.eq(parts.host.asks),
            parts.host.serves.eq(control.serves),
            self.o.valid.eq(control.o_valid),
            control.o_ready.eq(self.o.ready),
            self.o.payload.winner.eq(parts.classes.winner),
            parts.lists.release.eq(control.release),
            self.done.eq(control.release),
            self.idle.eq(control.resting),
        ]
        connect(m, flipped(self.teach), control.teach)

    def _active_groups(self, m: Module, parts: _Parts) -> Signal:
        """Which groups of hidden neurons have a signal that is not 0."""
        active = Signal(self.plan.groups, name="active_groups")
        group = parts.feedback.o_row[self.plan.lane_bits :]
        with m.If(parts.control.starts.backward):
            m.d.sync += active.eq(0)
        with m.Elif(parts.feedback.valid & parts.feedback.signal.any()):
            for number in range(self.plan.groups):
                with m.If(group == number):
                    m.d.sync += active[number].eq(1)
        return active

    def _lists(self, m: Module, parts: _Parts) -> None:
        """Two passes walk through the lists."""
        lists, forward, update = parts.lists, parts.forward, parts.update
        connect(m, flipped(self.i), lists.i)
        m.d.comb += [
            lists.step.eq(Mux(update.look, update.step, forward.step)),
            lists.look.eq(forward.look | update.look),
            lists.advance.eq(forward.advance | update.advance),
        ]
        for each in (forward, update):
            m.d.comb += [each.some.eq(lists.some), each.last.eq(lists.last)]

    def _addresses(self, m: Module, parts: _Parts) -> None:
        """The slot's addresses: in each clock one pass at most has one, the others say 0."""
        plan = self.plan
        forward, readout, classes = parts.forward, parts.readout, parts.classes
        backward, update, rows = parts.backward, parts.update, parts.rows
        row_slot = readout.event | backward.feedback | backward.update
        hidden_slot = forward.event | update.update
        zero = C(0, plan.address_bits)
        m.d.comb += [
            parts.weights.address.eq(
                gated(
                    (plan.hidden_word(parts.lists.row, forward.group | update.group) | zero),
                    by=hidden_slot,
                )
                | gated(
                    (plan.out_word(rows.row, readout.group | backward.group) | zero), by=row_slot
                )
                | parts.host.address
            ),
            parts.weights.update.eq(backward.update | update.update),
            parts.sums.event.eq(forward.event | readout.event),
            parts.sums.clear.eq(forward.clear),
            parts.sums.place.eq(
                gated(plan.current_place(forward.group), by=forward.event | forward.visit)
                | gated(plan.score_place(readout.group, readout.set), by=readout.event)
                | gated(plan.score_place(classes.group, classes.set), by=classes.slot)
                | forward.place
            ),
            parts.state.address.eq(
                rows.address
                | gated(plan.state_place(Part.TRACE, forward.group), by=forward.visit)
                | gated(
                    plan.state_place(Part.ERROR, backward.group),
                    by=backward.feedback | backward.update,
                )
                | gated(plan.state_place(Part.SIGNAL, update.group), by=update.update)
                | parts.host.state_address
            ),
        ]

    def _forward(self, m: Module, parts: _Parts) -> None:
        """Events and neurons."""
        forward, neurons = parts.forward, parts.neurons
        m.d.comb += [
            parts.sums.words.eq(parts.weights.words),
            neurons.visit.eq(forward.visit),
            neurons.group.eq(forward.group),
            neurons.share.eq(forward.share),
            neurons.fresh.eq(forward.first_step),
            neurons.currents.eq(parts.sums.stored),
            neurons.word.eq(parts.state.word),
        ]

    def _rows(self, m: Module, parts: _Parts) -> None:
        """The rows of the readout, for its scores and for the backward pass."""
        rows, readout, backward = parts.rows, parts.readout, parts.backward
        m.d.comb += [
            rows.word.eq(parts.state.word.as_value()),
            rows.next.eq(readout.next | backward.next),
            readout.trace.eq(rows.trace),
            readout.active.eq(rows.active),
            backward.trace.eq(rows.trace),
            backward.near.eq(rows.near),
            backward.age.eq(rows.age),
            backward.row.eq(rows.row),
        ]
        for each in (readout, backward):
            m.d.comb += [each.valid.eq(rows.valid), each.row_ended.eq(rows.ended)]

    def _classes(self, m: Module, parts: _Parts) -> None:
        """Winner and errors."""
        classes, told = parts.classes, parts.control.told
        m.d.comb += [
            classes.errors.eq(parts.control.errors),
            classes.label.eq(told.label),
            classes.right.eq(told.right),
            classes.single.eq(told.single),
            classes.stored.eq(parts.sums.stored),
        ]

    def _learn(self, m: Module, parts: _Parts) -> None:
        """Lanes, feedback and the size of steps."""
        delays = Delays(m)
        backward, update, sizes, feedback = (
            parts.backward,
            parts.update,
            parts.sizes,
            parts.feedback,
        )
        rows, learn = parts.rows, parts.host.learn
        feeds = delays.later(backward.feedback, self.plan.fetch, "feeds")
        updates = Signal(name="updates")
        m.d.comb += updates.eq(backward.update | update.update)
        m.d.comb += [
            backward.signals.eq(learn[0]),
            backward.learns.eq(learn[1]),
            backward.active.eq(parts.classes.active),
            parts.noise.step.eq(delays.later(updates, self.plan.fetch, "updates", strobe=True)),
            sizes.count.eq(parts.lists.count),
            sizes.step_shift.eq(parts.host.step_shift),
            sizes.trace.eq(rows.trace),
            sizes.begins.eq(parts.control.starts.update),
            sizes.stepped.eq(update.stepped),
            sizes.rows.eq(delays.later(backward.update, self.plan.fetch - 1, "row_updates")),
            feedback.slot.eq(backward.feedback),
            feedback.first.eq(backward.first),
            feedback.last.eq(backward.last),
            feedback.row.eq(rows.row),
            feedback.trace.eq(rows.trace),
            feedback.near.eq(rows.near),
            feedback.oldest.eq(backward.oldest),
            feedback.errors.eq(parts.classes.total),
        ]
        for number, lane in enumerate(parts.lanes):
            m.d.comb += [
                lane.feedback.eq(feeds),
                lane.weight.eq(parts.weights.words[number]),
                lane.signal.eq(parts.state.word[number]),
                lane.drive.eq(sizes.drive),
                lane.noise.eq(parts.noise.state[: self.spec.noise_bits]),
                parts.weights.changed[number].eq(lane.changed),
                feedback.products[number].eq(lane.product),
            ]

    def _state_writes(self, m: Module, parts: _Parts) -> None:
        """Who writes the lanes' state: never two in one clock."""
        plan, state = self.plan, parts.state
        neurons, classes, feedback, backward = (
            parts.neurons,
            parts.classes,
            parts.feedback,
            parts.backward,
        )
        lane_bits = plan.lane_bits
        opens = parts.rows.opens & parts.control.learning

        def one_lane(strobe: Value, row: Value) -> Value:
            return Cat(strobe & (row[:lane_bits] == lane) for lane in range(plan.lanes))

        def extended(value: Value) -> Value:
            fill = value[-1].replicate(plan.state_bits)
            return Cat(value, fill)[: plan.state_bits]

        host = parts.host
        loads = host.load_ages.any()
        m.d.comb += [
            state.write_share.eq(neurons.write),
            state.values.eq(neurons.values),
            state.write.eq(
                classes.write
                | opens.replicate(plan.lanes)
                | one_lane(feedback.valid, feedback.o_row)
                | one_lane(backward.ages, backward.aged_row)
                | host.load_ages
            ),
            state.value.eq(
                extended(classes.value)
                | gated(extended(feedback.signal), by=feedback.valid)
                | gated(
                    Cat(backward.aged, C(0, plan.state_bits))[: plan.state_bits], by=backward.ages
                )
                | gated(Cat(host.data, C(0, plan.state_bits))[: plan.state_bits], by=loads)
            ),
            state.w_address.eq(
                gated(plan.state_place(Part.TRACE, neurons.write_group), by=neurons.write.any())
                | gated(plan.state_place(Part.ERROR, classes.w_group), by=classes.write.any())
                | gated(plan.state_place(Part.SIGNAL, parts.rows.group), by=opens)
                | gated(
                    plan.state_place(Part.SIGNAL, feedback.o_row[lane_bits:]), by=feedback.valid
                )
                | gated(plan.state_place(Part.AGE, backward.aged_row[lane_bits:]), by=backward.ages)
                | gated(parts.host.state_address, by=loads)
            ),
        ]

    def _host(self, m: Module, parts: _Parts) -> None:
        """The host's streams and what it reaches."""
        host = parts.host
        loaded = host.data[: self.plan.hidden.weight_bits]
        connect(m, flipped(self.load), host.load)
        connect(m, flipped(self.read), host.read)
        connect(m, host.readback, flipped(self.readback))
        m.d.comb += [
            host.words.eq(parts.weights.words),
            host.ages.eq(parts.state.word),
            parts.weights.load.eq(host.load_weights),
            # -2^(bits - 1), which no step leaves, is loaded as its neighbour.
            parts.weights.load_data.eq(
                Cat(loaded[0] | (loaded[-1] & ~loaded[:-1].any()), loaded[1:])
            ),
            parts.noise.load.eq(host.load_noise),
            parts.noise.load_data.eq(host.data),
            host.noise.eq(parts.noise.state),
        ]
