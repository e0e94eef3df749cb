# make setup | demo | test | lint | bench | clean; each does what set-up it needs.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
# Raspberry Pi OS: picamera2, libcamera (and on Trixie lgpio) come from the OS.
SITE := $(if $(wildcard /etc/rpi-issue),--system-site-packages,)
export PIP_DISABLE_PIP_VERSION_CHECK = 1

.PHONY: setup setup-dev demo test lint bench clean lock
.DEFAULT_GOAL := help

.PHONY: help
help:
	@echo "make demo   set up and run the station with a simulated person"
	@echo "make test   set up and run lint, types, import contracts and all tests"
	@echo "make setup  only make $(VENV) with hinge in $(BIN)"
	@echo "make bench  measure (writes bench/REPORT.md)"
	@echo "make lint   ruff, types and import contracts"
	@echo "make mutate change the drivers and see what no test notices (about 10 minutes)"
	@echo "make golden judge the kept motions anew and write down what came of them"
	@echo "make lock   resolve the dependencies anew into requirements/"
	@echo "make clean  remove $(VENV) and what the tools left"
	@echo "Port 8080 taken: make demo PORT=8090"

setup: $(STAMP)

$(VENV)/bin/python:
	@sh tools/system-packages.sh
	@echo "Making $(VENV) ..."
	@$(PYTHON) -m venv $(SITE) $(VENV)

$(STAMP): requirements/run.txt setup.cfg pyproject.toml | $(VENV)/bin/python
	@echo "Installing what the station needs (once; about a minute) ..."
	@$(BIN)/pip install -q -r requirements/run.txt
	@$(BIN)/pip install -q --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.installed-dev: requirements/dev.txt requirements/no-deps.txt $(STAMP)
	@echo "Installing what the tests need (once; about a minute) ..."
	@$(BIN)/pip install -q -r requirements/dev.txt
	@$(BIN)/pip install -q --no-deps -r requirements/no-deps.txt
	@touch $@

setup-dev: $(VENV)/.installed-dev

demo: setup
	@$(BIN)/hinge demo $(if $(PORT),--port $(PORT))

lint: setup-dev
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo

test: lint
	@$(BIN)/pytest

bench: setup-dev
	@$(BIN)/python -m bench

# Judge the kept motions anew and write down what came of them (tests/data/golden).
.PHONY: golden
golden: setup-dev
	@$(BIN)/python -m tests.golden --write

# Change the drivers in every way and see what no test notices (docs/mutation.md).
.PHONY: mutate
mutate: setup-dev
	@$(BIN)/pip install -q -r requirements/mutate.txt
	@$(BIN)/python -m tools.mutate

# Resolve setup.cfg anew into the two lock files (exact versions).
lock:
	@sh tools/lock.sh

clean:
	rm -rf $(VENV) build *.egg-info .pytest_cache .mypy_cache .ruff_cache .import_linter_cache mutants
