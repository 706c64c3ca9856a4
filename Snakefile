"""The paper's grid: one rule per notebook, one job per cell of the grid.

    snakemake -c2 --config profile=sandbox                   the profile's own grid (`make reproduce` calls this)
    snakemake -c2 --config profile=sandbox grid=codecs       another one: params/grids/codecs.yaml, with its own tables
    snakemake --profile profiles/slurm --config profile=paper                     on a cluster (docs/cluster.md)

Options that hold for every call are in profiles/default/config.yaml. `trident.workflow.stages` says which jobs a grid
has and what each notebook is called with.

Each job has one declared output, the stage's provenance.json: it is written last, and Snakemake deletes the declared
outputs of a failed job, so checkpoints survive and a stage can resume. Notebooks are no inputs: saving one or editing
its prose changes nothing. The digest of code and parameters decides, through the input `stamp`.
"""

import os
import sys


workdir: workflow.basedir


sys.path.insert(0, workflow.basedir)

from trident.experiment import artifacts, params, paths
from trident.workflow import hosts, pretrain, resources, stages

PROFILE, GRID = config.get("profile", "sandbox"), config.get("grid")
JOBS = {stages.from_root(job.provenance): job for job in stages.grid(PROFILE, GRID)}
p = params.complete(params.load(f"params/{PROFILE}.yaml"))


def output(stage, **wildcards):
    """The declared output of a stage's rule, with wildcards in braces."""
    folder = paths.output_folder(stage, {**vars(p), **wildcards})
    return stages.from_root(folder / artifacts.PROVENANCE)


CORPUS, TEACHER = output("01"), output("02")
TEACHER_CACHE = output("03", codec="{cache}")
STUDENT = output("04", configuration="{configuration}", seed="{seed}")
STUDENT_SCORES = output("05", configuration="{configuration}", seed="{seed}")
MODEL_SCORES = output("05", model="{model}")
TABLES = next(path for path, job in JOBS.items() if job.notebook.stem == "06_tables")
SCORES = [path for path, job in JOBS.items() if job.notebook.stem == "05_evaluate"]
# The base models that the profile makes for itself: the last file of each.
PRETRAINED = [stages.from_root(folder / pretrain.CARD) for folder in pretrain.folders(p).values()]
BASELINES = output("05", model=params.REAL_BASELINES[-1])
VERDICTS = output("verdicts", results_dir=JOBS[TABLES].values["results_dir"])

# Said before hours of work, not after them.
for folder in (paths.ROOT, paths.Run(p.profile, p.runs_dir).folder, paths.output_folder("06", vars(p))):
    place = next(place for place in (folder, *folder.parents) if place.exists())
    if not (place.is_dir() and os.access(place, os.W_OK | os.X_OK)):
        raise WorkflowError(f"{place} cannot be written: copy the project, or set runs_dir and results_dir elsewhere")
if {*"{}"} & {*p.runs_dir, *p.results_dir}:
    raise WorkflowError("runs_dir, results_dir: Snakemake takes braces for wildcards: choose a name without them")

# A file that is newer than every output. Its age counts for stale stages only, so they run again and no others do.
STAMP = stages.from_root(paths.Run(p.profile, p.runs_dir).folder / ".stamp")
# A job of a cluster reads this file again, on its own host.
if workflow.is_main_process:
    hosts.announce(paths.ROOT / STAMP, JOBS.values())
else:
    hosts.check(paths.ROOT / STAMP)

ASKED = resources.load(PROFILE)


def job(output):
    return lambda wildcards: JOBS[output.format(**dict(wildcards.items()))]


def stamp(output):
    return lambda wildcards: STAMP if job(output)(wildcards).stale() else ancient(STAMP)


def words(output):
    def of(wildcards):
        hosts.check_code(job(output)(wildcards))
        return job(output)(wildcards).words()

    return of


def asks(rule, gpu=None):
    """What a rule's jobs ask a cluster for. One that failed may have had too little: a retry asks for as much again."""
    asked = ASKED[rule]
    return {
        "mem_mb": lambda wildcards, attempt: asked.memory * 1024 * attempt,
        "runtime": lambda wildcards, attempt: asked.minutes * attempt,
        "gpu": gpu or asked.gpu,
    }


def gpu_of_bound(wildcards):
    return 0 if wildcards.model in params.BASELINES else ASKED["evaluate_bound"].gpu


def archives(wildcards):
    """What the corpus is read from, if it comes from files. If there are none, 01 says what is missing."""
    place = paths.inside_root(p.corpus_path)
    if not p.corpus_path:
        return []
    if place.is_file():
        return stages.from_root(place)
    return sorted(stages.from_root(file) for end in ("*.tar.bz2", "*.jsonl") for file in place.rglob(end))


def teacher_cache(wildcards):
    values = job(STUDENT)(wildcards).values
    return output("03", codec=values["codec"], unlabelled=values["unlabelled"])


# `exec`: the job is the workflow's own child, so that it can see the workflow end (--with-parent) and end too.
# `--once`: a group of jobs that a cluster repeats does not repeat those that were finished.
RUN = "exec {sys.executable:q} -m trident run --with-parent --once {STAMP:q} {params.words:q}"
# A job of which there are many draws no pictures for a reader.
STEPS = f"{RUN} --steps-only"
# A step without a notebook.
STEP = "exec {sys.executable:q} -m trident {params.words:q} --with-parent --once {STAMP:q}"


wildcard_constraints:
    configuration=r"[A-Za-z0-9_]+",
    seed=r"\d+",
    model="|".join(stages.MODELS),
    cache=rf"({'|'.join(params.CODECS)})(_answers)?",


rule tables:
    """All tables and figures, from the students' logs and all scores."""
    message:
        "06 tables and figures"
    input:
        stamp(TABLES),
        [path for path, job in JOBS.items() if job.notebook.stem == "04_distill"],
        SCORES,
        [step for step in (BASELINES, VERDICTS) if step in JOBS],
    output:
        TABLES,
    params:
        words=words(TABLES),
    resources:
        **asks("tables"),
    shell:
        RUN


rule preprocess:
    """Examples in four splits, from the profile's corpus."""
    message:
        "01 corpus"
    input:
        stamp(CORPUS),
        archives,
    output:
        CORPUS,
    params:
        words=words(CORPUS),
    resources:
        **asks("preprocess"),
    shell:
        STEPS


if PRETRAINED:

    rule pretraining_tests:
        """Every test that the base models learn from."""
        message:
            "02 tests to pre-train on"
        input:
            archives,
        output:
            stages.from_root(pretrain.tests(p)),
        resources:
            **asks("pretraining_tests"),
        shell:
            "exec {sys.executable:q} -m trident pretrain tests --profile {PROFILE:q} --with-parent"

    rule pretrain:
        """A base model, in hours. Changed code does not make it anew: delete its folder for that."""
        message:
            "02 base model: {wildcards.who}"
        input:
            ancient(stages.from_root(pretrain.tests(p))),
        output:
            stages.from_root(pretrain.tests(p).parent / "{who}" / pretrain.CARD),
        threads: 2
        resources:
            **asks("pretrain"),
        shell:
            "exec {sys.executable:q} -m trident pretrain {wildcards.who} --profile {PROFILE:q} --with-parent"


rule teacher:
    """The fine-tuned teacher, the student before distillation and the tokenizer."""
    message:
        "02 teacher"
    input:
        stamp(TEACHER),
        CORPUS,
        PRETRAINED,
    output:
        TEACHER,
    params:
        words=words(TEACHER),
    threads: 2
    resources:
        **asks("teacher"),
    shell:
        STEPS


rule teacher_cache:
    """The teacher's outputs on the training set. All students wait for it, so it goes before scoring."""
    message:
        "03 teacher cache, {wildcards.cache}"
    input:
        stamp(TEACHER_CACHE),
        CORPUS,
        TEACHER,
    output:
        TEACHER_CACHE,
    priority: 1
    params:
        words=words(TEACHER_CACHE),
    resources:
        **asks("teacher_cache"),
    shell:
        STEPS


rule distil:
    """One student: one loss configuration, one seed."""
    message:
        "04 student {wildcards.configuration}, seed {wildcards.seed}"
    input:
        stamp(STUDENT),
        CORPUS,
        TEACHER,
        teacher_cache,
    output:
        STUDENT,
    params:
        words=words(STUDENT),
    resources:
        **asks("distil"),
    shell:
        STEPS


rule evaluate:
    """Predictions and scores of one student."""
    message:
        "05 scores of {wildcards.configuration}, seed {wildcards.seed}"
    input:
        stamp(STUDENT_SCORES),
        CORPUS,
        TEACHER,
        STUDENT,
    output:
        STUDENT_SCORES,
    params:
        words=words(STUDENT_SCORES),
    resources:
        **asks("evaluate"),
    shell:
        STEPS


rule evaluate_bound:
    """The same for what the students are compared with. The baselines need no model, only the corpus."""
    message:
        "05 scores of {wildcards.model}"
    input:
        stamp(MODEL_SCORES),
        CORPUS,
        lambda wildcards: [] if wildcards.model in params.BASELINES else TEACHER,
    output:
        MODEL_SCORES,
    params:
        words=words(MODEL_SCORES),
    resources:
        **asks("evaluate_bound", gpu_of_bound),
    shell:
        STEPS


rule baselines:
    """Those that read the questions of real Java, where the corpus is that. It needs no notebook."""
    message:
        "05 scores of {params.names}"
    input:
        stamp(BASELINES),
        CORPUS,
    output:
        BASELINES,
    params:
        names=", ".join(params.REAL_BASELINES),
        words=words(BASELINES),
    resources:
        **asks("baselines"),
    shell:
        STEP


rule verdicts:
    """What a JVM says of the answers of all models, where `execution` is `grid`. It needs no notebook."""
    message:
        "05 verdicts on all answers"
    input:
        stamp(VERDICTS),
        CORPUS,
        SCORES,
        [BASELINES] if BASELINES in JOBS else [],
    output:
        VERDICTS,
    params:
        words=words(VERDICTS),
    threads: 2
    resources:
        **asks("verdicts"),
    shell:
        STEP
