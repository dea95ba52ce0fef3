# amaranth: UnusedElaboratable=no
"""Claims about a recurrent network's own Verilog: its parts are the claimed ones, and what joins.

Numbers of words and neurons are claimed of the part that visits, while the host rests, which the
claims about control and the host's port say of each other.
"""

from __future__ import annotations

from pathlib import Path

from sc_hw.proof.bits import Bits, cat, either, mux
from sc_hw.proof.blocks.joined import Joined, Module, claims_of_joined
from sc_hw.proof.blocks.plastic.wiring.glue import Next
from sc_hw.proof.blocks.recurrent.parts import NAMES
from sc_hw.proof.prover import Prover
from sc_hw.proof.verdicts import Claim
from sc_hw.recurrent import RecurrentNetwork
from sc_model.spec.learning.recurrent_network import NOISE_BITS

STEP = "step"  # the register with the step under way


def claims_of_wiring(folder: Path, network: RecurrentNetwork, limit_s: float) -> list[Claim]:
    """The claims about the Verilog in a folder, which say that it is made of the claimed parts.

    Parameters
    ----------
    folder : of a build, with the parts that `write_recurrent_parts` has written.
    network : of the build's design.
    limit_s : seconds for one claim.
    """

    def glue(prover: Prover, module: Module) -> None:
        Joint(prover, network, module).prove()

    instances = {name: (name, getattr(network.parts, name)) for name in NAMES}
    return claims_of_joined(folder, network, instances, glue, limit_s)


class Joint(Joined):
    """What joins the parts of a recurrent network.

    Parameters
    ----------
    prover : gets the claims.
    network, module : the module without its instances.
    """

    def __init__(self, prover: Prover, network: RecurrentNetwork, module: Module) -> None:
        self.network, self.plan = network, network.plan
        super().__init__(prover, network, module, {STEP: network.step_layout.size}, 1)

    def prove(self) -> None:
        """Add all claims."""
        self._control()
        self._spikes()
        self._sweep()
        self._neurons()
        self._readout()
        self._host()
        self.complete()

    def _field(self, payload: str, name: str) -> Bits:
        """A field of the step under way, or of the one that comes in."""
        place = self.network.step_layout[name]
        return self.at(payload)[place.offset : place.offset + place.width]

    def _control(self) -> None:
        at = self.at
        transfer = at("i__valid") & at("i__ready")
        self.glue.registers(
            "the step",
            "what a step says is kept from the clock in which it is taken to the next one's",
            {STEP: Next(mux(transfer, at("i__payload"), at(STEP)).term, None)},
        )
        landing = [at(f"{name}.landing") for name in ("sweep", "neurons", "readout")]
        self.outputs(
            "course",
            "control knows of the steps that wait, of what the step under way says, of its errors,"
            " of the host and of what is on its way anywhere; the answer is the readout's",
            {
                "control.i_valid": at("i__valid"),
                "i__ready": at("control.i_ready"),
                "o__valid": at("control.o_valid"),
                "control.o_ready": at("o__ready"),
                "o__payload": cat([at("readout.winner"), at("readout.scores")]),
                "control.told": self._field(STEP, "told"),
                "control.host": at("host.asks"),
                "control.any_error": at("readout.any_error"),
                "control.landing": either(landing, self.t),
                "done": at("control.done"),
                "idle": at("control.resting"),
            },
        )

    def _spikes(self) -> None:
        at = self.at
        self.outputs(
            "spikes",
            "a step that is taken brings the lines' spikes; neurons that are updated bring theirs;"
            " rings turn with the visits, and show sweep and readout the spikes",
            {
                "spikes.take": at("i__valid") & at("i__ready"),
                "spikes.lines": self._field("i__payload", "spikes"),
                "spikes.first": self._field("i__payload", "first"),
                "spikes.issue": at("control.issue"),
                "spikes.fired": at("neurons.fired"),
                "spikes.spike": at("neurons.spike"),
                "spikes.add": at("control.add"),
                "sweep.spike": at("spikes.row_spike"),
                "readout.spike": at("spikes.neuron_spike"),
            },
        )

    def _sweep(self) -> None:
        at = self.at
        self.outputs(
            "sweep",
            "words are visited as control says, with slopes and signals of the group's neurons, the"
            " host's size of steps and the register's low bits; each word, and each neuron that"
            " learns, draws once",
            {
                "sweep.issue": at("control.issue"),
                "sweep.row": at("control.row"),
                "sweep.begins": at("control.begins"),
                "sweep.ends": at("control.ends"),
                "sweep.fresh": self._field(STEP, "first"),
                "sweep.slopes": at("neurons.slopes"),
                "sweep.signals": at("neurons.signals"),
                "sweep.shift": at("host.hidden_shift"),
                "sweep.noise": at("noise.state")[:NOISE_BITS],
                "noise.step": at("control.issue") | at("control.learn"),
            },
        )
        self.outputs(
            "word of a visit",
            "while the host rests the word is the one that control visits",
            {"sweep.word": at("control.word")},
            (~at("host.word").any()).holds,
        )
        self.outputs(
            "word of the host",
            "while control is at word 0, as it is at rest, the word is the host's",
            {"sweep.word": at("host.word")[: self.plan.word_bits]},
            (~at("control.word").any()).holds,
        )

    def _neurons(self) -> None:
        at = self.at
        self.outputs(
            "neurons",
            "neurons are visited as control says, with the currents of their group; signals that"
            " the readout gives are kept, and count where the layer learns",
            {
                "neurons.fetch": at("control.fetch"),
                "neurons.update": at("control.update"),
                "neurons.index": at("control.index"),
                "neurons.fresh": self._field(STEP, "first"),
                "neurons.signalled": at("control.signalled") & at("host.learn_hidden"),
                "neurons.currents": at("sweep.currents"),
                "neurons.signal_write": at("readout.signal_write"),
                "neurons.signal_index": at("readout.signal_index"),
                "neurons.signal": at("readout.signal"),
            },
        )

    def _readout(self) -> None:
        at = self.at
        visits = at("control.add") | at("control.learn")
        self.outputs(
            "readout",
            "sums, classes and what is learned go as control says, with the class that the step"
            " under way tells, the neuron's trace and the host's size of steps; a frozen readout"
            " does not learn",
            {
                "readout.add": at("control.add"),
                "readout.learn": at("control.learn"),
                "readout.leak": at("control.leak"),
                "readout.fresh": self._field(STEP, "first"),
                "readout.look": at("control.look"),
                "readout.number": at("control.number"),
                "readout.told": self._field(STEP, "told"),
                "readout.label": self._field(STEP, "label"),
                "readout.trace": at("neurons.trace"),
                "readout.shift": at("host.readout_shift"),
                "readout.noise": at("noise.state")[:NOISE_BITS],
                "readout.learns": at("host.learn_readout"),
            },
        )
        self.outputs(
            "neuron of a visit",
            "while the host rests the weights are those of the neuron that control visits",
            {"readout.index": at("control.index")},
            visits.holds,
            (~at("host.word").any()).holds,
        )
        self.outputs(
            "neuron of the host",
            "without a visit the weights are those of the host's word",
            {"readout.index": at("host.word")[: self.plan.neuron_bits]},
            (~visits).holds,
        )

    def _host(self) -> None:
        at = self.at
        self.outputs(
            "host",
            "the host's streams are the host port's; it is served between two steps, sees the words"
            " and the random register, and loads a lane or the register",
            {
                **self.streams("host", "load", "read"),
                "host.serves": at("control.serves"),
                "host.cells": at("sweep.words"),
                "host.weights": at("readout.words"),
                "sweep.load": at("host.load_cells"),
                "sweep.load_data": self.fit(at("host.data"), "sweep.load_data"),
                "readout.load": at("host.load_weights"),
                "readout.load_data": self.fit(at("host.data"), "readout.load_data"),
                "host.noise": at("noise.state"),
                "noise.load": at("host.load_noise"),
                "noise.load_data": self.fit(at("host.data"), "noise.load_data"),
            },
        )
