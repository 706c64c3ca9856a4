# Everything runs in .venv, which the first call makes. `make help` lists the commands.
PROFILE ?= sandbox
# Empty: the profile's own grid. Otherwise the name of a file in params/grids.
GRID    ?=
CORES   ?= $(shell nproc)
# Empty: this machine. `slurm`: a cluster, as profiles/slurm says.
ENGINE  ?=
# More options for Snakemake, such as OPTIONS="--dry-run", or OPTIONS="--resources gpu=1" when students share one GPU.
OPTIONS ?=
# Of `verify-figures`: configuration and seed.
CELL    ?= ce-s13
FOLDER  ?= notebooks
PYTHON  ?= $(firstword $(shell command -v python3.11 python3.12 python3))

BIN       := .venv/bin
READY     := .venv/ready
SNAKEMAKE  = $(BIN)/python -m snakemake $(if $(ENGINE),--profile profiles/$(ENGINE),-c$(CORES)) --config profile=$(1) $(if $(2),grid=$(2)) $(OPTIONS)
# How long each stage took. README.md shows that, and the tables, of the grids in figures/.
REPORT     = $(if $(filter --dry-run -n,$(OPTIONS)),,@$(BIN)/python -m trident times --profile $(PROFILE) \
	$(if $(GRID),--grid $(GRID)) $(if $(filter sandbox real,$(PROFILE)),&& $(BIN)/python -m trident readme))
NOTEBOOKS := $(sort $(wildcard notebooks/*.ipynb))
CODE      := trident course tests benchmarks
PROSE     := $(wildcard *.md docs models/*.md)

# The environment is this one alone: neither a user's packages nor another project's.
export PYTHONNOUSERSITE := 1
unexport PYTHONPATH
# Whatever the locale: Arrow and other libraries use UTF-8 for names of files.
export PYTHONUTF8 := 1

.DEFAULT_GOAL := help
.PHONY: help demo reproduce figures verify-figures smoke real-data notebooks models rehearsal cluster-test course course-check test lint lab doctor

help:  ## list these commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

demo: $(READY)  ## show five blanks and what the shipped teacher and student write into them
	@$(BIN)/python -m trident demo

reproduce: $(READY) $(if $(ENGINE),.venv/$(ENGINE))  ## run what is missing of a grid, up to its figures (PROFILE=sandbox, GRID=, CORES=all, ENGINE=)
	$(call SNAKEMAKE,$(PROFILE),$(GRID))
	$(REPORT)

figures: $(READY)  ## draw tables and figures again from the scores, and copy the tables into README.md
	$(call SNAKEMAKE,$(PROFILE),$(GRID)) --forcerun tables
	$(REPORT)

# 3: within the published spread, as is to be expected on another kind of machine.
verify-figures: $(READY)  ## train one cell of a grid again, and compare its scores with figures/ (CELL=ce-s13, GRID=)
	@$(BIN)/python -m trident verify-figures $(CELL) --profile $(PROFILE) $(if $(GRID),--grid $(GRID)) || test $$? -eq 3

smoke: $(READY)  ## run the six notebooks on the smoke sample, in two minutes
	$(call SNAKEMAKE,smoke)

real-data: $(READY)  ## fetch the public projects that the corpus `projects` is mined from
	$(BIN)/python -m trident fetch

notebooks: smoke  ## execute the notebooks in place on the smoke sample, to commit them with their outputs
	$(BIN)/python -m trident refresh $(NOTEBOOKS)

# Hours on a CPU. README.md shows the first blank of the demo, as these models fill it.
models: $(READY)  ## make the shipped models anew; goes on where a killed run stopped
	$(BIN)/python -m trident models
	$(BIN)/python -m trident demo --readme

# Twenty minutes, 20 GB of memory and of disk. README.md shows the tables.
rehearsal: $(READY)  ## run the paper profile at its real size with random weights, and project what the grid takes
	$(BIN)/python -m trident rehearsal

# Needs root and Slurm; says so where it has not both.
cluster-test: $(READY) .venv/slurm  ## run the smoke grid on a Slurm of one node, kill jobs and node, compare with a local run
	$(BIN)/python benchmarks/cluster.py $(OPTIONS)

course: $(READY)  ## make the course's student and solution versions and its pictures from the sources
	$(BIN)/python -m course build

course-check: $(READY)  ## run every lab of the course, its checks and its bug hunt
	$(BIN)/python -m course check

test: $(READY) smoke  ## run every test, and every notebook against its saved outputs
	$(BIN)/python -m pytest --cov=trident --cov-report=term:skip-covered tests --nbval-lax --nbval-current-env notebooks

lint: $(READY)  ## check style, types, imports, spelling and links
	$(BIN)/ruff check $(CODE) notebooks
	$(BIN)/ruff format --check $(CODE) notebooks
	$(BIN)/snakefmt --check Snakefile
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/codespell $(CODE) $(PROSE) params Snakefile Makefile
	$(BIN)/python -m pytest -q tests/test_docs.py

lab: $(READY)  ## open JupyterLab on the notebooks (FOLDER=course/student: on the labs)
	JUPYTER_PREFER_ENV_PATH=1 $(BIN)/jupyter lab $(FOLDER)

doctor: $(READY)  ## say what this machine lacks, if anything
	$(BIN)/python -m trident doctor

# The file is touched last: an interrupted installation is tried again.
$(READY): requirements.txt constraints.txt pyproject.toml
	@echo 'Installing into .venv; this takes some minutes.'
	$(PYTHON) -m venv .venv || \
		{ echo 'Python 3.11 or 3.12 with venv is needed; on Debian: apt-get install python3-venv' >&2; exit 1; }
	$(BIN)/python -m pip install -qq --disable-pip-version-check -r requirements.txt -c constraints.txt
	$(BIN)/python -m pip install -qq --disable-pip-version-check --no-deps --no-build-isolation --editable .
	touch $@

# What an engine needs besides.
.venv/%: profiles/%/requirements.txt $(READY)
	$(BIN)/python -m pip install -qq --disable-pip-version-check -r $< -c constraints.txt
	touch $@
