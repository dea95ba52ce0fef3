r"""`FlowerStrategy`: majority vote over bit streams as a strategy of Flower, the engine for
federations of many machines.

A client's `fit` returns, for every array of parameters, a bit for each parameter: 1 where it wants
more of it. A bit costs what a bit costs, and no client can do more than vote. The server takes the
majority (`FederatedAggregator.aggregate_gradients`) and goes `rate` up where it is 1 and `rate`
down where it is 0: signSGD with majority vote (Bernstein et al. 2019, arXiv:1810.05291), here with
ties counted as 0. Sampling of clients, evaluation and the rest are those of
`flwr.server.strategy.FedAvg`, whose subclass this is.

Needs flwr: `pip install sc-hw[flower]`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from sc_model.checks import positive_number
from sc_model.learning.federated import FederatedAggregator
from sc_model.packages import optional_import

_FedAvg: Any = optional_import("flwr.server.strategy", "flower", "FlowerStrategy").FedAvg
_common: Any = optional_import("flwr.common", "flower", "FlowerStrategy")


class FlowerStrategy(_FedAvg):  # type: ignore[misc]
    """Majority vote of the clients' bit streams.

    Parameters
    ----------
    rate : how far a parameter goes in a round, > 0.
    arguments : those of `FedAvg`; `initial_parameters` must be among them.

    Raises ValueError in `aggregate_fit` for fewer than two clients, streams that are no bits, or
    shapes that differ.
    """

    def __init__(self, rate: float = 0.01, **arguments: Any) -> None:
        if arguments.get("initial_parameters") is None:
            raise ValueError(
                "initial_parameters must be given: a vote moves parameters, it does not bring them"
            )
        super().__init__(**arguments)
        self.rate = positive_number("rate", rate)
        self._aggregator = FederatedAggregator()
        self._now: Any = None

    def configure_fit(self, server_round: int, parameters: Any, client_manager: Any) -> Any:
        """Keep the parameters that the clients are sent: they are what the vote moves."""
        self._now = parameters
        return super().configure_fit(server_round, parameters, client_manager)

    def aggregate_fit(
        self, server_round: int, results: list[tuple[Any, Any]], failures: list[Any]
    ) -> tuple[Any, dict[str, Any]]:
        """New parameters, and how many clients voted or failed; no clients leave the parameters as
        they are (None).
        """
        counts = {"clients": len(results), "failures": len(failures)}
        if not results or (failures and not self.accept_failures):
            return None, counts
        votes = [_common.parameters_to_ndarrays(result.parameters) for _, result in results]
        now = _common.parameters_to_ndarrays(self._now)
        if any(len(vote) != len(now) for vote in votes):
            raise ValueError(
                f"clients must return {len(now)} streams, one for each array, not"
                f" {[len(vote) for vote in votes]}"
            )
        moved = []
        for k, array in enumerate(now):
            up = self._aggregator.aggregate_gradients([vote[k] for vote in votes])
            if up.shape != array.shape:
                raise ValueError(
                    f"streams of array {k} must have shape {array.shape}, not {up.shape}"
                )
            moved.append((array + self.rate * (2.0 * up - 1.0)).astype(np.asarray(array).dtype))
        return _common.ndarrays_to_parameters(moved), counts
