"""A network as a device: spikes in, the last layer's spikes out, and a space for each layer."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sc_driver.blocks.network import NETWORK, STEPS, period_of, why_not_from
from sc_driver.trained_memory import SCORE
from sc_hw.simulation.devices.device_block import DeviceBlock, Layout, State, Stimulus
from sc_model.evaluation import load_parameters
from sc_model.files import PathLike
from sc_model.golden.encoder import Encoder
from sc_model.golden.network.network import NO_READOUT, Network, parameter_bounds
from sc_model.golden.network.recording import load_network_recording
from sc_model.golden.readout import Answers
from sc_model.golden.trained.connections import drawn_lists
from sc_model.golden.trained.layer import past_form
from sc_model.native.network import NativeNetwork
from sc_model.spec import PLASTIC, ConfigError, Design, NetworkSpec, SparseSpec

MOST_STEPS = (1 << 62) - 1


class ModelNetwork:
    """A network's model, compiled or golden, whose parameters can be loaded anew.

    Members
    -------
    spec : the network.
    network : the model.
    """

    def __init__(self, spec: NetworkSpec, *, native: bool) -> None:
        self.spec, self._kind = spec, NativeNetwork if native else Network
        self._encoder = None if spec.encoder is None else Encoder(spec.encoder, spec.values)
        self.load({})

    def load(self, parameters: Mapping[str, ArrayLike]) -> None:
        """Write the parameters, by ``<layer>.<parameter>``; all else is as after a reset."""
        golden = Network(self.spec, parameters)
        self._parameters = {name: dict(one.parameters) for name, one in golden.layers.items()}
        self.network: Network | NativeNetwork = self._kind(self.spec, parameters)

    @property
    def steps(self) -> int:
        """Steps since the reset."""
        return self.network.steps

    def run(
        self, inputs: ArrayLike, teach: Mapping[str, ArrayLike] | None = None
    ) -> NDArray[np.uint8]:
        """Compute T steps, or T sets of values; the last layer's word after each."""
        if self._encoder is None:
            return self.network.run(inputs, teach)
        steps = self.spec.shown_steps
        return self.network.run(self._encoder.shown(inputs))[steps - 1 :: steps]

    def state(self) -> tuple[State, State | None]:
        """Parameters and state of each trained layer, and the plastic layer's checkpoint."""
        network = self.network
        if isinstance(network, Network):
            states = {name: layer.state for name, layer in network.layers.items()}
        else:
            states = network.state()
        names = Network(self.spec).layers
        fields = {
            name: {
                **self._parameters[name],
                **{field: states[name][field] for field in layer.state},
            }
            for name, layer in names.items()
        }
        if network.readout is not None:
            # at the end of a sample no score counts any more, though it can still be asked for
            scores = network.readout.scores * (not self.spec.at_start(network.steps))
            fields[self.spec.layers[-1].name][SCORE] = scores
        plastic = network.plastic
        return fields, None if plastic is None else plastic.checkpoint()

    def restore(self, fields: State, steps: int, plastic: State | None = None) -> None:
        """Go on from a state in which no spike waits in a crossing."""
        self.load(
            {
                f"{name}.{parameter}": fields[name][parameter]
                for name, own in self._parameters.items()
                for parameter in own
            }
        )
        network, last = self.network, self.spec.layers[-1]
        if network.plastic is not None and plastic is not None:
            network.plastic.restore(plastic)
        if network.readout is not None:
            in_sample = self.spec.in_sample(steps) >= last.tick_interval
            network.readout.restore(fields[last.name][SCORE], begun=in_sample)
        if isinstance(network, NativeNetwork):
            waiting: dict[str, dict[str, Any]] = {
                layer.name: {"pending": np.zeros(layer.inputs, np.int64), "lost": np.int64(0)}
                for layer in self.spec.layers
            }
            network.restore({n: {**fields[n], **waiting[n]} for n in waiting}, steps)
            return
        network.steps = steps
        for name, layer in network.layers.items():
            state = {key: np.asarray(value) for key, value in fields[name].items()}
            layer.synapse = {
                key: state[key].astype(old.dtype) for key, old in layer.synapse.items()
            }
            layer.neuron = {key: state[key].astype(old.dtype) for key, old in layer.neuron.items()}
            layer.fired = state["fired"].astype(layer.fired.dtype)
            layer.restore_past(state)
            network.outputs[name] = state["fired"].astype(np.uint8)
        if network.plastic is not None and plastic is not None:
            network.outputs[PLASTIC] = np.asarray(plastic["neuron"]["fired"], np.uint8)

    def answers(self, samples: ArrayLike) -> Answers:
        """Answer samples, each from a reset; the state is then that after a reset."""
        if self._encoder is not None:
            samples = self._encoder.encode(samples, self.spec.shown_steps)
        answers = self.network.answers(samples)
        self.network.reset()
        return answers


class NetworkDevice(DeviceBlock):
    """A network; a step takes `spikes`, shape (inputs,), and what a plastic layer is taught.

    With an encoder a step of the device is a set of `values`, shape (values,), which the network is
    shown for `encoder.steps` steps of its own; what comes out is the word after the last of them.
    A state has a space for each trained layer with its parameters and all that changes in it, the
    space ``plastic`` with the fields of the plastic layer's checkpoint as ``<space>.<field>``, and
    ``network.steps``. Spikes that wait in a crossing are no part of it, for hardware does not show
    them: states are restored where none can wait (`check_restorable`).
    """

    name = "network"
    step_axes = 2
    network: NetworkSpec

    def __init__(self, design: Design) -> None:
        super().__init__(design)
        if design.network is None:
            raise ConfigError("a design with block 'network' must have the table [network].")
        self.network = design.network

    def model(self, *, native: bool) -> ModelNetwork:
        """The golden network, or with `native` the compiled one."""
        return ModelNetwork(self.network, native=native)

    def check_rtl(self) -> None:
        """Refuse a network of which a layer ticks more often than its producer.

        Such a layer does not wait for words, so that there is no state between two steps.
        """
        early = [layer.name for layer in self.network.layers if self.network.early(layer)]
        if early:
            raise ConfigError(
                f"a network on rtl or a board must have layers that wait for their producers; layer"
                f" '{early[0]}' of '{self.design.name}' ticks before words come. Use `sc-hw cosim`,"
                " or on='model'."
            )

    def load(self, engine: Any, weights: Any) -> None:
        """Write the parameters: arrays by ``<layer>.<parameter>``, or a file of them (.npz)."""
        if isinstance(weights, (str, Path)):
            weights = load_parameters(weights, self.network)
        if not isinstance(weights, Mapping):
            raise TypeError(
                "a network loads arrays by '<layer>.<parameter>' (a dictionary, or the path of an"
                f" .npz file), not {type(weights).__name__}."
            )
        engine.load(weights)

    def initial_weights(self, rng: np.random.Generator) -> Any:
        """Random parameters in the middle half of their ranges."""
        weights = {
            name: rng.integers(
                low + (high - low) // 4, high - (high - low) // 4, shape, endpoint=True
            )
            for name, (shape, low, high) in parameter_bounds(self.network).items()
        }
        for layer in self.network.layers:
            if isinstance(layer, SparseSpec):
                lists = drawn_lists(layer, rng)
                weights |= {f"{layer.name}.{name}": values for name, values in lists.items()}
        return weights

    # --- state ------------------------------------------------------------------------------------

    def other_form(self, state: State) -> NetworkDevice | None:
        """The network with engine 'sweep' in layers whose part of a state is that of a sweep.

        ConfigError where it is that of the event engine, and the layer sweeps.
        """
        layers = []
        for layer in self.network.layers:
            fields = state.get(layer.name, {})
            swept = layer.past == "arriving" and "history" in fields
            layers.append(layer.model_copy(update={"engine": "sweep"}) if swept else layer)
            if layer.past == "history" and "arriving" in fields:
                try:
                    past_form(layer, fields)
                except ValueError as error:
                    raise ConfigError(str(error)) from None
        if tuple(layers) == self.network.layers:
            return None
        network = self.network.model_copy(update={"layers": tuple(layers)})
        return NetworkDevice(self.design.model_copy(update={"network": network}))

    def converted(self, state: State) -> State:
        """The sums to come follow from the columns' past, by the parameters of the state."""
        parameters = {
            f"{name}.{parameter}": state[name][parameter]
            for name, layer in Network(self.network).layers.items()
            for parameter in layer.parameters
        }
        result = dict(state)
        for name, layer in Network(self.network, parameters).layers.items():
            if layer.spec.past == "arriving" and "history" in state[name]:
                layer.restore_past(state[name])
                fields = {field: v for field, v in state[name].items() if field != "history"}
                result[name] = {**fields, "arriving": layer.state["arriving"]}
        return result

    def state(self, engine: Any) -> State:
        """Every field that the hardware shows, by layer."""
        fields, plastic = engine.state()
        state: State = {
            name: {key: np.array(values, np.int64) for key, values in layer.items()}
            for name, layer in fields.items()
        }
        if plastic is not None:
            state[PLASTIC] = {
                f"{space}.{name}": np.array(values)
                for space, arrays in plastic.items()
                for name, values in arrays.items()
            }
        state.setdefault(NETWORK, {})[STEPS] = np.array(engine.steps, np.int64)
        return state

    def layout(self) -> Layout:
        """The fields of the golden network."""
        golden = Network(self.network)
        bounds = parameter_bounds(self.network)
        layout: dict[str, dict[str, tuple[int, int, tuple[int, ...]]]] = {}
        for index, spec in enumerate(self.network.layers):
            layer = golden.layers[spec.name]
            crossing = self.network.crossing(index)
            forms = {**layer._synapse.unit.inputs, **layer._neuron.inputs}
            own = layout.setdefault(spec.name, {})
            for name in layer.parameters:
                shape, low, high = bounds[f"{spec.name}.{name}"]
                own[name] = (low, high, shape)
            for name, values in layer.state.items():
                form = forms.get(name)
                low, high = (0, 1) if form is None else (form.lo, form.hi)
                if name == "history":
                    low, high = crossing.value.lo, crossing.value.hi
                elif name == "arriving":
                    sums = spec.current_format(crossing.value)
                    low, high = sums.lo, sums.hi
                own[name] = (low, high, values.shape)
        if golden.readout is not None:
            last = self.network.layers[-1].name
            limits = (0, golden.readout.spec.most)
            if golden.readout.spec.by_potential:
                limits = layout[last]["potential"][:2]
            layout[last][SCORE] = (*limits, (golden.readout.neurons,))
        if golden.plastic is not None:
            layout[PLASTIC] = {
                f"{space}.{name}": limits
                for space, fields in golden.plastic.layout.items()
                for name, limits in fields.items()
            }
        layout.setdefault(NETWORK, {})[STEPS] = (0, MOST_STEPS, ())
        return layout

    @property
    def _layers(self) -> list[dict[str, Any]]:
        return [layer.model_dump(mode="json") for layer in self.network.layers]

    @property
    def period(self) -> int:
        """Steps after which all layers tick in one step; with an encoder each set of values is."""
        if self.network.encoder is not None:
            return 1
        return period_of(self._layers)

    def unrestorable(self, state: State) -> str | None:
        """Why a state can't be restored: a step after which spikes may wait in a crossing."""
        steps, sample = int(state[NETWORK][STEPS]), self.network.sample_steps
        return why_not_from(self.design.name, self._layers, steps, sample)

    def restore(self, engine: Any, state: State) -> None:
        """Write every field."""
        fields = {layer.name: state[layer.name] for layer in self.network.layers}
        plastic: State | None = None
        if self.network.plastic is not None:
            plastic = {}
            for name, values in state[PLASTIC].items():
                space, _, field = name.partition(".")
                plastic.setdefault(space, {})[field] = values
        engine.restore(fields, int(state[NETWORK][STEPS]), plastic)

    # --- steps ------------------------------------------------------------------------------------

    def recording(self, path: PathLike) -> tuple[dict[str, NDArray[Any]], Any]:
        """Spikes and lessons, and the parameters of all layers.

        ConfigError for a network with an encoder, which takes values.
        """
        if self.network.encoder is not None:
            raise ConfigError(
                f"recording {path} holds spikes, and design '{self.design.name}' takes values by"
                " its table [encoder]; leave out one of the two."
            )
        content = load_network_recording(path, self.network)
        return {"spikes": content.x, **content.teach}, content.parameters

    def step(self, engine: Any, stimulus: Stimulus) -> Any:
        """Advance by one step; the last word of the last layer, shape (neurons,)."""
        spikes, teach = self._arguments(stimulus)
        return engine.run(np.asarray(spikes)[None], teach)[0]

    def run(self, engine: Any, stimulus: Stimulus) -> Any:
        """Advance by T steps; the last word of the last layer after each, shape (T, neurons)."""
        spikes, teach = self._arguments(stimulus)
        return engine.run(spikes, teach)

    def samples(self, samples: ArrayLike) -> NDArray[Any]:
        """Samples (samples, steps, inputs), for a network with a readout."""
        if self.network.readout is None:
            raise ConfigError(f"design '{self.design.name}': {NO_READOUT}")
        array, values = np.asarray(samples), self.network.values
        encodes = self.network.encoder is not None
        axes, form = (2, "samples") if encodes else (3, "samples, steps")
        if array.ndim != axes or array.shape[-1] != values:
            raise ValueError(f"samples must have shape ({form}, {values}), not {array.shape}.")
        return array

    def stepped(self, stimulus: Stimulus) -> Stimulus:
        """The spikes, or values; what is taught may be scalars."""
        return {name: values for name, values in stimulus.items() if name == self._input_name}

    @property
    def _input_name(self) -> str:
        """What a step takes."""
        return "spikes" if self.network.encoder is None else "values"

    def _arguments(self, stimulus: Stimulus) -> tuple[Any, dict[str, Any]]:
        """What a step takes, and what is taught; TypeError without the first."""
        name = self._input_name
        if name not in stimulus:
            size = "inputs" if name == "spikes" else "values"
            raise TypeError(f"a step of a network takes {name}, shape ({size},)")
        return stimulus[name], {n: v for n, v in stimulus.items() if n != name}


DEVICE_BLOCK = NetworkDevice
