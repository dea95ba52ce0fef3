"""Parts of a run with resets: each step is in one of them, and each pulse at its own step."""

from __future__ import annotations

import random

import pytest

from sc_sim.blocks.network.records import Part, Reset, parts_of


def test_pulses_of_one_step_are_in_one_part() -> None:
    resets = [Reset("x", 10, 5), Reset("y", 30), Reset("x", 10, 9, 3)]
    assert parts_of(50, resets) == [
        Part(0, 20, (Reset("x", 10, 5), Reset("x", 10, 9, 3))),
        Part(20, 40, (Reset("y", 10),)),
        Part(40, 45),
        Part(45, 50),
    ]
    assert parts_of(4, []) == [Part(0, 2), Part(2, 4)]


@pytest.mark.parametrize("seed", range(20))
def test_every_step_is_in_a_part_and_every_pulse_at_its_step(seed: int) -> None:
    rng = random.Random(seed)
    steps = rng.randrange(1, 60)
    resets = [Reset("x", rng.randrange(70), rng.randrange(9)) for _ in range(rng.randrange(6))]
    parts = parts_of(steps, resets)
    assert [part.begin for part in parts[1:]] == [part.end for part in parts[:-1]]
    assert (parts[0].begin, parts[-1].end) == (0, steps)
    assert all(not part.resets for part in parts[-2:])
    found = [(part.begin + reset.after, reset.delay_ps) for part in parts for reset in part.resets]
    wanted = sorted((min(reset.after, steps), reset.delay_ps) for reset in resets)
    assert sorted(found) == wanted
    assert all(0 <= reset.after <= part.end - part.begin for part in parts for reset in part.resets)
