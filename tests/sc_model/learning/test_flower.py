"""The strategy for Flower, open and with SecAgg+, by Flower's own code in one process.

`LocalGrid` takes the place of Flower's network: it hands each message to its node's client app.
`benchmarks/flower.py` runs the same app in Flower's simulation engine.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable
from copy import deepcopy
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from flwr.client import NumPyClient
from flwr.common import (
    Context,
    Error,
    Message,
    RecordDict,
    bytes_to_ndarray,
    ndarrays_to_parameters,
    parameters_to_ndarrays,
)
from flwr.server import Grid
from flwr.server.client_manager import SimpleClientManager
from flwr.server.strategy import FedAvg
from flwr.supercore.task_identity import TaskIdentity
from scipy.stats import chisquare, pearsonr
from support import ROOT

from sc_model.learning.flower import (
    FlowerStrategy,
    secure_client_app,
    secure_server_app,
    secure_workflow,
)

Arrays = list[np.ndarray]

# --- the strategy ---------------------------------------------------------------------------------


def results(*votes: list[Any], num_examples: int = 1) -> list[tuple[Any, Any]]:
    return [
        (
            f"client {k}",
            SimpleNamespace(
                parameters=ndarrays_to_parameters([np.array(v) for v in vote]),
                num_examples=num_examples,
            ),
        )
        for k, vote in enumerate(votes)
    ]


def strategy(start: Arrays, **options: Any) -> FlowerStrategy:
    """A strategy that has sent its parameters to the clients."""
    voting = FlowerStrategy(initial_parameters=ndarrays_to_parameters(start), **options)
    nobody = SimpleNamespace(num_available=lambda: 0, sample=lambda **_: [])
    voting.configure_fit(1, voting.initial_parameters, nobody)
    return voting


def test_it_is_a_strategy_of_flower() -> None:
    start = ndarrays_to_parameters([np.zeros(1)])
    voting = FlowerStrategy(0.5, initial_parameters=start, min_fit_clients=3)
    assert isinstance(voting, FedAvg)
    assert (voting.rate, voting.min_fit_clients) == (0.5, 3)
    assert voting.initialize_parameters(SimpleClientManager()) is start


@pytest.mark.parametrize("secure", [False, True])
def test_parameters_go_where_the_majority_wants(secure: bool) -> None:
    voting = strategy(
        [np.array([1.0, 2.0]), np.array([[0.0]], np.float32)], rate=0.5, secure=secure
    )
    votes = [[[1, 0], [[1]]], [[1, 1], [[0]]], [[0, 0], [[0]]]]
    if secure:  # what SecAgg+ leaves: the mean, at each client
        votes = [[[2 / 3, 1 / 3], [[1 / 3]]]] * 3
    moved, counts = voting.aggregate_fit(1, results(*votes), [])
    first, second = parameters_to_ndarrays(moved)
    np.testing.assert_array_equal(first, [1.5, 1.5])
    np.testing.assert_array_equal(second, [[-0.5]])
    assert second.dtype == np.float32
    assert counts == {"clients": 3, "failures": 0}


@pytest.mark.parametrize("secure", [False, True])
def test_rounds_without_an_answer(secure: bool) -> None:
    voting = strategy([np.zeros(1)], secure=secure)
    assert voting.aggregate_fit(1, [], ["lost"]) == (None, {"clients": 0, "failures": 1})
    strict = strategy([np.zeros(1)], accept_failures=False, secure=secure)
    assert strict.aggregate_fit(1, results([[1]], [[1]]), ["lost"])[0] is None


ONE_CLIENT = (
    "client list must hold two clients at least, not 1: its aggregate would be that client's own"
    " values"
)


@pytest.mark.parametrize(
    ("votes", "secure", "message"),
    [
        (
            ([[1], [1]], [[1], [1]]),
            False,
            "clients must return 1 streams, one for each array, not [2, 2]",
        ),
        (([[1, 0]], [[1, 0]]), False, "streams of array 0 must have shape (1,), not (2,)"),
        (([[1, 0]], [[1, 0]]), True, "streams of array 0 must have shape (1,), not (2,)"),
        (([[1]],), False, ONE_CLIENT),
        (([[1]],), True, ONE_CLIENT),
        (([[1]], [[3]]), False, "stream of client 1 must hold bits, 0 or 1, not 3"),
    ],
)
def test_what_is_refused(votes: Any, secure: bool, message: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        strategy([np.zeros(1)], secure=secure).aggregate_fit(1, results(*votes), [])


def test_a_client_that_counts_twice_is_refused() -> None:
    with pytest.raises(
        ValueError, match=r"^clients must return num_examples 1, one vote each, not \[2, 2\]$"
    ):
        strategy([np.zeros(1)], secure=True).aggregate_fit(
            1, results([[1]], [[1]], num_examples=2), []
        )


def test_it_needs_something_to_move() -> None:
    with pytest.raises(
        ValueError,
        match=(
            r"^initial_parameters must be given: a vote moves parameters, it does not bring them$"
        ),
    ):
        FlowerStrategy()


def test_a_secure_app_needs_a_secure_strategy() -> None:
    open_strategy = FlowerStrategy(initial_parameters=ndarrays_to_parameters([np.zeros(1)]))
    with pytest.raises(
        ValueError, match=r"^strategy must be secure: FlowerStrategy\(\.\.\., secure=True\)$"
    ):
        secure_server_app(open_strategy, 1)


# --- SecAgg+ --------------------------------------------------------------------------------------


@pytest.fixture(autouse=True)
def server_task(monkeypatch: pytest.MonkeyPatch) -> None:
    """Messages name the task that sends them; Flower's launcher sets that for a real server."""
    for name, value in (("_task_id", 1), ("_run_id", 1), ("_node_id", 0)):
        monkeypatch.setattr(TaskIdentity, name, value)


class Voter(NumPyClient):
    """Votes as it was told, whatever the parameters are."""

    def __init__(self, votes: Arrays, num_examples: int) -> None:
        self.votes, self.num_examples = votes, num_examples

    def fit(self, parameters: Arrays, config: Any) -> Any:
        return self.votes, self.num_examples, {}

    def evaluate(self, parameters: Arrays, config: Any) -> Any:
        return 0.0, 1, {}


class LocalGrid(Grid):
    """Clients in this process; keeps all replies. A client in `lost` is silent from a stage on."""

    def __init__(
        self, votes: list[Arrays], lost: dict[int, str] | None = None, num_examples: int = 1
    ) -> None:
        self.lost = lost or {}
        self.replies: list[Message] = []
        self.silent: set[int] = set()
        self.contexts = {
            node: Context(1, node, {}, RecordDict(), {}) for node in range(1, len(votes) + 1)
        }
        self.app = secure_client_app(
            lambda context: Voter(votes[context.node_id - 1], num_examples).to_client()
        )

    @property
    def run(self) -> Any:
        return SimpleNamespace(run_id=1)

    def get_node_ids(self) -> Iterable[int]:
        return list(self.contexts)

    def send_and_receive(
        self, messages: Iterable[Message], *, timeout: float | None = None
    ) -> Iterable[Message]:
        replies = []
        for message in messages:
            node = message.metadata.dst_node_id
            for record in message.content.config_records.values():
                if record.get("stage") == self.lost.get(node, "never"):
                    self.silent.add(node)
            if node in self.silent:
                replies.append(Message(Error(0, "lost"), reply_to=message))
                continue
            try:
                # a copy, as from a network: messages to several nodes share their content
                replies.append(self.app(deepcopy(message), self.contexts[node]))
            except Exception as error:  # Flower's client runtime answers with an error, too
                replies.append(Message(Error(0, repr(error)), reply_to=message))
        self.replies += replies
        return replies

    def masked(self) -> dict[int, Arrays]:
        """What the server got of each client's votes; the first array is its weight."""
        return {
            reply.metadata.src_node_id: [bytes_to_ndarray(each) for each in record["masked_params"]]
            for reply in self.replies
            if reply.has_content()
            for record in reply.content.config_records.values()
            if "masked_params" in record
        }

    def set_run(self, run: Any) -> None: ...
    def create_message(self, *arguments: Any, **options: Any) -> Any: ...
    def push_messages(self, messages: Iterable[Message]) -> Any: ...
    def pull_messages(self, message_ids: Iterable[str]) -> Any: ...


def run_app(grid: LocalGrid, start: Arrays, rounds: int = 1, **options: Any) -> list[Arrays]:
    """The parameters after each round."""
    seen: list[Arrays] = []

    class Recorded(FlowerStrategy):
        def aggregate_fit(self, server_round: int, results: Any, failures: Any) -> Any:
            parameters, counts = super().aggregate_fit(server_round, results, failures)
            seen.append(parameters_to_ndarrays(parameters))
            return parameters, counts

    clients = len(grid.contexts)
    voting = Recorded(
        0.25,
        secure=True,
        initial_parameters=ndarrays_to_parameters(start),
        min_fit_clients=clients,
        min_available_clients=clients,
        fraction_evaluate=0.0,
    )
    context = Context(1, 0, {}, RecordDict(), {})
    secure_server_app(voting, rounds, **options)(grid, context)
    return seen


def ballots(clients: int, seed: int = 0) -> list[Arrays]:
    draws = np.random.default_rng(seed)
    return [
        [draws.integers(0, 2, (2, 5)).astype(np.uint8), draws.integers(0, 2, 3).astype(np.uint8)]
        for _ in range(clients)
    ]


def expected(votes: list[Arrays], start: Arrays, rounds: int) -> list[Arrays]:
    up = [2 * np.sum([vote[k] for vote in votes], 0) > len(votes) for k in range(len(start))]
    return [
        [array + (r + 1) * 0.25 * (2.0 * up[k] - 1) for k, array in enumerate(start)]
        for r in range(rounds)
    ]


@pytest.mark.parametrize("clients", [2, 3, 4, 6])
def test_the_secure_majority_is_the_open_one(clients: int) -> None:
    """Ties included (an even number of clients), for two rounds."""
    votes, start = ballots(clients, clients), [np.zeros((2, 5)), np.ones(3)]
    rounds = run_app(LocalGrid(votes), start, 2)
    assert len(rounds) == 2
    for got, want in zip(rounds, expected(votes, start, 2), strict=True):
        for left, right in zip(got, want, strict=True):
            np.testing.assert_array_equal(left, right)


def test_a_client_may_drop_out_once_its_shares_are_dealt() -> None:
    votes, start = ballots(5, 7), [np.zeros((2, 5)), np.ones(3)]
    (got,) = run_app(LocalGrid(votes, {4: "collect_masked_vectors"}), start)
    present = [vote for k, vote in enumerate(votes, 1) if k != 4]
    for left, right in zip(got, expected(present, start, 1)[0], strict=True):
        np.testing.assert_array_equal(left, right)


@pytest.mark.parametrize("stage", ["setup", "share_keys"])
def test_a_client_that_is_lost_before_ends_the_round(stage: str) -> None:
    """Flower asks for shares of its key, which nobody has; the parameters stay as they are."""
    grid = LocalGrid(ballots(5), {4: stage})
    assert run_app(grid, [np.zeros((2, 5)), np.ones(3)]) == []
    assert grid.replies


def test_with_too_few_left_nothing_is_unmasked() -> None:
    votes, start = ballots(4), [np.zeros((2, 5)), np.ones(3)]
    lost = {3: "collect_masked_vectors", 4: "collect_masked_vectors"}
    assert run_app(LocalGrid(votes, lost), start) == []


def test_a_weight_of_a_client_reaches_the_strategy() -> None:
    with pytest.raises(ValueError, match=r"^clients must return num_examples 1"):
        run_app(LocalGrid(ballots(3), num_examples=2), [np.zeros((2, 5)), np.ones(3)])


def least_probability(message: np.ndarray, secret: np.ndarray) -> float:
    """Least p-value of the tests that a message is uniform and independent of the secret."""
    values = message.astype(np.int64)
    each = [pearsonr(part.astype(float), secret).pvalue for part in (values, values & 1)]
    for byte in range(4):
        counts = np.bincount((values >> (8 * byte)) & 255, minlength=256)
        each.append(chisquare(counts).pvalue)
    return float(min(each))


def test_the_server_gets_masked_votes() -> None:
    draws = np.random.default_rng(3)
    votes = [[draws.integers(0, 2, 40_000).astype(np.uint8)] for _ in range(3)]
    grid = LocalGrid(votes)
    run_app(grid, [np.zeros(40_000)])
    masked = grid.masked()
    assert set(masked) == {1, 2, 3}
    for node, (_, message) in masked.items():
        assert (message.min() >= 0, message.max() < 2**32) == (True, True)
        assert least_probability(message, votes[node - 1][0]) > 1e-6


def test_the_same_test_finds_votes_without_masks(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (
        "flwr.client.mod.secure_aggregation.secaggplus_mod",
        "flwr.server.workflow.secure_aggregation.secaggplus_workflow",
    ):
        monkeypatch.setattr(
            sys.modules[name],
            "pseudo_rand_gen",
            lambda seed, num_range, shapes: [np.zeros(shape, np.int64) for shape in shapes],
        )
    votes = [[np.random.default_rng(k).integers(0, 2, 1000).astype(np.uint8)] for k in range(3)]
    grid = LocalGrid(votes)
    run_app(grid, [np.zeros(1000)])
    for node, (_, message) in grid.masked().items():
        np.testing.assert_array_equal(message, votes[node - 1][0] + 1)  # 0 and 1 become 1 and 2
        assert least_probability(message, votes[node - 1][0]) < 1e-100


def test_the_threshold_is_more_than_half_for_every_number_of_clients() -> None:
    fit = secure_workflow().fit_workflow
    for clients in range(2, 200):
        shares = round(fit.num_shares * clients)
        threshold = max(2, round(fit.reconstruction_threshold * shares))
        assert clients // 2 + 1 <= threshold <= max(2, clients)


@pytest.mark.parametrize("kind", ["open", "secagg+"])
def test_the_simulation_engine_has_run_it(kind: str) -> None:
    """What `benchmarks/flower.py` left."""
    report = json.loads((ROOT / "reports" / "flower.json").read_text(encoding="utf-8"))
    assert report["clients"] == 3
    assert report["made_with"]["flwr"] >= "1.41"
    assert report[kind]["as_voted"] == [True, True]
    assert [each["counts"] for each in report[kind]["rounds"]] == [
        {"clients": 3, "failures": 0}
    ] * 2
