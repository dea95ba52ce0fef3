"""Rules that a design names by their file; an author's mistakes are one line with file and line."""

from __future__ import annotations

import codecs
import os
from pathlib import Path

import pytest

from sc_hw.build.elaborate import build_id, elaborate
from sc_hw.commands.new_rule import new_rule
from sc_model import endless
from sc_model.golden import Bank, Synapse
from sc_model.graph import RangeError, nodes, trace
from sc_model.rules import load_rule, resolve, resolve_built, rule_families
from sc_model.spec import ConfigError, Design, RuleChoice, load_design, parse_design

FIELDS = "['weight', 'pre_trace', 'post_trace']"
PARAMS = (
    "decay_shift, down_shift, max_trace, max_weight, trace_bits, up_shift, weight_bits"  # sorted
)
OPERATORS = "there are + - * << >>, comparisons, and & and | of conditions"
DIVIDE = "to divide by a power of two shift to the right by a constant"
KNOWN = "a rule's value is known in hardware only: it can't be a number, an index or a count."

TRACE = '        "pre_trace": follow('
WEIGHT = '        "weight": ops.clamp(state.weight + change, 0, params.max_weight),\n' + TRACE
CHANGE = "    change = ops.let("
SHIFTED = "state.pre_trace >> params.up_shift"
SATURATED = '0, params.max_weight),\n        "pre_trace": follow('

# name: text of the rule file that is replaced, its replacement, a text of the line that the error
# names, and the error behind `FILE:LINE: `
MISTAKES: dict[str, tuple[str, str, str, str]] = {
    "value that can leave its field": (
        "ops.clamp(state.weight + change, " + SATURATED,
        'state.weight + change,\n        "pre_trace": follow(',
        '"weight": state.weight + change,',
        "rule 'my_rule': the value written to weight can be anywhere in [-255, 65790], but the"
        " field holds [0, 65535] (unsigned 16 bits): clamp the value or widen the field.",
    ),
    "input that can leave its field": (
        WEIGHT,
        '        "weight": state.weight << 1,\n' + TRACE,
        '"weight": state.weight << 1,',
        "rule 'my_rule': the value written to weight can be anywhere in [0, 131070], but the field"
        " holds [0, 65535] (unsigned 16 bits): clamp the value or widen the field.",
    ),
    "constant that does not fit its field": (
        WEIGHT,
        '        "weight": -1,\n' + TRACE,
        '"weight": -1,',
        "rule 'my_rule': the value written to weight can be anywhere in [-1, -1], but the field"
        " holds [0, 65535] (unsigned 16 bits): clamp the value or widen the field.",
    ),
    "branch on a value": (
        CHANGE,
        "    if state.weight > 3:\n        up = 0\n" + CHANGE,
        "if state.weight > 3:",
        "a rule can't branch on a value: use ops.mux(condition, if_true, if_false).",
    ),
    "default outside its bounds": (
        "up_shift: int = Field(default=4, ge=0,",
        "up_shift: int = Field(default=4, ge=5,",
        "class Params",
        "the defaults of Params are refused: Params.up_shift must be >= 5, not 4.",
    ),
    "default of the wrong kind": (
        "up_shift: int = Field(default=4,",
        'up_shift: int = Field(default="4",',
        "class Params",
        "the defaults of Params are refused: Params.up_shift must be an integer, not '4' (str).",
    ),
    "parameter that is no integer": (
        "up_shift: int = Field(default=4,",
        "up_shift: float = Field(default=4,",
        "class Params",
        "Params.up_shift must be an int, as `up_shift: int = Field(default=...)`, not float: a rule"
        " computes with integers.",
    ),
    "field that is a name alone": (
        'StateField("weight", "weight_bits", loadable=True)',
        '"weight"',
        "vector = vectors_for(STATE, INPUTS)",
        "STATE must hold objects of StateField, not 'weight'.",
    ),
    "misspelt width": (
        '"weight", "weight_bits"',
        '"weight", "weight_bit"',
        '"weight", "weight_bit"',
        "the width of 'weight' must be a field of Params, not 'weight_bit'; did you mean"
        f" 'weight_bits'? Its fields are: {PARAMS}.",
    ),
    "width that is a number": (
        '"weight", "weight_bits"',
        '"weight", 16',
        '"weight", 16',
        "the width of 'weight' must be the name of a field of Params, not 16.",
    ),
    "width of no bits": (
        'RuleInput("pre_spike", locality',
        'RuleInput("pre_spike", 0, locality',
        'RuleInput("pre_spike", 0',
        "the width of 'pre_spike' must be the name of a field of Params or an integer from 1 to 48,"
        " not 0.",
    ),
    "nothing returned": (
        "    return {\n        # without",
        "    result = {\n        # without",
        "def update(",
        f"update must return a dict of the fields {FIELDS}, not None.",
    ),
    "a list returned": (
        "    return {\n        # without the",
        "    return [up, down]\n    _ = {\n        # without the",
        "return [up, down]",
        f"update must return a dict of the fields {FIELDS}, not list.",
    ),
    "field missing": (
        WEIGHT,
        TRACE,
        "return {",
        f"rule 'my_rule' must return the fields {FIELDS}, not ['post_trace', 'pre_trace']; it"
        " lacks weight.",
    ),
    "field too many": (
        WEIGHT,
        '        "wight": 0,\n' + WEIGHT,
        "return {",
        f"rule 'my_rule' must return the fields {FIELDS}, not ['post_trace', 'pre_trace', 'weight',"
        " 'wight']; wight is no state field.",
    ),
    "fields misspelt": (
        TRACE,
        '        "pre_trac": follow(',
        "return {",
        f"rule 'my_rule' must return the fields {FIELDS}, not ['post_trace', 'pre_trac', 'weight'];"
        " it lacks pre_trace; pre_trac is no state field.",
    ),
    "unknown field of the state": (
        "state.pre_trace >>",
        "state.pre_trce >>",
        "state.pre_trce",
        "state has no field 'pre_trce'; did you mean 'pre_trace'? Its fields are: post_trace,"
        " pre_trace, weight.",
    ),
    "unknown input": (
        "inputs.post_spike, state.pre_trace >>",
        "inputs.post_spik, state.pre_trace >>",
        "inputs.post_spik,",
        "inputs has no field 'post_spik'; did you mean 'post_spike'? Its fields are: post_spike,"
        " pre_spike.",
    ),
    "unknown parameter": (
        "params.up_shift, 0",
        "params.zzz, 0",
        "params.zzz",
        f"Params has no field 'zzz'. Its fields are: {PARAMS}.",
    ),
    "unknown operation": (
        "ops.let(",
        "ops.name(",
        "ops.name(",
        "ops has no operation 'name'; its operations are clamp, let, mux.",
    ),
    "shift by a value": (
        SHIFTED,
        "state.pre_trace >> state.weight",
        ">> state.weight",
        "a rule shifts by a constant integer >= 0, not by a value in [0, 65535]: use mux to choose"
        " between shifts.",
    ),
    "number shifted by a value": (
        SHIFTED,
        "1 << state.weight",
        "1 << state.weight",
        "a rule shifts by a constant integer >= 0, not by a value in [0, 65535]: use mux to choose"
        " between shifts.",
    ),
    "float": (
        SHIFTED,
        "state.pre_trace * 0.5",
        "state.pre_trace * 0.5",
        "a rule's value must be an integer expression or an int, not 0.5 (float).",
    ),
    "float returned": (
        WEIGHT,
        '        "weight": 0.5,\n' + TRACE,
        '"weight": 0.5,',
        "rule 'my_rule': weight: a rule's value must be an integer expression or an int, not 0.5"
        " (float).",
    ),
    "division": (
        SHIFTED,
        "state.pre_trace // 16",
        "state.pre_trace // 16",
        f"a rule has no //: {DIVIDE}; {OPERATORS}.",
    ),
    "division into": (
        SHIFTED,
        "16 / state.pre_trace",
        "16 / state.pre_trace",
        f"a rule has no /: {DIVIDE}; {OPERATORS}.",
    ),
    "absolute value": (
        SHIFTED,
        "abs(state.pre_trace)",
        "abs(state.pre_trace)",
        f"a rule has no abs(): use ops.mux(x < 0, -x, x); {OPERATORS}.",
    ),
    "value as a count": (
        CHANGE,
        "    list(range(state.weight))\n" + CHANGE,
        "range(state.weight)",
        KNOWN,
    ),
    "value as a number": (CHANGE, "    int(state.weight)\n" + CHANGE, "int(state.weight)", KNOWN),
    "bit of a value": (
        CHANGE,
        "    state.weight[3]\n" + CHANGE,
        "state.weight[3]",
        "a rule's value has no elements: the bits from n up are x >> n, those below x - ((x >> n)"
        " << n).",
    ),
    "bound that is a value": (
        SATURATED,
        '0, state.pre_trace),\n        "pre_trace": follow(',
        "0, state.pre_trace),",
        "clamp takes constant bounds, not 0 and a value in [0, 4095]: for a bound that changes use"
        " ops.mux(value > bound, bound, value).",
    ),
    "number as a condition": (
        "ops.mux(inputs.post_spike, state.pre_trace >>",
        "ops.mux(state.weight, state.pre_trace >>",
        "ops.mux(state.weight,",
        "mux takes a condition (0 or 1), not a value in [0, 65535].",
    ),
    "name given twice": (
        'ops.let("change", up - down)',
        'ops.let("change", ops.let("change", up) - down)',
        'ops.let("change", up)',
        "let: the name 'change' is given twice; names in a rule must differ.",
    ),
    "name that is none": (
        'ops.let("change", up - down)',
        'ops.let("the change", up - down)',
        'ops.let("the change"',
        "let: the name must be letters, digits and underscores, not 'the change'.",
    ),
    "name that begins with a digit": (
        'ops.let("change", up - down)',
        'ops.let("2nd", up - down)',
        'ops.let("2nd"',
        "let: the name must be letters, digits and underscores, a letter or an underscore first,"
        " not '2nd'.",
    ),
    "update that ends the program": (
        CHANGE,
        "    raise SystemExit(0)\n" + CHANGE,
        "raise SystemExit(0)",
        "update raised SystemExit: 0.",
    ),
    "float_update that ends the program": (
        "    up = ops.mux(inputs.post_spike, state.pre_trace * ",
        "    raise SystemExit\n    up = ops.mux(inputs.post_spike, state.pre_trace * ",
        "raise SystemExit",
        "float_update raised SystemExit.",
    ),
    "locality that is a text": (
        'RuleInput("pre_spike", locality=Locality.PRE)',
        'RuleInput("pre_spike", locality="pre")',
        'locality="pre"',
        "the locality of 'pre_spike' must be Locality.SYNAPSE, Locality.PRE or Locality.POST, not"
        " 'pre' (str).",
    ),
    "vector that does not hold": (
        "(1050, 750, 4095)",
        "(1051, 750, 4095)",
        "(1051, 750, 4095)",
        "vector 'post after pre: potentiation' does not hold: it expects weight = 1051, and update"
        " gives 1050.",
    ),
    "vector with a value too few": (
        "(1050, 750, 4095)",
        "(1050, 750)",
        "(1050, 750)",
        "vector 'post after pre: potentiation': the state after must be 3 values (weight,"
        " pre_trace, post_trace), not 2.",
    ),
    "vector that leaves a format": (
        "(1000, 800, 0), (0, 1)",
        "(1000, 4096, 0), (0, 1)",
        "(1000, 4096, 0)",
        "vector 'post after pre: potentiation': state 'pre_trace' must be in [0, 4095] (unsigned"
        " 12 bits), not 4096.",
    ),
    "no vectors": (
        "VECTORS = (\n",
        "VECTORS = ()\n_ = (\n",
        "VECTORS = ()",
        "VECTORS must hold at least one step that was worked by hand, as (vector(...),) with a"
        " comma; best one for each limit.",
    ),
    "float_update that is update": (
        "def float_update(",
        "float_update = update\n\n\ndef other(",
        "float_update = update",
        "float_update must be the rule in real numbers, without rounding, not update itself: it"
        " shows what rounding costs.",
    ),
    "float_update that fails": (
        "state.pre_trace * 2.0**-params.up_shift",
        "state.pre_trace >> params.up_shift",
        "up = ops.mux(inputs.post_spike, state.pre_trace >> params.up_shift, 0.0)",
        "float_update raised TypeError: unsupported operand type(s) for >>: 'float' and 'int'.",
    ),
    "an error of Python": (
        CHANGE,
        "    1 / 0\n" + CHANGE,
        "1 / 0",
        "update raised ZeroDivisionError: division by zero.",
    ),
    "an unknown name": (
        CHANGE,
        "    wieght\n" + CHANGE,
        "    wieght",
        "update raised NameError: name 'wieght' is not defined.",
    ),
    "a syntax error": (
        "def update(",
        "def update((",
        "def update((",
        "the rule file raised SyntaxError: Function parameters cannot be parenthesized.",
    ),
    "a module that is missing": (
        "from pydantic import",
        "from pydantc import",
        "from pydantc import",
        "the rule file raised ModuleNotFoundError: No module named 'pydantc'.",
    ),
    "an unknown option of a field": (
        "loadable=True",
        "loadabel=True",
        "loadabel=True",
        "the rule file raised TypeError: StateField.__init__() got an unexpected keyword argument"
        " 'loadabel'.",
    ),
    "a tuple without a comma": (
        'INPUTS = (\n    RuleInput("pre_spike", locality=Locality.PRE),\n'
        '    RuleInput("post_spike", locality=Locality.POST),\n)',
        'INPUTS = (RuleInput("pre_spike", locality=Locality.PRE))',
        "vectors_for(STATE, INPUTS)",
        "INPUTS must be a tuple, as (RuleInput(...),) with a comma, not one RuleInput.",
    ),
    "a parameter too few": (
        "def update(ops, state, inputs, params)",
        "def update(ops, state, inputs)",
        "def update(ops, state, inputs)",
        "update must take the parameters (ops, state, inputs, params), not (ops, state, inputs).",
    ),
    "no default": (
        "decay_shift: int = Field(default=4, ",
        "decay_shift: int = Field(",
        "class Params(",
        "Params.decay_shift must have a default: VECTORS are steps under the defaults.",
    ),
    "a default that is refused": (
        "decay_shift: int = Field(default=4, ge=0, ",
        "decay_shift: int = Field(default=-4, ge=0, validate_default=True, ",
        "class Params(",
        "the defaults of Params are refused: Params.decay_shift must be >= 0, not -4.",
    ),
    "an initial value that does not fit": (
        "loadable=True",
        "loadable=True, initial=-1",
        "initial=-1",
        "the initial value of 'weight' must be in [0, 65535] (unsigned 16 bits), not -1.",
    ),
    "a name that is a port": (
        'RuleInput("pre_spike"',
        'RuleInput("step"',
        'RuleInput("step"',
        "a rule must not name a field or input 'step': blocks have ports clk, rst, step, load, done"
        " and load_<field> of their own.",
    ),
    "a name with a capital": (
        'RuleInput("pre_spike"',
        'RuleInput("Pre"',
        'RuleInput("Pre"',
        "a name in INPUTS must be lower-case letters, digits and underscores, a letter first, not"
        " 'Pre'.",
    ),
    "a name twice": (
        'RuleInput("post_spike"',
        'RuleInput("pre_spike"',
        'RuleInput("pre_spike", locality=Locality.POST)',
        "two fields or inputs have the name 'pre_spike'.",
    ),
    "a family that is no name": (
        'FAMILY = "my_rule"',
        'FAMILY = "My Rule"',
        'FAMILY = "My Rule"',
        "FAMILY must be a name of lower-case letters, digits and underscores, a letter first, not"
        " 'My Rule'.",
    ),
    "Params of another kind": (
        "class Params(WeightAndTraceParams):",
        "class Params:",
        "class Params:",
        "Params must be a class derived from RuleParams.",
    ),
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, with a rule my_rule.py and its design my_rule.toml."""
    monkeypatch.chdir(tmp_path)
    new_rule("my_rule")
    return tmp_path


def edit(file: Path, old: str, new: str) -> list[str]:
    """Replace a text that is in the file; the lines that it has then."""
    text = file.read_text(encoding="utf-8")
    assert old in text, old
    file.write_text(text.replace(old, new, 1), encoding="utf-8")
    return file.read_text(encoding="utf-8").splitlines()


@pytest.mark.parametrize("mistake", MISTAKES)
def test_mistake_is_one_line_with_file_and_line(folder: Path, mistake: str) -> None:
    old, new, place, message = MISTAKES[mistake]
    lines = edit(folder / "my_rule.py", old, new)
    with pytest.raises(ConfigError) as caught:
        elaborate(load_design("my_rule.toml"), folder / "build")
    numbers = [number for number, line in enumerate(lines, 1) if place in line]
    assert str(caught.value) in [f"my_rule.py:{number}: {message}" for number in numbers]
    assert len(numbers) == 1 or mistake in (
        "an unknown name",
        "field missing",
        "field too many",
        "fields misspelt",
    )


def test_loops_without_an_end(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those that compute are counted, those that do not are timed: all are one line."""
    monkeypatch.setattr(endless, "CODE_SECONDS", 0.05)
    monkeypatch.setattr(nodes, "MAX_OPERATIONS", 400)
    file = folder / "my_rule.py"
    text = file.read_text(encoding="utf-8")
    begin = "    top, shift = params.max_trace, params.decay_shift\n"
    time = "this runs for more than 0.05 s of processor time: there may be a loop without an end."
    operations = (
        "there are more than 400 operations, and each is a circuit: there may be a loop without an"
        " end."
    )
    for old, new, message in (
        (begin, "    x = state.weight\n    while True: x = x * 3 - x * 2 + x\n", operations),
        (begin, "    while True: pass  # endless\n", time),
        (
            "FAMILY =",
            "while True: pass  # endless\n\nFAMILY =",
            f"the rule file raised EndlessLoop: {time}",
        ),
    ):
        lines = edit(file, old, old + new if old == begin else new)
        numbers = [number for number, line in enumerate(lines, 1) if "while True" in line]
        with pytest.raises(ConfigError) as caught:
            elaborate(load_design("my_rule.toml"), folder / "build")
        assert str(caught.value) == f"my_rule.py:{numbers[0]}: {message}"
        file.write_text(text, encoding="utf-8")


def test_a_byte_order_mark_is_left_out(folder: Path) -> None:
    for name in ("my_rule.py", "my_rule.toml"):
        content = (folder / name).read_bytes()
        (folder / name).write_bytes(codecs.BOM_UTF8 + content.replace(b"\n", b"\r\n"))
    rule, _ = resolve(load_design("my_rule.toml").rule)
    assert rule.family == "my_rule"
    assert rule.source.startswith('"""')


def test_a_file_that_lacks_something(folder: Path) -> None:
    edit(folder / "my_rule.py", "FAMILY =", "FAMLY =")
    with pytest.raises(ConfigError) as caught:
        resolve(load_design("my_rule.toml").rule)
    assert (
        str(caught.value) == "rule file my_rule.py must define FAMILY, Params, STATE, INPUTS,"
        " VECTORS, update, float_update; it lacks FAMILY."
    )


def test_a_file_that_is_no_rule_or_is_not_there(folder: Path) -> None:
    (folder / "no.py").write_bytes(b"\xff\xfe")
    (folder / "dir.py").mkdir()
    for name, message in {
        "none.py": "does not exist; `sc-hw new --rule NAME` writes one.",
        "dir.py": "can't be read: Is a directory.",
        "no.py": "can't be read: it is not text in UTF-8.",
    }.items():
        with pytest.raises(ConfigError) as caught:
            load_rule(str(folder / name))
        assert str(caught.value) == f"rule file {folder / name} {message}"


def test_a_range_error_is_of_its_own_kind(folder: Path) -> None:
    edit(folder / "my_rule.py", *MISTAKES["value that can leave its field"][:2])
    rule = load_rule(str(folder / "my_rule.py"))
    with pytest.raises(RangeError):
        trace(rule, rule.params_type())


def test_another_folder_is_shown_in_full(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = edit(folder / "my_rule.py", "(1050, 750, 4095)", "(1051, 750, 4095)")
    (folder / "elsewhere").mkdir()
    monkeypatch.chdir(folder / "elsewhere")
    with pytest.raises(ConfigError) as caught:
        elaborate(load_design("../my_rule.toml"), folder / "build")
    (number,) = (n for n, line in enumerate(lines, 1) if "1051" in line)
    assert str(caught.value).startswith(f"{folder}/my_rule.py:{number}: ")


def test_a_width_that_a_design_makes_zero(folder: Path) -> None:
    lines = edit(folder / "my_rule.py", '("pre_trace", "trace_bits"', '("pre_trace", "up_shift"')
    choice = RuleChoice(family=str(folder / "my_rule.py"), parameters={"up_shift": 0})
    with pytest.raises(ConfigError) as caught:
        resolve(choice)
    (number,) = (n for n, line in enumerate(lines, 1) if '"up_shift"' in line)
    assert (
        str(caught.value) == f"my_rule.py:{number}: the width of 'pre_trace' (up_shift) must be an"
        " integer from 1 to 48, not 0; give the field of Params bounds: Field(ge=1, le=48)."
    )


# --- paths ----------------------------------------------------------------------------------------


def test_a_path_counts_from_the_design_file(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder.parent)
    design = load_design(folder / "my_rule.toml")
    assert design.rule.family == str(folder / "my_rule.py")
    assert design.rule.label == "my_rule.py"
    rule, params = resolve(design.rule)
    assert (rule.family, rule.file) == ("my_rule", str(folder / "my_rule.py"))
    assert rule.source == (folder / "my_rule.py").read_text(encoding="utf-8")
    synapse, bank = Synapse(rule, params, {"weight": 1000}), Bank(rule, params, 2, {"weight": 1000})
    for spikes in ((1, 0), (0, 1), (1, 1)):
        inputs = dict(zip(("pre_spike", "post_spike"), spikes, strict=True))
        after = {name: int(value[1]) for name, value in bank.step(inputs).items()}
        assert synapse.step(inputs) == after
    assert synapse.state["weight"] != 1000


def test_paths_in_all_tables() -> None:
    path = os.path.abspath("some/rule.py")
    assert RuleChoice(family="some/rule.py").family == path
    assert RuleChoice(family="~/rule.py").family == os.path.expanduser("~/rule.py")
    design = parse_design(
        {
            "design": {"name": "a", "block": "network"},
            "layer": [{"name": "l", "inputs": 2, "neurons": 2}],
            "plastic": {"neurons": 2, "rule": {"family": "some/rule.py", "up_shift": 3}},
        }
    )
    assert design.learns == RuleChoice(family=path, parameters={"up_shift": 3})
    assert design.portable()["network"]["plastic"]["rule"]["family"] == "rule.py"


def test_a_plastic_stage_reads_its_rule_beside_the_design(tmp_path: Path) -> None:
    (tmp_path / "n.toml").write_text(
        '[design]\nname = "n"\nblock = "network"\n'
        '[[layer]]\nname = "l"\ninputs = 2\nneurons = 2\n'
        '[plastic]\nneurons = 2\n[plastic.rule]\nfamily = "r.py"\n'
    )
    design = load_design(tmp_path / "n.toml")
    assert design.learns == RuleChoice(family=str(tmp_path / "r.py"))


def test_the_build_is_the_same_in_every_folder_and_another_for_another_text(
    folder: Path, tmp_path: Path
) -> None:
    first = load_design("my_rule.toml")
    (tmp_path / "b").mkdir()
    for name in ("my_rule.py", "my_rule.toml"):
        (tmp_path / "b" / name).write_text((folder / name).read_text())
    second = load_design(tmp_path / "b" / "my_rule.toml")
    assert first != second
    assert build_id(first) == build_id(second)
    edit(tmp_path / "b" / "my_rule.py", "# One step.", "# one step.")
    assert build_id(first) != build_id(second)  # the same objects: the file is read again


def test_the_manifest_names_file_and_hash(folder: Path) -> None:
    build = elaborate(load_design("my_rule.toml"), folder / "build")
    entry = build.manifest["rule"]
    assert (entry["family"], entry["file"]) == ("my_rule", str(folder / "my_rule.py"))
    rule, params = resolve_built(entry)
    assert (rule.source, params) == ((folder / "my_rule.py").read_text(), rule.params_type())
    assert Design.model_validate(build.manifest["design"]) == build.design
    edit(folder / "my_rule.py", "FAMILY =", "raise SystemExit\nFAMILY =")
    with pytest.raises(ConfigError) as caught:
        resolve_built(entry)  # and does not run it
    assert (
        str(caught.value) == f"rule file {folder / 'my_rule.py'} has changed since the design was"
        " elaborated; elaborate it again."
    )


def test_a_manifest_of_an_installed_rule_names_no_file(tmp_path: Path) -> None:
    build = elaborate(Design(name="a", block="lane"), tmp_path)
    assert "file" not in build.manifest["rule"]
    rule, _ = resolve_built(build.manifest["rule"])
    assert rule is load_rule("reward_modulated_stdp")


def test_a_file_that_exits_is_an_error_too(folder: Path) -> None:
    lines = edit(folder / "my_rule.py", "FAMILY =", "raise SystemExit(3)\nFAMILY =")
    with pytest.raises(ConfigError) as caught:
        load_rule(str(folder / "my_rule.py"))
    number = lines.index("raise SystemExit(3)") + 1
    assert str(caught.value) == f"my_rule.py:{number}: the rule file raised SystemExit: 3."


def test_a_rule_of_a_file_is_no_family(folder: Path) -> None:
    load_rule(str(folder / "my_rule.py"))
    assert "my_rule" not in rule_families()
