"""Claims about the top module of a network: what joins its layers, their hosts, and the ports."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from sc_hw.proof.bits import Bits, cat, mux
from sc_hw.proof.blocks.network.wiring.instances import Outputs
from sc_hw.proof.blocks.network.wiring.statements import Pair, Wiring
from sc_hw.proof.flattened import Flattened, Instance
from sc_model.spec import NetworkSpec


@dataclass
class Network:
    """A network in its flattened design.

    Members
    -------
    wiring : gets the claims.
    spec : the network.
    clock_ports, reset_ports : ports of each role.
    queues : outputs of the queue in front of a layer, by the layer's name.
    intakes : outputs of the intake of slices in front of a layer, by the layer's name.
    encoder : of the encoder in front of the first layer, or None.
    """

    wiring: Wiring
    spec: NetworkSpec
    clock_ports: dict[str, str]
    reset_ports: dict[str, str]
    queues: dict[str, Outputs] = field(default_factory=dict)
    intakes: dict[str, Outputs] = field(default_factory=dict)
    encoder: Outputs | None = None

    @property
    def top(self) -> Instance:
        """The network itself."""
        return self.wiring.design.part("")

    @property
    def design(self) -> Flattened:
        """The flattened design."""
        return self.wiring.design

    @property
    def names(self) -> list[str]:
        """The layers' names, in order."""
        return [layer.name for layer in self.spec.layers]

    def layer(self, name: str) -> Instance:
        """A trained layer's instance."""
        return self.design.part(f"layer_{name}")

    def intake(self, name: str) -> Instance:
        """The intake in front of a layer."""
        return self.design.part(f"crossing_{name}.intake")

    def words(self, name: str) -> Instance:
        """The queue in front of a layer whose clock is another than that of the layer before."""
        return self.design.part(f"crossing_{name}.words")

    def sliced(self, index: int) -> bool:
        """Whether a layer takes in its words slice by slice."""
        return self.spec.slices(index) > 0

    def passed_on(self, index: int) -> bool:
        """Whether nothing is in front of a layer that does so."""
        return self.sliced(index) and self.spec.crossing(index).in_turn

    def intake_output(self, index: int, port: str) -> Bits:
        """An output of the intake in front of a layer."""
        name = self.names[index]
        if name in self.intakes:
            return self.intakes[name][port]
        if port == "lost":  # a register, which an intake of words has under the output's name
            return self.wiring.state(self.intake(name), port)
        return self.wiring.signal(self.intake(name), port)

    def has_queue(self, index: int) -> bool:
        """Whether there is a queue in front of a layer."""
        layers = self.spec.layers
        return index > 0 and layers[index].clock != layers[index - 1].clock

    def run(self, index: int) -> tuple[int, int]:
        """First and last layer of the neighbours with one clock to which a layer belongs."""
        first = last = index
        while first > 0 and not self.has_queue(first):
            first -= 1
        while last + 1 < len(self.names) and not self.has_queue(last + 1):
            last += 1
        return first, last

    def from_upstream(self, index: int) -> Bits:
        """A layer's run is cleared because a domain in front of it was reset."""
        first, _ = self.run(index)
        if not self.has_queue(first):
            return self.wiring.const(0, 1)
        return self.queues[self.names[first]]["o_clear"]

    def from_downstream(self, index: int) -> Bits:
        """A layer's run is cleared because a domain behind it was reset."""
        _, last = self.run(index)
        if last + 1 == len(self.names):
            return self.wiring.const(0, 1)
        return self.queues[self.names[last + 1]]["i_clear"]

    def restart(self, index: int) -> Bits:
        """A layer restarts in this clock because another domain was reset."""
        return self.from_upstream(index) | self.from_downstream(index)

    def domain_reset(self, index: int) -> Bits:
        """The reset of a layer's own domain."""
        port = self.reset_ports[self.spec.layers[index].clock]
        return Bits(self.wiring.prover.terms, self.design.net.inputs[port])

    def reset(self, index: int) -> Bits:
        """A layer is reset in this clock, for either reason."""
        return self.domain_reset(index) | self.restart(index)

    def port(self, name: str) -> Bits:
        """An input port."""
        return Bits(self.wiring.prover.terms, self.design.net.inputs[name])

    @property
    def offered(self) -> Bits:
        """A transfer of spikes is offered to the first layer, restarts aside."""
        return self.port("i__valid") if self.encoder is None else self.encoder["o__valid"]

    @property
    def spikes(self) -> Bits:
        """The spikes of that transfer."""
        return self.port("i__payload") if self.encoder is None else self.encoder["o__payload"]

    def output(self, name: str, expected: Bits) -> Pair:
        """An output port, and what it must be."""
        return name, Bits(self.wiring.prover.terms, self.design.net.outputs[name]), expected


def prove_streams(network: Network) -> None:
    """Add the claims about everything in the top module."""
    _prove_stamp(network)
    for index, name in enumerate(network.names):
        _prove_entrance(network, index, name)
        prove_host(network, name, network.layer(name), index)
    _prove_outputs(network)


def _prove_stamp(network: Network) -> None:
    wiring = network.wiring

    def stamp() -> Iterator[Pair]:
        part = network.design.part("stamp")
        step = wiring.state(part, "step")
        if network.encoder is None:
            ready = Bits(wiring.prover.terms, network.design.net.outputs["i__ready"])
        else:
            ready = wiring.signal(network.encoder.instance, "o__ready")
        transfer = network.offered & ready
        slices = network.spec.slices()
        if slices > 1:
            count = wiring.state(part, "part")
            last = count.equals(slices - 1)
            following = mux(transfer, (count + 1).gated(~last), count)
            yield wiring.next_pair(part, "part", following.gated(~network.reset(0)))
            transfer = transfer & last
        after = mux(network.reset(0), wiring.const(1, len(step)), mux(transfer, step + 1, step))
        yield wiring.next_pair(part, "step", after)

    wiring.claim(
        "top.v: numbers of the steps",
        "the words of the input are numbered from 1 after a reset or restart, one by one"
        + (f", each of {network.spec.slices()} slices" if network.spec.slices() else ""),
        stamp,
    )


def _prove_entrance(network: Network, index: int, name: str) -> None:
    """What comes into a layer: from the input or the layer before, by the queue and the intake."""
    wiring = network.wiring
    layer = network.layer(name)
    # Slices in turn go to the layer as they come.
    passed_on = network.passed_on(index)
    intake = layer if passed_on else network.intake(name)
    queue = network.words(name) if network.has_queue(index) else None
    entrance = intake if queue is None else queue

    def source() -> Iterator[Pair]:
        layer_ready = (
            wiring.signal(layer, "i__ready")
            if passed_on
            else network.intake_output(index, "i__ready")
        )
        ready = layer_ready if queue is None else network.queues[name]["i__ready"]
        if index == 0:
            runs = ~network.restart(0)
            step = wiring.state(network.design.part("stamp"), "step")
            words = cat([step, network.spikes])
            valid = network.offered & runs
            if (encoder := network.encoder) is None:
                yield network.output("i__ready", ready & runs)
            else:
                yield wiring.pair(encoder.instance, "o__ready", ready & runs)
                yield wiring.pair(encoder.instance, "i__payload", network.port("i__payload"))
                input_valid = network.port("i__valid") & runs
                yield wiring.pair(encoder.instance, "i__valid", input_valid)
                yield network.output("i__ready", encoder["i__ready"] & runs)
        else:
            before = network.layer(network.names[index - 1])
            words = wiring.signal(before, "o__payload")
            valid = wiring.signal(before, "o__valid")
            yield wiring.pair(before, "o__ready", ready)
        yield wiring.pair(entrance, "i__payload", words)
        yield wiring.pair(entrance, "i__valid", valid)
        if queue is not None:
            yield wiring.pair(queue, "i_restart", network.from_upstream(index - 1))
            yield wiring.pair(queue, "o_restart", network.from_downstream(index))
            yield wiring.pair(intake, "i__payload", wiring.signal(queue, "o__payload"))
            yield wiring.pair(intake, "i__valid", network.queues[name]["o__valid"])
            yield wiring.pair(queue, "o__ready", layer_ready)
        if passed_on:
            return
        for port in ("payload", "valid"):
            yield wiring.pair(layer, f"i__{port}", network.intake_output(index, f"o__{port}"))
        yield wiring.pair(intake, "o__ready", wiring.signal(layer, "i__ready"))

    origin = "the input with its step" if index == 0 else f"layer {network.names[index - 1]}"
    wiring.claim(
        f"top.v, layer {name}: where its words come from",
        f"the words of {origin} reach the layer's intake with every bit, each of them once, and its"
        " ticks the layer; resets of other domains are passed on and never back",
        source,
    )


def prove_host(
    network: Network, name: str, part: Instance, index: int, outputs: Outputs | None = None
) -> None:
    """Add the claim about the host's access to a layer.

    Parameters
    ----------
    network : the network.
    name : of the layer in the names of ports.
    part : its instance.
    index : of the trained layer whose clock it has.
    outputs : of the instance, where it is a part that was proved by itself.
    """
    wiring = network.wiring

    def output(port: str) -> Bits:
        return wiring.signal(part, port) if outputs is None else outputs[port]

    def access() -> Iterator[Pair]:
        runs = ~network.restart(index)
        for port in ("load", "read"):
            yield wiring.pair(part, f"{port}__payload", network.port(f"{port}_{name}__payload"))
            valid = network.port(f"{port}_{name}__valid")
            yield wiring.pair(part, f"{port}__valid", valid & runs)
            ready = output(f"{port}__ready")
            yield network.output(f"{port}_{name}__ready", ready & runs)
        for port in ("payload", "valid"):
            yield network.output(f"readback_{name}__{port}", output(f"readback__{port}"))
        yield wiring.pair(part, "readback__ready", network.port(f"readback_{name}__ready"))

    wiring.claim(
        f"top.v, layer {name}: its host",
        "the host's writes and reads of the layer reach this layer with every bit, and none while"
        " it restarts; the answer is this layer's",
        access,
    )


def _prove_outputs(network: Network) -> None:
    wiring, last = network.wiring, len(network.names) - 1

    def outputs() -> Iterator[Pair]:
        if network.spec.plastic is None:
            part = network.layer(network.names[last])
            yield network.output("o__payload", wiring.signal(part, "o__payload"))
            yield network.output("o__valid", wiring.signal(part, "o__valid"))
            yield wiring.pair(part, "o__ready", network.port("o__ready"))
        yield network.output("i_restart", network.restart(0))
        yield network.output("o_restart", network.restart(last))
        for index, name in enumerate(network.names):
            if network.passed_on(index):  # no word is counted, and none can be lost
                flags = ["out_of_step"] + ["lost"] * (network.spec.crossing(index).policy == "once")
                for flag in flags:
                    yield network.output(f"{flag}_{name}", wiring.const(0, 1))
                continue
            out_of_step = network.intake_output(index, "out_of_step")
            yield network.output(f"out_of_step_{name}", out_of_step)
            if network.spec.crossing(index).policy == "once":
                yield network.output(f"lost_{name}", network.intake_output(index, "lost"))

    wiring.claim(
        "top.v: outputs",
        "the spikes that come out are the last trained layer's with their step, where no plastic"
        " one is behind it; restarts, words out of step and lost spikes are reported",
        outputs,
    )
