"""Facts survive the way through JSON; what is not of its kind is refused, with its place."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

import pytest
from amaranth.hdl import signed, unsigned
from amaranth.lib import data

from sc_hw.fabric.datapath import Datapath
from sc_hw.fabric.families import load_family
from sc_hw.proof.facts import Field, fields_of, named_signals, read_facts, write_facts
from sc_model.graph import rewrite, trace
from sc_model.rules import resolve
from sc_model.spec import RuleChoice


@dataclass(frozen=True)
class Facts:
    """One of each kind."""

    clocks: int
    split: bool
    name: str
    stage: int | None
    word: tuple[Field, ...]
    pair: tuple[int, str]
    spaces: dict[str, int]


FACTS = Facts(
    3, True, "w", None, (Field("a", 0, 4, True), Field("b", 4, 1, False)), (1, "x"), {"s": 2}
)


def test_facts_survive_the_way_through_json() -> None:
    assert read_facts(Facts, json.loads(json.dumps(write_facts(FACTS)))) == FACTS
    with_stage = Facts(3, False, "", 7, (), (0, ""), {})
    assert read_facts(Facts, json.loads(json.dumps(write_facts(with_stage)))) == with_stage


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"clocks": "3"}, "Facts.clocks must be int, not '3'; write the facts again"),
        ({"clocks": True}, "Facts.clocks must be int, not True; write the facts again"),
        ({"split": 1}, "Facts.split must be bool, not 1; write the facts again"),
        ({"stage": 1.5}, "Facts.stage must be int, not 1.5; write the facts again"),
        ({"word": {}}, "Facts.word must be a list, not {}; write the facts again"),
        ({"pair": [1]}, "Facts.pair must be a list of 2, not [1]; write the facts again"),
        ({"spaces": []}, "Facts.spaces must be an object, not []; write the facts again"),
        ({"spaces": {"s": "2"}}, "Facts.spaces.s must be int, not '2'; write the facts again"),
        (
            {"word": [{"name": "a"}]},
            "Facts.word[0] must be an object with the fields ['name', 'offset', 'width', 'signed'],"
            " not {'name': 'a'}; write the facts again",
        ),
    ],
)
def test_what_is_not_of_its_kind_is_refused(change: dict[str, Any], error: str) -> None:
    with pytest.raises(TypeError, match=f"^{re.escape(error)}$"):
        read_facts(Facts, {**write_facts(FACTS), **change})


def test_missing_and_unknown_facts_are_refused() -> None:
    values = write_facts(FACTS)
    text = r"^Facts must be an object( with the fields .*)?, not "
    for wrong in ({**values, "more": 1}, {k: v for k, v in values.items() if k != "name"}, 3):
        with pytest.raises(TypeError, match=text):
            read_facts(Facts, wrong)


def test_fields_of_a_layout() -> None:
    layout = data.StructLayout({"a": unsigned(3), "b": signed(5), "c": 1})
    assert fields_of(layout) == (
        Field("a", 0, 3, False),
        Field("b", 3, 5, True),
        Field("c", 8, 1, False),
    )


def test_named_signals_of_a_pipeline() -> None:
    rule, params = resolve(RuleChoice())
    graph = rewrite(trace(rule, params))
    rows = named_signals(Datapath(graph, load_family("ice40_up").delay))
    assert rows
    for row in rows:
        assert row.signal == f"update.{row.name}"
        assert row.name in graph.lets
        assert -(1 << row.width) <= row.lo <= row.hi < 1 << row.width
        assert row.stage is not None
        assert row.stage >= 0
    text = "Datapath must be a pipeline, not combinational; only a pipeline has stages"
    with pytest.raises(ValueError, match=f"^{re.escape(text)}$"):
        named_signals(Datapath(graph))
