# `make run` sets everything up and starts it; `make test` sets everything up and tests it.
PYTHON ?= python3
PORT ?= 8000
BIN = .venv/bin

.PHONY: install run test lint audit sbom bench
install: .venv/.installed

.venv/.python:
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed, this is " + sys.version.split()[0]) if sys.version_info < (3, 11) else None'
	$(PYTHON) -m venv .venv || { echo "python3 -m venv does not work here; on Debian: apt install python3-venv"; exit 1; }
	touch $@

.venv/.installed: .venv/.python setup.cfg constraints.txt
	$(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable .
	touch $@

.venv/.installed-test: .venv/.installed
	$(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[test]'
	touch $@

run: install
	@$(BIN)/ipreg up --port $(PORT)

# The browser tests need a Chromium, those of the certificate poppler's pdfsig and NSS's certutil. Where they are not
# there and we may, Debian's are installed; else those tests are skipped, loudly.
test: .venv/.installed-test lint audit sbom
	@command -v chromium >/dev/null || command -v google-chrome >/dev/null || { \
	  [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && \
	  { apt-get -qq update && apt-get -qq install -y chromium fonts-noto-cjk >/dev/null; } || \
	  echo "NO CHROMIUM HERE: THE BROWSER TESTS ARE SKIPPED. As root on Debian: apt-get install chromium"; }
	@command -v pdfsig >/dev/null && command -v certutil >/dev/null || { \
	  [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && \
	  { apt-get -qq update && apt-get -qq install -y poppler-utils libnss3-tools >/dev/null; } || \
	  echo "NO PDFSIG HERE: THE CERTIFICATE IS CHECKED ONLY IN PART. As root on Debian: apt-get install poppler-utils libnss3-tools"; }
	$(BIN)/pytest -q --numprocesses auto --dist loadfile
	$(BIN)/pytest -q --numprocesses auto --dist loadfile --database postgresql

lint: .venv/.installed-test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check --quiet .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	@command -v $(BIN)/hadolint >/dev/null && $(BIN)/hadolint deploy/Dockerfile || \
	{ command -v $(BIN)/hadolint >/dev/null && exit 1; echo "no hadolint here: the Dockerfile is not linted"; }

# Known weaknesses of what is installed, as api.osv.dev knows them (ruff's S rules in lint are bandit's).
audit: .venv/.installed-test
	@if $(BIN)/python -c 'import socket; socket.create_connection(("api.osv.dev", 443), 5)' 2>/dev/null; \
	then $(BIN)/pip-audit --vulnerability-service osv --skip-editable --progress-spinner off; \
	else echo "NO WAY TO api.osv.dev FROM HERE: NOTHING WAS LOOKED UP. Run 'make audit' where there is one."; fi

# What the product is made of, for whoever has to answer for it: CycloneDX, the same bytes for the same packages.
sbom: .venv/.installed-test
	@mkdir -p build
	$(BIN)/cyclonedx-py environment --output-reproducible --output-format JSON --output-file build/sbom.json .venv

bench: .venv/.installed-test
	@for one in benchmarks/bench_*.py; do [ -e "$$one" ] || continue; echo "== $$one"; $(BIN)/python $$one || exit 1; done
