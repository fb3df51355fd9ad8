# Everything a newcomer needs: `make run` and `make test` set themselves up on a fresh machine.
# The only thing assumed is a Python of at least 3.12 somewhere on the PATH.

PYTHON := .venv/bin/python
ARGS ?= run junmen_2012 --seed 1 --replications 20
VERIFIED := tests/test_compiled.py tests/test_theory.py tests/test_blind_double.py tests/test_chance.py tests/test_hostile_input.py \
  tests/test_same_luck.py tests/test_knobs.py tests/test_metamorphic.py tests/test_conservation.py tests/test_calibration.py tests/test_sizing_refusals.py

.PHONY: help install run fast test coverage verify baseline bench bench-studies bench-cutting bench-page mutants lint clean

help:
	@echo "make run      set up, and run Junmen beside its published figures (ARGS='run changning_2005q4' for another)"
	@echo "make fast     compile the compiled engine now (20 s), so that no command has to begin without it"
	@echo "make test     set up, and run the tests"
	@echo "make coverage the tests again, with the branches of sim and scenarios that they take (at least 95 %)"
	@echo "make verify   the heavy form of the tests: thousands of scenarios, long replications (half an hour)"
	@echo "make baseline record the histories that the tests hold (when they are meant to change: say why in CHANGELOG.md)"
	@echo "make bench    speed beside SimPy, Mesa and the physical limit (ARGS=--quick for a first look)"
	@echo "make bench-studies  the study engine beside its peers, and the safe ranking beside equal allocation (half an hour)"
	@echo "make bench-cutting  cuts into grids beside bisection, k-means and GerryChain (ten minutes)"
	@echo "make bench-page  frames, levers, first paint and replays of the page, in a Chromium (a minute)"
	@echo "make mutants  change rules, kernel, indicators, statistics, studies, likelihoods in every small way: does a test notice?"
	@echo "              (more than two hours on two cores; ARGS='--share 20' for every twentieth change, ARGS='--only experiments/statistics' for a group)"
	@echo "make install  set up for development: tests, linters, types"
	@echo "make lint     formatter, linter, types, import contract"
	@echo "make clean    remove everything that was made here"

# A python is tried by running it: a name on the PATH may be a stub for a version that is not installed.
$(PYTHON):
	@for candidate in python3.14 python3.13 python3.12 python3 python; do \
	  if $$candidate -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 12))' >/dev/null 2>&1; then \
	    echo "Setting up with $$($$candidate --version)"; exec $$candidate -m venv .venv; \
	  fi; \
	done; \
	echo "No Python 3.12 or newer with venv was found on the PATH. Install one (python.org, your package manager, or pyenv) and try again." >&2; \
	exit 1

.venv/run.stamp: pyproject.toml requirements.lock | $(PYTHON)
	@echo "Installing the packages the model needs"
	@$(PYTHON) -m pip install --quiet --disable-pip-version-check --constraint requirements.lock --editable .
	@touch $@

.venv/dev.stamp: pyproject.toml requirements.lock | $(PYTHON)
	@echo "Installing the packages the model and its tests need"
	@$(PYTHON) -m pip install --quiet --disable-pip-version-check --constraint requirements.lock --editable '.[test,dev]'
	@touch $@ .venv/run.stamp

.venv/bench.stamp: .venv/dev.stamp
	@echo "Installing what the benchmarks compare with"
	@$(PYTHON) -m pip install --quiet --disable-pip-version-check --constraint requirements.lock --editable '.[bench]'
	@touch $@

.venv/mutants.stamp: .venv/dev.stamp
	@echo "Installing what makes mutants"
	@$(PYTHON) -m pip install --quiet --disable-pip-version-check --constraint requirements.lock --editable '.[mutants]'
	@touch $@

install: .venv/dev.stamp

run: .venv/run.stamp
	@$(PYTHON) run_experiment.py $(ARGS)

demo: .venv/run.stamp
	@$(PYTHON) run_experiment.py demo $(if $(filter command line,$(origin ARGS)),$(ARGS))

fast: .venv/run.stamp
	@$(PYTHON) -m sim.compiled

# Where the compiled engine cannot be made the tests say so.
test: .venv/dev.stamp
	@$(PYTHON) -m sim.compiled || true
	@$(PYTHON) -m pytest -n auto --dist worksteal

coverage: .venv/dev.stamp
	@$(PYTHON) -m pytest -n auto --cov --cov-report=term-missing:skip-covered --cov-report=json:build/coverage.json
	@$(PYTHON) -c 'import json; t = json.load(open("build/coverage.json"))["totals"]; \
	  taken, all = t["covered_branches"], t["num_branches"]; print(f"branches taken: {taken} of {all} = {taken / all:.1%}"); \
	  raise SystemExit(taken < 0.95 * all)'

verify: .venv/dev.stamp
	@VERIFY=heavy $(PYTHON) -m pytest -n auto --durations=15 $(VERIFIED)

baseline: .venv/dev.stamp
	@$(PYTHON) -m tests.baseline $(if $(filter command line,$(origin ARGS)),$(ARGS))

bench: .venv/bench.stamp
	@$(PYTHON) -m benchmarks.bench $(if $(filter command line,$(origin ARGS)),$(ARGS))
	@$(PYTHON) -m benchmarks.large_city

bench-studies: .venv/bench.stamp
	@$(PYTHON) -m benchmarks.studies --write-docs
	@$(PYTHON) -m benchmarks.stopping --write-docs

bench-cutting: .venv/bench.stamp
	@$(PYTHON) -m benchmarks.cutting --write-docs

bench-page: .venv/dev.stamp
	@$(PYTHON) -m sim.compiled || true
	@$(PYTHON) -m benchmarks.page $(if $(filter command line,$(origin ARGS)),$(ARGS))

mutants: .venv/mutants.stamp
	@$(PYTHON) -m tests.mutants $(if $(filter command line,$(origin ARGS)),$(ARGS))

lint: .venv/dev.stamp
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy
	.venv/bin/lint-imports

clean:
	rm -rf .venv build *.egg-info .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis .coverage htmlcov
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
