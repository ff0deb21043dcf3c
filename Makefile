# Two commands do all the set-up: `make learn` to learn, `make test` to check a change.
PYTHON ?= python3
BIN := .venv/bin
WORKERS ?= 3

.PHONY: learn test lint lessons clean

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(None if sys.version_info >= (3, 11) else "tlkit needs Python 3.11 or newer; this is " + sys.version.split()[0] + ". Name another one: make PYTHON=python3.12 learn")'
	$(PYTHON) -m venv .venv

.venv/.learn: .venv/bin/python pyproject.toml
	@echo "Installing tlkit into .venv. The first time takes 2 to 20 minutes, by your line, and up to 7 GB, most of it PyTorch."
	$(BIN)/python -m pip install --quiet --editable .
	touch $@

.venv/.test: .venv/bin/python pyproject.toml
	@echo "Installing tlkit and what its tests need into .venv. The first time takes 2 to 20 minutes, by your line."
	$(BIN)/python -m pip install --quiet --editable '.[dev]'
	touch $@ .venv/.learn

# Not the task of lesson 1, which asks for a guess before it shows a number.
learn: .venv/.learn
	$(BIN)/tlkit try --source printed-digits --target digits
	$(BIN)/tlkit start

# The tests of one file, and the cells of one lesson, stay on one worker; conftest.py orders the files. Tests also
# wait, for browsers and kernels, so that three workers keep two processors busy; `make WORKERS=2 test` needs less memory.
test: .venv/.test
	$(BIN)/python tests/install_chromium.py
	$(MAKE) --no-print-directory lint
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder --nbval --nbval-current-env \
		--nbval-kernel-startup-timeout 300 tests tlkit lessons

# For authors: run the lessons and store their outputs, which `make test` then compares.
lessons: .venv/.test
	$(BIN)/python -m tlkit.course.rehearse

lint:
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

clean:
	rm -rf .venv build dist widgets/node_modules
