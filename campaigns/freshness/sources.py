"""What each report speaks of, as files and folders of the repository: a table, and nothing else."""

from __future__ import annotations

from dataclasses import dataclass

RULES = (
    *("sc_model/spec", "sc_model/graph", "sc_model/rules", "sc_model/layer_kinds"),
    "sc_model/arithmetic",
)
EMISSION = (
    *("sc_hw/wires.py", "sc_hw/fabric", "sc_hw/parts", "sc_hw/synapse", "sc_hw/plastic"),
    *("sc_hw/trained", "sc_hw/events", "sc_hw/network", "sc_hw/build"),
)
LEARNING = ("sc_hw/learning", "sc_hw/recurrent")  # blocks of networks that learn
HOST = ("sc_hw/host", "sc_hw/boards")
PROVER = ("sc_hw/proof",)
PRICE = ("sc_hw/price",)
BITSTREAM = ("sc_hw/bitstream",)
GOLDEN = ("sc_model/golden",)
NATIVE = ("sc_model/native",)
SIMULATION = ("sim", "sc_hw/simulation")
LEARNERS = ("sc_model/learning", "sc_model/training", "sc_model/firing.py")
NETWORKS = ("sc_model/network", "sc_model/temporal_hierarchy")
IMPORT = ("sc_model/interchange", "sc_model/quantisation", "sc_model/evaluation")
DESIGNS = (*RULES, *EMISSION)  # a design's Verilog follows from these


@dataclass(frozen=True)
class Report:
    """A report of `reports/`.

    Members
    -------
    about : what it is about, in some words.
    maker : the program that makes it, a path of the repository; empty where that is `sc-hw`.
    speaks_of : files and folders whose change makes it older.
    """

    about: str
    maker: str
    speaks_of: tuple[str, ...]

    @property
    def sources(self) -> tuple[str, ...]:
        """All files and folders that it follows from."""
        return (*self.speaks_of, *([self.maker] if self.maker else ()))


# By the name of the report's file, without its ending.
REPORTS: dict[str, Report] = {
    "activity": Report(
        "toggles and memory accesses on a recording",
        "campaigns/activity.py",
        (*DESIGNS, *SIMULATION),
    ),
    "axi_proofs": Report("proofs of the AXI door", "sc_hw/proof/blocks/axi.py", (*HOST, *PROVER)),
    "baseline": Report("price of the blocks", "campaigns/baseline.py", (*DESIGNS, *PRICE)),
    "board_digits": Report(
        "digits learned on a simulated board",
        "campaigns/simulated_boards/digits.py",
        (*DESIGNS, *HOST, *SIMULATION, "sc_driver"),
    ),
    "board_tops": Report(
        "whole boards that learn",
        "campaigns/simulated_boards/tops.py",
        (*DESIGNS, *HOST, *BITSTREAM, *SIMULATION, "sc_driver"),
    ),
    "boards": Report(
        "bitstreams of all boards", "campaigns/boards.py", (*DESIGNS, *HOST, *BITSTREAM)
    ),
    "conv_hardware": Report(
        "a convolutional network on an FPGA",
        "campaigns/fpga/conv_hardware.py",
        (*DESIGNS, *PRICE, *PROVER, *SIMULATION, "examples/mnist"),
    ),
    "crossing_proofs": Report(
        "proofs of the clock crossings",
        "sc_hw/proof/blocks/network/crossing.py",
        ("sc_hw/network", "sc_hw/parts", *PROVER),
    ),
    "crossing_soak": Report(
        "words from clock to clock", "benchmarks/crossing_soak.py", (*DESIGNS, *GOLDEN, *SIMULATION)
    ),
    "decay": Report("error and cost of decay codes", "campaigns/decay.py", (*DESIGNS, *PRICE)),
    "delay_cost": Report(
        "cost of a delay for each synapse", "benchmarks/delay_cost.py", (*DESIGNS, *PRICE)
    ),
    "delays": Report("a task for delays", "examples/delays", (*RULES, *GOLDEN, *LEARNERS)),
    "delayed_match": Report(
        "a recurrent layer that learns on the chip with e-prop",
        "campaigns/fpga/delayed_match.py",
        (
            *(*RULES, *GOLDEN, *NATIVE, *SIMULATION, *PRICE, "sc_hw/recurrent", "sc_hw/learning"),
            *("sc_hw/fabric", "sc_hw/build", "examples/delayed_match", *HOST, *BITSTREAM),
            "sc_driver",
        ),
    ),
    "events": Report(
        "event engine and sweep", "campaigns/events.py", (*DESIGNS, *GOLDEN, *SIMULATION)
    ),
    "fit": Report("what `sc-hw fit` chooses", "campaigns/fit.py", (*DESIGNS, *HOST, *BITSTREAM)),
    "fixed_point": Report(
        "fixed point against float", "benchmarks/fixed_point.py", (*RULES, *GOLDEN, *NETWORKS)
    ),
    "flower": Report("federated learning", "benchmarks/flower.py", LEARNERS),
    "fuzz_archives": Report(
        "archives, fuzzed", "campaigns/fuzz/archives.py", ("sc_model", "sc_hw/simulation")
    ),
    "fuzz_designs": Report(
        "design files, fuzzed", "campaigns/fuzz/designs.py", (*DESIGNS, *HOST, "sc_model/files.py")
    ),
    "fuzz_nir": Report("NIR files, fuzzed", "campaigns/fuzz/nir.py", (*RULES, *IMPORT)),
    "host_proofs": Report(
        "proofs of the registers", "sc_hw/proof/blocks/host/registers.py", (*HOST, *PROVER)
    ),
    "kills": Report(
        "kills and interrupts",
        "campaigns/kills.py",
        ("sc_model/files.py", "sc_model/processes.py", "sc_model/forks.py", "sc_hw/cli"),
    ),
    "lane_soak": Report(
        "a lane for a million steps", "benchmarks/lane_soak.py", (*DESIGNS, *GOLDEN, *SIMULATION)
    ),
    "layer_proofs": Report(
        "proof sweep of layers", "campaigns/proof_sweep.py", (*DESIGNS, *PROVER)
    ),
    "learning_hardware": Report(
        "a network that learns, on FPGAs",
        "campaigns/fpga/learning_hardware.py",
        (*DESIGNS, "sc_hw/learning", *HOST, *PRICE, *NATIVE, *SIMULATION),
    ),
    "learners": Report("what the learners learn", "examples/learners", (*RULES, *LEARNERS)),
    "learners_speed": Report(
        "learners on gradients: time and memory", "benchmarks/learners_speed.py", LEARNERS
    ),
    "link": Report(
        "the link on a noisy line", "campaigns/link_noise.py", (*HOST, *SIMULATION, "sc_driver")
    ),
    "local_learners": Report(
        "local learners: time and memory", "benchmarks/local_learners.py", LEARNERS
    ),
    "native": Report(
        "compiled kernels and compiled RTL",
        "benchmarks/native.py",
        (*RULES, *NATIVE, *GOLDEN, *SIMULATION),
    ),
    "network_cost": Report("price of a network", "", (*DESIGNS, *PRICE)),
    "network_events": Report(
        "compiled networks", "benchmarks/network_events.py", (*RULES, *NATIVE, *GOLDEN)
    ),
    "network_speed": Report(
        "networks of a million synapses", "benchmarks/network.py", ("sc_model/network",)
    ),
    "networks": Report(
        "digits in floating point, integers and Verilog",
        "campaigns/networks.py",
        (*DESIGNS, *GOLDEN, *NATIVE, *SIMULATION, *IMPORT, "sc_model/training", "examples/mnist"),
    ),
    "networks_hardware": Report(
        "the digits' network on FPGAs",
        "campaigns/networks_hardware.py",
        (*DESIGNS, *HOST, *PRICE, *SIMULATION, "examples/mnist"),
    ),
    "nir_public": Report(
        "public NIR files in hardware", "campaigns/nir_public.py", (*RULES, *IMPORT, *GOLDEN)
    ),
    "on_chip_learning": Report(
        "hidden layers that learn on the chip",
        "campaigns/on_chip_learning",
        (
            *(*RULES, *GOLDEN, *NATIVE, "examples/on_chip", "examples/cartpole"),
            "sc_model/training/learning_network.py",
        ),
    ),
    "price": Report(
        "the price before synthesis, on designs held out",
        "campaigns/price",
        (*DESIGNS, *LEARNING, *PRICE),
    ),
    "price_larger": Report(
        "the price before synthesis, on larger networks",
        "campaigns/price",
        (*DESIGNS, *LEARNING, *PRICE),
    ),
    "proofs": Report(
        "proof sweep of lanes and banks", "campaigns/proof_sweep.py", (*DESIGNS, *PROVER)
    ),
    "release": Report(
        "the wheel in a fresh environment", "campaigns/release.py", ("pyproject.toml", "sc_hw/cli")
    ),
    "rule_proofs": Report(
        "proofs of every rule's lanes and banks on four fabrics",
        "campaigns/proofs/rules.py",
        (*DESIGNS, *PROVER),
    ),
    "soak": Report("long co-simulations", "campaigns/soak.py", (*DESIGNS, *GOLDEN, *SIMULATION)),
    "sparse_hardware": Report(
        "sparse networks of up to 10,000 neurons: Verilog, proof, simulation",
        "campaigns/fpga/sparse_hardware.py",
        (*DESIGNS, *PROVER, *SIMULATION),
    ),
    "speed": Report("speed against bars", "campaigns/speed.py", (*DESIGNS, *PRICE)),
    "sweep": Report(
        "a sweep with a worker killed",
        "campaigns/sweep.py",
        (*DESIGNS, *PRICE, *GOLDEN, "sc_hw/sweep", "sc_model/evaluation"),
    ),
    "tbptt_memory": Report(
        "memory of truncated backpropagation", "benchmarks/tbptt_memory.py", LEARNERS
    ),
    "timescales": Report(
        "a task for time constants", "examples/timescales", (*RULES, *GOLDEN, *LEARNERS)
    ),
    "utilisation": Report(
        "clocks that do an update", "campaigns/utilisation.py", ("sc_hw/plastic", "sc_hw/fabric")
    ),
    "verilog_mutants": Report(
        "random mutants of Verilog",
        "campaigns/verilog_mutants.py",
        (*DESIGNS, *PROVER, *SIMULATION),
    ),
    "window_proofs": Report(
        "proofs of the window into memories",
        "sc_hw/proof/blocks/host/window.py",
        (*HOST, *PROVER),
    ),
}
