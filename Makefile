# Two commands matter: `make run` and `make test`. Both set up what they need on a bare Debian/Ubuntu with Python ≥ 3.11.
PYTHON ?= python3
PY := .venv/bin/python
ARGS ?=

.PHONY: help run test bench contract lint format types messages setup setup-test clean

help:
	@echo "make run       the product on http://localhost:8000 (WEB_PORT=… for another port)"
	@echo "make test      lint, types, migrations, all tests   (make test ARGS=\"-k voucher\" for a part)"
	@echo "make bench     benchmarks with their floors → benchmarks/results.md"
	@echo "make contract  which of the contract's endpoints answer"

setup:
	@$(PYTHON) scripts/bootstrap.py run

setup-test:
	@$(PYTHON) scripts/bootstrap.py test

run: setup
	@exec $(PY) -m bosonline.runtime run

test: setup-test
ifeq ($(strip $(ARGS)),)
	@$(PY) scripts/check.py
	@$(PY) -m bosonline.runtime exec -- $(PY) -m pytest -n 2 --dist loadscope
else
	@$(PY) -m bosonline.runtime exec -- $(PY) -m pytest $(ARGS)
endif

bench: setup-test
	@$(PYTHON) scripts/bootstrap.py bench
	@$(PY) -m benchmarks

contract: setup
	@$(PY) -m bosonline.runtime exec -- $(PY) manage.py contract

lint: setup-test
	@$(PY) scripts/check.py

format: setup-test
	@$(PY) -m ruff check --fix -q . ; $(PY) -m ruff format -q .

messages: setup-test
	@$(PY) manage.py makemessages -l id --no-wrap --no-location -i .venv -i node_modules -i var
	@$(PY) manage.py compilemessages -v 0 -i .venv -i node_modules

clean:
	rm -rf var/build var/static .mypy_cache .ruff_cache .pytest_cache
