"""Learn the delayed match on the chip, and see how right the answers become.

python examples/delayed_match/run.py
python examples/delayed_match/run.py --frozen
python examples/delayed_match/run.py --jittered
python examples/delayed_match/run.py --on rtl --samples 500
"""

from __future__ import annotations

from pathlib import Path

from delayed_match_task import FIXED, JITTERED, data, first_weights, learn, right

from sc_hw import Device
from sc_hw.scripts import MOST_SEED, ScriptParser, errors_in_one_line, whole

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
    parser.add_argument("--frozen", action="store_true", help="the readout learns alone")
    parser.add_argument("--on", default="model", help="model or rtl")
    given = parser.parse_args()
    name = "delayed_match_jittered" if given.jittered else "delayed_match"
    shown, tested = data(given.seed, given.samples, JITTERED if given.jittered else FIXED)
    with errors_in_one_line(), Device.open(HERE / f"{name}.toml", given.on) as device:
        device.load(first_weights(device.design, given.seed))
        before = right(device, tested)
        print(f"before: {100 * before:.1f} % of {len(tested.classes)} right")
        learn(device, shown, hidden=not given.frozen)
        after = right(device, tested)
        print(f"after {given.samples:,} samples: {100 * after:.1f} % right")


if __name__ == "__main__":
    main()
