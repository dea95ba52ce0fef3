"""Whether a design fits: totals, percentages, what is said of too wide products, the exit code."""

from __future__ import annotations

import json
from typing import Any

import pytest
from typer.testing import CliRunner

from sc_hw.cli.application import app
from sc_hw.fabric.families import family_names, load_family
from sc_hw.fabric.primitives import MultiplyAdd, PipelinedMultiplier
from sc_hw.fabric.targets import load_target, target_names
from sc_hw.price import estimate as estimation
from sc_hw.price.capacity import ProductWatch, overflow, usage, verdict

UP5K = load_target("ice40-up5k")
USED = {"lut": 100, "ff": 100, "bram": 0, "dsp": 8}


@pytest.mark.parametrize(
    ("used", "cells", "text"),
    [
        ({}, {}, None),
        ({"bram": 30, "ff": 5280}, {"SB_SPRAM256KA": 4}, None),  # all there is
        ({"bram": 289}, {}, "does not fit: block RAM 289 of 30"),
        ({"dsp": 9, "lut": 5281}, {}, "does not fit: multipliers 9 of 8, LUT 5,281 of 5,280"),
        ({}, {"SB_SPRAM256KA": 8}, "does not fit: SPRAM 8 of 4"),
    ],
)
def test_what_there_is_too_little_of(used: Any, cells: Any, text: str | None) -> None:
    assert overflow(usage(UP5K, USED | used, cells)) == text


def test_shares_of_a_device_and_of_one_without_totals() -> None:
    rows = usage(UP5K, USED, {})
    assert rows["lut"] == {"used": 100, "available": 5280, "percent": 1.9}
    assert rows["spram"] == {"used": 0, "available": 4, "percent": 0.0}
    unknown = usage(load_target("xilinx-7"), USED | {"lut": 10**9}, {})
    assert unknown["lut"] == {"used": 10**9, "available": None, "percent": None}
    assert overflow(unknown) is None
    none = usage(load_target("ice40-hx8k"), USED | {"dsp": 1}, {})
    assert overflow(none) == "does not fit: multipliers 1 of 0"


def test_every_target_has_totals_or_a_reason() -> None:
    for name in target_names():
        target = load_target(name)
        assert target.capacity_source
        assert not target.capacity or {"lut", "ff", "bram"} <= target.capacity.keys()
        assert set(target.capacity) <= {"lut", "ff", "bram", "dsp", "spram"}


def test_a_design_that_was_not_placed_may_fit_or_not() -> None:
    placed: dict[str, Any] = {"placed": None, "placed_reason": "no tool"}
    assert verdict(UP5K, None, placed) == {"fits": None, "fits_reason": "no tool"}
    assert verdict(UP5K, "does not fit: x", placed)["fits"] is False
    assert verdict(UP5K, None, {"placed": {"LUT": 1}, "placed_reason": None})["fits"] is True


# --- products -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("family", "widths", "wide"),
    [
        ("ice40_up", (16, 16), False),
        ("ice40_up", (17, 8), True),  # an unsigned number of 16 bits
        ("ecp5", (18, 18), False),
        ("ecp5", (8, 19), True),
        ("xilinx7", (18, 25), False),
        ("xilinx7", (19, 19), True),
        ("ice40_hx", (40, 40), False),  # it has no multiplier to be too narrow
    ],
)
def test_products_that_a_multiplier_is_too_narrow_for(
    family: str, widths: tuple[int, int], wide: bool
) -> None:
    for unit in (PipelinedMultiplier(*widths, 4), MultiplyAdd(*widths, 20, 24)):
        watch: Any = ProductWatch(load_family(family))
        replacement = unit.elaborate(watch)
        assert type(replacement) is type(unit.elaborate(load_family(family)))
        larger, smaller = max(widths), min(widths)
        assert watch.wide == [(larger, smaller)] * wide
        for note in watch.notes():
            assert note.startswith(f"a product of {larger} x {smaller} signed bits (an ")


def test_a_note_names_each_kind_of_product_once() -> None:
    watch = ProductWatch(load_family("ice40_up"))
    for widths in ((17, 8), (17, 8), (18, 18), (16, 16)):
        watch.get_multiplier(PipelinedMultiplier(*widths, 3))
    assert [note.split(" signed")[0] for note in watch.notes()] == [
        "a product of 18 x 18",
        "a product of 17 x 8",
    ]
    assert {name: load_family(name).multiplier for name in family_names()} == {
        "ecp5": (18, 18),
        "gatemate": None,
        "generic": None,
        "gowin": (18, 18),
        "ice40_hx": None,
        "ice40_up": (16, 16),
        "xilinx7": (25, 18),
    }


# --- the command ----------------------------------------------------------------------------------


def test_the_command_fails_where_a_design_does_not_fit(
    tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def synthesise(sources: list[str], *_: Any, **__: Any) -> dict[str, int]:
        cells = {"SB_LUT4": 50, "SB_DFF": 60, "SB_RAM40_4K": 289, "SB_MAC16": 40}
        folder = _[1]
        (folder / "block.json").write_text('{"modules": {}}')
        return cells if "block.v" in sources else {"SB_DFF": 10}

    def refuse(*_: Any) -> None:
        raise AssertionError("place and route was started")

    monkeypatch.setattr(estimation, "synthesise", synthesise)
    monkeypatch.setattr(estimation, "place_and_route", refuse)
    design = tmp_path / "lane.toml"
    design.write_text('[design]\nname = "lane"\nblock = "lane"\n[rule]\ntrace_bits = 17\n')
    arguments = ["estimate", str(design), "--target", "ice40-up5k", "--build", str(tmp_path / "b")]
    done = CliRunner().invoke(app, [*arguments, "--json"])
    assert done.exit_code == 1
    (row,) = json.loads(done.stdout)
    assert (row["fits"], row["placed"], row["fmax"]["median_mhz"]) == (False, None, None)
    assert row["device"]["resources"]["bram"] == {"used": 289, "available": 30, "percent": 963.3}

    monkeypatch.setattr(estimation, "estimate", lambda *_, **__: [row])
    done = CliRunner().invoke(app, arguments)
    assert done.exit_code == 1
    assert "289/30 (963%)" in done.stdout
    excess = "does not fit: block RAM 289 of 30, multipliers 40 of 8"
    assert f"ice40-up5k: {excess}; not placed\n" in done.stdout
    assert "a product of 17 x 8 signed bits" in done.stdout
    # where it is only not known, the exit code is 0
    row |= {"fits": None, "fits_reason": "no nextpnr"}
    done = CliRunner().invoke(app, arguments)
    assert done.exit_code == 0
    assert f"no Fmax: {excess}" in done.stdout


@pytest.mark.soak  # some seconds of synthesis each
@pytest.mark.parametrize(
    ("text", "target", "excess"),
    [
        ('block = "bank"\nsynapses = 65536', "ecp5-25f-6", "block RAM 208 of 56"),
        ('block = "bank"\nsynapses = 30000', "ice40-hx8k", "block RAM 390 of 32"),
        (
            'block = "layer"\n[layer]\ninputs = 24\nneurons = 12\nlanes = 12\n[neuron]',
            "ice40-up5k",
            "multipliers 12 of 8",
        ),
    ],
)
def test_designs_that_do_not_fit_are_synthesised_and_not_placed(
    text: str, target: str, excess: str, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any) -> None:
        raise AssertionError("place and route was started")

    monkeypatch.setattr(estimation, "place_and_route", refuse)
    design = tmp_path / "d.toml"
    design.write_text(f'[design]\nname = "d"\n{text}\n')
    arguments = ["estimate", str(design), "--target", target, "--build", str(tmp_path / "b")]
    done = CliRunner().invoke(app, arguments)
    assert done.exit_code == 1
    assert f"{target}: does not fit: {excess}; not placed\n" in done.stdout
