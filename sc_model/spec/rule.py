"""The contract of a rule file: what a learning rule declares so that model, hardware and proof can
be made from it.

A rule file defines `FAMILY`, `Params`, `STATE`, `INPUTS`, `update`, `VECTORS` and `float_update`;
see `sc_model/rules/reward_modulated_stdp.py`, the first of them. The loader in `sc_model.rules`
turns the file into a :class:`Rule`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import SimpleNamespace
from typing import Any, Protocol

from sc_model.spec.formats import IntFormat
from sc_model.spec.frozen import Frozen


class RuleParams(Frozen):
    """Base of a rule's `Params`: widths and constants, all integers known before hardware is
    made.
    """


class Locality(StrEnum):
    """What a state field belongs to: it decides how often a dense layer has to store it."""

    SYNAPSE = "synapse"
    PRE = "pre"
    POST = "post"


@dataclass(frozen=True)
class StateField:
    """A field of the rule's state.

    `width` names the attribute of `Params` that holds the width in bits. `loadable` marks the field
    that a user sets (the weight); loading it puts every other field back to `initial`.
    """

    name: str
    width: str
    signed: bool = False
    initial: int = 0
    locality: Locality = Locality.SYNAPSE
    loadable: bool = False

    def format(self, params: RuleParams) -> IntFormat:
        """Integer format of the field under `params`."""
        return IntFormat(getattr(params, self.width), self.signed)


@dataclass(frozen=True)
class RuleInput:
    """An input of one step: a spike or event (`width` 1) or a number whose width an attribute of
    `Params` holds.

    Integers beyond the format are saturated into it by the models; a hardware port has just the
    format's bits.
    """

    name: str
    width: str | int = 1
    signed: bool = False
    locality: Locality = Locality.SYNAPSE

    def format(self, params: RuleParams) -> IntFormat:
        """Integer format of the input under `params`."""
        return IntFormat(
            self.width if isinstance(self.width, int) else getattr(params, self.width), self.signed
        )


class Ops(Protocol):
    """The algebra a rule is written in, beside `+ - * << >> < <= > >=` and unary minus on its
    values.
    """

    def mux(self, condition: Any, if_true: Any, if_false: Any) -> Any:
        """`if_true` where the condition holds, else `if_false`; both sides exist, as in
        hardware.
        """

    def clamp(self, value: Any, lo: int, hi: int) -> Any:
        """`value` saturated into [lo, hi]."""

    def let(self, name: str, value: Any) -> Any:
        """Name an intermediate: a signal in the waves, a row in a counterexample, one adder instead
        of three.
        """


class Vector(Frozen):
    """One hand-worked step: state and inputs before, state after."""

    why: str
    state: dict[str, int]
    inputs: dict[str, int]
    expected: dict[str, int]


Update = Callable[[Any, Any, Any, Any], Mapping[str, Any]]


@dataclass(frozen=True)
class Rule:
    """A learning rule as read from its file."""

    family: str
    params_type: type[RuleParams]
    state: tuple[StateField, ...]
    inputs: tuple[RuleInput, ...]
    update: Update
    float_update: Update
    vectors: tuple[Vector, ...]
    doc: str
    source: str

    def state_formats(self, params: RuleParams) -> dict[str, IntFormat]:
        """Format of every state field, in the order of the declaration."""
        return {field.name: field.format(params) for field in self.state}

    def input_formats(self, params: RuleParams) -> dict[str, IntFormat]:
        """Format of every input, in the order of the declaration."""
        return {item.name: item.format(params) for item in self.inputs}

    def initial_state(self) -> dict[str, int]:
        """State after reset."""
        return {field.name: field.initial for field in self.state}

    def state_bits(self, params: RuleParams) -> int:
        """Bits of state a stand-alone synapse holds."""
        return sum(form.width for form in self.state_formats(params).values())

    def apply(
        self, ops: Ops, state: Mapping[str, Any], inputs: Mapping[str, Any], params: RuleParams
    ) -> dict[str, Any]:
        """One step of the rule in the algebra `ops`; pure: the state given is left alone.

        Raises ValueError if the rule does not return exactly its state fields.
        """
        result = self.update(ops, SimpleNamespace(**state), SimpleNamespace(**inputs), params)
        names = [field.name for field in self.state]
        if sorted(result) != sorted(names):
            raise ValueError(
                f"rule '{self.family}' must return the fields {names}, not {sorted(result)}"
            )
        return {name: result[name] for name in names}
