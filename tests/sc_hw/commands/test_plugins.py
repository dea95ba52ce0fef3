"""Plug-ins: those of other packages and the broken ones are listed, our own are not."""

from __future__ import annotations

from pathlib import Path

import pytest

from sc_hw.commands import plugins as module
from sc_hw.commands.plugins import GROUPS, plugins
from sc_model.spec import ConfigError
from sc_model.spec.catalogue import Plugin


def test_what_ships_is_left_out() -> None:
    assert plugins() == []


def test_others_and_broken_ones_are_listed_in_the_order_of_their_kinds(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    own = Plugin("sc_hw.targets", "own", "sc_hw.fabric.targets.own", ("own",))
    broken = Plugin("sc_hw.families", "bad", "sc_hw.fabric.families.bad", (), "bad.py:1: no")
    other = Plugin("sc_hw.targets", "other", "package 1.0, other", ("other",))
    rule = Plugin("sc_model.rules", "mine", "package 1.0, mine", ("pair_stdp",))
    monkeypatch.setattr(module, "rule_plugins", lambda: (rule,))
    monkeypatch.setattr(module, "family_plugins", lambda: (broken,))
    monkeypatch.setattr(module, "target_plugins", lambda: (other, own))
    assert plugins() == [rule, broken, other]


def test_a_group_that_nothing_looks_into_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    info = tmp_path / "mine-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: mine\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[sc_hw.target]\na = json\n[other]\nb = json\n")
    monkeypatch.syspath_prepend(tmp_path)
    (found,) = plugins()
    assert found.problem == (
        "plug-in a (package mine 1.0, entry point sc_hw.target: a = json) is broken: its group must"
        " be one of sc_model.rules, sc_model.layer_kinds, sc_hw.families, sc_hw.targets,"
        " sc_hw.boards, sc_hw.host.doors, not 'sc_hw.target'; did you mean 'sc_hw.targets'?"
    )


def test_every_group_is_known() -> None:
    groups = {plugin.group for each in module._all() for plugin in each}
    assert groups == set(GROUPS)


def test_a_rule_that_cannot_be_traced_is_broken(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(rule: object, params: object) -> None:
        raise ConfigError("weight can leave its field.")

    rule = Plugin("sc_model.rules", "mine", "package 1.0, mine", ("pair_stdp",))
    monkeypatch.setattr(module, "rule_plugins", lambda: (rule,))
    monkeypatch.setattr(module, "trace", fail)
    (found,) = plugins()
    assert found.problem == (
        "plug-in mine (package 1.0, mine) is broken: weight can leave its field."
    )
