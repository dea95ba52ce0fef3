"""Learn the delayed match on the chip, and see how right the answers become.

python examples/delayed_match/run.py
python examples/delayed_match/run.py --frozen
python examples/delayed_match/run.py --jittered --samples 12000
python examples/delayed_match/run.py --delays --samples 4000
python examples/delayed_match/run.py --on rtl --samples 500
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from delayed_match_task import (
    FIXED,
    JITTERED,
    Samples,
    data,
    first_weights,
    learn,
    right,
    task,
)

from sc_hw import Device, elaborate
from sc_hw.progress import interactive
from sc_hw.scripts import MOST_SEED, ScriptParser, errors_in_one_line, whole
from sc_hw.simulation.learning_run import learn_task
from sc_model.spec import load_design

HERE = Path(__file__).resolve().parent
SHOWN = 3000
MOST_SAMPLES = 100_000  # all are drawn before the first one is shown


def main() -> None:
    """Learn, and print the share of right answers on 500 other samples before and after."""
    parser = ScriptParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--samples", type=whole(1, MOST_SAMPLES), default=SHOWN, help="samples that are shown"
    )
    parser.add_argument(
        "--seed", type=whole(0, MOST_SEED), default=1, help="of first weights and samples"
    )
    parser.add_argument("--jittered", action="store_true", help="delays of 10 to 20 steps, not 15")
    parser.add_argument(
        "--delays", action="store_true", help="the same, for neurons with delays of their own"
    )
    parser.add_argument("--frozen", action="store_true", help="the readout learns alone")
    parser.add_argument(
        "--on",
        choices=("model", "rtl"),
        default="model",
        help="rtl: the Verilog learns beside the model, and a report can show it",
    )
    options = parser.parse_args()
    changes = options.jittered or options.delays
    name = f"delayed_match{'_delays' if options.delays else '_jittered' if changes else ''}"
    training, test = data(options.seed, options.samples, JITTERED if changes else FIXED)
    with errors_in_one_line():
        path = HERE / f"{name}.toml"
        if options.on == "rtl":
            in_verilog(path, training, test, seed=options.seed, hidden=not options.frozen)
            return
        with Device.open(path) as device:
            device.load(first_weights(device.design, options.seed))
            print(f"before: {100 * right(device, test):.1f} % of {len(test.classes)} right")
            learn(device, training, hidden=not options.frozen)
            after = right(device, test)
            print(f"after {options.samples:,} samples: {100 * after:.1f} % right")


def in_verilog(path: Path, training: Samples, test: Samples, *, seed: int, hidden: bool) -> None:
    """Learn in Verilog and model side by side; a report of the design then shows it."""
    design = load_design(path)
    build = elaborate(design)
    network: Any = design.recurrent
    job = task(network, training, test, hidden=hidden)
    result = learn_task(build, job, first_weights(design, seed), seed=seed, progress=interactive)
    print(f"before: {100 * result['before']:.1f} % of {result['held_out']} right")
    print(f"after {result['samples']:,} samples in Verilog: {100 * result['after']:.1f} % right")
    print(
        f"other answers than the model's: {result['other_answers']}; other values of the state:"
        f" {result['other_values_of_the_state']} of {result['values_of_the_state']:,}"
    )
    print(f"sc-hw report {path}  # shows it")


if __name__ == "__main__":
    main()
