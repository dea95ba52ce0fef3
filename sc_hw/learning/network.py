# amaranth: UnusedElaboratable=no
"""A network whose hidden layers and readout learn on the chip, one sample after the other."""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import Any

from amaranth.hdl import C, Cat, Module, Mux, Signal, Value, signed
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out, connect, flipped

from sc_hw.fabric.families import Family
from sc_hw.learning.backward import BackwardPass
from sc_hw.learning.classes import ClassScores
from sc_hw.learning.control import SampleControl, learns_behind, signals_wanted
from sc_hw.learning.event_sums import EventSums
from sc_hw.learning.feedback import FeedbackSum
from sc_hw.learning.forward import ForwardPass
from sc_hw.learning.host_port import HostPort
from sc_hw.learning.input_lists import InputLists
from sc_hw.learning.lane import LearningLane
from sc_hw.learning.lane_state import LaneState
from sc_hw.learning.neurons import HiddenNeurons
from sc_hw.learning.noise import Exploration, NoiseSource
from sc_hw.learning.plan import PRODUCT, LearningPlan, Part
from sc_hw.learning.readout import ReadoutPass
from sc_hw.learning.rows import HiddenRows
from sc_hw.learning.spike_queue import SpikeQueue
from sc_hw.learning.step_sizes import StepSizes
from sc_hw.learning.update import UpdatePass
from sc_hw.learning.weights import WeightMemory
from sc_hw.wires import Delays, choose, gated
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
    queue: SpikeQueue
    exploration: Exploration


class LearningNetwork(wiring.Component):
    """Inputs that spike once, hidden layers, a readout; all layers learn from its errors.

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
    behind_host : whether it stands behind a host's registers, which take block RAM too.

    Members
    -------
    i : stream of a sample's values, one for each input.
    o : stream of answers: the class with the largest score, and with exploration the one that is
        played.
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
            feedback=FeedbackSum(plan, lanes[0].product_bits),
            update=UpdatePass(plan),
            sizes=StepSizes(plan),
            noise=NoiseSource(spec.noise_seed),
            weights=WeightMemory(plan),
            sums=EventSums(plan),
            state=LaneState(plan),
            control=SampleControl(plan),
            host=HostPort(plan),
            lanes=lanes,
            queue=SpikeQueue(plan),
            exploration=Exploration(plan),
        )
        host = self.parts.host
        answer = {"winner": plan.class_bits}
        if spec.exploration:
            answer["played"] = plan.class_bits
        super().__init__(
            {
                "i": In(stream.Signature(spec.value_bits)),
                "o": Out(stream.Signature(data.StructLayout(answer))),
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
            if name not in ("lanes", "queue", "exploration"):
                m.submodules[name] = part
        for number, lane in enumerate(parts.lanes):
            m.submodules[f"lane_{number}"] = lane
        active = self._active_groups(m, parts)
        self._control(m, parts, active)
        self._lists(m, parts)
        self._addresses(m, parts)
        self._forward(m, parts)
        self._rows(m, parts)
        self._classes(m, parts)
        self._learn(m, parts, active)
        self._state_writes(m, parts)
        self._host(m, parts)
        if self.plan.layer_bits:
            self._further_layers(m, parts)
        if self.spec.exploration:
            self._exploration(m, parts)
        return m

    def _control(self, m: Module, parts: _Parts, active: list[Signal]) -> None:
        """What starts the passes, and what they report."""
        control = parts.control
        passes: dict[str, Any] = {
            "forward": parts.forward,
            "readout": parts.readout,
            "classes": parts.classes,
            "backward": parts.backward,
            "update": parts.update,
            **({"explore": parts.exploration} if self.spec.exploration else {}),
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
            control.any_signal.eq(active[0].any()),
            parts.update.active.eq(active[0]),
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

    def _active_groups(self, m: Module, parts: _Parts) -> list[Signal]:
        """Which groups of the neurons of each hidden layer have a signal that is not 0."""
        plan, result = self.plan, []
        group = parts.feedback.o_row[plan.lane_bits :]
        layer = plan.layer_of(parts.control)
        for index in range(plan.stages):
            name = "active_groups" + (f"_{index}" if index else "")
            active = Signal(plan.groups_of(index), name=name)
            starts, valid = parts.control.starts.backward, parts.feedback.valid
            if plan.layer_bits:
                starts, valid = starts & (layer == index), valid & (layer == index)
            with m.If(starts):
                m.d.sync += active.eq(0)
            with m.Elif(valid & parts.feedback.signal.any()):
                for number in range(plan.groups_of(index)):
                    with m.If(group == number):
                        m.d.sync += active[number].eq(1)
            result.append(active)
        return result

    def _signal_sums(self, m: Module, parts: _Parts) -> list[Value]:
        """Of each further hidden layer the sum of its signals, as that of the errors."""
        plan, feedback, layer = self.plan, parts.feedback, self.plan.layer_of(parts.control)
        sums: list[Value] = []
        for index in range(1, plan.stages):
            total = Signal(signed(plan.signal_sum_bits(index)), name=f"signal_sum_{index}")
            with m.If(parts.control.starts.backward & (layer == index)):
                m.d.sync += total.eq(0)
            with m.Elif(feedback.valid & (layer == index)):
                m.d.sync += total.eq(total + feedback.signal.as_signed())
            sums.append(total)
        return sums

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
        layer = plan.layer_of(parts.control)
        hidden_slot = self._of_inputs(forward) | update.update
        zero = C(0, plan.address_bits)
        row_words = [
            plan.word(index + 1, plan.number_of(index, rows.row), readout.group | backward.group)
            | zero
            for index in range(plan.stages)
        ]
        signals = [
            plan.state_place(Part.SIGNAL, backward.group, C(index, plan.layer_bits))
            for index in range(1, plan.stages)
        ]
        m.d.comb += [
            parts.weights.address.eq(
                gated(
                    (plan.word(0, parts.lists.row, forward.group | update.group) | zero),
                    by=hidden_slot,
                )
                | gated(choose(layer, row_words), by=row_slot)
                | reduce(or_, self._spike_words(parts), parts.host.address)
            ),
            parts.weights.update.eq(backward.update | update.update),
            parts.sums.event.eq(forward.event | readout.event),
            parts.sums.clear.eq(
                forward.clear | forward.spent if plan.layer_bits else forward.clear
            ),
            parts.sums.place.eq(
                gated(
                    plan.current_place(forward.group, plan.layer_of(forward)),
                    by=forward.event | forward.visit,
                )
                | gated(plan.score_place(readout.group, readout.set), by=readout.event)
                | gated(plan.score_place(classes.group, classes.set), by=classes.slot)
                | forward.place
            ),
            parts.state.address.eq(
                rows.address
                | gated(
                    plan.state_place(Part.TRACE, forward.group, plan.layer_of(forward)),
                    by=forward.visit,
                )
                | gated(
                    choose(layer, [*signals, plan.state_place(Part.ERROR, backward.group)]),
                    by=backward.feedback | backward.update,
                )
                | gated(plan.state_place(Part.SIGNAL, update.group), by=update.update)
                | parts.host.state_address
            ),
        ]

    def _of_inputs(self, forward: ForwardPass) -> Value:
        """Whether an event of the forward pass is one of an input."""
        return forward.event & ~forward.layer.any() if self.plan.layer_bits else forward.event

    def _spike_words(self, parts: _Parts) -> list[Value]:
        """The address of an event behind each hidden layer but the last, or 0."""
        plan, forward = self.plan, parts.forward
        return [
            gated(
                plan.word(index, plan.number_of(index - 1, parts.queue.row), forward.group)
                | C(0, plan.address_bits),
                by=forward.event & (forward.layer == index),
            )
            for index in range(1, plan.stages)
        ]

    def _further_layers(self, m: Module, parts: _Parts) -> None:
        """Which layer each part is at, and the spikes between two of them."""
        plan, forward, neurons, queue = self.plan, parts.forward, parts.neurons, parts.queue
        m.submodules.queue = queue
        for part in (parts.rows, parts.backward, parts.feedback, parts.sizes):
            m.d.comb += plan.layer_of(part).eq(parts.control.layer)
        row_group = neurons.write_group
        m.d.comb += [
            queue.clear.eq(forward.renew),
            queue.push.eq(neurons.write.any() & (row_group[plan.group_bits :] != plan.stages - 1)),
            queue.spikes.eq(neurons.spikes),
            queue.share.eq(
                Cat(
                    Cat(neurons.write[n] for n in range(plan.fold) if n >> bit & 1).any()
                    for bit in range(plan.share_bits)
                )
            ),
            queue.group.eq(row_group),
            forward.waiting.eq(queue.some),
            forward.empty.eq(queue.empty),
            queue.take.eq(forward.take),
        ]

    def _exploration(self, m: Module, parts: _Parts) -> None:
        """The class that is played."""
        m.submodules.exploration = exploration = parts.exploration
        m.d.comb += [
            exploration.explores.eq(parts.host.explore),
            exploration.winner.eq(parts.classes.winner),
            exploration.state.eq(parts.noise.state),
            self.o.payload.played.eq(exploration.played),
        ]

    def _forward(self, m: Module, parts: _Parts) -> None:
        """Events and neurons."""
        plan, forward, neurons = self.plan, parts.forward, parts.neurons
        m.d.comb += [
            parts.sums.words.eq(parts.weights.words),
            neurons.visit.eq(forward.visit),
            neurons.group.eq(Cat(forward.group, plan.layer_of(forward))),
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
        classes, labels = parts.classes, parts.control.told
        m.d.comb += [
            classes.errors.eq(parts.control.errors),
            classes.label.eq(labels.label),
            classes.right.eq(labels.right),
            classes.single.eq(labels.single),
            classes.stored.eq(parts.sums.stored),
        ]

    def _learn(self, m: Module, parts: _Parts, active: list[Signal]) -> None:
        """Lanes, feedback and the size of steps."""
        delays = Delays(m)
        backward, update, sizes, feedback = (
            parts.backward,
            parts.update,
            parts.sizes,
            parts.feedback,
        )
        rows, learn, layer = parts.rows, parts.host.learn, self.plan.layer_of(parts.control)
        feeds = delays.later(backward.feedback, self.plan.fetch, "feeds")
        updates = Signal(name="updates")
        draws = delays.later(updates, self.plan.fetch, "updates", strobe=True)
        if self.spec.exploration:
            draws = draws | parts.exploration.draws
        m.d.comb += updates.eq(backward.update | update.update)
        m.d.comb += [
            backward.signals.eq(signals_wanted(self.plan, learn, layer)),
            backward.learns.eq(learns_behind(self.plan, learn, layer)),
            backward.active.eq(choose(layer, [*active[1:], parts.classes.active])),
            parts.noise.step.eq(draws),
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
            feedback.errors.eq(choose(layer, [*self._signal_sums(m, parts), parts.classes.total])),
        ]
        if self.plan.width_bits:
            of_inputs = delays.later(update.update, self.plan.fetch + PRODUCT, "of_inputs")
            behind = [self.plan.width_of(index + 1) for index in range(self.plan.stages)]
            width = Signal(self.plan.width_bits, name="width_of_word")
            m.d.comb += width.eq(Mux(of_inputs, self.plan.width_of(0), choose(layer, behind)))
            m.d.comb += [lane.width.eq(width) for lane in parts.lanes]
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
        layer = plan.layer_of(parts.control)

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
                | gated(plan.state_place(Part.SIGNAL, parts.rows.group, layer), by=opens)
                | gated(
                    plan.state_place(Part.SIGNAL, feedback.o_row[lane_bits:], layer),
                    by=feedback.valid,
                )
                | gated(
                    plan.state_place(Part.AGE, backward.aged_row[lane_bits:], layer),
                    by=backward.ages,
                )
                | gated(parts.host.state_address, by=loads)
            ),
        ]

    def _host(self, m: Module, parts: _Parts) -> None:
        """The host's streams and what it reaches."""
        host = parts.host
        connect(m, flipped(self.load), host.load)
        connect(m, flipped(self.read), host.read)
        connect(m, host.readback, flipped(self.readback))
        m.d.comb += [
            host.words.eq(parts.weights.words),
            host.ages.eq(parts.state.word),
            parts.weights.load.eq(host.load_weights),
            parts.weights.load_data.eq(self._load_data(parts)),
            parts.noise.load.eq(host.load_noise),
            parts.noise.load_data.eq(host.data),
            host.noise.eq(parts.noise.state),
        ]

    def _load_data(self, parts: _Parts) -> Value:
        """A weight that the host loads, in the width of the layer that its word belongs to."""
        plan, host = self.plan, parts.host

        def of_width(bits: int) -> Value:
            word = host.data[:bits]
            # -2^(bits - 1), which no step leaves, is loaded as its neighbour.
            lowest = word[0] | (word[-1] & ~word[:-1].any())
            return Cat(lowest, word[1:], word[-1].replicate(plan.weight_bits - bits))

        weight = of_width(plan.spec.layers[0].weight_bits)
        if plan.width_bits:
            for base, layer in zip(plan.bases[1:], plan.spec.layers[1:], strict=True):
                weight = Mux(host.address >= base, of_width(layer.weight_bits), weight)
        return weight
