"""A verilated network that is run some steps at a time, with a state between them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sc_model.golden.arrays import integers
from sc_model.golden.network.network import Network
from sc_model.golden.readout import Answers
from sc_sim.blocks.network.records import Stepped
from sc_sim.blocks.network.rtl import NetworkRtl
from sc_sim.clocks import nominal
from sc_sim.toolchain import SimulationError

Fields = Mapping[str, Mapping[str, ArrayLike]]
Checkpoint = dict[str, dict[str, NDArray[Any]]]


class RtlNetwork:
    """A network with the interface of its compiled model, under its clocks at their frequencies.

    A state has what the host can read: the fields of each trained layer. Spikes that wait in a
    crossing are not among them. No layer may tick more often than its producer: such a layer runs
    ahead of the steps, and has no state between two of them.

    Members
    -------
    rtl : the verilated design.
    spec : the network.
    steps : steps since the reset that a state counts from.
    """

    def __init__(self, rtl: NetworkRtl) -> None:
        self.rtl, self.spec = rtl, rtl.spec
        self._clocks = nominal({role: self.spec.clock(role).mhz for role in self.spec.roles})
        self.load({})

    @property
    def n_outputs(self) -> int:
        """Neurons of the last layer."""
        plastic = self.spec.plastic
        return self.spec.layers[-1].neurons if plastic is None else plastic.layer.neurons

    # --- state ------------------------------------------------------------------------------------

    def load(self, parameters: Mapping[str, ArrayLike]) -> None:
        """Write the parameters, by `<layer>.<parameter>`; all else is as after a reset."""
        golden = Network(self.spec, parameters)  # checks them, and says what is left out
        fields = {name: dict(layer.parameters) for name, layer in golden.layers.items()}
        plastic = None if golden.plastic is None else golden.plastic.checkpoint()
        self._write(fields, 0, plastic)

    def restore(self, fields: Fields, steps: int, plastic: Checkpoint | None = None) -> None:
        """Go on from a state in which no spike waits in a crossing.

        Parameters
        ----------
        fields : parameters and state of each trained layer.
        steps : steps since the reset, at the end of which all layers have ticked; with 0 the state
            is that after a reset.
        plastic : a checkpoint of the plastic layer.
        """
        self._write(fields, steps, plastic)

    def _write(self, fields: Fields, steps: int, plastic: Checkpoint | None) -> None:
        """Make the network anew, and write all its memories."""
        self.rtl.start(self._clocks, 0)
        if not self.rtl.write(fields, fresh=self.spec.at_start(steps), plastic=plastic):
            raise SimulationError(f"design {self.rtl.dut.manifest['id']} takes no load.")
        self.steps, self._begin = steps, steps
        # golden layers that are never stepped: shapes, and the values after a reset
        self._reset_state = Network(self.spec)
        self._last = np.zeros(self.n_outputs, np.uint8)
        if plastic is not None:
            self._last = np.asarray(plastic["neuron"]["fired"], np.uint8)
        elif steps:
            self._last = np.asarray(fields[self.spec.layers[-1].name]["fired"], np.uint8)

    def state(self) -> tuple[Checkpoint, Checkpoint | None]:
        """Parameters and state of each trained layer, and the plastic layer's checkpoint."""
        plastic = self._reset_state.plastic
        shapes = None if plastic is None else plastic.checkpoint()
        states = self.rtl.read_states(shapes)
        if states is None:
            raise SimulationError(f"design {self.rtl.dut.manifest['id']} answers no read.")
        readings, checkpoint = states
        state = {}
        for name, layer in self._reset_state.layers.items():
            # before its first tick a layer reads all its state as 0, whatever its memories hold
            fresh = bool(readings[name]["fresh"][0])
            memory = {**readings[name], **(layer.state if fresh else {})}
            own = [*layer.parameters, *layer.state]
            if self.spec.readout is not None and name == self.spec.layers[-1].name:
                own.append("score")
                memory["score"] = memory["score"] * (not fresh)
            state[name] = {key: np.asarray(memory[key]) for key in own}
        return state, checkpoint

    # --- steps ------------------------------------------------------------------------------------

    def run(
        self, inputs: ArrayLike, teach: Mapping[str, ArrayLike] | None = None
    ) -> NDArray[np.uint8]:
        """Compute T steps; see :meth:`sc_model.native.network.NativeNetwork.run`.

        With an encoder `inputs` are sets of values, and the words those after each set.
        """
        channels, repeats = self.spec.values, self.spec.shown_steps
        array, encoder = np.asarray(inputs), self.spec.encoder
        if array.ndim != 2 or array.shape[1] != channels:
            raise ValueError(f"inputs must have shape (T, {channels}), not {array.shape}.")
        x = integers("inputs", array, array.shape)
        most = 1 if encoder is None else (1 << encoder.bits) - 1
        if ((x < 0) | (x > most)).any():
            what = "spikes, 0 or 1" if encoder is None else f"values in [0, {most}]"
            raise ValueError(f"inputs must hold {what}, not {x[(x < 0) | (x > most)].flat[0]}.")
        count, interval = len(x) * repeats, self.spec.layers[-1].tick_interval
        ticks = np.flatnonzero((self.steps + 1 + np.arange(count)) % interval == 0)
        lessons = self._lessons(teach or {}, count, ticks)
        words = self.rtl.take(x if encoder else x.astype(np.uint8), lessons, len(ticks))
        numbers = (self.steps + 1 + ticks - self._begin) % (1 << self.spec.step_bits)
        if words is None or not np.array_equal(words.steps, numbers):
            raise SimulationError(
                f"design {self.rtl.dut.manifest['id']} must give the words of {len(ticks)}"
                f" ticks in {count} steps, and has not; `sc-hw cosim` shows where"
                " it stops."
            )
        outputs = self._latest_words(words, ticks, count)
        self.steps += count
        if count:
            self._last = outputs[-1].copy()
        return outputs[repeats - 1 :: repeats]

    def answers(self, samples: ArrayLike) -> Answers:
        """Answer samples (samples, steps, inputs), each from a reset; there is a reset at the end.

        With an encoder they are sets of values, (samples, values).
        A sample in which the last layer does not tick is answered by neuron 0, as in the model.
        """
        array, last = np.asarray(samples), self.spec.layers[-1]
        if self.spec.encoder is not None:
            array = array[:, None]
        winners: list[int] = []
        scores: list[NDArray[np.int64]] = []
        for sample in array:
            ticks = len(sample) * self.spec.shown_steps // last.tick_interval
            winner, score = 0, np.zeros(last.neurons, np.int64)
            played = self.rtl.sample(sample, ticks)
            if played is None:
                raise SimulationError(f"design {self.rtl.dut.manifest['id']} takes no sample.")
            if ticks:
                winner, score = self.rtl.answer(played[0])
            winners.append(winner)
            scores.append(score)
        if not self.rtl.reset():
            raise SimulationError(f"design {self.rtl.dut.manifest['id']} does not restart.")
        self.steps, self._begin = 0, 0
        self._last = np.zeros(self.n_outputs, np.uint8)
        shape = (len(scores), last.neurons)
        return Answers(np.array(winners, np.int64), np.array(scores, np.int64).reshape(shape))

    def _latest_words(
        self, words: Stepped, ticks: NDArray[np.int64], count: int
    ) -> NDArray[np.uint8]:
        """The last word after each of `count` steps."""
        # behind the spikes is the answer of a readout
        spikes = words.bits[:, : self.n_outputs].astype(np.uint8)
        known = np.concatenate([self._last[None], spikes])
        latest = np.searchsorted(ticks, np.arange(count), side="right")
        return np.asarray(known[latest], np.uint8)

    def _lessons(
        self, teach: Mapping[str, ArrayLike], count: int, ticks: NDArray[np.int64]
    ) -> dict[str, NDArray[np.int64]]:
        """What the plastic layer is taught in each of its own steps, checked by its model."""
        plastic = self._reset_state.plastic
        if plastic is None:
            if teach:
                raise TypeError(
                    f"a network without a plastic layer takes spikes alone, not {sorted(teach)}."
                )
            return {}
        rows = {name: integers(name, values, (count,))[ticks] for name, values in teach.items()}
        modulators = {name: rows.pop(name) for name in plastic.names.taken if name in rows}
        silent = np.zeros((len(ticks), self.spec.layers[-1].neurons), np.int64)
        taught = plastic.checked(silent, modulators, **{n: row != 0 for n, row in rows.items()})
        lessons = {**taught.modulators, **taught.flags}
        return {
            name: np.broadcast_to(np.asarray(lessons.get(name, 0)), len(ticks)).astype(np.int64)
            for name in self.rtl.lesson_formats
        }
