# Targets for people and for CI. `make` alone lists them.
#
# One environment, $(VENV), is filled in steps: the hashed core lock, the hashed build lock, the package itself (editable, so
# that a change of the source needs no new installation), and on demand what tests and linters need. A stamp file marks each
# step; it is redone when the lock or pyproject.toml it was made from is newer. That a plain, non-editable installation works
# too is shown by tests/packaging.

PYTHON ?= python3
VENV ?= .venv
PYTEST_ARGUMENTS ?=

BIN := $(VENV)/bin
WEB_SOURCES := hatch_build.py $(shell find web -type f -not -path '*/node_modules/*' -not -path '*/dist/*' 2>/dev/null)
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check --no-input
COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header

.DEFAULT_GOAL := help
.PHONY: help demo test test-full lint docs-test reference bench web client frames answers wheel lock clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: $(VENV)/.stamp-package ## install into .venv, then open a page on a shipped network that lives
	@$(BIN)/chaintwin demo --live $(DEMO_ARGUMENTS)

test: $(VENV)/.stamp-test ## install what tests need, then run all tests (20 minutes at most on 2 cores)
	$(BIN)/python -m pytest -n auto --dist worksteal $(PYTEST_ARGUMENTS)

test-full: $(VENV)/.stamp-test ## the same tests with larger counts (hours)
	CHAINTWIN_TEST_SIZE=full $(BIN)/python -m pytest -n auto --dist worksteal $(PYTEST_ARGUMENTS)

lint: $(VENV)/.stamp-dev ## style, types and import rules, of the page too
	$(BIN)/ruff check --output-format concise .
	$(BIN)/ruff format --check .
	$(BIN)/mypy --strict
	$(BIN)/lint-imports --no-logo
	$(BIN)/python hatch_build.py check

docs-test: $(VENV)/.stamp-test ## run every code block and check every link of README and docs
	$(BIN)/python -m pytest tests/docs $(PYTEST_ARGUMENTS)

reference: $(VENV)/.stamp-test ## write the pages of docs/reference that are made from the program
	@$(BIN)/python -m tests.docs.reference_pages

bench: $(VENV)/.stamp-package ## run the registered benchmark cases (use a quiet machine)
	@$(BIN)/chaintwin bench

web: $(VENV)/.stamp-node ## build the page of web/ into the package, if its sources have changed
	@$(BIN)/python hatch_build.py

client: $(VENV)/.stamp-test ## write the types of the page's client from the description of the routes
	@$(BIN)/python -m tests.page.client

frames: $(VENV)/.stamp-test ## measure how many frames a second the map draws (use a quiet machine)
	@$(BIN)/python -m tests.page.frames

answers: $(VENV)/.stamp-test ## measure how long the scenario lab takes to its first answer (use a quiet machine)
	@$(BIN)/python -m tests.page.answering

wheel: $(VENV)/.stamp-test ## build the source distribution and the wheel into dist/
	$(BIN)/python -m build --no-isolation --outdir dist .

lock: $(VENV)/.stamp-dev ## refresh the pinned, hashed versions in the lock files
	$(COMPILE) --upgrade pyproject.toml -o requirements.lock
	$(COMPILE) --upgrade -c requirements.lock --extra test pyproject.toml -o requirements-test.lock
	$(COMPILE) --upgrade -c requirements-test.lock --extra test --extra dev pyproject.toml -o requirements-dev.lock
	$(COMPILE) --upgrade -c requirements-dev.lock --group build -o build.lock
	$(COMPILE) --upgrade --group node -o node.lock

clean: ## remove the environment, caches and what was built
	rm -rf $(VENV) build dist web/node_modules src/chaintwin/_web .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache src/*.egg-info
	find src tests -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/.stamp-core: requirements.lock build.lock
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("chaintwin needs Python 3.11 or newer; name one: make PYTHON=python3.11")'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Installing the pinned dependencies into $(VENV): about 600 MB, a minute or two ..."
	@$(PIP) install --require-hashes -r requirements.lock -r build.lock
	@touch $@

# The page is built by the installation of the package, with the Node of the machine if that is new enough.
$(VENV)/.stamp-node: node.lock $(VENV)/.stamp-core
	@$(BIN)/python -c 'import hatch_build, sys; sys.exit(hatch_build.system_node() is None)' || { \
	    echo "Installing Node into $(VENV): 60 MB ..." && $(PIP) install --require-hashes -r node.lock; }
	@touch $@

$(VENV)/.stamp-package: $(VENV)/.stamp-node pyproject.toml $(WEB_SOURCES)
	@$(PIP) install --no-build-isolation --no-deps --editable .
	@touch $@

$(VENV)/.stamp-test: requirements-test.lock $(VENV)/.stamp-package
	@echo "Installing what the tests need into $(VENV) ..."
	@$(PIP) install --require-hashes -r requirements-test.lock
	@touch $@

$(VENV)/.stamp-dev: requirements-dev.lock $(VENV)/.stamp-test
	@echo "Installing linters and type checker into $(VENV) ..."
	@$(PIP) install --require-hashes -r requirements-dev.lock
	@touch $@
