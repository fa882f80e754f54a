# One word per job, the same here and in CI. `make test` and `make demo` set everything up by themselves.
PY := .venv/bin/python
STAMP := .venv/.installed
TORCH_INDEX ?=
INDEX := $(if $(TORCH_INDEX),--extra-index-url $(TORCH_INDEX),)
DATA ?= ../shared/data
# Training steps allocate and free hundreds of MB each; without these glibc gives them back to the kernel every time.
MALLOC := MALLOC_MMAP_MAX_=0 MALLOC_TRIM_THRESHOLD_=100000000000 MALLOC_TOP_PAD_=268435456

.PHONY: setup demo test lint types fmt bench leaderboard clean
setup: $(STAMP)

$(STAMP): pyproject.toml constraints.txt
	test -x $(PY) || python3 -m venv .venv
	$(PY) -m pip install --quiet --disable-pip-version-check -c constraints.txt $(INDEX) torch==2.13.0
	$(PY) -m pip install --quiet --disable-pip-version-check -c constraints.txt $(INDEX) -e '.[train,dev]'
	sh scripts/chromium.sh
	sh scripts/java.sh
	touch $@

demo: setup ## simulate -> import -> train -> evaluate -> release -> serve; CHECK=1 drives it through a browser and exits
	$(MALLOC) $(PY) -m shopwindow demo $(if $(CHECK),--check,)

test: setup lint types ## everything CI runs; a file of tests stays on one processor, and so do its threads
	$(MALLOC) OMP_NUM_THREADS=1 $(PY) -m pytest -q -n auto --dist loadfile

lint: setup
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .

types: setup
	.venv/bin/mypy

fmt: setup
	.venv/bin/ruff format .
	.venv/bin/ruff check --fix .

bench: setup ## make bench NAME=leave_one_out [DATA=../shared/data] [ARGS=...]
	@test -n "$(NAME)" || { echo "which? NAME= one of:"; ls benchmarks/*.py | xargs -n1 basename | sed 's/\.py//' | grep -v -e __ -e record; exit 2; }
	$(MALLOC) $(PY) -m benchmarks.$(NAME) --data $(DATA) $(ARGS)

leaderboard: setup
	$(PY) -m benchmarks.record

clean:
	rm -rf .venv demo-shop build .mypy_cache .ruff_cache .pytest_cache
