"""What a block defines so that a `Device` can run it, in its model or in its RTL."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sc_driver.checkpoints import identity
from sc_model.files import PathLike
from sc_model.golden.readout import Answers
from sc_model.rules import resolve
from sc_model.spec import ConfigError, Design

# Every field of a device by space and name; a lane and a bank have the space `synapse` alone.
State = dict[str, dict[str, NDArray[Any]]]
# Least and greatest value and shape of each field, by space and field.
Layout = Mapping[str, Mapping[str, tuple[int, int, tuple[int, ...]]]]
Stimulus = Mapping[str, Any]


class DeviceBlock(ABC):
    """A design's block. Its `engine` arguments are a golden model, a compiled model, or RTL.

    Members
    -------
    name : the design's key `block`.
    step_axes : axes of a stimulus array that has one entry for each step.
    logs_every_step : `run` returns every field after each step, so two runs are compared by their
        logs.
    design : the design.
    """

    name: ClassVar[str]
    step_axes: ClassVar[int]
    logs_every_step: ClassVar[bool] = False

    def __init__(self, design: Design) -> None:
        self.design = design

    @abstractmethod
    def model(self, *, native: bool) -> Any:
        """The golden model in its state after reset; `native`: the compiled one, or NativeError."""

    @abstractmethod
    def load(self, engine: Any, weights: ArrayLike) -> None:
        """Write the weights; all other fields get their state after reset."""

    @abstractmethod
    def state(self, engine: Any) -> State:
        """Every field of an engine."""

    @abstractmethod
    def layout(self) -> Layout:
        """Every field that a state has, with the values that it may hold, and its shape."""

    @abstractmethod
    def restore(self, engine: Any, state: State) -> None:
        """Write every field of an engine; the state has been compared with `layout`."""

    def other_form(self, state: State) -> DeviceBlock | None:
        """The block whose states are like this one, if that is another one of the same design."""
        return None

    def converted(self, state: State) -> State:
        """A state of `other_form` as one of this block."""
        raise NotImplementedError(f"states of block '{self.name}' have one form")

    def parameters(self, engine: Any) -> dict[str, int]:
        """The run-time parameters of an engine; none for a block that has none."""
        return {}

    def set_parameters(self, engine: Any, values: Mapping[str, Any]) -> None:
        """Change some of them; ConfigError for one that there is not, or out of its bounds."""
        if values:
            raise ConfigError(
                f"a design with block '{self.design.block}' has no run-time parameters, and so not"
                f" {', '.join(sorted(values))}."
            )

    def check_rtl(self) -> None:  # noqa: B027 - most blocks have nothing to check
        """ConfigError where the design's RTL can't be run step by step."""

    @property
    def period(self) -> int:
        """States can be restored after each so many steps."""
        return 1

    def unrestorable(self, state: State) -> str | None:
        """Why no engine can go on from a state, as the beginning of an error; None if it can."""
        return None

    @abstractmethod
    def recording(self, path: PathLike) -> tuple[dict[str, NDArray[Any]], ArrayLike]:
        """The stimulus of a recording, and the weights that it begins with."""

    @abstractmethod
    def step(self, engine: Any, stimulus: Stimulus) -> Any:
        """Advance by one step."""

    @abstractmethod
    def run(self, engine: Any, stimulus: Stimulus) -> Any:
        """Advance by as many steps as the stimulus has."""

    def answers(self, engine: Any, samples: ArrayLike) -> Answers:
        """Answer samples, each from a reset."""
        array = self.samples(samples)
        answers: Answers = engine.answers(array)
        return answers

    def samples(self, samples: ArrayLike) -> NDArray[Any]:
        """The samples of a design that answers such; only a network with a readout does."""
        raise ConfigError(
            f"design '{self.design.name}' must have block 'network' and a table [readout] to answer"
            f" samples, not block '{self.design.block}'."
        )

    @property
    def weight(self) -> str:
        """The rule's loadable field."""
        rule, _ = resolve(self.design.rule)
        (name,) = (field.name for field in rule.state if field.loadable)
        return name

    def initial_weights(self, rng: np.random.Generator) -> NDArray[Any]:
        """Random weights in the middle half of their range."""
        least, greatest, shape = self.layout()["synapse"][self.weight]
        quarter = (greatest - least) // 4
        return rng.integers(least + quarter, greatest - quarter, shape, endpoint=True)

    def steps(self, stimulus: Stimulus) -> int:
        """Number of steps of a stimulus; ValueError where its arrays differ in length."""
        lengths = {
            len(np.asarray(values))
            for values in self.stepped(stimulus).values()
            if np.ndim(values) == self.step_axes
        }
        if len(lengths) != 1:
            raise ValueError(f"stimulus must be of equally many steps, not {sorted(lengths)}")
        return lengths.pop()

    def stepped(self, stimulus: Stimulus) -> Stimulus:
        """The part of a stimulus whose arrays have one entry for each step."""
        return stimulus

    def identity(self) -> dict[str, Any]:
        """What a state depends on: block, size, rule, parameters; not name, seed or fabric."""
        values = self.design.model_dump(mode="json")
        if not self.design.has_rule:  # those of its layers are among its values
            return identity(values, None)
        rule, params = resolve(self.design.rule)
        rule_choice = {"family": rule.family, "parameters": params.model_dump(mode="json")}
        return identity(values, rule_choice)


def rows(stimulus: Stimulus, start: int, stop: int) -> dict[str, Any]:
    """Some steps of a stimulus; scalars hold in all steps."""
    return {
        name: values if np.ndim(values) == 0 else np.asarray(values)[start:stop]
        for name, values in stimulus.items()
    }


def row(stimulus: Stimulus, step: int) -> dict[str, Any]:
    """One step of a stimulus."""
    return {
        name: values if np.ndim(values) == 0 else np.asarray(values)[step]
        for name, values in stimulus.items()
    }
