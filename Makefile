# Two commands do all set-up: `make demo` and `make test`. Needs Python 3.11+, g++, make and perl; everything else is
# installed from wheels into .venv, at the versions and with the hashes of requirements.lock.

PYTHON ?= python3
JOBS   ?= 2
BIN    := .venv/bin

.PHONY: demo test check docs soak reports reports-index bench release clean

demo: .venv/installed
	$(BIN)/sc-hw demo --build build

# Types are checked beside the tests: by themselves they would leave all cores but one idle.
test: .venv/installed
	$(BIN)/ruff check .
	@$(BIN)/mypy & types=$$!; $(BIN)/python -m pytest -n $(JOBS) --dist worksteal; suite=$$?; \
	wait $$types || { echo "mypy found errors, above"; exit 1; }; exit $$suite

check: .venv/installed
	$(BIN)/ruff check .
	$(BIN)/mypy

# The documentation site, build/site/docs/index.html; a warning is an error. Beside it every figure over the history of
# reports/, build/site/dashboard.html.
docs: reports-index
	$(BIN)/sphinx-build -W --keep-going -q -b html -c docs . build/site
	$(BIN)/python -m campaigns.dashboard --out build/site

# reports/README.md: which reports are older than the code that they speak of.
reports-index: .venv/installed
	$(BIN)/python -m campaigns.freshness --index

# What is too long for the suite; the results go to reports/.
soak: .venv/installed
	$(BIN)/python -m pytest -n $(JOBS) -m soak
	$(BIN)/python -m campaigns.soak --build build --out reports
	$(BIN)/python benchmarks/lane_soak.py --build build --out reports
	$(BIN)/python benchmarks/crossing_soak.py --build build --out reports
	$(BIN)/python -m campaigns.verilog_mutants --build build --out reports
	$(BIN)/python -m campaigns.kills --kills 100 --interrupts 30 --out reports
	$(BIN)/python -m campaigns.fuzz.archives --count 10000 --out reports
	$(BIN)/python -m campaigns.fuzz.nir --count 1000 --out reports
	$(BIN)/python -m campaigns.link_noise --frames 100000 --build build --out reports
	$(BIN)/python -m campaigns.events --out reports
	$(BIN)/python -m campaigns.simulated_boards.digits --out reports
	$(BIN)/python -m campaigns.simulated_boards.tops --out reports
	$(BIN)/python examples/cartpole/run.py --compare rtl sim-board --out reports
	$(BIN)/python -m campaigns.fuzz.designs --read 10000 --count 10000 --out reports
	$(BIN)/python -m campaigns.freshness --stamp --index

# Regenerates everything under reports/ (some hours on 2 cores, most of them for the full devices of speed.md).
reports: .venv/installed
	$(BIN)/python -m campaigns.baseline examples/lane.toml examples/bank.toml --build build --out reports
	$(BIN)/python -m campaigns.proof_sweep --build build --out reports
	$(BIN)/python -m campaigns.proofs.rules --build build --out reports
	$(BIN)/python -m campaigns.speed examples/speed/bars.toml --build build --out reports
	$(BIN)/python -m campaigns.utilisation --out reports
	$(BIN)/python -m campaigns.boards --build build --out reports
	$(BIN)/python -m campaigns.fit --build build --out reports
	$(BIN)/python -m campaigns.proof_sweep --layers 40 --build build --out reports
	$(BIN)/python -m sc_hw.proof.blocks.network.crossing --out reports
	$(BIN)/python -m sc_hw.proof.blocks.axi --out reports
	$(BIN)/python -m sc_hw.proof.blocks.host.registers --out reports
	$(BIN)/python -m campaigns.decay --out reports
	$(BIN)/python benchmarks/fixed_point.py --out reports
	$(BIN)/python examples/timescales/run.py --out reports
	$(BIN)/python examples/delays/run.py --out reports
	$(BIN)/python examples/learners/run.py --out reports
	$(BIN)/python benchmarks/delay_cost.py --out reports
	$(BIN)/python benchmarks/tbptt_memory.py --out reports
	$(BIN)/sc-hw estimate examples/network.toml --target ecp5-25f-6 --target ice40-up5k --json > reports/network_cost.json
	$(BIN)/python -m campaigns.freshness --stamp --index

bench: .venv/installed
	$(BIN)/python benchmarks/golden.py
	$(BIN)/python benchmarks/native.py --out reports
	$(BIN)/python benchmarks/multi_clock.py
	$(BIN)/python benchmarks/network.py --out reports
	$(BIN)/python benchmarks/network_events.py --out reports
	$(BIN)/python benchmarks/local_learners.py --out reports
	$(BIN)/python benchmarks/learners_speed.py --out reports
	$(BIN)/python -m campaigns.freshness --stamp --index

# The wheel of the last commit, built, and tried in a fresh environment (20 minutes).
release: .venv/installed
	$(BIN)/python -m campaigns.release --full-demo --out reports

.venv/installed: requirements.lock requirements-torch.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed; set PYTHON=..."; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' || { echo "Python's venv is needed: apt-get install python3-venv"; exit 1; }
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps -r requirements-torch.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@test -e sc_sim/__init__.py || ln -sfn sim sc_sim # a copy of the repository may have lost the link
	touch $@

clean:
	rm -rf build .venv
