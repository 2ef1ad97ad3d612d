# `make run` and `make test` need nothing but Python 3.11 or newer.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
# One process of tests per core; each imports torch, so no more than four.
PARALLEL := -n auto --maxprocesses 4

.PHONY: run test lowest slow lint imports docstrings docs gallery pages access changelog wheel types check clean

run: $(STAMP)  ## train and test both systems on simulated cohorts -> build/study/report.html
	$(BIN)/python examples/08_end_to_end/plot_response_study.py

test: $(STAMP)  ## the test suite without the slow tests
	$(BIN)/python -m pytest $(PARALLEL)

lowest: $(STAMP)  ## the same with the lowest instruction sets: no AVX in torch, no AVX-512
	ATEN_CPU_CAPABILITY=default ONEDNN_MAX_CPU_ISA=SSE41 OPENBLAS_CORETYPE=Haswell \
		$(BIN)/python -m pytest $(PARALLEL)

slow: $(STAMP)  ## the slow tests alone
	$(BIN)/python -m pytest -m slow $(PARALLEL)

lint: $(STAMP)  ## style and format
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

imports: $(STAMP)  ## imports flow one way
	$(BIN)/lint-imports

docstrings: $(STAMP)  ## numpydoc on every public docstring
	$(BIN)/python -m pytest tests/test_docstrings.py

docs: $(STAMP)  ## the documentation, warnings as errors, into build/docs/
	$(BIN)/python -m sphinx -W --keep-going -q -b html docs build/docs
	$(BIN)/python docs/check_links.py build/docs

gallery: $(STAMP)  ## the same with every example run and its figures shown
	MPLBACKEND=Agg $(BIN)/python -m sphinx -W --keep-going -q -b html -D plot_gallery=1 docs build/docs
	$(BIN)/python docs/check_links.py build/docs

changelog:  ## this version's section of CHANGELOG.md, anew from docs/changes
	$(PYTHON) docs/changelog.py

wheel: $(STAMP)  ## wheel and sdist in build/dist, the wheel installed and used elsewhere
	$(PYTHON) docs/changelog.py --check
	.ci/wheel $(BIN)/python

types: $(STAMP)  ## what a user's own annotated code may expect
	$(BIN)/python -m mypy tests/consumer.py

pages: $(STAMP)  ## name what of the built pages is wider than a window of 1280 or 390 px
	$(BIN)/python docs/check_pages.py build/docs

access: $(STAMP)  ## name what of a page of each kind breaks WCAG 2.2, levels A and AA
	$(BIN)/python docs/check_access.py build/docs

check: test lint imports types docs run

clean:
	rm -rf $(VENV) build

$(STAMP): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[test,docs]'
	touch $@
