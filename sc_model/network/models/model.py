"""`Model`: the base of all neuron models, with parameters that do not change and a pure step.

    state, output = model.step(state, current, dt_ms)

`state` is a dict of arrays of shape (n,), which `step` never writes into; `current` and `output`
are float64 of shape (n,). The output of a model that spikes is 1 for a spike and 0 for none. The
output of a model that does not spike (`spiking` is False) is its potential.
"""

from __future__ import annotations

import dataclasses
import inspect
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import (
    Annotated,
    Any,
    ClassVar,
    Literal,
    TypeAlias,
    get_args,
    get_origin,
    get_type_hints,
)

import numpy as np
from numpy.typing import NDArray

from sc_model.checks import choice, wrong_kind
from sc_model.spec.errors import did_you_mean

Floats: TypeAlias = NDArray[np.float64]
State: TypeAlias = dict[str, Floats]
Parameter: TypeAlias = float | Floats  # one for all neurons, or one each


@dataclass(frozen=True)
class Range:
    """The range of a parameter.

    Members
    -------
    text : the range in words, for errors.
    allows : from numbers to booleans, True where a number is in the range.
    """

    text: str
    allows: Callable[[Floats], NDArray[np.bool_]]


Real = Annotated[Parameter, Range("finite", np.isfinite)]
Positive = Annotated[
    Parameter, Range("> 0 and finite", lambda values: (values > 0) & np.isfinite(values))
]
NotNegative = Annotated[
    Parameter, Range(">= 0 and finite", lambda values: (values >= 0) & np.isfinite(values))
]


@dataclass(frozen=True, eq=False, kw_only=True)
class Model(ABC):
    """A neuron model. Each parameter is one number, or an array (n,) with one for each neuron.

    A class that derives from it is a frozen dataclass. It annotates its parameters with `Real`,
    `Positive`, `NotNegative`, `bool` or a `Literal`; their values are checked by that.

    Members
    -------
    spiking : whether the output is spikes, and not a potential.
    known : all models by the names of their classes.

    Raises TypeError for a parameter of the wrong kind, ValueError for one out of range.
    """

    spiking: ClassVar[bool] = True
    known: ClassVar[dict[str, type[Model]]] = {}

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        if not inspect.isabstract(cls) and not cls.__name__.startswith("_"):
            Model.known[cls.__name__] = cls

    def __post_init__(self) -> None:
        for name, kind in get_type_hints(type(self), include_extras=True).items():
            subject, value = f"{type(self).__name__}.{name}", getattr(self, name)
            if isinstance(kind, type) and issubclass(kind, bool):
                if not isinstance(value, bool):
                    raise wrong_kind(subject, "True or False", value)
            elif get_origin(kind) is Literal:
                choice(subject, value, get_args(kind))
            elif get_origin(kind) is Annotated:
                object.__setattr__(self, name, _numbers(subject, value, get_args(kind)[1]))

    def check(self, n: int) -> None:
        """ValueError where a parameter is an array of another length than `n`."""
        for each in dataclasses.fields(self):
            size = np.size(getattr(self, each.name))
            if np.ndim(getattr(self, each.name)) and size != n:
                subject = f"{type(self).__name__}.{each.name}"
                raise ValueError(
                    f"{subject} must be one number or one for each of the {n} neurons, not {size}"
                    " numbers"
                )

    def check_dt(self, dt_ms: float) -> None:  # noqa: B027 (most models have no limit)
        """ValueError where the model needs shorter steps than `dt_ms`."""

    @abstractmethod
    def initial(self, n: int) -> State:
        """The state of n neurons at the beginning."""

    @abstractmethod
    def step(self, state: State, current: Floats, dt_ms: float) -> tuple[State, Floats]:
        """One step of `dt_ms` ms: the new state and the output. Pure."""


def _numbers(subject: str, value: Any, allowed: Range) -> Parameter:
    """A parameter as a float or a read-only float64 array (n,), after a check of its range."""
    array = np.asarray(value)
    if array.dtype.kind not in "iuf":
        raise wrong_kind(subject, "a number or an array of numbers", value)
    if array.ndim > 1:
        raise ValueError(
            f"{subject} must be a number or an array of shape (n,), not of shape {array.shape}"
        )
    numbers = array.astype(np.float64)
    wrong = np.flatnonzero(~np.atleast_1d(allowed.allows(numbers)))
    if len(wrong):
        place = f" for neuron {wrong[0]}" if numbers.ndim else ""
        raise ValueError(
            f"{subject} must be {allowed.text}, not"
            f" {float(np.atleast_1d(numbers)[wrong[0]])!r}{place}"
        )
    if not numbers.ndim:
        return float(numbers)
    numbers.flags.writeable = False
    return numbers


def model_of(model: Model | type[Model] | str) -> Model:
    """The model itself, or one with default parameters from a class or the name of a class."""
    if isinstance(model, str):
        if model not in Model.known:
            hint = (
                did_you_mean(model, Model.known) or f"; known are {', '.join(sorted(Model.known))}"
            )
            raise ValueError(f"model must be the name of a neuron model, not {model!r}{hint}")
        model = Model.known[model]
    if isinstance(model, type) and issubclass(model, Model):
        return model()
    if isinstance(model, Model):
        return model
    raise wrong_kind("model", "a neuron model, its class or its name", model)


def filled(n: int, value: Parameter = 0.0) -> Floats:
    """A float64 array (n,) of that value, or a copy of an array (n,)."""
    return np.full(n, value, dtype=np.float64)
