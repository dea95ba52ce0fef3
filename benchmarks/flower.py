"""Three clients and two rounds in Flower's own simulation engine, open and with SecAgg+.

    python -m venv flower && flower/bin/pip install "flwr[simulation]" "sc-hw[flower]"
    flower/bin/python benchmarks/flower.py --out reports

Every client wants each of eight parameters to rise or to fall; in each round the majority must move
every one by the rate. flwr and its simulation engine take some 465 MB, so this is run by hand; the
suite runs the same app in one process.
"""

from __future__ import annotations

import argparse
import json
import platform
import time
from pathlib import Path
from typing import Any

import flwr
import numpy as np
from flwr.client import Client, ClientApp, NumPyClient
from flwr.common import ndarrays_to_parameters, parameters_to_ndarrays
from flwr.server import ServerApp, ServerAppComponents, ServerConfig
from flwr.simulation import run_simulation

from campaigns.freshness.stamps import stamp
from sc_model.learning.flower import FlowerStrategy, secure_client_app, secure_server_app

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
    """Keeps the result of every round."""

    def __init__(self, secure: bool) -> None:
        super().__init__(
            rate=RATE,
            secure=secure,
            initial_parameters=ndarrays_to_parameters([np.zeros((2, 4))]),
            min_fit_clients=CLIENTS,
            min_available_clients=CLIENTS,
        )
        self.rounds = []

    def aggregate_fit(self, server_round, results, failures):
        parameters, counts = super().aggregate_fit(server_round, results, failures)
        values = parameters_to_ndarrays(parameters)[0].tolist()
        self.rounds.append({"counts": counts, "parameters": values})
        return parameters, counts


def client(context) -> Client:
    return Voter(int(context.node_config["partition-id"])).to_client()


def run(secure: bool) -> dict[str, Any]:
    """One federation; whether its parameters are those that the majority wants."""
    strategy = Recorded(secure)
    components = ServerAppComponents(strategy=strategy, config=ServerConfig(num_rounds=ROUNDS))
    start = time.perf_counter()
    run_simulation(
        server_app=(
            secure_server_app(strategy, ROUNDS)
            if secure
            else ServerApp(server_fn=lambda context: components)
        ),
        client_app=secure_client_app(client) if secure else ClientApp(client_fn=client),
        num_supernodes=CLIENTS,
        backend_config={"client_resources": {"num_cpus": 1, "num_gpus": 0}},
    )
    up = WISHES.sum(0) * 2 > CLIENTS
    votes = [(k + 1) * RATE * (2.0 * up - 1) for k in range(ROUNDS)]
    return {
        "rounds": strategy.rounds,
        "as_voted": [
            bool(np.array_equal(each["parameters"], want))
            for each, want in zip(strategy.rounds, votes, strict=True)
        ],
        "seconds": round(time.perf_counter() - start, 1),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("reports"))
    out = parser.parse_args().out
    report = {
        "schema": "sc-hw.flower.v2",
        "command": "python benchmarks/flower.py --out reports",
        "made_with": {
            "flwr": flwr.__version__,
            "numpy": np.__version__,
            "python": platform.python_version(),
        },
        "clients": CLIENTS,
        "open": run(secure=False),
        "secagg+": run(secure=True),
    }
    out.mkdir(parents=True, exist_ok=True)
    (out / "flower.json").write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    stamp(out, "flower")
    for name in ("open", "secagg+"):
        print(name, report[name]["as_voted"], f"{report[name]['seconds']} s")


if __name__ == "__main__":
    main()
