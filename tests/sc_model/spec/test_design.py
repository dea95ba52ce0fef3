"""Odd design files: each is one line, of an error that a command shows with exit code 2."""

from __future__ import annotations

from pathlib import Path

import pytest

from sc_model.spec import ConfigError, ConfigTypeError, load_design, placement
from sc_model.spec.plastic_layer import PlasticLayerSpec

LANE = '[design]\nname = "x"\nblock = "lane"\n'
NETWORK = (
    '[design]\nname = "x"\nblock = "network"\n[[layer]]\nname = "a"\ninputs = 4\nneurons = 2\n'
)
DIGITS = "Exceeds the limit (4300 digits) for integer string conversion"


def error_of(tmp_path: Path, text: str) -> str:
    """What reading a file says, without the file's own name in front."""
    file = tmp_path / "x.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises((ConfigError, ConfigTypeError)) as caught:
        load_design(file)
    message = str(caught.value)
    assert len(message) < 1100
    assert message.isprintable()
    return message.removeprefix(f"design file {file} ")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (f"{LANE}a = {'[' * 2000}", "is nested too deep; a design has tables in tables, no more."),
        (f"{LANE}a = {'[' * 900}1{']' * 900}", "is nested too deep; a design has tables in"),
        (f"{LANE}a = {'{a=' * 900}1{'}' * 900}", "is nested too deep; a design has tables in"),
        (f"{LANE}{'a.' * 1500}a = 1", "[design] has no field 'a'. Its fields are: block, "),
        (f"{LANE}{'a.' * 20_000}a = 1", "must have lines of 4096 characters at most, not 40005."),
        (f"{LANE}seed = 1_{'1' * 4300}", "must have lines of 4096 characters at most, not 4309."),
        (f"{LANE}seed = 0x{'f' * 4000}", "[design] seed must be <= 9223372036854775807, not int"),
        (f"{LANE}seed = {'9' * 4000}", "[design] seed must be <= 9223372036854775807, not 99999"),
        (f"{LANE}seed = 0o-1", "is not valid TOML: "),
        (f"{LANE}seed = 2026-13-45", "is not valid TOML: "),
        (f"{LANE}seed = nan", "[design] seed must be an integer, not nan (float)."),
        (f"{LANE}[rule]\nself = 1", ""),  # refused by the rule, below
        (f"{LANE}self = 1", "[design] has no field 'self'. Its fields are: block, fabric, "),
        (f"{NETWORK}self = 1", "layer 1 ('a'): [[layer]] has no field 'self'. Its fields are: "),
        (f"{NETWORK}[clock.sync]\nself = 1", "[clock.ROLE] has no field 'self'. Its fields are: m"),
        (f"{NETWORK}[network]\nself = 1", "[network] has no field 'self'. Its fields are: "),
        (f"{NETWORK}kind = [1]", "kind of layer 1 must be a string, not [1] (list)."),
        (f"{NETWORK}kind = {{a = 1}}", "kind of layer 1 must be a string, not {'a': 1} (dict)."),
        (f"{NETWORK}kind = true", "kind of layer 1 must be a string, not True (bool)."),
        (f"{NETWORK}[clock.sync]\nmhz = 5e-324", "[clock.ROLE] mhz must be >= 0.001, not 5e-324."),
        (f"{NETWORK}[clock.sync]\nmhz = nan", "[clock.ROLE] mhz must be "),
        (f"{NETWORK}[network]\ntick_ms = inf", "[network] tick_ms must be <= 10000000000.0"),
        (
            f'{NETWORK}clock = "comb"',
            "the clock of layer 'a' must not be called 'comb': 'comb' and names that begin with"
            " 'cd_' have a meaning of their own; take another.",
        ),
        (f'{NETWORK}clock = "cd_a"', "the clock of layer 'a' must not be called 'cd_a': "),
        (
            NETWORK + '[[layer]]\nname = "b"\ninputs = 2\nneurons = 2\n' * 64,
            "a network must have 64 tables [[layer]] at most, not 65; split it.",
        ),
    ],
)  # fmt: skip
def test_an_odd_file_is_one_line(tmp_path: Path, text: str, message: str) -> None:
    if message:
        assert error_of(tmp_path, text).startswith(message)
    else:
        file = tmp_path / "x.toml"
        file.write_text(text, encoding="utf-8")
        assert load_design(file).rule.parameters == {"self": 1}


@pytest.mark.parametrize(
    ("layer", "text"),
    [
        (
            {"inputs": 33, "neurons": 64, "lanes": 1},
            "lanes of a plastic layer must be one of ",
        ),
        (
            {"inputs": 3, "neurons": 1, "lanes": 1},
            "lanes of a plastic layer must be 2 for 3 inputs",
        ),
        ({"inputs": 1025, "neurons": 1, "lanes": 512}, "lanes of a plastic layer must be "),
        ({"inputs": 2**14 - 1, "neurons": 64, "lanes": 1}, "lanes of a plastic layer must be "),
    ],
)
def test_a_layer_that_no_number_of_lanes_below_can_hold(layer: dict[str, int], text: str) -> None:
    with pytest.raises(ConfigError) as caught:
        placement(PlasticLayerSpec(memory="single_port", **layer))
    assert str(caught.value).startswith(text)
    assert str(caught.value).endswith(f"not {layer['lanes']}.")


def test_a_layer_that_no_number_of_lanes_can_hold() -> None:
    """69, 35 or 23 rows a chain are odd, and shorter chains are refused: all lanes are full."""
    layer = PlasticLayerSpec(inputs=69, neurons=3900, memory="single_port")
    with pytest.raises(ConfigError) as caught:
        placement(layer)
    assert str(caught.value) == (
        "inputs of a plastic layer can't be 69 with memory 'single_port': no number of lanes gives"
        " each chain an even number of rows; take one input more, or another memory."
    )
    assert placement(PlasticLayerSpec(inputs=70, neurons=3700, memory="single_port")).rows == 70
