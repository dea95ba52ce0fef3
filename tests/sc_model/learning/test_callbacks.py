"""Callbacks under `sc_model.learning` are the ones of `sc_model.callbacks`, every one of them."""

from __future__ import annotations

import inspect

import sc_model.callbacks
import sc_model.learning
import sc_model.learning.callbacks


def test_every_callback_is_there_under_all_three_names() -> None:
    defined = {
        name
        for name, each in inspect.getmembers(sc_model.callbacks, inspect.isclass)
        if issubclass(each, sc_model.callbacks.TrainingCallback)
    }
    assert set(sc_model.learning.callbacks.__all__) == defined
    for name in defined:
        original = getattr(sc_model.callbacks, name)
        assert getattr(sc_model.learning.callbacks, name) is original
        assert getattr(sc_model.learning, name) is original


def test_defaults_that_users_rely_on() -> None:
    defaults = {
        name: next(iter(inspect.signature(getattr(sc_model.learning, name)).parameters.values()))
        for name in ("CSVCallback", "TensorBoardCallback", "WandBCallback")
    }
    assert {name: (each.name, each.default) for name, each in defaults.items()} == {
        "CSVCallback": ("path", "metrics.csv"),
        "TensorBoardCallback": ("log_dir", "runs"),
        "WandBCallback": ("project", "sc-hw"),
    }
