"""Trained delays between two populations of Hodgkin-Huxley neurons: what a layer learned in torch,
in the network simulator.
"""

from __future__ import annotations

import numpy as np
import torch

from sc_model.network import CurrentStimulus, HodgkinHuxleyNeuron, Network, SpikeMonitor
from sc_model.network.population import Population
from sc_model.network.projection import Projection
from sc_model.training.delay_linear import DelayLinear

DT_MS = 0.02


def test_a_layer_s_delays_between_two_populations() -> None:
    """The currents that arrive are those of the layer with its delays rounded, to the bit; strong
    ones make the targets fire.
    """
    torch.manual_seed(0)
    layer = DelayLinear(6, 4, max_delay=200)
    with torch.no_grad():
        layer.delay.uniform_(0.0, 200.0)
        layer.weight.copy_(torch.randint(100, 400, layer.weight.shape))
    pre, post = (
        Population(HodgkinHuxleyNeuron, 6, label="pre"),
        Population(HodgkinHuxleyNeuron, 4, label="post"),
    )
    projection = Projection(
        pre, post, weight=layer.to_nir_weight_array(), delay=layer.to_nir_delay_array()
    )
    assert projection.delay_mode == "per_synapse"
    assert projection.delay_steps.reshape(6, 4).T.tolist() == layer.delays_int.tolist()

    network = Network(
        DT_MS, [pre, post, projection, CurrentStimulus(pre, np.linspace(8.0, 20.0, 6))]
    )
    seen = [SpikeMonitor(pre), SpikeMonitor(post)]
    for monitor in seen:
        network.add(monitor)
    network.run(ms=60.0)
    assert all(len(monitor.times_ms) > 6 for monitor in seen)

    fired = torch.zeros(3000, 1, 6)
    fired[seen[0].steps, 0, seen[0].neurons] = 1.0
    wanted = layer.rounded()(fired)[:, 0].detach().numpy()
    alone = Projection(
        pre, post, weight=layer.to_nir_weight_array(), delay=layer.to_nir_delay_array()
    )
    found = np.array([alone.propagate(row) for row in fired[:, 0].numpy()])
    assert np.array_equal(found, wanted)
    assert (found > 0).sum() > 20
