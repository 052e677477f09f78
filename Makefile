PYTHON ?= python3
V := .venv
B := $(V)/bin
CATALOGUE := lsos/translations/pl/LC_MESSAGES/messages
DEALS := $(addprefix ../shared/data/startup_investor/,startups.csv.gz deals_train.csv.gz deals_dev.csv.gz investors_to_2011.csv.gz)
export PATH := $(CURDIR)/$(B):$(PATH)
#: Many tests start a process; compiled anew each time, ours takes half as long again to begin.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: run test check pictures bench bench-b2bsp torture setup translations lock clean

run: setup ## Set up, load LSOS 2025 with invented people, and serve it
	@$(B)/python tools/run.py

test: setup check ## Every check and every test; on SQLite and PostgreSQL by turns, where many write at once on both
	$(B)/python -m pytest -n 2 --dist loadgroup

check: setup ## Style, types, layers, templates
	$(B)/ruff check .
	$(B)/ruff format --check .
	$(B)/mypy
	$(B)/lint-imports
	$(B)/djlint --lint --quiet templates
	$(B)/python tools/architecture.py --check

pictures: setup ## A picture of every page in build/screenshots/, and from some of them those of the README
	$(B)/python -m pytest -n 0 --pictures tests/browser/test_pages.py
	$(B)/python tools/pictures.py

bench: setup ## Benchmarks beside what they are measured against; pages and schedules are written into build/bench.json
	$(B)/python -m tests.benchmarks
	$(B)/python -m tests.benchmarks.agenda
	$(B)/python -m tests.benchmarks.badges
	$(B)/python -m tests.benchmarks.checkin
	$(B)/python -m tests.benchmarks.letters
	$(B)/python -m tests.benchmarks.phone
	$(B)/python -m tests.benchmarks.matchmaking
	$(B)/python -m tests.benchmarks.scoring
	$(B)/python -m tests.benchmarks.timetabling
	$(B)/python -m tests.benchmarks.deals $(DEALS)

bench-b2bsp: setup ## The published instances of given meetings, ten seconds each
	$(B)/python -m tests.benchmarks.b2bsp --seconds 10

torture: setup ## Every test on both databases, with a hundred at once; long races, kills and simulations at full size
	LSOS_TEST_CROWD=100 $(B)/python -m pytest -n 2 --dist loadgroup --db each
	$(B)/python -m pytest -n 0 -m torture tests/torture

setup: $(V)/.ok static/vendor/.ok $(CATALOGUE).mo ## Everything that run and test need

$(V)/.ok: requirements.lock pyproject.toml
	$(PYTHON) -m venv $(V) || { echo "python3-venv is missing: apt-get install python3-venv"; exit 1; }
	$(B)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements.lock
	$(B)/python -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $@

static/vendor/.ok: package-lock.json tools/assets.py $(V)/.ok
	npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
	$(B)/python tools/assets.py
	touch $@

$(CATALOGUE).mo: $(CATALOGUE).po $(V)/.ok
	$(B)/pybabel -q compile -i $(CATALOGUE).po -o $@

translations: $(V)/.ok ## Collect new sentences into the catalogue, for translating
	$(B)/pybabel -q extract -F babel.cfg -k N_ -k _l -k _n:1,2 --no-location --sort-output --omit-header -o build/messages.pot lsos templates
	$(B)/pybabel -q update -i build/messages.pot -d lsos/translations -D messages --no-fuzzy-matching --ignore-obsolete --ignore-pot-creation-date

lock: ## Pin every package anew, with hashes
	$(B)/uv pip compile pyproject.toml --all-extras --group dev --universal --python-version 3.11 --generate-hashes \
	  --no-emit-index-url --no-annotate --no-header -q --upgrade -o requirements.lock
	npm i --package-lock-only

clean: ## Remove what setup made, but not your data
	rm -rf $(V) node_modules static/vendor build $(CATALOGUE).mo
