"""The checks that a rule file must pass before anything is made from it.

Each failure is one line with the file and the line number. Three checks come later:
:func:`check_formats` for the parameters of a design, `sc_model.graph.trace` for what the algebra
does not allow (branches on values, ranges), and, called by it, :func:`check_vectors`.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping
from types import ModuleType
from typing import Any

from sc_model.spec.bounds import MAX_FIELD_BITS
from sc_model.spec.errors import ConfigError, ConfigTypeError, RuleError, did_you_mean
from sc_model.spec.int_ops import IntOps
from sc_model.spec.rule import Locality, Rule, RuleInput, RuleParams, StateField, Vector
from sc_model.spec.rule_parts.errors import names_of_params, rule_error
from sc_model.spec.rule_parts.settings import settings_of
from sc_model.spec.rule_parts.source import RuleSource
from sc_model.texts import shown

# What a rule file must define.
REQUIRED = ("FAMILY", "Params", "STATE", "INPUTS", "VECTORS", "update", "float_update")
# Ports that every block has. Fields and inputs of a rule become ports too, and so have other names.
PORTS = ("clk", "rst", "step", "load", "done")
RANDOM = "random"  # prefix of the ports of the random source that a rule with random inputs gets
MAX_RANDOM_BITS = 32  # all random inputs of a step, which one shift register of 32 bits gives
_NAME = re.compile(r"[a-z][a-z0-9_]*")  # also an identifier of Python and Verilog
_ARGUMENTS = ("ops", "state", "inputs", "params")  # of `update`, `float_update` and the drives
# What a synapse delivers in place of its weight: the field that keeps it, and its two functions.
_DRIVE = ("DRIVE", "drive", "float_drive")


def read_rule(module: ModuleType, origin: RuleSource) -> Rule:
    """The rule that a module defines.

    Raises
    ------
    RuleError
        the module breaks the contract of rule files.
    """
    name = origin.place() or module.__name__
    missing = [each for each in REQUIRED if not hasattr(module, each)]
    if missing:
        raise RuleError(
            f"rule file {name} must define {', '.join(REQUIRED)}; it lacks {', '.join(missing)}."
        )
    _check_family(module, origin)
    _check_params(module, origin)
    _check_declarations(module, origin, name)
    _check_functions(module, origin)
    drives = _check_drive(module, origin)
    rule = Rule(
        family=module.FAMILY,
        params_type=module.Params,
        state=(*module.STATE, *((module.DRIVE,) if drives else ())),
        inputs=tuple(module.INPUTS),
        update=module.update,
        float_update=module.float_update,
        vectors=tuple(_vectors(module, origin)),
        doc=module.__doc__ or "",
        source=origin.text,
        file=origin.file,
        drive=module.drive if drives else None,
        float_drive=module.float_drive if drives else None,
    )
    check_formats(rule, rule.params_type())
    return rule


def _check_family(module: ModuleType, origin: RuleSource) -> None:
    family = module.FAMILY
    if not isinstance(family, str) or not _NAME.fullmatch(family):
        raise rule_error(
            origin,
            "FAMILY must be a name of lower-case letters, digits and underscores, a letter first,"
            f" not {family!r}.",
            origin.line_of("FAMILY"),
        )


def _check_params(module: ModuleType, origin: RuleSource) -> None:
    """`Params` is a class of parameters, and its defaults are allowed."""
    params, line = module.Params, origin.line_of("Params")
    if not isinstance(params, type) or not issubclass(params, RuleParams):
        raise rule_error(origin, "Params must be a class derived from RuleParams.", line)
    for name, field in params.model_fields.items():
        if field.is_required():
            raise rule_error(
                origin,
                f"Params.{name} must have a default: VECTORS are steps under the defaults.",
                line,
            )
    _check_settings(params, origin, line)
    for name, field in params.model_fields.items():
        if field.annotation not in (int, bool):
            kind = getattr(field.annotation, "__name__", field.annotation)
            raise rule_error(
                origin,
                f"Params.{name} must be an int, as `{name}: int = Field(default=...)`, not {kind}:"
                " a rule computes with integers.",
                line,
            )
    try:
        params()
    except (ConfigError, ConfigTypeError) as error:
        raise rule_error(origin, f"the defaults of Params are refused: {error}", line) from None


def _check_settings(params: type[RuleParams], origin: RuleSource, line: int | None) -> None:
    """A run-time parameter is an int with both bounds, within the most bits of a field."""
    for setting in settings_of(params):
        lo, hi = setting.lo, setting.hi
        if params.model_fields[setting.name].annotation is not int:
            problem = "must be an int"
        elif not isinstance(lo, int) or not isinstance(hi, int):
            problem = "must have the bounds ge= and le=: the proof covers every setting"
        elif setting.format.width > MAX_FIELD_BITS:
            problem = f"must have bounds within {MAX_FIELD_BITS} bits, not [{lo}, {hi}]"
        else:
            continue
        raise rule_error(
            origin, f"Params.{setting.name} is a run-time parameter and {problem}.", line
        )


def _check_declarations(module: ModuleType, origin: RuleSource, place: str) -> None:
    """`STATE` and `INPUTS` are tuples of their kinds, with names that are free."""
    for table, kind in (("STATE", StateField), ("INPUTS", RuleInput)):
        items = getattr(module, table)
        if not isinstance(items, tuple | list) or (table == "STATE" and not items):
            present = repr(items) if isinstance(items, tuple | list) else type(items).__name__
            raise rule_error(
                origin,
                f"{table} must be a tuple of {kind.__name__}, as ({kind.__name__}(...),) with a"
                f" comma, not {present}.",
                origin.line_of(table),
            )
        for index, item in enumerate(items):
            line = origin.line_of_item(table, index)
            if not isinstance(item, kind):
                raise rule_error(
                    origin, f"{table} must hold objects of {kind.__name__}, not {item!r}.", line
                )
            if not isinstance(item.name, str) or not _NAME.fullmatch(item.name):
                raise rule_error(
                    origin,
                    f"a name in {table} must be lower-case letters, digits and underscores, a"
                    f" letter first, not {item.name!r}.",
                    line,
                )
            _check_name(item.name, origin, place, line)
            _check_width(module, origin, item, line)
            if (
                isinstance(item, RuleInput)
                and item.random
                and item.locality is not Locality.SYNAPSE
            ):
                raise rule_error(
                    origin,
                    f"the random input '{item.name}' must have the locality synapse, not"
                    f" {item.locality}: every synapse has bits of its own.",
                    line,
                )
    names = [item.name for item in (*module.STATE, *module.INPUTS)]
    if hasattr(module, "DRIVE"):
        names.append(getattr(module.DRIVE, "name", ""))
    for setting in settings_of(module.Params):
        line = origin.line_of("Params")
        _check_name(setting.name, origin, place, line)
        if setting.name in names:
            raise rule_error(
                origin,
                f"Params.{setting.name} is a run-time parameter: no field or input may have its"
                " name, for both are ports.",
                line,
            )
    for index, name in enumerate(names):
        if name in names[:index]:
            inner = index - len(module.STATE)
            line = (
                origin.line_of_item("STATE", index)
                if inner < 0
                else origin.line_of_item("INPUTS", inner)
            )
            raise rule_error(origin, f"two fields or inputs have the name '{name}'.", line)


def _check_name(name: str, origin: RuleSource, place: str, line: int | None) -> None:
    """RuleError where a block has a port of that name already."""
    if name in PORTS or name.startswith("load_"):
        subject = f"rule file {place}" if not origin.file else "a rule"
        raise rule_error(
            origin,
            f"{subject} must not name a field or input '{name}': blocks have ports"
            f" {', '.join(PORTS)} and load_<field> of their own.",
            line,
        )
    if name == RANDOM or name.startswith(f"{RANDOM}__"):
        raise rule_error(
            origin,
            f"a rule must not name a field or input '{name}': a block with random inputs has ports"
            f" {RANDOM}__<name> of its own.",
            line,
        )


def _check_width(
    module: ModuleType, origin: RuleSource, item: StateField | RuleInput, line: int | None
) -> None:
    """The width of a state field names a field of `Params`; that of an input may be an integer."""
    known = names_of_params(module.Params)
    if isinstance(item.width, str):
        if item.width not in known:
            hint = did_you_mean(item.width, known) or "."
            raise rule_error(
                origin,
                f"the width of '{item.name}' must be a field of Params, not"
                f" '{item.width}'{hint} Its fields are: {', '.join(known)}.",
                line,
            )
        if item.width in {setting.name for setting in settings_of(module.Params)}:
            raise rule_error(
                origin,
                f"the width of '{item.name}' must not be the run-time parameter '{item.width}':"
                " registers and ports do not change their widths.",
                line,
            )
    elif isinstance(item, StateField) or not _is_width(item.width):
        number = (
            "" if isinstance(item, StateField) else f" or an integer from 1 to {MAX_FIELD_BITS}"
        )
        raise rule_error(
            origin,
            f"the width of '{item.name}' must be the name of a field of Params{number}, not"
            f" {item.width!r}.",
            line,
        )


def _is_width(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= MAX_FIELD_BITS


def _check_functions(module: ModuleType, origin: RuleSource) -> None:
    """`update` and `float_update` are two functions of (ops, state, inputs, params)."""
    for name in ("update", "float_update"):
        _check_signature(name, getattr(module, name), origin)
    if module.update is module.float_update:
        raise rule_error(
            origin,
            "float_update must be the rule in real numbers, without rounding, not update itself: it"
            " shows what rounding costs.",
            origin.line_of("float_update"),
        )


def _check_signature(name: str, function: Any, origin: RuleSource) -> None:
    """A function of a rule takes (ops, state, inputs, params)."""
    line = origin.line_of(name)
    if not callable(function):
        raise rule_error(origin, f"{name} must be a function, not {function!r}.", line)
    signature = inspect.signature(function)
    try:
        signature.bind(*_ARGUMENTS)
    except TypeError:
        raise rule_error(
            origin,
            f"{name} must take the parameters ({', '.join(_ARGUMENTS)}), not {signature}.",
            line,
        ) from None


def _check_drive(module: ModuleType, origin: RuleSource) -> bool:
    """Whether a rule file defines what a synapse delivers; it defines all of `_DRIVE` or none."""
    present = [name for name in _DRIVE if hasattr(module, name)]
    if not present:
        return False
    line = origin.line_of(present[0])
    missing = [name for name in _DRIVE if name not in present]
    if missing:
        raise rule_error(
            origin,
            f"a rule that defines {present[0]} must define {', '.join(_DRIVE)}; it lacks"
            f" {', '.join(missing)}.",
            line,
        )
    field = module.DRIVE
    if (
        not isinstance(field, StateField)
        or field.loadable
        or field.initial
        or field.locality is not Locality.SYNAPSE
    ):
        raise rule_error(
            origin,
            "DRIVE must be a StateField of locality synapse that begins with 0 and is not loadable,"
            f" for it holds what a synapse delivered in the last step, not {field!r}.",
            line,
        )
    _check_name(field.name, origin, origin.place() or module.__name__, line)
    _check_width(module, origin, field, line)
    for name in ("drive", "float_drive"):
        _check_signature(name, getattr(module, name), origin)
    return True


def _vectors(module: ModuleType, origin: RuleSource) -> tuple[Vector, ...]:
    """`VECTORS`, at least one; run-time parameters that a vector leaves out have their defaults."""
    vectors = module.VECTORS
    if not isinstance(vectors, tuple | list) or not vectors:
        raise rule_error(
            origin,
            "VECTORS must hold at least one step that was worked by hand, as"
            " (vector(...),) with a comma; best one for each limit.",
            origin.line_of("VECTORS"),
        )
    for index, vector in enumerate(vectors):
        if not isinstance(vector, Vector):
            raise rule_error(
                origin,
                f"VECTORS must hold objects of Vector, not {vector!r}.",
                origin.line_of_item("VECTORS", index),
            )
    settings = {s.name: int(getattr(module.Params(), s.name)) for s in settings_of(module.Params)}
    return tuple(
        vector.model_copy(update={"inputs": vector.inputs | settings | vector.inputs})
        for vector in vectors
    )


def check_formats(rule: Rule, params: RuleParams) -> None:
    """Check widths and initial values under the parameters of a design.

    Raises
    ------
    RuleError
        a width is no integer from 1 to 48, or an initial value does not fit its field.
    """
    tables: dict[str, tuple[StateField | RuleInput, ...]] = {
        "STATE": rule.state,
        "INPUTS": rule.inputs,
    }
    for table, items in tables.items():
        for index, item in enumerate(items):
            width = item.width if isinstance(item.width, int) else getattr(params, item.width)
            if not _is_width(width):
                raise rule_error(
                    rule.origin,
                    f"the width of '{item.name}' ({item.width}) must be an integer from 1 to"
                    f" {MAX_FIELD_BITS}, not {shown(width)}; give the field of Params bounds:"
                    f" Field(ge=1, le={MAX_FIELD_BITS}).",
                    rule.origin.line_of_item(table, index),
                )
            if isinstance(item, StateField):
                form = item.format(params)
                if not isinstance(item.initial, int) or form.saturate(item.initial) != item.initial:
                    raise rule_error(
                        rule.origin,
                        f"the initial value of '{item.name}' must be in [{form.lo}, {form.hi}]"
                        f" ({form}), not {item.initial!r}.",
                        rule.origin.line_of_item(table, index),
                    )
    bits = sum(form.width for form in rule.random_formats(params).values())
    if bits > MAX_RANDOM_BITS:
        raise rule_error(
            rule.origin,
            f"the random inputs must have {MAX_RANDOM_BITS} bits together at most, not {bits}.",
            rule.origin.line_of("INPUTS"),
        )


def check_vectors(rule: Rule) -> None:
    """Check that `update` computes the hand-worked steps, and that `float_update` runs on them.

    Tracing calls this, after it has found what a rule must not do: of a rule that branches on a
    value, say, that is the better error.

    Raises
    ------
    RuleError
        a vector is incomplete, leaves a format, or does not hold; `float_update` fails.
    """
    params = rule.params_type()
    for index, vector in enumerate(rule.vectors):
        _check_vector(rule, params, vector, rule.origin.line_of_item("VECTORS", index))


def _check_vector(rule: Rule, params: RuleParams, vector: Vector, line: int | None) -> None:
    """Check one hand-worked step."""
    state, inputs = rule.state_formats(params), rule.input_formats(params)
    subject = f"vector '{vector.why}'"
    parts: tuple[tuple[str, Mapping[str, int], Mapping[str, Any]], ...] = (
        ("state", vector.state, state),
        ("inputs", vector.inputs, inputs),
        ("expected", vector.expected, state),
    )
    for part, values, formats in parts:
        if values.keys() != formats.keys():
            raise rule_error(
                rule.origin,
                f"{subject}: {part} must have the names {sorted(formats)}, not {sorted(values)}.",
                line,
            )
        for name, form in formats.items():
            if form.saturate(values[name]) != values[name]:
                raise rule_error(
                    rule.origin,
                    f"{subject}: {part} '{name}' must be in [{form.lo}, {form.hi}] ({form}), not"
                    f" {values[name]}.",
                    line,
                )
    result = rule.apply(IntOps(), vector.state, vector.inputs, params)
    for name, value in result.items():
        if not isinstance(value, int):
            raise rule_error(
                rule.origin,
                f"update must compute integers, but '{name}' is {value!r}"
                f" ({type(value).__name__}).",
                rule.origin.line_of_return("update", name),
            )
        if value != vector.expected[name]:
            raise rule_error(
                rule.origin,
                f"{subject} does not hold: it expects {name} = {vector.expected[name]}, and update"
                f" gives {value}.",
                line,
            )
    numbers = {name: float(value) for name, value in vector.state.items()}
    rule.run(rule.float_update, IntOps(), numbers, vector.inputs, params)
