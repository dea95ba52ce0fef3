"""What delays need of the past: the columns' values of a sweep, or the sums to come of events."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from sc_model.golden.trained.layer import TrainedLayer
from sc_model.spec import CrossingSpec, DenseSpec
from sc_model.spec.trained_layer import Engine

SIZES: dict[str, Any] = {"inputs": 6, "neurons": 5, "max_delay": 3, "recurrent": True}


def layer(engine: Engine) -> TrainedLayer:
    spec = DenseSpec(name="a", **SIZES, engine=engine)
    rng = np.random.default_rng(1)
    shape = (spec.neurons, spec.columns)
    given = {
        "weight": rng.integers(-20, 60, shape),
        "delay": rng.integers(0, spec.max_delay + 1, shape),
        "threshold": 900,
        "leak": 3000,
    }
    return TrainedLayer(spec, CrossingSpec(spec.inputs, 1, 4, "accumulate", 4), 1.0, given)


def restored(engine: Engine, source: TrainedLayer) -> TrainedLayer:
    """A layer with the state of another one."""
    other = layer(engine)
    state = source.state
    other.restore_past(state)
    other.neuron = {name: state[name] for name in other.neuron}
    other.fired = state["fired"]
    return other


def test_sums_to_come_are_what_later_ticks_take_in() -> None:
    events, x = layer("events"), np.random.default_rng(2).integers(0, 5, (20, 6))
    spec, fired = events.spec, np.zeros(5, np.int64)
    columns = [np.zeros(spec.columns, np.int64)] * 3
    weight, delay = events.parameters["weight"], events.parameters["delay"]
    for values in x:
        columns = [*columns, np.concatenate([values, fired])]
        fired = events.step(values).astype(np.int64)
        wanted = np.zeros((spec.neurons, 3), np.int64)
        for j, c in np.ndindex(weight.shape):
            for ahead in range(3):  # a value of `age` ticks ago that is still to arrive
                age = int(delay[j, c]) - 1 - ahead
                if age >= 0:
                    wanted[j, ahead] += weight[j, c] * columns[-1 - age][c]
        assert events.state["arriving"].tolist() == wanted.tolist()
    assert fired.any()


@pytest.mark.parametrize(("first", "second"), [("events", "events"), ("sweep", "events")])
def test_either_form_goes_on_by_events(first: Engine, second: Engine) -> None:
    rng = np.random.default_rng(2)
    source = layer(first)
    for values in rng.integers(0, 5, (9, 6)):
        source.step(values)
    target = restored(second, source)
    for values in rng.integers(0, 5, (9, 6)):
        assert source.step(values).tolist() == target.step(values).tolist()
    assert target.state["arriving"].any()
    # and again, from sums that a history is no longer known of
    third = restored("events", target)
    assert third.state["arriving"].tolist() == target.state["arriving"].tolist()
    target.reset()
    assert not target.state["arriving"].any()


def test_sums_do_not_tell_what_they_are_made_of() -> None:
    with pytest.raises(
        ValueError,
        match=r"^layer 'a': a state of engine 'sweep' must have 'history', the past of its columns;"
        r" that of engine 'events' has 'arriving', sums that do not tell it\. Go on with engine",
    ):
        layer("sweep").restore_past(layer("events").state)
    without = TrainedLayer(
        DenseSpec(name="a", inputs=2, neurons=2), CrossingSpec(2, 1, 1, "hold", 4), 1.0
    )
    without.restore_past({})  # no delays, no past
