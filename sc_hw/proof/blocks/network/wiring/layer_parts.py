"""Claims about what a trained layer hands to its lanes, neurons and history, and what they give."""

from __future__ import annotations

from collections.abc import Iterator

from sc_hw.parts.space import Space
from sc_hw.proof.bits import Bits, cat, mux
from sc_hw.proof.blocks.network.wiring.instances import Outputs
from sc_hw.proof.blocks.network.wiring.shape import SPACE_BITS, address_bits
from sc_hw.proof.blocks.network.wiring.statements import Pair
from sc_hw.proof.blocks.network.wiring.sweep import Layer, end_of_tick
from sc_hw.trained.lane import MEMORY
from sc_model.spec import TrainedLayerSpec


class Request:
    """The fields of a host's request as the layer keeps it.

    Members
    -------
    space, lane, number : of the word.
    data : to write; None in a request to read.
    """

    def __init__(self, layer: Layer, register: str, *, write: bool) -> None:
        shape, word = layer.shape, layer.state(register)
        lane, number = SPACE_BITS, SPACE_BITS + shape.lane_bits
        end = number + shape.number_bits
        self.space, self.lane, self.number = word[:lane], word[lane:number], word[number:end]
        self.data: Bits | None = word[end : end + shape.data_bits] if write else None

    def loads(self, layer: Layer, space: Space) -> Bits:
        """Whether this word goes into a space in this clock."""
        return layer.state("load_now") & self.space.equals(space)


def turn_bits(spec: TrainedLayerSpec) -> int:
    """Bits of a neuron's number that say which pipeline it is in."""
    return (spec.neurons_a_clock - 1).bit_length()


def neuron_word(layer: Layer) -> Bits:
    """The word of the neuron that the host reads, of the pipeline that it is in."""
    words, width = layer.neurons["word"], layer.shape.neuron_bits
    bits, word = turn_bits(layer.shape.spec), words[:width]
    number = Request(layer, "requested", write=False).number
    for pipeline in range(1, layer.shape.spec.neurons_a_clock):
        other = words[pipeline * width : (pipeline + 1) * width]
        word = mux(number[:bits].equals(pipeline), other, word)
    return word


def host_number(layer: Layer) -> Bits:
    """Number of the word that the host writes or reads; 0 while there is none."""
    write = Request(layer, "loaded", write=True).number.gated(layer.state("load_now"))
    return write | Request(layer, "requested", write=False).number.gated(layer.state("reading"))


def data_of(request: Request, width: int) -> Bits:
    """The lowest bits of a request's data."""
    if request.data is None:
        raise ValueError("a request to read has no data")
    return request.data[:width]


def past_of(layer: Layer) -> Outputs:
    """Outputs of the history of a layer with delays."""
    if layer.history is None:
        raise ValueError("a layer without delays has no history")
    return layer.history


def prove_layer_parts(layer: Layer) -> None:
    """Add the claims about each input of each part, the collected spikes, and the host's words."""
    for number in range(layer.shape.spec.lanes):
        _prove_lane(layer, number)
    prove_neuron_inputs(layer)
    if layer.shape.spec.max_delay:
        _prove_history(layer)
    if layer.queue is None:
        prove_spikes(layer)
    if layer.own is not None:
        prove_own_inputs(layer, layer.own)
    prove_readout_inputs(layer)
    prove_first_tick(layer)
    prove_host(layer)
    prove_answer(layer)


def _prove_lane(layer: Layer, number: int) -> None:
    wiring, shape, spec = layer.wiring, layer.shape, layer.shape.spec
    lane = layer.part.part(f"lane_{number}")

    def inputs() -> Iterator[Pair]:
        issue, bits = layer.issue, address_bits(spec.depth)
        request = Request(layer, "loaded", write=True)
        values = [layer.present]
        if spec.max_delay:
            values.append(past_of(layer)["past"])
        expected = {
            "issue": issue,
            "address": layer.state("address").gated(layer.state("sweeping")),
            "values": cat(values),
            "first": layer.slot.equals(0),
            "last": layer.slot.equals(spec.columns - 1),
            "host_address": host_number(layer)[:bits],
            "load": request.loads(layer, Space.SYNAPSE) & request.lane.equals(number),
            "load_data": data_of(request, shape.synapse_bits),
        }
        if shape.lane.state:
            expected["fresh"] = layer.state("fresh")
        for name, value in expected.items():
            # What nothing uses is not there: of all lanes the first one alone says when sums end.
            if lane.has(name):
                yield wiring.pair(lane, name, value)

    wiring.claim(
        f"{layer.label}: lane {number}'s inputs",
        f"lane {number} is handed the synapse of the sweep, its column's values and its place in"
        " the neuron's sum, and those words of the host that are for this lane",
        inputs,
        layer.invariants,
    )

    def host_apart() -> Iterator[Pair]:
        address = wiring.signal(lane, "host_address")
        yield f"{lane.path}.host_address", address, address.gated(~layer.state("ticking"))

    if number == 0:
        wiring.claim(
            f"{layer.label}: the host's address in a tick",
            "the host's address is 0 while a tick is under way, and the sweep's outside of it",
            lambda: (
                *host_apart(),
                (
                    f"{lane.path}.address",
                    wiring.signal(lane, "address"),
                    wiring.signal(lane, "address").gated(layer.state("ticking")),
                ),
            ),
            layer.invariants,
        )


def prove_neuron_inputs(layer: Layer) -> None:
    """Add the claim about each input of the neurons."""
    wiring, shape, spec = layer.wiring, layer.shape, layer.shape.spec
    together, skipped = spec.neurons_a_clock, turn_bits(spec)

    def inputs() -> Iterator[Pair]:
        request = Request(layer, "loaded", write=True)
        number = host_number(layer)[skipped:]
        for pipeline, neurons in enumerate(layer.pipelines):
            loads = request.loads(layer, Space.NEURON)
            if skipped:
                loads = loads & request.number[:skipped].equals(pipeline)
            expected = {
                "announce": layer.lanes[0]["announced"],
                "take": layer.lanes[0]["done"],
                "sums": cat([lane["current"] for lane in layer.lanes[pipeline::together]]),
                "restart": layer.restarts,
                "fresh": layer.state("fresh"),
                "host_address": number[: address_bits(spec.turns)],
                "load": loads,
                "load_data": data_of(request, shape.neuron_bits),
            }
            for name, value in expected.items():
                yield wiring.pair(neurons, name, value)

    of_pipeline = f", those of a pipeline every {together}-th lane's" if skipped else ""
    wiring.claim(
        f"{layer.label}: the neurons' inputs",
        f"the neurons take in the lanes' sums in the order of the lanes{of_pipeline}, begin anew"
        " with each tick, and get the host's words for them",
        inputs,
        layer.invariants,
    )


def _prove_history(layer: Layer) -> None:
    wiring, shape, spec = layer.wiring, layer.shape, layer.shape.spec
    history = layer.part.part("history")

    def inputs() -> Iterator[Pair]:
        request = Request(layer, "loaded", write=True)
        bits = address_bits(spec.columns)
        expected = {
            "column": layer.slot.low(bits).gated(layer.issue),
            "keep": layer.issue & layer.last_group,
            "present": layer.present,
            "fresh": layer.state("fresh"),
            "host_column": host_number(layer)[:bits],
            "load": request.loads(layer, Space.HISTORY),
            "load_data": data_of(request, shape.history_bits),
        }
        for name, value in expected.items():
            yield wiring.pair(history, name, value)

    wiring.claim(
        f"{layer.label}: the history's inputs",
        "the history is handed the column of the sweep, which the last group writes back, and the"
        " host's words for it",
        inputs,
        layer.invariants,
    )


def prove_readout_inputs(layer: Layer) -> None:
    """Add the claim about each input of the readout, where there is one."""
    wiring, shape = layer.wiring, layer.shape
    if shape.readout is None:
        return
    width, readout = shape.readout.width, layer.part.part("readout")

    def inputs() -> Iterator[Pair]:
        request = Request(layer, "loaded", write=True)
        expected = {
            "valid": layer.neurons["o_valid"],
            "last": layer.neurons["o_last"],
            "spike": layer.neurons["o_spike"],
            "fresh": layer.state("fresh"),
            "host_address": host_number(layer)[: address_bits(shape.spec.neurons)],
            "load": request.loads(layer, Space.NEURON),
            # behind the neuron's own fields
            "load_data": data_of(request, shape.neuron_bits + width)[shape.neuron_bits :],
        }
        if "o_potential" in layer.neurons.terms:
            expected["potential"] = layer.neurons["o_potential"]
        for name, value in expected.items():
            if readout.has(name):  # scores by potentials have no use for spikes
                yield wiring.pair(readout, name, value)

    wiring.claim(
        f"{layer.label}: the readout's inputs",
        "the readout is handed each neuron as it is decided, with its spike or its potential, and"
        " those words of the host that are for it",
        inputs,
        layer.invariants,
    )


def prove_spikes(layer: Layer) -> None:
    """Add the claim about the collected spikes."""
    wiring, part = layer.wiring, layer.part
    spec = layer.shape.spec
    restores = spec.recurrent and layer.own is None

    def collected() -> Iterator[Pair]:
        request = Request(layer, "loaded", write=True)
        spikes = layer.state("spikes")

        def shifted(spike: Bits) -> Bits:
            return cat([spikes[len(spike) :], spike]) if spec.neurons > len(spike) else spike

        expected = spikes
        if restores:
            expected = mux(
                request.loads(layer, Space.NEURON), shifted(_fired(layer, request)), expected
            )
        spike = layer.neurons["o_spike"]
        expected = mux(layer.neurons["o_valid"], shifted(spike), expected)
        yield wiring.next_pair(part, "spikes", expected)

    wiring.claim(
        f"{layer.label}: the spikes",
        "the neurons' spikes are collected in their order, neuron 0 in the lowest bit"
        + (
            "; a host that loads all neurons in order restores those of the last tick"
            if restores
            else ""
        ),
        collected,
        layer.invariants,
    )


def _fired(layer: Layer, request: Request) -> Bits:
    """Whether the neuron that the host loads has fired in the last tick."""
    shape = layer.shape
    fired = next(field for field in shape.neurons.word if field.name == "fired")
    return data_of(request, shape.neuron_bits)[fired.offset]


def prove_own_inputs(layer: Layer, own: Outputs) -> None:
    """Add the claim about what goes into the memory of a layer's own spikes."""
    wiring, part, neurons = layer.wiring, own.instance, layer.neurons
    spec, busy = layer.shape.spec, layer.state(layer.busy)

    def inputs() -> Iterator[Pair]:
        request = Request(layer, "loaded", write=True)
        expected = {
            "valid": neurons["o_valid"],
            "spike": neurons["o_spike"],
            "last": neurons["o_last"],
            "load": request.loads(layer, Space.NEURON),
            "number": request.number[: address_bits(spec.neurons)],
            "fired": _fired(layer, request),
        }
        for name, value in expected.items():
            yield wiring.pair(part, name, value)
        both = wiring.signal(part, "valid") & wiring.signal(part, "load")
        yield "neurons and the host at a time", both, wiring.const(0, 1)

    wiring.claim(
        f"{layer.label}: the own spikes",
        "the memory of the last tick's spikes gets each neuron's spike as it is decided, and"
        " between ticks those of the neurons that a host loads",
        inputs,
        lambda: [*layer.invariants(), neurons["o_valid"].implies(busy)],
    )


def prove_first_tick(layer: Layer) -> None:
    """Add the claim about the flag `fresh`, and what delays the end of a tick."""
    wiring, part, shape = layer.wiring, layer.part, layer.shape

    def fresh() -> Iterator[Pair]:
        request = Request(layer, "loaded", write=True)
        present = layer.state("fresh")
        restored = mux(request.loads(layer, Space.CONTROL), data_of(request, 1), present)
        over = wiring.const(int(shape.sample_ticks == 1), 1)
        if shape.sample_ticks > 1:
            number = layer.state("sample_tick")
            over = number.equals(shape.sample_ticks - 1)
            following = mux(end_of_tick(layer), (number + 1).gated(~over), number)
            yield wiring.next_pair(part, "sample_tick", layer.unless_reset(following))
        expected = mux(end_of_tick(layer), over, restored)
        yield wiring.next_pair(part, "fresh", layer.unless_reset(expected, after=1))
        before = layer.neurons["o_valid"] & layer.neurons["o_last"]
        for clock in range(1, shape.settling + 1):
            register = f"last_spike_d{clock}"
            yield wiring.next_pair(part, register, layer.unless_reset(before))
            before = layer.state(register)

    wiring.claim(
        f"{layer.label}: the first tick",
        "stored state counts as 0 from a reset to the end of the first tick; the host can restore"
        " that it counts"
        + (
            f"; it counts as 0 again from the end of each {shape.sample_ticks}. tick"
            if shape.sample_ticks
            else ""
        ),
        fresh,
        lambda: [
            *layer.invariants(),
            ~(end_of_tick(layer) & layer.state("load_now")),
        ],
    )


def prove_host(layer: Layer) -> None:
    """Add the claim about the registers of the host's requests."""
    wiring, part = layer.wiring, layer.part

    def requests() -> Iterator[Pair]:
        free, load_valid = layer.free, layer.signal("load__valid")
        read_now = layer.signal("read__valid") & free & ~load_valid & ~layer.state("load_now")
        yield wiring.next_pair(part, "load_now", load_valid & free)
        yield wiring.next_pair(part, "loaded", layer.signal("load__payload"))
        requested = mux(read_now, layer.signal("read__payload"), layer.state("requested"))
        yield wiring.next_pair(part, "requested", requested)
        arrived = layer.state("arrived")
        waits = arrived & ~layer.signal("readback__ready")
        transfer = arrived & layer.signal("readback__ready")
        reading = (layer.state("reading") & ~transfer) | read_now
        yield wiring.next_pair(part, "reading", layer.unless_reset(reading))
        before = read_now
        for clock in range(1, MEMORY + 1):
            yield wiring.next_pair(part, f"read_d{clock}", layer.unless_reset(before))
            before = layer.state(f"read_d{clock}")
        yield wiring.next_pair(part, "arrived", layer.unless_reset(before | waits))

    wiring.claim(
        f"{layer.label}: the host's requests",
        "an accepted write is carried out a clock later with all its bits, even in a reset; an"
        f" accepted read is kept until its word, which is there {MEMORY + 1} clocks later, has been"
        " taken",
        requests,
        layer.invariants,
    )


def prove_answer(layer: Layer) -> None:
    """Add the claim about the word that the host reads."""
    wiring, shape = layer.wiring, layer.shape
    part = layer.part

    def answers() -> Iterator[Pair]:
        request = Request(layer, "requested", write=False)
        payload = layer.signal("readback__payload")
        neuron = neuron_word(layer)
        if layer.readout is not None:
            neuron = cat([neuron, layer.readout["word"]])
        words = {(Space.NEURON, 0): neuron, **layer.further_words}
        for number, lane in enumerate(layer.lanes):
            words[Space.SYNAPSE, number] = layer.synapse_word(lane)
        yield wiring.pair(part, "readback__valid", layer.state("arrived"))
        for (space, number), word in words.items():
            addressed = request.space.equals(space)
            if space is Space.SYNAPSE or (space, 1) in words:  # of one lane
                addressed = addressed & request.lane.equals(number)
            expected = word.wide(shape.data_bits)
            yield (
                f"answer from {space.name} {number}",
                payload.gated(addressed),
                expected.gated(addressed),
            )

    wiring.claim(
        f"{layer.label}: the answer to the host",
        "the word that a read gives is that of the space, and of the lane, that was asked for, with"
        " every bit",
        answers,
    )
