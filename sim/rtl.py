"""The emitted Verilog, compiled, in this process: arrays in, arrays out. Loads what `sim.library`
has built.

`Rtl` knows ports and streams; `RtlLane`, `RtlBank` and `RtlLayer` speak the language of the golden
models, so that either can take the other's place.
"""

from __future__ import annotations

import ctypes
import random
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sc_model.golden.arrays import saturated_array
from sc_model.golden.bank import loaded
from sc_model.golden.plastic.layer import Checkpoint, PlasticLayer
from sc_model.golden.synapse import Integer, saturated
from sc_model.spec import IntFormat
from sim.design import CLOCK, Dut, read_build
from sim.harness import SimulationError
from sim.layer_words import LayerWords
from sim.library import element_bits, sinks, streams, words_of

PATIENCE_CLOCKS = 100_000  # without a transfer, beside four sweeps
RESET_CLOCKS = 2
Words = NDArray[np.uint64]


class _Array(ctypes.Structure):
    _fields_ = (("data", ctypes.c_void_p), ("kind", ctypes.c_int64))


class _Source(ctypes.Structure):
    _fields_ = (("words", ctypes.c_void_p), ("count", ctypes.c_int64), ("done", ctypes.c_int64))


class _Sink(ctypes.Structure):
    _fields_ = tuple((name, ctypes.c_void_p) for name in ("words", "clocks")) + tuple(
        (name, ctypes.c_int64) for name in ("room", "wanted", "done")
    )


def put_bits(words: Words, offset: int, width: int, values: ArrayLike) -> None:
    """Or the low bits of values into 64-bit words, shape (n, words), at a bit offset."""
    bits = np.asarray(values).astype(np.int64).astype(np.uint64) & np.uint64((1 << width) - 1)
    first, shift = divmod(offset, 64)
    words[:, first] |= bits << np.uint64(shift)
    if shift + width > 64:
        words[:, first + 1] |= bits >> np.uint64(64 - shift)


def get_bits(words: Words, offset: int, form: IntFormat) -> NDArray[np.int64]:
    """The field of a format at a bit offset of each row of words."""
    first, shift = divmod(offset, 64)
    bits = words[:, first] >> np.uint64(shift)
    if shift + form.width > 64:
        bits = bits | words[:, first + 1] << np.uint64(64 - shift)
    if form.width == 64:
        return bits.astype(np.int64)
    found = (bits & np.uint64((1 << form.width) - 1)).astype(np.int64)
    return found - ((found >> (form.width - 1)) << form.width) if form.signed else found


class Rtl:
    """A verilated design.

    Members
    -------
    dut : the build it is made of.
    cycles : clocks since it was made, resets included.
    """

    def __init__(self, folder: Path, library: Path) -> None:
        """`library`: what `sim.library` has built of that folder."""
        self.dut: Dut = read_build(folder)
        self._library = ctypes.CDLL(str(library))
        self._library.rtl_new.restype = ctypes.c_void_p
        for name in ("rtl_cycles", "rtl_transact"):
            getattr(self._library, name).restype = ctypes.c_int64
        self._handle: ctypes.c_void_p | None = ctypes.c_void_p(self._library.rtl_new())
        ports = [port for port in self.dut.manifest["ports"] if port["name"] != CLOCK]
        self._ports = {str(port["name"]): port for port in ports}
        self._inputs = [str(port["name"]) for port in ports if port["direction"] == "input"]
        self._outputs = [str(port["name"]) for port in ports if port["direction"] == "output"]
        self._sources, self._sinks = streams(self.dut)[0], sinks(self.dut)
        sweep = int(self.dut.manifest["timing"].get("sweep_clocks", 0))
        self.patience = PATIENCE_CLOCKS + 4 * sweep
        self.reset()

    def trace(self, path: Path) -> None:
        """Write all signals from now on; only a library that was built with waves does."""
        path.parent.mkdir(parents=True, exist_ok=True)
        self._library.rtl_trace(self._handle, str(path).encode())

    def close(self) -> None:
        """Let the design go; waves are whole from then on."""
        if self._handle is not None:
            self._library.rtl_delete(self._handle)
            self._handle = None

    def __del__(self) -> None:
        if getattr(self, "_handle", None) is not None:
            self.close()

    @property
    def cycles(self) -> int:
        """Clocks so far."""
        return int(self._library.rtl_cycles(self._handle))

    def reset(self) -> None:
        """Hold the reset for some clocks."""
        self._library.rtl_reset(self._handle, ctypes.c_int64(RESET_CLOCKS))

    def play(self, inputs: Mapping[str, ArrayLike]) -> dict[str, NDArray[Any]]:
        """A value for every clock and port; the outputs behind the edge at which it counted, each
        of shape (T,).

        Inputs have shape (T,) or are scalars, those not given are 0; ports of up to 64 bits alone.
        ValueError for a value that does not fit its port, TypeError for a port that there is not.
        """
        unknown = sorted(set(inputs) - set(self._inputs))
        if unknown:
            raise TypeError(f"input ports of this design are {self._inputs}, not {unknown}")
        lengths = {len(array) for array in map(np.asarray, inputs.values()) if array.ndim == 1}
        if len(lengths) != 1:
            raise ValueError(
                "inputs must be of equally many clocks, at least one of shape (clocks,), not"
                f" {sorted(lengths)}"
            )
        (count,) = lengths
        kept, given = [], (_Array * len(self._inputs))()
        for number, name in enumerate(self._inputs):
            array, kind = self._input(name, inputs.get(name, 0), count)
            kept.append(array)
            given[number] = _Array(array.ctypes.data, kind)
        outputs: dict[str, NDArray[Any]] = {}
        wanted = (ctypes.c_void_p * len(self._outputs))()
        for number, name in enumerate(self._outputs):
            port = self._ports[name]
            if port["width"] <= 64:
                outputs[name] = np.empty(
                    count, f"{'' if port['signed'] else 'u'}int{element_bits(port['width'])}"
                )
                wanted[number] = outputs[name].ctypes.data
        self._library.rtl_play(self._handle, ctypes.c_int64(count), given, wanted)
        return outputs

    def _input(self, name: str, values: ArrayLike, count: int) -> tuple[NDArray[Any], int]:
        array, port = np.asarray(values), self._ports[name]
        if array.dtype.kind not in "biu" or array.ndim > 1:
            raise TypeError(
                f"{name} must be integers of shape ({count},) or a scalar, not {array.dtype} of"
                f" shape {array.shape}"
            )
        form = IntFormat(int(port["width"]), bool(port["signed"]))
        if array.size and not form.lo <= int(array.min()) <= int(array.max()) <= form.hi:
            wrong = array.min() if array.min() < form.lo else array.max()
            raise ValueError(f"{name} must be in [{form.lo}, {form.hi}], not {int(wrong)}")
        if array.ndim == 0:
            return np.array([int(array)], np.int64), 0
        array = (
            array.view(np.uint8) if array.dtype == np.bool_ and array.flags.c_contiguous else array
        )
        native = array.dtype.newbyteorder("=") if array.dtype != np.bool_ else np.dtype(np.uint8)
        array = np.ascontiguousarray(array, native)
        return (
            array,
            -array.itemsize if array.dtype.kind == "i" and array.itemsize < 8 else array.itemsize,
        )

    def transact(
        self,
        given: Mapping[str, Words],
        wanted: Mapping[str, int],
        room: Mapping[str, int] | None = None,
    ) -> tuple[int, dict[str, tuple[NDArray[np.int64], Words]]]:
        """Words into streams until all are taken and enough has come out.

        Parameters
        ----------
        given : for a stream, its payloads, shape (n, 64-bit words).
        wanted : for an output stream or event, how many to wait for.
        room : how many of them to keep at most, by default as many.

        Returns the clocks it took and, for each of `wanted` and `room`, clocks and payloads of what
        came (of several ports each begins a word of its own). Raises SimulationError where the
        design does not go on.
        """
        rooms = {**wanted, **(room or {})}
        sources, outs = (
            (_Source * max(1, len(self._sources)))(),
            (_Sink * max(1, len(self._sinks)))(),
        )
        kept: list[Any] = []
        for number, name in enumerate(self._sources):
            words = np.ascontiguousarray(given.get(name, np.empty((0, 1))), np.uint64)
            kept.append(words)
            sources[number] = _Source(words.ctypes.data, len(words), 0)
        came: dict[str, tuple[NDArray[np.int64], Words]] = {}
        for number, (name, (_, ports)) in enumerate(self._sinks.items()):
            many = sum(words_of(int(self._ports[port]["width"])) for port in ports)
            came[name] = (
                np.empty(rooms.get(name, 0), np.int64),
                np.empty((rooms.get(name, 0), many), np.uint64),
            )
            clocks, words = came[name]
            outs[number] = _Sink(
                words.ctypes.data, clocks.ctypes.data, len(clocks), wanted.get(name, 0), 0
            )
        took = int(
            self._library.rtl_transact(self._handle, sources, outs, ctypes.c_int64(self.patience))
        )
        if took < 0:
            stuck = [
                name
                for number, name in enumerate(self._sources)
                if sources[number].done < sources[number].count
            ]
            short = [
                name
                for number, name in enumerate(self._sinks)
                if outs[number].done < outs[number].wanted
            ]
            raise SimulationError(
                f"design {self.dut.manifest['id']} waited {self.patience} clocks for "
                f"{' and '.join([f'{name}.ready' for name in stuck] + [f'{name}' for name in short])}."
            )
        number_of = {name: number for number, name in enumerate(self._sinks)}
        result = {}
        for name in rooms:
            done = min(int(outs[number_of[name]].done), rooms[name])
            result[name] = (came[name][0][:done], came[name][1][:done])
        return took, result


class RtlLane:
    """A lane with the interface of :class:`~sc_model.golden.Synapse`, and arrays for many steps."""

    def __init__(self, rtl: Rtl) -> None:
        self.rtl, self.rule, self.params = rtl, rtl.dut.rule, rtl.dut.params
        (self._loadable,) = (field.name for field in self.rule.state if field.loadable)
        self.load({})

    def load(self, values: Mapping[str, int]) -> None:
        """Write the loadable field and put all others to their initial values."""
        form, initial = (
            self.rtl.dut.state[self._loadable],
            self.rule.initial_state()[self._loadable],
        )
        value = form.saturate(int(values.get(self._loadable, initial)))
        self._last = self.rtl.play({"load": [1], f"load_{self._loadable}": value})

    @property
    def state(self) -> dict[str, int]:
        """Every field."""
        return {name: int(self._last[name][-1]) for name in self.rtl.dut.state}

    def restore(self, state: Mapping[str, int]) -> None:
        """Only a state in which nothing but the weight differs from the initial one: the ports of a
        lane load no more.
        """
        initial = {**self.rule.initial_state(), self._loadable: int(state[self._loadable])}
        if {name: int(value) for name, value in state.items()} != initial:
            raise ValueError(
                "a lane's ports load the weight alone, not traces: restore into a bank of 1, or"
                " from the model."
            )
        self.load({self._loadable: int(state[self._loadable])})

    def step(self, inputs: Mapping[str, Integer]) -> dict[str, int]:
        """Advance by one step and return the new state."""
        self._last = self.rtl.play({"step": [1], **saturated(self.rule, self.params, inputs)})
        return self.state

    def replay(self, inputs: Mapping[str, ArrayLike]) -> dict[str, NDArray[Any]]:
        """Advance by T steps, a clock each, and return every field after each, shape (T,)."""
        forms = self.rtl.dut.inputs
        if sorted(inputs) != sorted(forms):
            raise TypeError(
                f"a step of '{self.rule.family}' takes the inputs {sorted(forms)}, not"
                f" {sorted(inputs)}"
            )
        given = {}
        for name, form in forms.items():
            array = np.asarray(inputs[name])
            fits = array.dtype == np.bool_ or (
                array.dtype.kind in "iu"
                and array.size
                and form.lo <= int(array.min()) <= int(array.max()) <= form.hi
            )
            given[name] = (
                array
                if fits
                else saturated_array(name, array, array.shape, form, np.dtype(np.int64))
            )
        out = self.rtl.play({"step": 1, **given})
        if len(out["done"]):
            self._last = {name: values[-1:] for name, values in out.items()}
        return {name: out[name] for name in self.rtl.dut.state}


class RtlBank:
    """A bank with the interface of :class:`~sc_model.golden.Bank`."""

    def __init__(self, rtl: Rtl) -> None:
        self.rtl, self.rule, self.params, self.synapses = (
            rtl,
            rtl.dut.rule,
            rtl.dut.params,
            rtl.dut.synapses,
        )
        self.load({})

    def load(self, values: Mapping[str, ArrayLike]) -> None:
        """Write loadable fields of all synapses and put all others to their initial values."""
        self.restore(loaded(self.rule, values))

    def restore(self, state: Mapping[str, ArrayLike]) -> None:
        """Set the complete state: every field, scalar or shape (N,), saturated into its format."""
        forms, slots = self.rtl.dut.state, self.rtl.dut.drive.slots
        if sorted(state) != sorted(forms):
            raise TypeError(
                f"the state of '{self.rule.family}' is {sorted(forms)}, not {sorted(state)}"
            )
        base = slots["load__payload"]
        words = np.zeros((self.synapses, words_of(base.form.width)), np.uint64)
        address = slots["load__payload.address"]
        put_bits(words, address.offset - base.offset, address.form.width, np.arange(self.synapses))
        for name, form in forms.items():
            slot = slots[f"load__payload.state.{name}"]
            values = saturated_array(name, state[name], (self.synapses,), form, np.dtype(np.int64))
            put_bits(words, slot.offset - base.offset, form.width, values)
        self.rtl.transact({"load": words}, {})

    @property
    def state(self) -> dict[str, NDArray[np.int64]]:
        """Every field, read back; shape (N,)."""
        _, came = self.rtl.transact(
            {"read": np.arange(self.synapses, dtype=np.uint64)[:, None]},
            {"readback": self.synapses},
        )
        base = self.rtl.dut.sense.slots["readback__payload"]
        slots = {
            name: self.rtl.dut.sense.slots[f"readback__payload.{name}"]
            for name in self.rtl.dut.state
        }
        return {
            name: get_bits(came["readback"][1], slot.offset - base.offset, slot.form)
            for name, slot in slots.items()
        }

    def step(self, inputs: Mapping[str, ArrayLike]) -> dict[str, NDArray[np.int64]]:
        """Advance all synapses by one step, a sweep, and return the new state."""
        self.replay(
            {
                name: np.broadcast_to(np.asarray(values), (self.synapses,))[None]
                for name, values in inputs.items()
            }
        )
        return self.state

    def replay(self, inputs: Mapping[str, ArrayLike]) -> None:
        """Advance all synapses by T steps; each input has shape (T, N), (T, 1) or is a scalar, one
        at least has T rows.
        """
        forms = self.rtl.dut.inputs
        if sorted(inputs) != sorted(forms):
            raise TypeError(
                f"a step of '{self.rule.family}' takes the inputs {sorted(forms)}, not"
                f" {sorted(inputs)}"
            )
        counts = {len(array) for array in map(np.asarray, inputs.values()) if array.ndim == 2}
        if len(counts) != 1:
            raise ValueError(
                "inputs must be of equally many steps, at least one of shape (steps, ...), not"
                f" {sorted(counts)}"
            )
        shape = (*counts, self.synapses)
        slots = self.rtl.dut.drive.slots
        base = slots["i__payload"]
        words = np.zeros((shape[0] * shape[1], words_of(base.form.width)), np.uint64)
        for name, form in forms.items():
            array = np.asarray(inputs[name])
            if array.ndim and array.shape not in (shape, (shape[0], 1)):
                raise ValueError(
                    f"{name} must have shape {shape}, ({shape[0]}, 1) or be a scalar, not"
                    f" {array.shape}"
                )
            values = saturated_array(
                name, np.broadcast_to(array, shape), shape, form, np.dtype(np.int64)
            )
            put_bits(
                words, slots[f"i__payload.{name}"].offset - base.offset, form.width, values.ravel()
            )
        self.rtl.transact({"i": words}, {"updated": len(words)}, {"updated": 0})


class RtlLayer:
    """A layer with the interface of :class:`~sc_model.golden.PlasticLayer`, and arrays for many
    steps.
    """

    def __init__(self, rtl: Rtl) -> None:
        dut = rtl.dut
        self.rtl, self.rule, self.params = rtl, dut.rule, dut.params
        self.layer, self.neuron = dut.layer
        self._reset_state = PlasticLayer(
            dut.rule, dut.params, self.layer, self.neuron
        )  # formats, checks, and the state after reset
        self.names = self._reset_state.names
        self._place: Mapping[str, int] = dut.manifest["placement"]
        self._words = LayerWords(dut, random.Random(0))
        self.load(self.rule.initial_state()[self.names.weight])

    # --- state ------------------------------------------------------------------------------------

    def load(self, weights: ArrayLike) -> None:
        """Write the weights, a scalar or shape (inputs, neurons), and put all else to its state
        after reset.
        """
        self._reset_state.load(weights)
        self.restore(self._reset_state.checkpoint())

    def checkpoint(self) -> Checkpoint:
        """Everything that goes from step to step, as the golden layer has it."""
        state = self._reset_state.checkpoint()
        for space, fields in self._words.spaces.items():
            addresses = self._addresses("read", space)
            _, came = self.rtl.transact({"read": addresses}, {"readback": len(addresses)})
            values = {
                name: get_bits(came["readback"][1], slot.offset, slot.form)
                for name, slot in fields.items()
            }
            self._words.store_values(state, space, values)
        return state

    def restore(self, checkpoint: Mapping[str, Mapping[str, ArrayLike]]) -> None:
        """Go on from a checkpoint of this layer or of its model; raises what the golden layer's
        `restore` raises.
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
        """Advance by T steps and return the spikes of the neurons, shape (T, neurons); see
        `sc_model.native.NativeLayer.run`.
        """
        told = self._reset_state.checked(
            spikes,
            modulators,
            outcome=outcome,
            decide=decide,
            clear_trial=clear_trial,
            clear_traces=clear_traces,
        )
        count, slots = len(told.spikes), self.rtl.dut.drive.slots
        beside = {
            **told.modulators,
            **{
                name: values for name, values in told.flags.items() if f"i__payload.{name}" in slots
            },
        }
        base = slots["i__payload"]
        rows, chains = self._place["rows"], self._place["chains"]
        words = np.zeros((count, rows, words_of(base.form.width)), np.uint64)
        for name, values in beside.items():
            slot = slots[f"i__payload.{name}"]
            put_bits(words[:, 0], slot.offset - base.offset, slot.form.width, values)
        padded = np.zeros((count, chains * rows), np.int64)
        padded[:, : self.layer.inputs] = told.spikes
        flat = words.reshape(count * rows, -1)
        for chain in range(chains):
            put_bits(
                flat,
                slots["i__payload.spikes"].offset - base.offset + chain,
                1,
                padded[:, chain * rows : (chain + 1) * rows].ravel(),
            )
        _, came = self.rtl.transact(
            {"i": flat}, {"done": count}, {"spike": count * self.layer.neurons}
        )
        fired = np.zeros((count, self.layer.neurons), np.bool_)
        step = np.searchsorted(
            came["done"][0], came["spike"][0], side="left"
        )  # a spike may come with its step's end
        fired[step, came["spike"][1][:, 0].astype(np.int64)] = True
        return fired


def block_of(rtl: Rtl) -> RtlLane | RtlBank | RtlLayer:
    """The design in the language of its golden model."""
    kinds: dict[str, type[RtlLane | RtlBank | RtlLayer]] = {
        "lane": RtlLane,
        "bank": RtlBank,
        "layer": RtlLayer,
    }
    return kinds[rtl.dut.block](rtl)
