"""What the author of a rule is told of an exception in it: one line, with file and line."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from pydantic import BaseModel

from sc_model.spec.errors import RuleError
from sc_model.spec.rule_parts.errors import (
    check_fields,
    names_of_params,
    rule_error,
    update_error,
)
from sc_model.spec.rule_parts.source import RuleSource

TEXT = 'def update(ops, state, inputs, params):\n    return {"weight": state.wieght}\n'
ORIGIN = RuleSource("/elsewhere/rule.py", TEXT)
STATE, INPUTS = SimpleNamespace(weight=1, trace=2), SimpleNamespace(pre=1)


class Params(BaseModel):
    rate: int = 1

    @property
    def twice(self) -> int:
        return 2 * self.rate


PARAMS = Params()


def test_fields_and_properties_are_what_parameters_have() -> None:
    assert names_of_params(Params) == ("rate", "twice")


def raised_by(source: str) -> Exception:
    """What this text raises as the rule's file."""
    names = {"state": STATE, "inputs": INPUTS, "params": PARAMS, "ops": Operations()}
    with pytest.raises(Exception) as raised:  # noqa: PT011 - whatever a rule may raise
        exec(compile(source, ORIGIN.file, "exec"), names)
    return raised.value


class Operations:
    """What a rule computes with."""

    clamp = let = mux = None


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (
            "state.wieght",
            "state has no field 'wieght'; did you mean 'weight'? Its fields are: trace, weight.",
        ),
        ("inputs.post", "inputs has no field 'post'. Its fields are: pre."),
        ("params.zzz", "Params has no field 'zzz'. Its fields are: rate, twice."),
        ("ops.max", "ops has no operation 'max'; its operations are clamp, let, mux."),
        ("\n1 / 0", "update raised ZeroDivisionError: division by zero."),
    ],
)
def test_one_line_with_the_place(source: str, message: str) -> None:
    error = update_error(ORIGIN, raised_by(source), "update", STATE, INPUTS, PARAMS)
    line = source.count("\n") + 1
    assert str(error) == f"/elsewhere/rule.py:{line}: {message}"


@pytest.mark.parametrize(
    ("result", "message"),
    [
        (None, "update must return a dict of the fields ['weight'], not None."),
        (
            {"wieght": 1},
            "rule 'x' must return the fields ['weight'], not ['wieght']; it lacks weight",
        ),
    ],
)
def test_what_is_returned(result: object, message: str) -> None:
    with pytest.raises(RuleError) as raised:
        check_fields(ORIGIN, "x", "update", result, ["weight"])
    assert str(raised.value).startswith(f"/elsewhere/rule.py:2: {message}")
    check_fields(ORIGIN, "x", "update", {"weight": 1}, ["weight"])


def test_without_a_file_there_is_no_place() -> None:
    assert str(rule_error(RuleSource("", ""), "no.", 3)) == "no."
