"""Code of others that does not end."""

from __future__ import annotations

import signal
import sys
import threading
from pathlib import Path

import pytest

from sc_model import endless
from sc_model.endless import EndlessLoop, limited
from sc_model.graph import trace_function
from sc_model.spec import IntFormat
from sc_model.spec.catalogue import Catalogue
from sc_model.spec.errors import RuleError

TEXT = "this runs for more than 0.02 s of processor time: there may be a loop without an end"


def spin(*_: object) -> None:
    while True:
        try:
            while True:
                pass
        except Exception:  # as careless code has it
            continue


def test_a_loop_ends_and_the_timer_with_it() -> None:
    before = signal.getsignal(signal.SIGVTALRM)
    with pytest.raises(EndlessLoop, match=f"^{TEXT}$"), limited(0.02):
        spin()
    assert signal.getsignal(signal.SIGVTALRM) == before
    assert signal.getitimer(signal.ITIMER_VIRTUAL) == (0, 0)


def test_the_outer_block_has_the_limit_and_other_threads_have_none() -> None:
    with limited(60):
        with limited(0.02):
            assert signal.getitimer(signal.ITIMER_VIRTUAL)[1] == pytest.approx(60, abs=0.1)
        assert signal.getitimer(signal.ITIMER_VIRTUAL)[0]
    ran: list[int] = []

    def other() -> None:
        with limited(0.02):
            ran.append(1)

    thread = threading.Thread(target=other)
    thread.start()
    thread.join()
    assert ran == [1]


def test_a_unit_of_a_plug_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(endless, "CODE_SECONDS", 0.02)
    with pytest.raises(RuleError, match=rf"^a neuron: {TEXT}\.$"):
        trace_function("a neuron", {"x": IntFormat(4)}, {"x": IntFormat(4)}, spin)


def test_a_plug_in_is_broken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "endless_plugins"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "one.py").write_text("x = 1\nwhile x: pass\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr("sc_model.spec.catalogue.IMPORT_SECONDS", 0.02)
    found: Catalogue[int] = Catalogue(
        "thing", "endless_plugins", [str(package)], lambda module: [], wanted="THINGS"
    )
    (plugin,) = found.plugins
    assert plugin.problem == (
        f"plug-in one (endless_plugins.one) is broken: EndlessLoop: {TEXT}"
        f" ({package / 'one.py'}:2)."
    )
    sys.modules.pop("endless_plugins", None)
