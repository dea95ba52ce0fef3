r"""Majority votes on many machines with Flower, the votes hidden from the server by SecAgg+.

A client's `fit` returns, for every array of parameters, one bit for each parameter: 1 where it
wants the parameter to grow. The server takes the majority and moves each parameter up by `rate`
where it is 1, down where it is 0: signSGD with majority vote (Bernstein et al. 2019,
arXiv:1810.05291), with ties counted as 0. A vote costs one bit a parameter, and no client can do
more than vote.

There are two ways to run it:

* `FlowerStrategy` alone, in any Flower app: the server sees every client's votes.
* `secure_server_app` and `secure_client_app`: Flower's own SecAgg+ (its workflow on the server, its
  `secaggplus_mod` on the clients; Bell et al. 2020, doi:10.1145/3372297.3417885) gives the server
  the sum of the votes alone. Key agreement, secret sharing and masks are Flower's.

::

    # server.py                                     # client.py
    strategy = FlowerStrategy(0.01, secure=True,    app = secure_client_app(client_fn)
        initial_parameters=parameters)
    app = secure_server_app(strategy, rounds=10)

Clients may drop out once their shares are dealt, as long as enough of the others are left. In a
round that loses a client before that, or too many, Flower unmasks nothing and the parameters stay.

SecAgg+ adds quantised values. Votes are quantised without error, see `secure_workflow`, so that the
secure majority equals the open one. Needs flwr: `pip install sc-hw[flower]`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from sc_model.checks import integer, positive_number
from sc_model.learning.federated import FederatedAggregator
from sc_model.packages import optional_import

_SUBJECT = "FlowerStrategy"
_FedAvg: Any = optional_import("flwr.server.strategy", "flower", _SUBJECT).FedAvg
_common: Any = optional_import("flwr.common", "flower", _SUBJECT)
_server: Any = optional_import("flwr.server", "flower", _SUBJECT)
_workflow: Any = optional_import("flwr.server.workflow", "flower", _SUBJECT)
_client: Any = optional_import("flwr.client", "flower", _SUBJECT)
_mods: Any = optional_import("flwr.client.mod", "flower", _SUBJECT)

# Votes are 0 and 1. SecAgg+ maps [-CLIP, CLIP] to the integers 0 to LEVELS and rounds at random in
# between: with these numbers 0 becomes 1 and 1 becomes 2, and there is nothing to round.
CLIP, LEVELS = 1.0, 2
# Every client counts once: SecAgg+ multiplies values by num_examples / MAX_WEIGHT.
MAX_WEIGHT = 1.0


class FlowerStrategy(_FedAvg):  # type: ignore[misc]
    """Move parameters by the majority of the clients' votes.

    Sampling of clients, evaluation and the rest are those of `flwr.server.strategy.FedAvg`.

    Parameters
    ----------
    rate : step of a parameter in one round, > 0.
    secure : whether the app runs SecAgg+, so that `aggregate_fit` gets the mean of the votes.
    arguments : those of `FedAvg`; `initial_parameters` must be among them.

    Raises
    ------
    ValueError : no `initial_parameters`.
    """

    def __init__(self, rate: float = 0.01, *, secure: bool = False, **arguments: Any) -> None:
        if arguments.get("initial_parameters") is None:
            raise ValueError(
                "initial_parameters must be given: a vote moves parameters, it does not bring them"
            )
        super().__init__(**arguments)
        self.rate, self.secure = positive_number("rate", rate), secure
        self._current: Any = None

    def configure_fit(self, server_round: int, parameters: Any, client_manager: Any) -> Any:
        """Choose the clients of a round, and keep the parameters that they vote on."""
        self._current = parameters
        return super().configure_fit(server_round, parameters, client_manager)

    def aggregate_fit(
        self, server_round: int, results: list[tuple[Any, Any]], failures: list[Any]
    ) -> tuple[Any, dict[str, Any]]:
        """Return the new parameters, and how many clients voted and failed.

        Without votes the parameters are None, which leaves them as they are.

        Raises
        ------
        ValueError : fewer than two clients, votes other than 0 and 1, a shape other than the
            parameters', or, with SecAgg+, a client that counts more than once.
        """
        counts = {"clients": len(results), "failures": len(failures)}
        if not results or (failures and not self.accept_failures):
            return None, counts
        current = _common.parameters_to_ndarrays(self._current)
        votes = [_common.parameters_to_ndarrays(result.parameters) for _, result in results]
        if any(len(vote) != len(current) for vote in votes):
            raise ValueError(
                f"clients must return {len(current)} streams, one for each array, not"
                f" {[len(vote) for vote in votes]}"
            )
        if self.secure:
            weights = [result.num_examples for _, result in results]
            if set(weights) != {1}:
                raise ValueError(
                    f"clients must return num_examples 1, one vote each, not {weights}"
                )
        updated = []
        for k, array in enumerate(current):
            streams = [vote[k] for vote in votes]
            majority = (
                _majority_of_mean(streams)
                if self.secure
                else FederatedAggregator.aggregate_gradients(streams)
            )
            if majority.shape != array.shape:
                raise ValueError(
                    f"streams of array {k} must have shape {array.shape}, not {majority.shape}"
                )
            step = self.rate * (2.0 * majority - 1.0)
            updated.append((array + step).astype(np.asarray(array).dtype))
        return _common.ndarrays_to_parameters(updated), counts


def secure_workflow(
    *,
    num_shares: float = 1.0,
    reconstruction_threshold: float = 2 / 3,
    timeout: float | None = None,
) -> Any:
    """Return Flower's default workflow with SecAgg+, quantised so that votes lose nothing.

    Parameters
    ----------
    num_shares : shares of each client's secrets. A float is a fraction of the clients (1.0: every
        client holds a share); an integer is a number, odd and > 2.
    reconstruction_threshold : shares that rebuild a secret, as a fraction of `num_shares` or a
        number. Two thirds are more than half for every number of shares, so that no two disjoint
        groups of clients can unmask one client.
    timeout : seconds to wait for the clients' answers at each stage; None to wait for all.
    """
    return _workflow.DefaultWorkflow(
        fit_workflow=_workflow.SecAggPlusWorkflow(
            num_shares,
            reconstruction_threshold,
            max_weight=MAX_WEIGHT,
            clipping_range=CLIP,
            quantization_range=LEVELS,
            timeout=timeout,
        )
    )


def secure_server_app(strategy: FlowerStrategy, rounds: int, **options: Any) -> Any:
    """Return a Flower `ServerApp` that runs a secure strategy.

    Parameters
    ----------
    strategy : a `FlowerStrategy` with `secure=True`.
    rounds : number of rounds, >= 1.
    options : those of `secure_workflow`.

    Raises
    ------
    ValueError : the strategy is not secure, or `rounds` is out of range.
    """
    if not strategy.secure:
        raise ValueError("strategy must be secure: FlowerStrategy(..., secure=True)")
    config = _server.ServerConfig(num_rounds=integer("rounds", rounds))
    app = _server.ServerApp()

    @app.main()  # type: ignore[untyped-decorator]
    def main(grid: Any, context: Any) -> None:
        legacy = _server.LegacyContext(context=context, config=config, strategy=strategy)
        secure_workflow(**options)(grid, legacy)

    return app


def secure_client_app(client_fn: Any) -> Any:
    """Return a Flower `ClientApp` whose answers to `fit` go through SecAgg+.

    Parameters
    ----------
    client_fn : as for `ClientApp`: makes a client from a context. Its `fit` returns votes and
        `num_examples` 1.
    """
    return _client.ClientApp(client_fn=client_fn, mods=[_mods.secaggplus_mod])


def _majority_of_mean(means: list[NDArray[Any]]) -> NDArray[np.uint8]:
    """Return the majority from what SecAgg+ leaves: the same mean of all votes for every client."""
    clients = len(means)
    if clients < 2:
        raise ValueError(
            "client list must hold two clients at least, not 1: its aggregate would be that"
            " client's own values"
        )
    # The mean comes from a division in floating point. The number of votes for 1 is an integer:
    # rounding to it makes ties exact.
    votes = np.rint(np.asarray(means[0], np.float64) * clients)
    return (2 * votes > clients).astype(np.uint8)
