# Two commands matter: `make run` and `make test`. Both need only Python 3.11 or newer.
PYTHON ?= python3
VENV := .venv
STAMP := $(VENV)/.installed
BIN := $(VENV)/bin

.DEFAULT_GOAL := help
.PHONY: help install run test faults bench lint lock messages

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z]+:.*## /{printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

install: $(STAMP) ## make the virtual environment from requirements.txt

$(STAMP): requirements.txt
	@command -v $(PYTHON) >/dev/null || { echo "error: $(PYTHON) not found; install Python 3.11 or newer" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "error: $(PYTHON) is $$($(PYTHON) -V 2>&1), but Python 3.11 or newer is needed; try make PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -m venv --clear $(VENV) \
		|| { echo "error: $(PYTHON) cannot make virtual environments; on Debian: apt-get install python3-venv" >&2; exit 1; }
	$(BIN)/pip install --quiet --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	@touch $@

run: install ## everything on this machine: Temporal, worker, shop (Ctrl-C stops it)
	@exec $(BIN)/python manage.py dev $(ARGS)

test: install ## all tests on PostgreSQL, then those that write state on SQLite
	$(BIN)/python -m pytest -q -n 3 --dist loadgroup $(ARGS)
	TEST_DATABASE=sqlite $(BIN)/python -m pytest -q -n 2 --dist loadgroup -m sqlite $(ARGS)

faults: install ## kill worker, web server, Temporal and PostgreSQL under running orders; everything must add up
	$(BIN)/python -m pytest -q -m faults $(ARGS)

bench: install ## what an order costs, counted, and its speed beside sagas that do nothing
	$(BIN)/python -m pytest -q tests/benchmarks/orders.py $(ARGS)

lint: install ## style and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	DJANGO_DEBUG=true $(BIN)/mypy shop orders temporal_app

lock: install ## write requirements.txt anew from pyproject.toml
	$(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --extra dev \
		--no-emit-index-url --no-emit-find-links --custom-compile-command "make lock" \
		--output-file requirements.txt pyproject.toml

messages: install ## collect the texts to translate and compile the translations (needs gettext)
	DJANGO_DEBUG=true $(BIN)/python manage.py makemessages --locale de --no-location --no-wrap --ignore "$(VENV)/*" --ignore "tests/*"
	DJANGO_DEBUG=true $(BIN)/python manage.py compilemessages --ignore "$(VENV)/*"
