"""Runs of the learners on gradients that were killed go on, with the same bits in the end; every
row logged before is there.
"""

from __future__ import annotations

import csv
import json
import re
import signal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from support import python

from sc_model.learning import (
    BPTTLearner,
    CSVCallback,
    EPropLearner,
    ExponentialScheduler,
    TrainingError,
    train,
)
from sc_model.network import Network

SCRIPT = '''
import json
import os
import shutil
import signal
import sys
import time

import numpy as np
import torch

from sc_model.learning import (
    BPTTLearner, CSVCallback, EPropLearner, ExponentialScheduler, MetaLearner, TBPTTLearner,
    TrainingCallback, train
)
from sc_model.network import LI, Network, Population, Projection, Relay, AdaptiveLIF

torch.set_num_threads(1)


def network():
    draws = np.random.default_rng(0)
    source = Population(Relay, 5, "in")
    cells = Population(AdaptiveLIF(threshold=0.5, reset="subtract"), 8, "cells")
    out = Population(LI, 2, "out")
    net = Network(1.0, [source, cells, out])
    for a, b, sd in ((source, cells, 4.0), (cells, cells, 1.0), (cells, out, 1.0)):
        net.add(Projection(a, b, draws.normal(0.5, sd, (a.n, b.n)), topology="all_to_all"))
    return net


def draw(rng):
    return (rng.random((30, 2, 5)) < 0.2) * 1.0, rng.normal(0, 1, (30, 2, 2))


def tasks(rng):
    return tuple((*draw(rng), *draw(rng)) for _ in range(2))


mse = torch.nn.functional.mse_loss
LEARNERS = {
    "bptt": lambda net: BPTTLearner(net, mse, 0.01, scheduler=ExponentialScheduler(0.01, 0.9)),
    "tbptt": lambda net: TBPTTLearner(net, mse, 0.01, k=7),
    "eprop": lambda net: EPropLearner(
        net, lr=0.01, feedback="adaptive", feedback_decay=0.01, seed=4
    ),
    "meta": lambda net: MetaLearner(net, 0.1, 0.01, n_steps=2),
}


class Told(TrainingCallback):
    """Tells each step that is logged; behind a given one it waits to be killed."""

    def __init__(self, pipe, last):
        self.pipe, self.last = pipe, last

    def write(self, metrics, step):
        os.write(self.pipe, f"{step}\\n".encode())
        if step == self.last:
            time.sleep(600)


def run(name, folder, last=None):
    """In a process of its own; killed behind step `last`. What it told, and how it ended."""
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        os.close(reading)
        net = network()
        with CSVCallback(f"{folder}/log.csv") as log:
            train(
                LEARNERS[name](net), tasks if name == "meta" else draw, 10, seed=3,
                checkpoint=f"{folder}/run.pt", every=3, callbacks=[log, Told(writing, last)],
            )
        weights = {str(k): each.weights for k, each in enumerate(net.projections.values())}
        np.savez(f"{folder}/weights.npz", **weights)
        os._exit(0)
    os.close(writing)
    told = []
    with os.fdopen(reading) as lines:
        for line in lines:
            told.append(int(line))
            if told[-1] == last:
                os.kill(child, signal.SIGKILL)
    return told, os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


# PyTorch loads some of its modules late: load them once, before the processes are forked.
LEARNERS["bptt"](network()).train_step(*draw(np.random.default_rng(0)))
found = {}
for name in LEARNERS:
    whole, killed = f"{sys.argv[1]}/{name}-whole", f"{sys.argv[1]}/{name}-killed"
    found[name] = [run(name, whole), run(name, killed, 7)]
    shutil.copy(f"{killed}/log.csv", f"{killed}/log-then.csv")
    found[name].append(run(name, killed))
print(json.dumps(found))
'''


def rows(file: Path) -> list[list[str]]:
    return list(csv.reader(file.read_text(encoding="utf-8").splitlines()))


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """Every learner undisturbed, killed, and gone on; each run a process of its own."""
    folder = tmp_path_factory.mktemp("runs")
    return folder, json.loads(python(SCRIPT, str(folder)))


@pytest.mark.parametrize("name", ["bptt", "tbptt", "eprop", "meta"])
def test_a_killed_run_goes_on_to_the_same_bits(
    name: str, runs: tuple[Path, dict[str, Any]]
) -> None:
    folder, found = runs
    whole, killed = folder / f"{name}-whole", folder / f"{name}-killed"
    # the last checkpoint before the kill is that of 6 steps, so that rows 6 and 7 are written again
    assert found[name] == [
        [list(range(10)), 0],
        [list(range(8)), -signal.SIGKILL],
        [[6, 7, 8, 9], 0],
    ]
    assert len(rows(whole / "log.csv")) == 11
    assert rows(killed / "log-then.csv") == rows(whole / "log.csv")[:9]
    assert rows(killed / "log.csv") == rows(whole / "log.csv")
    expected, last = np.load(whole / "weights.npz"), np.load(killed / "weights.npz")
    for key in ("0", "1", "2"):
        assert np.array_equal(expected[key], last[key])


def definitions() -> dict[str, Any]:
    """The script's network and data, without its run."""
    names: dict[str, Any] = {}
    exec(SCRIPT.split("class Told")[0].replace("torch.set_num_threads(1)\n", ""), names)
    return names


def made(**how: Any) -> tuple[Network, BPTTLearner]:
    net = definitions()["network"]()
    return net, BPTTLearner(net, torch.nn.functional.mse_loss, 0.01, **how)


def test_a_finished_run_does_nothing_more(tmp_path: Path) -> None:
    draw, file = definitions()["draw"], tmp_path / "run.pt"
    net, learner = made()
    assert len(train(learner, draw, 3, checkpoint=file, every=2)) == 3
    again, other = made()
    assert train(other, draw, 3, checkpoint=file) == []
    assert other.updates == 3
    assert all(
        np.array_equal(a.weights, again.projections[name].weights)
        for name, a in net.projections.items()
    )
    longer = train(other, draw, 5, checkpoint=file)
    assert [step.updates for step in longer] == [4, 5]
    straight = made()[1]
    assert [step.loss for step in train(straight, draw, 5)][3:] == [step.loss for step in longer]


def test_the_checkpoint_is_that_of_the_last_good_step(tmp_path: Path) -> None:
    draw, file = definitions()["draw"], tmp_path / "run.pt"
    calls: list[int] = []

    def bad(rng: np.random.Generator) -> tuple[Any, Any]:
        x, aims = draw(rng)
        calls.append(len(calls))
        return x, aims * (np.nan if len(calls) == 4 else 1)

    with (
        CSVCallback(tmp_path / "log.csv") as log,
        pytest.raises(TrainingError, match="in update 4; "),
    ):
        train(made()[1], bad, 6, checkpoint=file, callbacks=[log])
    assert [row[0] for row in rows(tmp_path / "log.csv")] == ["step", "0", "1", "2"]
    assert len(train(made()[1], draw, 6, checkpoint=file)) == 3


def test_progress_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    train(made()[1], definitions()["draw"], 2, progress=True)
    assert re.search(r"loss \d\.\d{4}.* 2/2", capsys.readouterr().out)
    train(made()[1], definitions()["draw"], 2)
    assert capsys.readouterr().out.strip() == ""


def other_seed(tmp: Path) -> None:
    train(made()[1], definitions()["draw"], 1, checkpoint=tmp / "run.pt")
    train(made()[1], definitions()["draw"], 2, checkpoint=tmp / "run.pt", seed=3)


def other_learner(tmp: Path) -> None:
    made()[1].save(tmp / "run.pt", seed=0, steps=1)
    train(EPropLearner(made()[0]), definitions()["draw"], 2, checkpoint=tmp / "run.pt")


def other_schedule(tmp: Path) -> None:
    made()[1].save(tmp / "run.pt", seed=0, steps=1)
    train(
        made(scheduler=ExponentialScheduler(0.1, 0.9))[1],
        definitions()["draw"],
        2,
        checkpoint=tmp / "run.pt",
    )


def other_network(tmp: Path) -> None:
    _, learner = made()
    state = learner.state_dict()
    del state["parameters"]["cells->out"]
    learner.load_state_dict(state)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (other_seed, "seed must be that of the checkpoint FILE, 0, not 3; take another file"),
        (other_learner, "checkpoint must be one of EPropLearner, not 'BPTTLearner'"),
        (other_schedule, "scheduler must be given as for the checkpoint, which has no scheduler"),
        (
            other_network,
            (
                "checkpoint must be of the same network, with parameters {'in->cells': (40,),"
                " 'cells->cells': (64,), 'cells->out': (16,)}, not {'in->cells': (40,),"
                " 'cells->cells': (64,)}"
            ),
        ),
        (lambda _: train(made()[1], definitions()["draw"], 0), "steps must be >= 1, not 0"),
    ],
)
def test_errors_of_going_on(call: Any, message: str, tmp_path: Path) -> None:
    with pytest.raises(
        ValueError, match=f"^{re.escape(message.replace('FILE', str(tmp_path / 'run.pt')))}$"
    ):
        call(tmp_path)
