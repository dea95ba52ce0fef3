"""Networks: what arrives in which step, saved state, and the same again after a reset."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from sc_model.network import (
    LIF,
    STDP,
    AdaptiveLIF,
    CurrentStimulus,
    Izhikevich,
    Network,
    PoissonStimulus,
    Population,
    Projection,
    RateMonitor,
    Relay,
    SpikeStimulus,
    StateMonitor,
)


def arrivals(net: Network, watched: Population, steps: int = 8) -> list[int]:
    """In which steps a population puts anything out."""
    monitor = net.add(StateMonitor(watched, "output"))
    net.run(steps)
    return list(np.flatnonzero(monitor["output"].any(axis=1)))


@pytest.mark.parametrize("delay", [0, 1, 3])
def test_forward_in_the_same_step_backward_in_the_next(delay: int) -> None:
    a, b = Population(Relay, 1), Population(Relay, 1)
    forward = Network(1.0, [a, b, Projection(a, b, 1.0, delay=delay), SpikeStimulus(a, [2], [0])])
    assert arrivals(forward, b) == [2 + delay]
    a, b = Population(Relay, 1), Population(Relay, 1)
    backward = Network(1.0, [b, a, Projection(a, b, 1.0, delay=delay), SpikeStimulus(a, [2], [0])])
    assert arrivals(backward, b) == [2 + delay + 1]


def test_a_loop_costs_a_step_and_a_chain_none() -> None:
    ring = Population(Relay, 1)
    net = Network(1.0, [ring, Projection(ring, ring, 1.0, delay=2), SpikeStimulus(ring, [0], [0])])
    assert arrivals(net, ring, 10) == [0, 3, 6, 9]
    chain = [Population(Relay, 1) for _ in range(4)]
    links = [Projection(a, b, 1.0) for a, b in pairwise(chain)]
    net = Network(
        1.0,
        [*chain, *links, Projection(chain[3], chain[0], 1.0), SpikeStimulus(chain[0], [1], [0])],
    )
    assert arrivals(net, chain[3], 5) == [1, 2, 3, 4]


def test_currents_of_all_sources_add_up() -> None:
    a, b, c = Population(Relay, 2, "a"), Population(Relay, 1, "b"), Population(Relay, 3, "c")
    net = Network(
        1.0, [a, b, c, Projection(a, c, 1.0), Projection(b, c, 10.0), Projection(a, c, 100.0)]
    )
    net.add(CurrentStimulus(c, [1000.0, 0.0, 0.0]))
    assert list(net.projections) == ["a->c", "b->c", "a->c.2"]
    assert [each.label for each in net.incoming(c)] == ["a->c", "b->c", "a->c.2"]
    assert [each.label for each in net.outgoing("a")] == ["a->c", "a->c.2"]
    net.step({"a": [1.0, 2.0], "b": 1.0, "c": [0.0, 0.0, 0.5]})
    assert list(c.output) == [1313.0, 313.0, 313.5]


def test_learning_sees_what_was_sent_on_a_connection_back() -> None:
    """A neuron connected to itself: its spike reaches it a step later, one step before its next
    spike but one.
    """
    ring = Population(Relay, 1)
    rule = STDP(tau_plus_ms=10.0, tau_minus_ms=10.0, a_plus=0.1, a_minus=0.0, w_min=-1.0)
    net = Network(1.0, [ring, SpikeStimulus(ring, [0, 3], [0, 0])])
    loop = net.add(Projection(ring, ring, 0.0, plasticity=rule))
    net.run(4)
    assert loop.weights[0] == pytest.approx(0.1 * np.exp(-0.2), abs=1e-15)


def busy() -> Network:
    """Something of everything that has state."""
    source, cells = (
        Population(Relay, 20, "source"),
        Population(AdaptiveLIF(refractory_ms=2.0), 30, "cells"),
    )
    others = Population(Izhikevich, 10, "others")
    net = Network(1.0, [source, cells, others, PoissonStimulus(source, 50.0, seed=9)])
    delays = np.random.default_rng(1).integers(0, 9, 600)
    rule = STDP(a_plus=0.5, a_minus=0.5, w_max=20.0)
    net.add(
        Projection(
            source, cells, lambda rng, n: rng.uniform(0, 9, n), delay=delays, plasticity=rule
        )
    )
    net.add(Projection(cells, cells, -1.0, probability=0.3, delay=2, seed=1))
    net.add(Projection(cells, others, 10.0, probability=0.3, seed=2))
    return net


def history(net: Network, steps: int) -> dict[str, np.ndarray]:
    monitors = {
        label: net.add(StateMonitor(each, "output")) for label, each in net.populations.items()
    }
    net.run(steps)
    return {label: monitor["output"] for label, monitor in monitors.items()}


def test_saved_and_restored_it_goes_on_the_same(tmp_path: Path) -> None:
    net = busy()
    net.run(150)
    while not net.populations[
        "cells"
    ].spikes.any():  # so that there is something to send back in the next step
        net.step()
    np.savez(tmp_path / "state.npz", **net.state_dict())  # type: ignore[arg-type]
    wanted = history(net, 150)
    assert all(each.sum() > 20 for each in wanted.values())
    other = busy()
    with np.load(tmp_path / "state.npz") as state:
        other.load_state_dict(state)
    found = history(other, 150)
    for label in wanted:
        np.testing.assert_array_equal(found[label], wanted[label])
    end, same = net.state_dict(), other.state_dict()
    assert end.keys() == same.keys()
    for name, values in end.items():
        np.testing.assert_array_equal(values, same[name], err_msg=name)
    changed = end["projection/source->cells/weights"] != busy().projections["source->cells"].weights
    assert changed.mean() > 0.5


def test_state_holds_synapses_that_were_replaced() -> None:
    net = busy()
    net.run(20)
    back = net.projections["cells->cells"]
    back.replace(np.arange(31), np.arange(30), np.full(30, -2.0))
    assert list(back.delay_steps) == [2] * 30
    net.run(20)
    other = busy()
    other.load_state_dict(net.state_dict())
    np.testing.assert_array_equal(other.projections["cells->cells"].dense(), -2.0 * np.eye(30))
    np.testing.assert_array_equal(history(other, 50)["cells"], history(net, 50)["cells"])


def test_saved_state_is_a_copy() -> None:
    net = busy()
    net.run(30)
    state = net.state_dict()
    kept = {name: values.copy() for name, values in state.items()}
    net.run(30)
    for name, values in kept.items():
        np.testing.assert_array_equal(state[name], values)
    state = net.state_dict()
    for values in state.values():
        values[...] = 7
    for name, values in net.state_dict().items():
        assert (values != state[name]).any(), name


def test_reset_and_seeds_give_the_same_again() -> None:
    def make(seed: int) -> Network:
        cells = Population(LIF, 20, "cells")
        net = Network(1.0, [cells, PoissonStimulus(cells, 200.0, 12.0, seed=seed)])
        net.add(Projection(cells, cells, -1.0, probability=0.5, delay=3))
        return net

    net = make(1)
    first = history(net, 100)["cells"]
    net.monitors.clear()
    net.reset()
    np.testing.assert_array_equal(history(net, 100)["cells"], first)
    np.testing.assert_array_equal(history(make(1), 100)["cells"], first)
    assert (history(make(2), 100)["cells"] != first).any()
    assert first.any()


def test_balanced_loop_fires_less_with_more_inhibition() -> None:
    """A recurrent network of some size: rates fall from coupling to coupling."""
    rates = []
    for weight in (0.0, -2.0, -8.0):
        cells = Population(LIF(tau_ms=10.0, refractory_ms=2.0), 300)
        net = Network(0.5, [cells, PoissonStimulus(cells, 800.0, 5.0)])
        net.add(Projection(cells, cells, weight, probability=0.1, delay=3))
        monitor = net.add(RateMonitor(cells, 100.0))
        net.run(ms=200)
        rates.append(monitor.rates_hz[-1])
    assert rates[0] > 1.3 * rates[1] > 1.3 * 1.3 * rates[2] > 0


def test_progress_bar(capsys: pytest.CaptureFixture[str]) -> None:
    net = Network(0.5, [Population(LIF, 1)])
    net.run(4, progress=True)
    assert "2 ms" in capsys.readouterr().out
    assert net.steps == 4
