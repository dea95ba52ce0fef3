"""What a rule file declares so that model, hardware and proof can be made from it.

A rule file defines `FAMILY`, `Params`, `STATE`, `INPUTS`, `update`, `VECTORS` and `float_update`,
and may define `DRIVE`, `drive` and `float_drive`: what a synapse delivers, where that is not its
weight. See `sc_model/rules/pair_stdp.py` and `docs/writing_a_rule.md`. The loader in
`sc_model.rules` turns the file into a :class:`Rule`; `sc_model.spec.rule_contract` checks it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import SimpleNamespace
from typing import Any, Protocol

from pydantic import ConfigDict

from sc_model.endless import EndlessLoop
from sc_model.spec.errors import ConfigTypeError, RuleError
from sc_model.spec.formats import IntFormat
from sc_model.spec.frozen import Frozen
from sc_model.spec.rule_parts.errors import check_fields, update_error
from sc_model.spec.rule_parts.settings import RUNTIME as RUNTIME
from sc_model.spec.rule_parts.settings import Setting, settings_of, with_settings
from sc_model.spec.rule_parts.source import RuleSource


class RuleParams(Frozen):
    """Base of a rule's `Params`: widths and constants, integers known before hardware is made.

    Defaults are checked, too: rule files give them, and vectors are worked for them.
    """

    model_config = ConfigDict(validate_default=True)


class Locality(StrEnum):
    """What a state field or an input belongs to.

    A layer of I inputs and N neurons stores a field of locality ``synapse`` I x N times, one of
    ``pre`` I times and one of ``post`` N times.
    """

    SYNAPSE = "synapse"
    PRE = "pre"
    POST = "post"


def _check_locality(name: str, locality: Any) -> None:
    """Check that a locality is a member of :class:`Locality`; ConfigTypeError if not."""
    # a str equals its member, but the code compares members by identity: "pre" would be no locality
    if not isinstance(locality, Locality):
        raise ConfigTypeError(
            f"the locality of '{name}' must be Locality.SYNAPSE, Locality.PRE or Locality.POST, not"
            f" {locality!r} ({type(locality).__name__})."
        )


@dataclass(frozen=True)
class StateField:
    """A field of the rule's state.

    Members
    -------
    name : an identifier, which is also a port or signal of the hardware.
    width : name of the field of `Params` that holds the width in bits.
    signed : whether it is a two's complement number.
    initial : value after reset.
    locality : what the field belongs to.
    loadable : whether a user can set it, as the weight. A load puts every other field back to its
        initial value.

    Raises
    ------
    ConfigTypeError
        the locality is no member of `Locality`.
    """

    name: str
    width: str
    signed: bool = False
    initial: int = 0
    locality: Locality = Locality.SYNAPSE
    loadable: bool = False

    def __post_init__(self) -> None:
        _check_locality(self.name, self.locality)

    def format(self, params: RuleParams) -> IntFormat:
        """Integer format of the field under `params`."""
        return IntFormat(getattr(params, self.width), self.signed)


@dataclass(frozen=True)
class RuleInput:
    """An input of one step: a spike or an event (1 bit), or a number.

    The models saturate integers beyond the format into it; a hardware port has the format's bits.

    Members
    -------
    name : an identifier, which is also a port of the hardware.
    width : bits, or the name of the field of `Params` that holds them.
    signed : whether it is a two's complement number.
    locality : what the input belongs to.
    random : the bits are random and uniform in every step and synapse; a block draws them itself
        (see `sc_model.arithmetic.noise`), unless its design asks for ports.

    Raises
    ------
    ConfigTypeError
        the locality is no member of `Locality`, or `random` no bool.
    """

    name: str
    width: str | int = 1
    signed: bool = False
    locality: Locality = Locality.SYNAPSE
    random: bool = False

    def __post_init__(self) -> None:
        _check_locality(self.name, self.locality)
        if not isinstance(self.random, bool):
            raise ConfigTypeError(
                f"RuleInput '{self.name}': random must be True or False, not {self.random!r}."
            )

    def format(self, params: RuleParams) -> IntFormat:
        """Integer format of the input under `params`."""
        return IntFormat(
            self.width if isinstance(self.width, int) else getattr(params, self.width), self.signed
        )


class Ops(Protocol):
    """The algebra a rule is written in, beside the operators of its values.

    These are `+ - *`, unary minus, `<< >>` by a constant, `< <= > >= == !=`, and `& |` of
    conditions.
    """

    def mux(self, condition: Any, if_true: Any, if_false: Any) -> Any:
        """`if_true` where the condition holds, else `if_false`; hardware computes both sides."""

    def clamp(self, value: Any, lo: int, hi: int) -> Any:
        """`value` saturated into [lo, hi]."""

    def let(self, name: str, value: Any) -> Any:
        """`value`, under a name that waves, counterexamples and the Verilog show."""


class Vector(Frozen):
    """One hand-worked step: state and inputs before, state after."""

    why: str
    state: dict[str, int]
    inputs: dict[str, int]
    expected: dict[str, int]


Update = Callable[[Any, Any, Any, Any], Mapping[str, Any]]
Drive = Callable[[Any, Any, Any, Any], Any]


@dataclass(frozen=True)
class Rule:
    """A learning rule as read from its file.

    Members
    -------
    family : its name in designs, manifests and reports.
    params_type : class of its parameters.
    state, inputs : its state fields and the inputs of a step, in the order of the declaration.
    update, float_update : one step in integers, and the same without rounding.
    vectors : steps worked by hand, for the default parameters.
    doc : the file's docstring.
    source : the file's text.
    file : absolute path of the file; empty for a rule that no file defines.
    drive, float_drive : what a synapse delivers in a step, in integers and without rounding; None
        where that is its weight. The last field of `state` keeps it until the next step.
    """

    family: str
    params_type: type[RuleParams]
    state: tuple[StateField, ...]
    inputs: tuple[RuleInput, ...]
    update: Update
    float_update: Update
    vectors: tuple[Vector, ...]
    doc: str
    source: str
    file: str = ""
    drive: Drive | None = None
    float_drive: Drive | None = None

    @property
    def driven(self) -> str | None:
        """Name of the field that keeps what a synapse has delivered, if there is one."""
        return self.state[-1].name if self.drive is not None else None

    @property
    def origin(self) -> RuleSource:
        """The rule's file and its text, for errors that name a line of it."""
        return RuleSource(self.file, self.source)

    def state_formats(self, params: RuleParams) -> dict[str, IntFormat]:
        """Format of every state field, in the order of the declaration."""
        return {field.name: field.format(params) for field in self.state}

    @property
    def settings(self) -> tuple[Setting, ...]:
        """The run-time parameters, in the order of the declaration."""
        return settings_of(self.params_type)

    def initial_settings(self, params: RuleParams) -> dict[str, int]:
        """What the run-time parameters are after a reset: what a design gives them."""
        return {setting.name: int(getattr(params, setting.name)) for setting in self.settings}

    def input_formats(self, params: RuleParams) -> dict[str, IntFormat]:
        """Format of all that `update` reads beside the state: inputs, then run-time parameters."""
        return {item.name: item.format(params) for item in self.inputs} | {
            setting.name: setting.format for setting in self.settings
        }

    def random_formats(self, params: RuleParams) -> dict[str, IntFormat]:
        """Format of every random input, in the order of the declaration."""
        return {item.name: item.format(params) for item in self.inputs if item.random}

    def step_formats(self, params: RuleParams, *, fed: bool = False) -> dict[str, IntFormat]:
        """Format of the inputs that come with a step; `fed`: the random ones do, too."""
        return {item.name: item.format(params) for item in self.inputs if fed or not item.random}

    def initial_state(self) -> dict[str, int]:
        """State after reset."""
        return {field.name: field.initial for field in self.state}

    def state_bits(self, params: RuleParams) -> int:
        """Bits of state a stand-alone synapse holds."""
        return sum(form.width for form in self.state_formats(params).values())

    def apply(
        self, ops: Ops, state: Mapping[str, Any], inputs: Mapping[str, Any], params: RuleParams
    ) -> dict[str, Any]:
        """One step of the rule in the algebra `ops`; pure: `state` is not changed.

        `inputs` may have run-time parameters, too; one that it lacks has the value in `params`.

        Raises
        ------
        RuleError
            `update` raises something or does not return exactly the state fields; the text names
            the line of the rule's file. A rule that no file defines raises what it raises.
        """
        return self.run(self.update, ops, state, inputs, params)

    def run(
        self,
        function: Update,
        ops: Ops,
        state: Mapping[str, Any],
        inputs: Mapping[str, Any],
        params: RuleParams,
    ) -> dict[str, Any]:
        """One step by `update` or `float_update`; raises what :meth:`apply` raises."""
        settings = {
            setting.name: setting.within(ops, inputs[setting.name])
            for setting in self.settings
            if setting.name in inputs
        }
        own = {name: value for name, value in inputs.items() if name not in settings}
        driven = self.driven
        fields = {name: value for name, value in state.items() if name != driven}
        values = SimpleNamespace(**fields), SimpleNamespace(**own)
        rule_params = with_settings(params, settings)
        result = self._called(function, ops, values, rule_params, params)
        names = [field.name for field in self.state if field.name != driven]
        check_fields(self.origin, self.family, function.__name__, result, names)
        new_state = {name: result[name] for name in names}
        if driven is not None:
            delivers = self.float_drive if function is self.float_update else self.drive
            new_state[driven] = self._called(delivers, ops, values, rule_params, params)
        return new_state

    def _called(
        self,
        function: Any,
        ops: Ops,
        values: tuple[SimpleNamespace, SimpleNamespace],
        rule_params: Any,
        params: RuleParams,
    ) -> Any:
        """What a function of the rule returns; `rule_params`: its parameters as it reads them."""
        try:
            return function(ops, *values, rule_params)
        except (Exception, SystemExit, EndlessLoop) as error:
            # without SystemExit, a rule that calls sys.exit(0) would end the command as a success
            if not self.file or isinstance(error, RuleError):
                raise
            raise update_error(self.origin, error, function.__name__, *values, params) from error
