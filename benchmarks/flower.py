"""Three clients and two rounds of Flower's own simulation with `FlowerStrategy`: does the engine
for many machines take it?

    python -m venv flower && flower/bin/pip install "flwr[simulation]" sc-hw
    flower/bin/python benchmarks/flower.py --out reports

Every client wishes each of eight parameters up or down; the vote must move every one by the
majority, twice. flwr and its simulation engine are some 465 MB: the suite tests the strategy
against a stand-in, and this is run by hand.
"""

from __future__ import annotations

import argparse
import json
import platform
import time
from pathlib import Path
from typing import ClassVar

import flwr
import numpy as np
from flwr.client import ClientApp, NumPyClient
from flwr.common import ndarrays_to_parameters, parameters_to_ndarrays
from flwr.server import ServerApp, ServerAppComponents, ServerConfig
from flwr.simulation import run_simulation

from sc_model.learning import FlowerStrategy

CLIENTS, ROUNDS, RATE = 3, 2, 0.25
WISHES = np.random.default_rng(0).integers(0, 2, (CLIENTS, 2, 4)).astype(np.uint8)


class Voter(NumPyClient):
    def __init__(self, number: int) -> None:
        self.number = number

    def fit(self, parameters, config):
        return [WISHES[self.number]], 1, {}

    def evaluate(self, parameters, config):
        return float(np.abs(parameters[0]).sum()), 1, {}


class Recorded(FlowerStrategy):
    """Keeps what every round gave."""

    seen: ClassVar[list] = []

    def aggregate_fit(self, server_round, results, failures):
        parameters, counts = super().aggregate_fit(server_round, results, failures)
        self.seen.append((counts, parameters_to_ndarrays(parameters)[0].tolist()))
        return parameters, counts


def server(context) -> ServerAppComponents:
    strategy = Recorded(
        rate=RATE,
        initial_parameters=ndarrays_to_parameters([np.zeros((2, 4))]),
        min_fit_clients=CLIENTS,
        min_available_clients=CLIENTS,
    )
    return ServerAppComponents(strategy=strategy, config=ServerConfig(num_rounds=ROUNDS))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("reports"))
    given = parser.parse_args()
    began = time.perf_counter()
    run_simulation(
        server_app=ServerApp(server_fn=server),
        client_app=ClientApp(
            client_fn=lambda context: Voter(int(context.node_config["partition-id"])).to_client()
        ),
        num_supernodes=CLIENTS,
        backend_config={"client_resources": {"num_cpus": 1, "num_gpus": 0}},
    )
    seconds = time.perf_counter() - began
    up = WISHES.sum(0) * 2 > CLIENTS
    expected = [(k + 1) * RATE * (2.0 * up - 1) for k in range(ROUNDS)]
    report = {
        "schema": "sc-hw.flower.v1",
        "command": "python benchmarks/flower.py --out reports",
        "made_with": {
            "flwr": flwr.__version__,
            "numpy": np.__version__,
            "python": platform.python_version(),
        },
        "clients": CLIENTS,
        "rounds": [{"counts": counts, "parameters": values} for counts, values in Recorded.seen],
        "as_voted": [
            bool(np.array_equal(a, b)) for (_, a), b in zip(Recorded.seen, expected, strict=True)
        ],
        "seconds": round(seconds, 1),
    }
    given.out.mkdir(parents=True, exist_ok=True)
    (given.out / "flower.json").write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(report["as_voted"]), f"{seconds:.1f} s")


if __name__ == "__main__":
    main()
