# `make demo` to try Gaze, `make test` to see it proven. Everything lives in .venv and the data root.
PYTHON ?= python3
BIN := .venv/bin
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: setup demo up test test-fast lint bench quality models-for-tests clean

setup: .venv/ready ## the environment, made once and again when the pins change

.venv/ready: pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Gaze needs Python 3.11 or newer: make PYTHON=python3.11 ...")'
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[dev]'
	touch $@

demo: setup ## models, sample videos, index, and everything running
	$(BIN)/gaze demo

up: setup ## everything running for your own libraries
	$(BIN)/gaze up

models-for-tests: setup
	GAZE_MODELS=.artifacts/models $(BIN)/gaze models pull whisper-base multilingual-e5-small

test: setup models-for-tests lint ## every test there is: real speech, real browser, slow ones
	$(BIN)/python -m pytest -m '' -n 2 --dist loadfile --no-loadscope-reorder

test-fast: setup ## the fast tests only
	$(BIN)/python -m pytest

lint: setup ## style and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: setup models-for-tests ## speed, against the straightforward pipeline in the same run
	$(BIN)/python -m tests.benchmarks.run

quality: setup models-for-tests ## search over a library with a known truth, beside baselines
	$(BIN)/python -m tests.quality --misses

clean: ## forget the environment (never the data)
	rm -rf .venv *.egg-info .pytest_cache .mypy_cache .ruff_cache .artifacts
