# The paper's grid: a rule a notebook, a job a cell of the grid.
#
#     snakemake -c2 --config profile=sandbox                   the paper's grid (`make reproduce` calls this)
#     snakemake -c2 --config profile=sandbox grid=codecs       another one: params/grids/codecs.yaml, with tables of its own
#
# Options that hold for every call stand in profiles/default/config.yaml.
#
# Each job has one declared output, the stage's provenance.json: it is written last, and Snakemake deletes the declared
# outputs of a failed job, so checkpoints survive and a stage can resume. Notebooks are no inputs: saving one or editing its
# prose changes nothing. What counts is the digest of code and parameters (trident/stages.py), through the file `mark`.
import itertools
import sys

workdir: workflow.basedir
sys.path.insert(0, workflow.basedir)

from trident.experiment import params, paths
from trident.workflow import stages

NAME, GRID = config.get("profile", "sandbox"), config.get("grid")
PROFILE = f"params/{NAME}.yaml"
GRID_FILES = [PROFILE] + ([f"params/grids/{GRID}.yaml"] if GRID else [])
p = params.complete(params.load(*GRID_FILES))
if p.profile != NAME:
    raise WorkflowError(f"{PROFILE} says `profile: {p.profile}`; write `profile: {NAME}`, or its results mix with those of {p.profile}")


def words(asked):
    """What a job's notebook is called with, as words of the command line: -f FILE ... -p NAME VALUE ..."""
    def of(wildcards):
        files, overrides = asked(wildcards)
        return " ".join([f"-f {file}" for file in files] + [f"-p {name} {value}" for name, value in overrides.items()])
    return of


def mark(notebook, asked):
    """A file that is newer than a job's output when its code, the package it reaches or its parameters are not those of the output."""
    def of(wildcards):
        path = stages.find(f"notebooks/{notebook}.ipynb")
        return short(stages.mark(path, stages.resolve(path, *asked(wildcards))))
    return of


def given(wildcards):
    """Parameter files, in the order in which they are layered, and overrides of one job."""
    found = dict(wildcards.items())
    if "configuration" not in found:
        return [PROFILE], found  # nothing, a model or a codec
    files = [f"params/configs/{found['configuration']}.yaml", f"params/seeds/{found['seed']}.yaml"]
    for file, name, value in zip(files, ("configuration", "seed"), (found["configuration"], int(found["seed"]))):
        if params.load(file).get(name) != value:
            raise WorkflowError(f"{file}: expected a line `{name}: {value}`")
    return [PROFILE, *files], {}


def for_tables(wildcards):
    """The same for 06. Another grid's tables stand in a folder of its name, within that of the profile."""
    return GRID_FILES, {"results_dir": short(RESULTS)} if GRID else {}


def codec(wildcards):
    """How the store is written that a configuration learns from: as it says itself, or the profile."""
    return params.load(*given(wildcards)[0]).get("codec", params.DEFAULTS["codec"])


def knowledge(wildcards):
    return done(FOLDERS.teacher_cache(codec(wildcards)))


def archives(wildcards):
    """What the corpus is read from, if it comes from files. Where there are none, 01 says what is missing."""
    place = paths.inside_root(p.corpus_path)
    if not p.corpus_path:
        return []
    return [str(place)] if place.is_file() else sorted(str(file) for end in ("*.tar.bz2", "*.jsonl") for file in place.rglob(end))


def short(path):
    """A path from the project's root, where it lies there, so that a rule holds on another machine."""
    return str(path.relative_to(paths.ROOT) if path.is_relative_to(paths.ROOT) else path)


def done(folder):
    """The provenance of the stage that writes `folder`."""
    return short(folder / "provenance.json")


FOLDERS = paths.Run(p.profile, p.runs_dir)
CORPUS, TEACHER, LOGITS = done(FOLDERS.corpus), done(FOLDERS.teacher), done(FOLDERS.teacher_cache("{codec}"))
STUDENT, STUDENT_SCORES = done(FOLDERS.student("{configuration}", "{seed}")), done(FOLDERS.scores("{configuration}-s{seed}"))
BOUNDS = ("teacher", "undistilled")
BOUND_SCORES = done(FOLDERS.scores("{model}"))
RESULTS = (paths.inside_root(p.results_dir) if p.results_dir else FOLDERS.results) / (GRID or "")
CELLS = dict(configuration=p.configurations, seed=p.seeds)

# Snakemake lists a folder once and takes what appears in it later for missing, so all marks are made before it looks.
cells = [dict(zip(CELLS, cell)) for cell in itertools.product(*CELLS.values())]
for notebook, wanted in (("01_preprocess", [{}]), ("02_teacher", [{}]), ("03_logits", [{"codec": c} for c in {*map(codec, cells)}]),
                         ("04_distill", cells), ("05_evaluate", [*cells, *({"model": name} for name in BOUNDS)])):
    for wildcards in wanted:
        mark(notebook, given)(wildcards)
mark("06_tables", for_tables)({})

# `exec`: the job is the workflow's own child, sees it go (--with-parent), and goes too.
RUN = "exec {sys.executable:q} -m trident run --with-parent "


wildcard_constraints:
    configuration=r"[A-Za-z0-9_]+",
    seed=r"\d+",
    model="|".join(BOUNDS),
    codec="|".join(params.CODECS),


rule tables:
    message: "06 tables and figures"
    input:
        mark("06_tables", for_tables),
        expand(STUDENT, **CELLS),
        expand(STUDENT_SCORES, **CELLS),
        expand(BOUND_SCORES, model=BOUNDS),
    output: done(RESULTS)
    params: words=words(for_tables)
    shell: RUN + "06_tables {params.words}"


rule preprocess:
    message: "01 corpus"
    input: mark("01_preprocess", given), archives
    output: CORPUS
    params: words=words(given)
    shell: RUN + "01_preprocess {params.words}"


rule teacher:
    message: "02 teacher"
    input: mark("02_teacher", given), CORPUS
    output: TEACHER
    params: words=words(given)
    threads: 2
    resources: gpu=1
    shell: RUN + "02_teacher {params.words}"


rule logits:
    message: "03 what the teacher knows, as {wildcards.codec}"
    input: mark("03_logits", given), CORPUS, TEACHER
    output: LOGITS
    priority: 1  # all students wait for it; scoring the bounds can wait
    params: words=words(given)
    resources: gpu=1
    shell: RUN + "03_logits {params.words}"


rule distill:
    message: "04 student {wildcards.configuration}, seed {wildcards.seed}"
    input: mark("04_distill", given), CORPUS, TEACHER, knowledge
    output: STUDENT
    params: words=words(given)
    resources: gpu=1
    shell: RUN + "04_distill {params.words}"


rule evaluate:
    message: "05 scores of {wildcards.configuration}, seed {wildcards.seed}"
    input: mark("05_evaluate", given), CORPUS, TEACHER, STUDENT
    output: STUDENT_SCORES
    params: words=words(given)
    resources: gpu=1
    shell: RUN + "05_evaluate {params.words}"


rule evaluate_bound:
    message: "05 scores of the {wildcards.model} model"
    input: mark("05_evaluate", given), CORPUS, TEACHER
    output: BOUND_SCORES
    params: words=words(given)
    resources: gpu=1
    shell: RUN + "05_evaluate {params.words}"
