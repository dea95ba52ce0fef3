"""The host of a network: words that load and read its layers, by the manifest's spaces."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sc_model.spec import PLASTIC, ConvSpec, IntFormat, SparseSpec, TrainedLayerSpec
from sc_sim.bits import Words, get_bits, put_bits, words_of
from sc_sim.layer_words import CheckpointWords, State
from sc_sim.network_design import NetworkDut

TEACH = "teach"
JUNK_BITS = 62  # the most that NumPy's generator gives at once

Readings = dict[str, dict[str, NDArray[np.int64]]]


@dataclass(frozen=True)
class Batch:
    """Words of one space of a trained layer.

    Members
    -------
    space : its name.
    words, lanes : addresses, (n,); a scalar where all are alike.
    """

    space: str
    words: NDArray[np.int64]
    lanes: ArrayLike

    def __len__(self) -> int:
        return len(self.words)


def synapse_addresses(layer: TrainedLayerSpec) -> Batch:
    """Word and lane of each synapse, in the order of an array (neurons, columns).

    A lane has every `lanes`-th neuron; `TrainedLayerSpec.word` says where its synapses lie.
    """
    if isinstance(layer, ConvSpec):
        return _kernel_addresses(layer)
    if isinstance(layer, SparseSpec):  # as they are numbered
        return Batch("synapse", np.arange(layer.synapses), 0)
    neuron, column = np.divmod(np.arange(layer.neurons * layer.columns), layer.columns)
    return Batch("synapse", layer.word(column, neuron), neuron % layer.lanes)


def list_addresses(layer: TrainedLayerSpec) -> list[Batch]:
    """Word of each column's list, where a layer has such."""
    return [Batch("input", np.arange(layer.columns), 0)] * isinstance(layer, SparseSpec)


def _kernel_addresses(layer: ConvSpec) -> Batch:
    """Word and lane of each weight of a kernel, in the order of its array, then of each bias."""
    places = np.unravel_index(np.arange(np.prod(layer.kernel_shape)), layer.kernel_shape)
    channel, row = np.arange(layer.channels), [np.asarray(each) for each in places]
    words = np.concatenate([layer.kernel_word(*row), layer.bias_word(channel)])
    return Batch("synapse", words, np.concatenate([row[0], channel]) % layer.lanes)


def history_addresses(layer: TrainedLayerSpec, sets: int) -> Batch:
    """Words of the past of a layer with delays.

    In a sweep one for each column; by events one for each sum: all lanes of a group, all groups of
    a set, all sets of a bank, all banks, from that of the next tick on.
    """
    if layer.past == "history":
        return Batch("history", np.arange(layer.columns), 0)
    shape = (layer.banks, sets, layer.groups, layer.lanes)
    bank, number, group, lane = (axis.ravel() for axis in np.indices(shape))
    of_group, of_set = max(1, (layer.groups - 1).bit_length()), (sets - 1).bit_length()
    return Batch("history", group | number << of_group | bank << (of_group + of_set), lane)


def arriving_of(layer: TrainedLayerSpec, sets: int, sums: NDArray[np.int64]) -> NDArray[np.int64]:
    """The sums of the ticks to come, (neurons, max_delay), out of all words in their order."""
    totals = sums.reshape(layer.banks, sets, -1).sum(axis=1)
    return np.asarray(totals[: layer.max_delay, : layer.neurons].T)


def sums_of(layer: TrainedLayerSpec, sets: int, arriving: NDArray[np.int64]) -> NDArray[np.int64]:
    """The words that hold such sums."""
    sums = np.zeros((layer.banks, sets, layer.groups * layer.lanes), np.int64)
    sums[: layer.max_delay, 0, : layer.neurons] = arriving.T
    return sums.ravel()


def neuron_addresses(layer: TrainedLayerSpec) -> Batch:
    """Word of each neuron, in the order of the model."""
    numbers = np.arange(layer.neurons)
    return Batch("neuron", layer.place(numbers), np.zeros(layer.neurons, np.int64))


def fields_of(layer: TrainedLayerSpec, arrays: Mapping[str, ArrayLike]) -> dict[str, NDArray[Any]]:
    """A layer's arrays as fields of its words, (words of a batch,) each.

    Biases of a kernel stand in words of weights, and each neuron has the parameters of its channel.
    A list has the number of its first synapse, too.
    """
    fields = {name: np.asarray(values).ravel() for name, values in arrays.items()}
    if isinstance(layer, ConvSpec) and "weight" in fields:
        bias = fields.pop("bias", np.zeros(layer.channels, np.int64))
        fields["weight"] = np.concatenate([fields["weight"], bias])
        for name in layer.neuron_parameters:
            fields[name] = np.repeat(fields[name], layer.places)
    if isinstance(layer, SparseSpec) and "count" in fields:
        fields["start"] = np.cumsum(fields["count"]) - fields["count"]
    return fields


def arrays_of(
    layer: TrainedLayerSpec, space: str, fields: Mapping[str, NDArray[np.int64]]
) -> dict[str, NDArray[np.int64]]:
    """The fields of a batch of words as the arrays that the model has: what `fields_of` undoes.

    Parameters of a channel whose neurons differ stay one for each neuron.
    """
    if isinstance(layer, SparseSpec):
        return {name: values for name, values in fields.items() if name != "start"}
    if not isinstance(layer, ConvSpec):
        shape = (layer.neurons, layer.columns) if space == "synapse" else (-1,)
        return {name: values.reshape(shape) for name, values in fields.items()}
    if space == "synapse":
        size = int(np.prod(layer.kernel_shape))
        weight, bias = fields["weight"][:size], fields["weight"][size:]
        return {
            "weight": weight.reshape(layer.kernel_shape),
            **({"bias": bias} if layer.bias else {}),
        }
    arrays = dict(fields)
    for name in layer.neuron_parameters if space == "neuron" else ():
        rows = arrays[name].reshape(layer.channels, -1)
        if (rows == rows[:, :1]).all():
            arrays[name] = rows[:, 0]
    return arrays


class NetworkHost:
    """Words of a network's host ports.

    Parameters
    ----------
    dut : the network.
    """

    def __init__(self, dut: NetworkDut) -> None:
        self.dut, self.spec = dut, dut.spec

    def payloads(self, port: str, fields: Mapping[str, ArrayLike], count: int) -> Words:
        """Payloads of a stream whose named fields have these values, (count,) or scalars."""
        payload = self.dut.ports[f"{port}__payload"]
        words = np.zeros((count, words_of(payload["width"])), np.uint64)
        for field in payload["fields"]:
            if field["name"] in fields:
                values = np.broadcast_to(np.asarray(fields[field["name"]]), count)
                put_bits(words, field["offset"], field["width"], values)
        return words

    def _space(self, layer: TrainedLayerSpec, name: str) -> Mapping[str, Any]:
        (described,) = (one for one in self.dut.manifest["layers"] if one["name"] == layer.name)
        (space,) = (one for one in described["spaces"] if one["name"] == name)
        return dict(space)

    def _data_offset(self, port: str) -> int:
        """Where the data of a load begin in its payload."""
        fields = self.dut.ports[f"{port}__payload"]["fields"]
        (data,) = (field for field in fields if field["name"] == "data")
        return int(data["offset"])

    # --- trained layers ---------------------------------------------------------------------------

    def loads(
        self, parameters: Mapping[str, NDArray[Any]], junk: np.random.Generator
    ) -> dict[str, Words]:
        """Words that load every layer, by port.

        Parameters
        ----------
        parameters : by `<layer>.<name>`.
        junk : source of what is loaded beside the parameters: a layer's state does not matter
            before its first tick.
        """
        return {
            f"load_{layer.name}": self._layer_loads(layer, parameters, junk)
            for layer in self.spec.layers
        }

    def _layer_loads(
        self,
        layer: TrainedLayerSpec,
        parameters: Mapping[str, NDArray[Any]],
        junk: np.random.Generator,
    ) -> Words:
        """Words that load a layer.

        A layer that may tick before the first step is taken is no longer in its state after reset
        when the host writes: it gets traces and history of 0, and nothing for its neurons (such a
        layer has no parameters of neurons).
        """
        early, port = self.spec.early(layer), f"load_{layer.name}"
        names = (*layer.synapse_parameters(self.spec.tick_ms), *layer.neuron_parameters)
        values = fields_of(layer, {name: parameters[f"{layer.name}.{name}"] for name in names})
        batches = [synapse_addresses(layer), *list_addresses(layer)]
        if not early:
            batches.append(neuron_addresses(layer))
        if layer.past == "history":  # where events are added, all sums are 0 after a reset
            batches.append(history_addresses(layer, 1))
        loads = []
        for batch in batches:
            space = self._space(layer, batch.space)
            address = {"space": space["code"], "lane": batch.lanes, "word": batch.words}
            words = self.payloads(port, address, len(batch))
            for field in space["fields"]:
                top = 1 << min(JUNK_BITS, field["width"])
                anything = np.zeros(len(batch)) if early else junk.integers(0, top, len(batch))
                offset = self._data_offset(port) + field["offset"]
                put_bits(words, offset, field["width"], values.get(field["name"], anything))
            loads.append(words)
        return np.concatenate(loads)

    def state_loads(
        self, state: Mapping[str, Mapping[str, ArrayLike]], *, fresh: bool
    ) -> dict[str, Words]:
        """Words that load every layer's parameters and state, by port.

        Parameters
        ----------
        state : fields of each layer, as `readings` names them.
        fresh : whether the layers are in their state after a reset; they then read their state as
            0, and only the parameters are taken from `state`.
        """
        loads = {}
        for layer in self.spec.layers:
            port, batches = f"load_{layer.name}", []
            past = {"history", "arriving"}
            values = fields_of(
                layer, {n: array for n, array in state[layer.name].items() if n not in past}
            )
            for batch in self._read_batches(layer):
                space = self._space(layer, batch.space)
                address = {"space": space["code"], "lane": batch.lanes, "word": batch.words}
                words = self.payloads(port, address, len(batch))
                for age, field in enumerate(space["fields"]):
                    column: ArrayLike
                    if batch.space == "control":
                        column = int(fresh)
                    elif batch.space == "history":
                        column = 0 if fresh else self._past_of(layer, state[layer.name], age)
                    else:
                        column = values.get(field["name"], 0)
                    offset = self._data_offset(port) + field["offset"]
                    put_bits(words, offset, field["width"], column)
                batches.append(words)
            loads[port] = np.concatenate(batches)
        return loads

    def _past_of(
        self, layer: TrainedLayerSpec, state: Mapping[str, ArrayLike], age: int
    ) -> ArrayLike:
        """A field of the words of a layer's past."""
        if layer.past == "history":
            return np.asarray(state["history"])[:, age]
        return sums_of(layer, self._sets(layer), np.asarray(state["arriving"]))

    def _sets(self, layer: TrainedLayerSpec) -> int:
        """Partial sums of a neuron."""
        (described,) = (one for one in self.dut.manifest["layers"] if one["name"] == layer.name)
        return int(described.get("partial_sums", 1))

    def _read_batches(self, layer: TrainedLayerSpec) -> Iterator[Batch]:
        """All that the host can read of a layer, in the order of the words that come back."""
        yield synapse_addresses(layer)
        yield from list_addresses(layer)
        yield neuron_addresses(layer)
        yield Batch("control", np.zeros(1, np.int64), 0)
        if layer.past is not None:
            yield history_addresses(layer, self._sets(layer))

    def reads(self) -> dict[str, Words]:
        """Words that read everything, by port."""
        words = {}
        if self.plastic is not None:
            port = f"read_{PLASTIC}"
            words[port] = np.concatenate(
                [
                    self.payloads(port, self.plastic.addresses(space), self.plastic.count(space))
                    for space in self.plastic.spaces
                ]
            )
        for layer in self.spec.layers:
            port = f"read_{layer.name}"
            batches = []
            for batch in self._read_batches(layer):
                code = self._space(layer, batch.space)["code"]
                address = {"space": code, "lane": batch.lanes, "word": batch.words}
                batches.append(self.payloads(port, address, len(batch)))
            words[port] = np.concatenate(batches)
        return words

    def score_reads(self) -> tuple[str, Words]:
        """Port of the last layer, and words that read the scores of its neurons."""
        last = self.spec.layers[-1]
        port, batch = f"read_{last.name}", neuron_addresses(last)
        address = {"space": self._space(last, batch.space)["code"], "word": batch.words}
        return port, self.payloads(port, address, len(batch))

    def score_readings(self, words: Words) -> NDArray[np.int64]:
        """The scores in words that came back."""
        fields = self._space(self.spec.layers[-1], "neuron")["fields"]
        (field,) = (field for field in fields if field["name"] == "score")
        form = IntFormat(field["width"], field["signed"])
        return np.asarray(get_bits(words, field["offset"], form), np.int64)

    def readings(self, words: Mapping[str, Words]) -> Readings:
        """Fields of the trained layers' words that came back, by layer and name."""
        return {
            layer.name: self._layer_readings(layer, words[f"readback_{layer.name}"])
            for layer in self.spec.layers
        }

    def _layer_readings(
        self, layer: TrainedLayerSpec, words: Words
    ) -> dict[str, NDArray[np.int64]]:
        readings: dict[str, NDArray[np.int64]] = {}
        begin = 0
        for batch in self._read_batches(layer):
            rows = words[begin : begin + len(batch)]
            begin += len(batch)
            fields = {
                field["name"]: get_bits(
                    rows, field["offset"], IntFormat(field["width"], field["signed"])
                )
                for field in self._space(layer, batch.space)["fields"]
            }
            if batch.space == "history" and layer.past == "arriving":
                sums = arriving_of(layer, self._sets(layer), fields["arriving"])
                readings["arriving"] = sums
            elif batch.space == "history":  # a field for each age
                readings["history"] = np.stack(list(fields.values()), axis=1)
            else:
                readings |= arrays_of(layer, batch.space, fields)
        return readings

    # --- the plastic layer ------------------------------------------------------------------------

    @cached_property
    def plastic(self) -> CheckpointWords | None:
        """The words of the plastic layer, None without one."""
        described = self.dut.manifest.get(PLASTIC)
        return CheckpointWords(described) if described is not None else None

    @property
    def lesson_formats(self) -> dict[str, IntFormat]:
        """Formats of the modulators and flags that a plastic layer takes with each step."""
        if self.plastic is None:
            return {}
        fields = self.dut.ports[f"{TEACH}__payload"]["fields"]
        return {field["name"]: IntFormat(field["width"], field["signed"]) for field in fields}

    def lessons(self, teach: Mapping[str, NDArray[np.int64]]) -> dict[str, Words]:
        """Words of stream `teach`, one for each step of the plastic layer."""
        if self.plastic is None:
            return {}
        count = len(next(iter(teach.values())))
        return {TEACH: self.payloads(TEACH, teach, count)}

    def plastic_loads(self, state: State, spaces: Collection[str] = ()) -> dict[str, Words]:
        """Words that load the plastic layer from a checkpoint of its model.

        `spaces`: those that are loaded; none for all.
        """
        if self.plastic is None:
            return {}
        port, batches = f"load_{PLASTIC}", []
        data = self._data_offset(port)
        for space, fields in self.plastic.spaces.items():
            if spaces and space not in spaces:
                continue
            words = self.payloads(port, self.plastic.addresses(space), self.plastic.count(space))
            for name, values in self.plastic.values(state, space).items():
                slot = fields[name]
                put_bits(words, data + slot.offset, slot.form.width, values)
            batches.append(words)
        return {port: np.concatenate(batches)}

    def plastic_readings(self, words: Words, shapes: State) -> State:
        """A checkpoint of the plastic layer out of the words that came back.

        `shapes`: a checkpoint of its model; what the host can't read stays as it is there.
        """
        state = {
            space: {name: values.copy() for name, values in arrays.items()}
            for space, arrays in shapes.items()
        }
        if self.plastic is None:
            return state
        begin = 0
        for space, fields in self.plastic.spaces.items():
            rows = words[begin : begin + self.plastic.count(space)]
            begin += len(rows)
            values = {name: get_bits(rows, slot.offset, slot.form) for name, slot in fields.items()}
            self.plastic.store_values(state, space, values)
        return state
