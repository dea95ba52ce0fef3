"""A verilated plastic layer with the interface of its golden model."""

from __future__ import annotations

import random
from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sc_model.golden.plastic.layer import Checkpoint, PlasticLayer
from sc_model.golden.registers import WithRegisters
from sc_sim.bits import Words, get_bits, put_bits, words_of
from sc_sim.driver.one_clock import Rtl
from sc_sim.layer_words import LayerWords

EVENTS: dict[str, tuple[str, ...]] = {"spike": ("neuron",), "done": ()}


class RtlLayer(WithRegisters):
    """A layer with the interface of :class:`~sc_model.golden.PlasticLayer`, and arrays of steps.

    Members
    -------
    rtl : the verilated design.
    rule, params : the rule of its synapses.
    layer, neuron : its size and neurons.
    names : parts that the rule's inputs and fields play in a layer.
    """

    def __init__(self, rtl: Rtl) -> None:
        dut = rtl.dut
        self.rtl, self.rule, self.params = rtl, dut.rule, dut.params
        self.layer, self.neuron = dut.layer
        # a model that is never stepped: it has the formats, the checks and the state after reset
        self._reset_state = PlasticLayer(dut.rule, dut.params, self.layer, self.neuron)
        self.names, self.registers = self._reset_state.names, self._reset_state.registers
        self._place: Mapping[str, int] = dut.manifest["placement"]
        self._words = LayerWords(dut, random.Random(0))
        self.load(self.rule.initial_state()[self.names.weight])

    # --- state ------------------------------------------------------------------------------------

    def load(self, weights: ArrayLike) -> None:
        """Write the weights, a scalar or shape (inputs, neurons); all else is as after reset."""
        self._reset_state.load(weights)
        self.restore(self._reset_state.checkpoint())

    def checkpoint(self) -> Checkpoint:
        """Everything that goes from step to step, as the golden layer has it."""
        state = self._reset_state.checkpoint()
        for space, fields in self._words.spaces.items():
            addresses = self._addresses("read", space)
            _, outputs = self.rtl.transact({"read": addresses}, {"readback": len(addresses)})
            values = {
                name: get_bits(outputs["readback"][1], slot.offset, slot.form)
                for name, slot in fields.items()
            }
            self._words.store_values(state, space, values)
        return state

    def restore(self, checkpoint: Mapping[str, Mapping[str, ArrayLike]]) -> None:
        """Go on from a checkpoint of this layer or of its model.

        Raises what the golden layer's `restore` raises.
        """
        self._reset_state.restore(checkpoint)
        state = self._reset_state.checkpoint()
        data = self.rtl.dut.drive.slots["load__payload.data"]
        base = self.rtl.dut.drive.slots["load__payload"].offset
        for space, fields in self._words.spaces.items():
            words = self._addresses("load", space)
            values = self._words.values(state, space)
            for name, slot in fields.items():
                put_bits(words, data.offset - base + slot.offset, slot.form.width, values[name])
            self.rtl.transact({"load": words}, {})

    @property
    def state(self) -> Checkpoint:
        """The same as `checkpoint`."""
        return self.checkpoint()

    def _addresses(self, port: str, space: str) -> Words:
        """Payloads of a load or read of every word of a space, in the order of its arrays."""
        slots = self.rtl.dut.drive.slots
        base = slots[f"{port}__payload"]
        words = np.zeros((self._words.count(space), words_of(base.form.width)), np.uint64)
        for name, values in self._words.addresses(space).items():
            slot = slots[f"{port}__payload.{name}"]
            put_bits(
                words,
                slot.offset - base.offset,
                slot.form.width,
                np.broadcast_to(values, len(words)),
            )
        return words

    # --- steps ------------------------------------------------------------------------------------

    def step(
        self, spikes: ArrayLike, modulators: Mapping[str, int] | None = None, **flags: bool
    ) -> NDArray[np.bool_]:
        """Advance by one step; see :meth:`sc_model.golden.PlasticLayer.step`."""
        (fired,) = self.run(np.asarray(spikes)[None], modulators, **flags)
        return np.asarray(fired, np.bool_)

    def run(
        self,
        spikes: ArrayLike,
        modulators: Mapping[str, ArrayLike] | None = None,
        *,
        outcome: ArrayLike = False,
        decide: ArrayLike = False,
        clear_trial: ArrayLike = False,
        clear_traces: ArrayLike = False,
    ) -> NDArray[np.bool_]:
        """Advance by T steps and return the spikes of the neurons, shape (T, neurons).

        Takes what `sc_model.native.NativeLayer.run` takes: modulators and flags have shape (T,) or
        are scalars.
        """
        stimulus = self._reset_state.checked(
            spikes,
            modulators,
            outcome=outcome,
            decide=decide,
            clear_trial=clear_trial,
            clear_traces=clear_traces,
        )
        count = len(stimulus.spikes)
        # a layer without a critic has no flags for it
        slots = self.rtl.dut.drive.slots
        flags = {
            name: bits for name, bits in stimulus.flags.items() if f"i__payload.{name}" in slots
        }
        words = self._step_words(stimulus.spikes, {**stimulus.modulators, **flags})
        _, outputs = self.rtl.transact(
            {"i": words}, {"done": count}, {"spike": count * self.layer.neurons}
        )
        fired = np.zeros((count, self.layer.neurons), np.bool_)
        # a spike may come in the clock that ends its step
        step = np.searchsorted(outputs["done"][0], outputs["spike"][0], side="left")
        fired[step, outputs["spike"][1][:, 0].astype(np.int64)] = True
        return fired

    def _step_words(self, spikes: ArrayLike, first_row: Mapping[str, ArrayLike]) -> Words:
        """Payloads of steps, a row of a chain's inputs each.

        Parameters
        ----------
        spikes : (T, inputs).
        first_row : modulators and flags, (T,) each; a step's first transfer has them.
        """
        values, slots = np.asarray(spikes), self.rtl.dut.drive.slots
        rows, chains = self._place["rows"], self._place["chains"]
        base = slots["i__payload"]
        words = np.zeros((len(values), rows, words_of(base.form.width)), np.uint64)
        for name, numbers in first_row.items():
            slot = slots[f"i__payload.{name}"]
            put_bits(words[:, 0], slot.offset - base.offset, slot.form.width, numbers)
        # chains * rows may be more than the inputs: those beyond are silent
        padded = np.zeros((len(values), chains * rows), np.int64)
        padded[:, : self.layer.inputs] = values
        flat = words.reshape(len(values) * rows, -1)
        offset = slots["i__payload.spikes"].offset - base.offset
        for chain in range(chains):
            bits = padded[:, chain * rows : (chain + 1) * rows].ravel()
            put_bits(flat, offset + chain, 1, bits)
        return flat


golden_interface = RtlLayer
