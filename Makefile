# `make run` and `make test` need nothing but Python 3.11 or newer.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.PHONY: run test slow lint imports docstrings check clean

run: $(STAMP)  ## train and test both systems on simulated cohorts -> build/study/
	$(BIN)/python examples/06_end_to_end/plot_response_study.py

test: $(STAMP)  ## the test suite without the slow tests
	$(BIN)/python -m pytest

slow: $(STAMP)  ## the slow tests alone
	$(BIN)/python -m pytest -m slow

lint: $(STAMP)  ## style and format
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

imports: $(STAMP)  ## imports flow one way
	$(BIN)/lint-imports

docstrings: $(STAMP)  ## numpydoc on every public docstring
	$(BIN)/python -m pytest tests/test_docstrings.py

check: test lint imports run

clean:
	rm -rf $(VENV) build

$(STAMP): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[test]'
	touch $@
