"""Claims about a learning network's own Verilog: its parts are the claimed ones, and what joins.

Each instance in `top.v` is shown to be the part that was emitted by itself. Without its instances
the module is what joins them: every input of a part, every output of the network and every register
between the parts is in a claim. Addresses are claimed as numbers, of the pass that has a slot while
the others rest, which the claims about control and passes say.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sc_hw.learning import LearningNetwork
from sc_hw.learning.plan import PRODUCT, Part
from sc_hw.proof.bits import Bits, cat, either, mux
from sc_hw.proof.blocks.joined import Joined, Module, claims_of_joined
from sc_hw.proof.blocks.learning.layers import extended
from sc_hw.proof.blocks.learning.parts import LANE, instances_of
from sc_hw.proof.blocks.plastic.wiring.glue import Next
from sc_hw.proof.prover import Prover
from sc_hw.proof.verdicts import Claim

# What each pass says to the shared memories; all of it is 0 while the pass rests.
SLOTS: dict[str, tuple[str, ...]] = {
    "forward": ("event", "visit", "clear", "group", "share", "place", "spent"),
    "readout": ("event", "group", "set"),
    "classes": ("slot", "group", "set"),
    "backward": ("feedback", "update", "group"),
    "update": ("update", "group"),
    "rows": ("address",),
    "host": ("address", "state_address"),
}
# Who writes the state of the lanes, with the strobe of the write.
WRITERS: dict[str, str] = {
    "neurons": "neurons.write",
    "classes": "classes.write",
    "opens": "rows.opens",
    "feedback": "feedback.valid",
    "backward": "backward.ages",
    "host": "host.load_ages",
}


def claims_of_wiring(folder: Path, network: LearningNetwork, limit_s: float) -> list[Claim]:
    """The claims about the Verilog in a folder, which say that it is made of the claimed parts.

    Parameters
    ----------
    folder : of a build, with the parts that `write_learning_parts` has written.
    network : of the build's design.
    limit_s : seconds for one claim.
    """

    def glue(prover: Prover, module: Module) -> None:
        Joint(prover, network, module).prove()

    return claims_of_joined(folder, network, instances_of(network), glue, limit_s)


class Joint(Joined):
    """What joins the parts, clock by clock.

    Parameters
    ----------
    prover : gets the claims.
    network, module : the module without its instances.
    """

    def __init__(self, prover: Prover, network: LearningNetwork, module: Module) -> None:
        self.network, self.plan = network, network.plan
        plan = self.plan
        self.lanes = [name for name in module.ports if name.startswith(f"{LANE}_")]
        self.active = ["active_groups" + (f"_{n}" if n else "") for n in range(plan.stages)]
        registers = {name: plan.groups_of(n) for n, name in enumerate(self.active)}
        registers |= {f"signal_sum_{n}": plan.signal_sum_bits(n) for n in range(1, plan.stages)}
        back = PRODUCT if plan.width_bits else 1
        super().__init__(prover, network, module, registers, plan.fetch + back)

    # --- signals ----------------------------------------------------------------------------------

    @property
    def layer(self) -> Bits:
        """The hidden layer whose neurons are rows; 0 where there is one."""
        return self.at("control.layer") if self.plan.layer_bits else self.const(0)

    @property
    def forward_layer(self) -> Bits:
        """The hidden layer that the forward pass is at; 0 where there is one."""
        return self.at("forward.layer") if self.plan.layer_bits else self.const(0)

    def of_row_layer(self, values: list[Bits]) -> Bits:
        """The value of the layer whose neurons are rows, in as many bits as the longest has."""
        width = max(map(len, values))
        result = values[-1].wide(width)
        for index in range(len(values) - 1):
            result = mux(self.layer.equals(index), values[index].wide(width), result)
        return result

    def rests(self, *but: str) -> list[Any]:
        """That all passes but some say nothing, and the host neither."""
        names = [f"{p}.{name}" for p, each in SLOTS.items() if p not in but for name in each]
        return [(~self.at(n).any()).holds for n in names if self.glue.widths.get(n)]

    # --- claims -----------------------------------------------------------------------------------

    def prove(self) -> None:
        """Add all claims."""
        self._control()
        self._lists()
        self._weights()
        self._sums()
        self._state_reads()
        self._state_writes()
        self._rows()
        self._learning()
        self._groups()
        self._host()
        if self.plan.layer_bits:
            self._layers()
        if self.network.spec.exploration:
            self.outputs(
                "exploration",
                "the class that is played is chosen between the winner and one that the register"
                " draws, in samples of which the host says so",
                {
                    "exploration.explores": self.at("host.explore"),
                    "exploration.winner": self.at("classes.winner"),
                    "exploration.state": self.at("noise.state"),
                },
            )
        self.complete()

    def _control(self) -> None:
        at, starts = self.at, self.at("control.starts")
        passes: tuple[str, ...] = ("forward", "readout", "classes", "backward", "update")
        winner = at("classes.winner")
        if self.network.spec.exploration:
            passes = (*passes, "exploration")
            winner = cat([winner, at("exploration.played")])
        landing = ("weights", "sums", "neurons", "feedback")
        self.outputs(
            "passes",
            "each pass begins with its own strobe, rows with those of readout and backward pass;"
            " the end of any pass and what lands anywhere are told, and what the host says",
            {
                **{f"{name}.start": starts[n] for n, name in enumerate(passes)},
                "rows.start": starts[1] | starts[3],
                "control.ended": either([at(f"{name}.ended") for name in passes], self.t),
                "control.landing": either([at(f"{name}.landing") for name in landing], self.t),
                "control.full": at("lists.full"),
                "control.learn": at("host.learn"),
                "control.any_error": at("classes.active").any(),
                "control.any_signal": at(self.active[0]).any(),
                "control.host": at("host.asks"),
                "host.serves": at("control.serves"),
                "control.o_ready": at("o__ready"),
                "control.teach__valid": at("teach__valid"),
                "control.teach__payload": at("teach__payload"),
                "teach__ready": at("control.teach__ready"),
                "o__valid": at("control.o_valid"),
                "o__payload": winner,
                "done": at("control.release"),
                "idle": at("control.resting"),
            },
        )

    def _lists(self) -> None:
        at = self.at
        self.outputs(
            "lists",
            "values go into the lists; the pass that looks up a step, or advances, is heard, and"
            " both see what the lists show",
            {
                "lists.i__valid": at("i__valid"),
                "lists.i__payload": at("i__payload"),
                "i__ready": at("lists.i__ready"),
                "lists.step": mux(at("update.look"), at("update.step"), at("forward.step")),
                "lists.look": at("forward.look") | at("update.look"),
                "lists.advance": at("forward.advance") | at("update.advance"),
                "lists.release": at("control.release"),
                **{f"{p}.some": at("lists.some") for p in ("forward", "update")},
                **{f"{p}.last": at("lists.last") for p in ("forward", "update")},
            },
        )

    def _word(self, index: int, row: Bits, group: Bits) -> tuple[Bits, list[Any]]:
        """The number of a word of a layer, and that row and group are of the layer."""
        plan = self.plan
        bits = plan.address_bits + 1
        word = row.low(bits).times(plan.groups_of(index)) + group.low(bits) + plan.bases[index]
        inside = [row.below(plan.spec.rows(index)).holds, group.below(plan.groups_of(index)).holds]
        return word[: plan.address_bits], inside

    def _weights(self) -> None:
        at, plan = self.at, self.plan
        address = "weights.address"
        visits = (~at("forward.visit") & ~at("forward.clear")).holds
        for index in range(plan.stages):
            row = self._number(index - 1, at("queue.row")) if index else at("lists.row")
            word, inside = self._word(index, row, at("forward.group"))
            name = plan.layer_names[index]
            self.outputs(
                f"word of an event, {name}",
                "the word of the row that spikes and of the slot's group is read",
                {address: word},
                *self.rests("forward"),
                visits,
                at("forward.event").holds,
                self.forward_layer.equals(index).holds,
                *inside,
            )
        word, inside = self._word(0, at("lists.row"), at("update.group"))
        self.outputs(
            "word of an update",
            "the word of the list's row and of the slot's group is read, and will be written",
            {address: word, "weights.update": self.const(1)},
            *self.rests("update"),
            at("update.update").holds,
            *inside,
        )
        for index in range(plan.stages):
            name, here = plan.layer_names[index + 1], self.layer.equals(index).holds
            for of, strobes in (
                ("readout", ("event",)),
                ("backward", ("feedback", "update")),
            ):
                if of == "readout" and index < plan.stages - 1:
                    continue
                row = self._number(index, at("rows.row"))
                word, inside = self._word(index + 1, row, at(f"{of}.group"))
                slot = either([at(f"{of}.{strobe}") for strobe in strobes], self.t)
                self.outputs(
                    f"word of the {of} pass, {name}",
                    "the word of the row's neuron and of the slot's group is read",
                    {address: word},
                    *self.rests(of),
                    slot.holds,
                    here,
                    *inside,
                )
        self.outputs(
            "word of the host",
            "while all passes rest the host's word is read",
            {address: at("host.address")},
            *self.rests("host"),
        )
        self.outputs(
            "words that are written",
            "a slot that updates has its word written, and no other one",
            {
                "weights.update": at("backward.update") | at("update.update"),
                "weights.changed": cat([at(f"{lane}.changed") for lane in self.lanes]),
                "weights.load": at("host.load_weights"),
                "weights.load_data": self._load_data(),
            },
        )

    def _load_data(self) -> Bits:
        """What the host loads as a weight of a layer: -2^(bits - 1) as its neighbour."""
        plan, address = self.plan, self.at("host.address")

        def of_layer(index: int) -> Bits:
            bits = plan.spec.layers[index].weight_bits
            data = self.at("host.data")[:bits]
            return extended(mux(data.equals(1 << (bits - 1)), data + 1, data), plan.weight_bits)

        weight = of_layer(plan.stages)
        if not plan.width_bits:
            return weight
        for index in reversed(range(plan.stages)):
            weight = mux(address.below(plan.bases[index + 1]), of_layer(index), weight)
        return weight

    def _number(self, index: int, place: Bits) -> Bits:
        """The number of a neuron of a layer, which may have fewer lanes than its words."""
        lanes, bits = self.plan.lanes_of(index), self.plan.lane_bits
        if lanes == self.plan.lanes:
            return place
        lane, group = place[:bits].low(len(place)), place[bits:].low(len(place))
        return lane.low((lanes - 1).bit_length()).low(len(place)) + group.times(lanes)

    def _sums(self) -> None:
        at, plan = self.at, self.plan
        bits, group_bits = plan.place_bits, (plan.out_groups - 1).bit_length()

        def score(of: str) -> Bits:
            number = at(f"{of}.set").wide(bits)
            number = number.times(1 << group_bits) + at(f"{of}.group").low(bits)
            return number + (1 << (bits - 1))

        current_bits = (plan.most_groups - 1).bit_length()
        layer = self.forward_layer.low(bits).times(1 << current_bits)
        event, visit, clear = (at(f"forward.{name}") for name in ("event", "visit", "clear"))
        spent = at("forward.spent") if plan.layer_bits else self.const(0)
        inside = at("forward.group").below(plan.most_groups).holds
        self.outputs(
            "sums of the forward pass",
            "an event adds to the currents of the slot's group and layer, a visit reads them",
            {"sums.place": at("forward.group").low(bits) + layer},
            *self.rests("forward"),
            (event | visit).holds,
            (~clear).holds,
            (~at("forward.place").any()).holds,
            inside,
        )
        self.outputs(
            "sums that are cleared",
            "the forward pass clears the sums of its place before the first step",
            {"sums.place": at("forward.place")},
            *self.rests("forward"),
            (~event & ~visit).holds,
        )
        for of, slot in (("readout", "event"), ("classes", "slot")):
            self.outputs(
                f"sums of the {of}",
                "its slot is one of the partial sum of its set and group",
                {"sums.place": score(of)},
                *self.rests(of),
                at(f"{of}.{slot}").holds,
                at(f"{of}.group").below(plan.out_groups).holds,
                at(f"{of}.set").below(plan.sets).holds,
            )
        self.outputs(
            "what is added",
            "events add the weights that are read, by lanes; clearing is the forward pass's",
            {
                "sums.event": event | at("readout.event"),
                "sums.clear": clear | spent,
                "sums.words": at("weights.words"),
                "neurons.currents": at("sums.stored"),
                "classes.stored": at("sums.stored"),
            },
        )

    def place(self, part: Part, group: Bits, layer: Bits | None) -> Bits:
        """The number of a word of the lanes' state: of a part, a layer and a group."""
        plan, bits = self.plan, self.plan.state_address_bits
        number = group.low(bits)
        if layer is not None and plan.layer_bits:
            number = number + layer.low(bits).times(1 << plan.group_bits)
        return number + (int(part) << plan.unit_bits)

    def _state_reads(self) -> None:
        at, plan = self.at, self.plan
        port = "state.address"
        errors = [
            self.place(Part.SIGNAL, at("backward.group"), self.const(index + 1, plan.layer_bits))
            for index in range(plan.stages - 1)
        ]
        errors.append(self.place(Part.ERROR, at("backward.group"), None))
        reads: dict[str, tuple[str, str, Bits, list[str]]] = {
            "visit": (
                "forward",
                "a visit reads the traces of its group",
                self.place(Part.TRACE, at("forward.group"), self.forward_layer),
                ["visit"],
            ),
            "row": (
                "backward",
                "a row's slot reads the errors of its group, or the signals of the layer behind",
                self.of_row_layer(errors),
                ["feedback", "update"],
            ),
            "update": (
                "update",
                "an update reads the signals of its group of the first layer",
                self.place(Part.SIGNAL, at("update.group"), self.const(0)),
                ["update"],
            ),
        }
        below = [] if not plan.layer_bits else [self.layer.below(plan.stages).holds]
        for name, (of, statement, expected, strobes) in reads.items():
            slot = either([at(f"{of}.{strobe}") for strobe in strobes], self.t)
            self.outputs(
                f"state read by {name}",
                statement,
                {port: expected},
                *self.rests(of),
                slot.holds,
                *below,
            )
        self.outputs(
            "state read by rows",
            "the words of a group are fetched for its rows",
            {port: at("rows.address")},
            *self.rests("rows"),
        )
        self.outputs(
            "state read by the host",
            "while all passes rest the host's word is read",
            {port: at("host.state_address")},
            *self.rests("host"),
        )

    def _one_lane(self, row: Bits) -> Bits:
        """The lane of a neuron, as one bit of all."""
        plan = self.plan
        return cat([row[: plan.lane_bits].equals(lane) for lane in range(plan.lanes)])

    def _signed(self, value: Bits) -> Bits:
        """A signed value in the bits of a lane's state."""
        return extended(value, self.plan.state_bits)

    def _state_writes(self) -> None:
        at, plan = self.at, self.plan
        layer = self.layer if plan.layer_bits else None
        all_lanes, none = (self.const(n, plan.lanes) for n in ((1 << plan.lanes) - 1, 0))
        bits, lane_bits = plan.state_bits, plan.lane_bits
        o_row, aged_row = at("feedback.o_row"), at("backward.aged_row")
        data = at("host.data").low(bits)
        rows: dict[str, tuple[str, Bits, Bits, Bits | None]] = {
            "neurons": (
                "traces of the visited share",
                self.place(Part.TRACE, at("neurons.write_group"), None),
                none,
                None,
            ),
            "classes": (
                "the error of a class, or 0 for all",
                self.place(Part.ERROR, at("classes.w_group"), None),
                at("classes.write"),
                self._signed(at("classes.value")),
            ),
            "opens": (
                "the signals of a group become 0 when its rows are fetched to be learned from",
                self.place(Part.SIGNAL, at("rows.group"), layer),
                all_lanes,
                self.const(0, bits),
            ),
            "feedback": (
                "the signal of a neuron",
                self.place(Part.SIGNAL, o_row[lane_bits:], layer),
                self._one_lane(o_row),
                self._signed(at("feedback.signal")),
            ),
            "backward": (
                "the age of a neuron",
                self.place(Part.AGE, aged_row[lane_bits:], layer),
                self._one_lane(aged_row),
                at("backward.aged").low(bits),
            ),
            "host": (
                "the age that the host loads",
                at("host.state_address"),
                at("host.load_ages"),
                data,
            ),
        }
        learning = at("control.learning")
        for name, (statement, address, lanes, value) in rows.items():
            silent = [(~at(s).any()).holds for n, s in WRITERS.items() if n != name]
            silent += [] if name == "classes" else [(~at("classes.value").any()).holds]
            strobe = at(WRITERS[name]).any()
            conditions = [strobe.holds, *silent] + ([learning.holds] if name == "opens" else [])
            expected = {"state.w_address": address, "state.write": lanes}
            if value is not None:
                expected["state.value"] = value
            self.outputs(f"state written by {name}", statement, expected, *conditions)
        off = [(~at(strobe).any()).holds for n, strobe in WRITERS.items() if n != "opens"]
        self.outputs(
            "state that stays",
            "nothing else is written: no share but one that was visited, and no lanes without one"
            " of these strobes, rows that are fetched for the readout among them",
            {"state.write": none},
            *off,
            (~(at("rows.opens") & learning)).holds,
        )
        self.outputs(
            "shares",
            "a visit's share and values go to the state as they are",
            {"state.write_share": at("neurons.write"), "state.values": at("neurons.values")},
        )

    def _rows(self) -> None:
        at = self.at
        names = ("trace", "near", "age", "row")
        self.outputs(
            "rows",
            "readout and backward pass see the row that stands, and either takes it",
            {
                "rows.word": at("state.word"),
                "rows.next": at("readout.next") | at("backward.next"),
                "readout.trace": at("rows.trace"),
                "readout.active": at("rows.active"),
                **{f"backward.{name}": at(f"rows.{name}") for name in names},
                **{f"{p}.valid": at("rows.valid") for p in ("readout", "backward")},
                **{f"{p}.row_ended": at("rows.ended") for p in ("readout", "backward")},
            },
        )
        group = at("forward.group")
        unit = cat([group, self.forward_layer]) if self.plan.layer_bits else group
        self.outputs(
            "visits",
            "neurons are visited as the forward pass says, with the traces of their group",
            {
                "neurons.visit": at("forward.visit"),
                "neurons.group": unit,
                "neurons.share": at("forward.share"),
                "neurons.fresh": at("forward.first_step"),
                "neurons.word": at("state.word"),
            },
        )
        labels = at("control.told")
        fields = {
            name: labels[field.offset : field.offset + field.width]
            for name, field in self.network.parts.control.told_layout
        }
        self.outputs(
            "classes",
            "the classes know what was told of the sample",
            {
                "classes.errors": at("control.errors"),
                **{f"classes.{name}": fields[name] for name in ("label", "right", "single")},
            },
        )

    def _learning(self) -> None:
        at, plan = self.at, self.plan
        fetch, learn = plan.fetch, at("host.learn")
        signals = [learn[: index + 1].any() for index in range(plan.stages)]
        slot = either([at("backward.update", fetch), at("update.update", fetch)], self.t)
        draw = self.const(0)
        if self.network.spec.exploration:
            draw = at("exploration.draws")
        state, words = at("state.word"), at("weights.words")
        bits, weight = plan.state_bits, plan.weight_bits
        lanes: dict[str, Bits] = {}
        widths = self._widths()
        for number, lane in enumerate(self.lanes):
            lanes |= {
                f"{lane}.feedback": at("backward.feedback", fetch),
                f"{lane}.weight": words[number * weight : (number + 1) * weight],
                f"{lane}.signal": state[number * bits : (number + 1) * bits],
                f"{lane}.drive": at("sizes.drive"),
                f"{lane}.noise": at("noise.state")[: plan.spec.noise_bits],
                **{f"{lane}.width": width for width in widths},
            }
        self.outputs(
            "lanes",
            "each lane gets its own weight and signal, the drive and the noise of all; it feeds"
            " back the words of the backward pass's slots",
            {
                **lanes,
                "feedback.products": cat([at(f"{lane}.product") for lane in self.lanes]),
            },
        )
        sums = [at(f"signal_sum_{index}") for index in range(1, plan.stages)]
        total = [
            extended(value, self.glue.widths["feedback.errors"])
            for value in (*sums, at("classes.total"))
        ]
        groups = [*(at(name) for name in self.active[1:]), at("classes.active")]
        below = [self.layer.below(plan.stages).holds] if plan.layer_bits else []
        self.outputs(
            "backward pass",
            "signals are wanted of a layer that learns or has one in front that does; rows are"
            " updated of a layer that learns; groups and sum are those of the layer behind",
            {
                "backward.signals": self.of_row_layer(signals),
                "backward.learns": self.of_row_layer([learn[n + 1] for n in range(plan.stages)]),
                "backward.active": self.fit(self.of_row_layer(groups), "backward.active"),
                "feedback.errors": self.of_row_layer(total),
            },
            *below,
        )
        row = ("row", "trace", "near")
        self.outputs(
            "feedback and steps",
            "a row's slots, neuron and age go to the sum; each word of a slot that updates draws"
            " once; the drive follows row, passes and registers",
            {
                "feedback.slot": at("backward.feedback"),
                **{f"feedback.{name}": at(f"backward.{name}") for name in ("first", "last")},
                **{f"feedback.{name}": at(f"rows.{name}") for name in row},
                "feedback.oldest": at("backward.oldest"),
                "noise.step": slot | draw,
                "sizes.count": at("lists.count"),
                "sizes.step_shift": at("host.step_shift"),
                "sizes.trace": at("rows.trace"),
                "sizes.begins": at("control.starts")[4],
                "sizes.stepped": at("update.stepped"),
                "sizes.rows": at("backward.update", fetch - 1),
                "update.active": at(self.active[0]),
            },
        )

    def _widths(self) -> list[Bits]:
        """The number of the width of the layer whose word is written; nothing where all are one."""
        plan = self.plan
        if not plan.width_bits:
            return []
        numbers = [
            self.const(plan.widths.index(layer.weight_bits), plan.width_bits)
            for layer in plan.spec.layers
        ]
        of_inputs = self.at("update.update", plan.fetch + PRODUCT)
        return [mux(of_inputs, numbers[0], self.of_row_layer(numbers[1:]))]

    def _groups(self) -> None:
        at, plan = self.at, self.plan
        starts, valid, signal = at("control.starts")[3], at("feedback.valid"), at("feedback.signal")
        group = at("feedback.o_row")[plan.lane_bits :]
        expected: dict[str, Next] = {}
        for index, name in enumerate(self.active):
            here = self.layer.equals(index) if plan.layer_bits else self.const(1)
            marks = [
                valid & here & signal.any() & group.equals(n) for n in range(plan.groups_of(index))
            ]
            value = mux(starts & here, self.const(0, len(marks)), at(name) | cat(marks))
            expected[name] = Next(value.term)
            if index:
                total = at(f"signal_sum_{index}")
                added = mux(valid & here, total + extended(signal, len(total)), total)
                cleared = mux(starts & here, self.const(0, len(total)), added)
                expected[f"signal_sum_{index}"] = Next(cleared.term)
        self.glue.registers(
            "groups with a signal",
            "each group of which a signal is not 0 is marked, and the signals of further layers are"
            " summed up; both begin anew with the pass that finds them",
            expected,
        )

    def _host(self) -> None:
        at = self.at
        self.outputs(
            "host",
            "the host's streams are the host port's; it sees weights, ages and the random register,"
            " which it sets",
            {
                **self.streams("host", "load", "read"),
                "host.words": at("weights.words"),
                "host.ages": at("state.word"),
                "host.noise": at("noise.state"),
                "noise.load": at("host.load_noise"),
                "noise.load_data": self.fit(at("host.data"), "noise.load_data"),
            },
        )

    def _layers(self) -> None:
        at, plan = self.at, self.plan
        write, unit = at("neurons.write"), at("neurons.write_group")
        share = [
            either([write[n] for n in range(plan.fold) if n >> bit & 1], self.t)
            for bit in range(plan.share_bits)
        ]
        self.outputs(
            "between layers",
            "all parts are at the layer that control says; the spikes of each layer with one behind"
            " it go to the queue, with their share and group; its neurons go to the forward pass",
            {
                **{f"{p}.layer": self.layer for p in ("rows", "backward", "feedback", "sizes")},
                "queue.clear": at("forward.renew"),
                "queue.push": write.any() & ~unit[plan.group_bits :].equals(plan.stages - 1),
                "queue.spikes": at("neurons.spikes"),
                "queue.share": cat(share),
                "queue.group": unit[: plan.group_bits],
                "queue.take": at("forward.take"),
                "forward.waiting": at("queue.some"),
                "forward.empty": at("queue.empty"),
            },
        )
