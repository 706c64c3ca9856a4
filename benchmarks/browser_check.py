"""Run all six notebooks in JupyterLab, as a reader does: "Restart Kernel and Run All Cells" in a headless Chromium.

    .venv/bin/python benchmarks/browser_check.py [--screenshots FOLDER] [NOTEBOOK ...]

Works on a copy of the checkout, so no file of it changes. NOTEBOOK is a path such as `course/solution/lab1.ipynb`.
Notebook 06 reads what `make smoke` has made: run that first; `runs/smoke` is copied, too. Prints one JSON object:
seconds for each notebook, from the command to the last cell's end, and their total. Exits with 1 if a cell's output is
an error or a cell did not run, as in a student version; the object then says which. Needs the program chromium and no
network; without chromium it says so and does nothing.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import contextlib
import itertools
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from tornado.websocket import WebSocketClientConnection, websocket_connect

ROOT = Path(__file__).resolve().parent.parent
SAMPLE = ROOT / "runs/smoke"
START_SECONDS, RUN_SECONDS = 300, 600
#: Opens a notebook, restarts its kernel, runs all cells, and returns what the code cells then hold.
RUN_ALL = """
(async () => {
  const app = window.jupyterapp;
  const pause = milliseconds => new Promise(resolve => setTimeout(resolve, milliseconds));
  const panel = await app.commands.execute('docmanager:open', {path: NOTEBOOK, factory: 'Notebook'});
  await Promise.all([panel.context.ready, panel.sessionContext.ready]);
  app.shell.activateById(panel.id);
  // a kernel that is restarted while its first websocket connects may never answer
  const kernel = panel.sessionContext.session.kernel;
  await kernel.info;
  while (kernel.connectionStatus !== 'connected' || kernel.status !== 'idle') await pause(20);
  const started = performance.now();
  const done = app.commands.execute('notebook:restart-run-all');
  const button = () => document.querySelector('.jp-Dialog button.jp-mod-accept');
  while (!button()) await pause(20);
  button().click();
  await done;
  const seconds = (performance.now() - started) / 1000;
  const cells = Array.from(panel.context.model.cells).filter(cell => cell.type === 'code').map(cell => cell.toJSON());
  const outputs = cells.flatMap(cell => cell.outputs);
  await panel.context.save();  // or the next notebook's dialogs would ask about it
  return {
    seconds, not_run: cells.filter(cell => cell.source && !cell.execution_count).length,
    errors: outputs.filter(output => output.output_type === 'error').map(error => `${error.ename}: ${error.evalue}`),
  };
})()
"""
#: Scrolls the notebook on by nearly a window; whether there was something left to scroll.
SCROLL = """
(async () => {
  const scrolled = document.querySelector('.jp-NotebookPanel:not(.lm-mod-hidden) .jp-WindowedPanel-outer');
  const before = scrolled.scrollTop;
  scrolled.scrollBy(0, 0.95 * scrolled.clientHeight);
  await new Promise(resolve => setTimeout(resolve, 500));
  return scrolled.scrollTop > before;
})()
"""


class Page:
    """A page of the browser, driven through the DevTools protocol."""

    def __init__(self, connection: WebSocketClientConnection) -> None:
        self.connection, self.numbers = connection, itertools.count(1)

    async def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """The result of a method of the protocol.

        Raises:
            RuntimeError: an error of the browser.
            TimeoutError: no answer, for instance because a cell runs too long.
        """
        number, answer = next(self.numbers), {}
        await self.connection.write_message(json.dumps({"id": number, "method": method, "params": parameters}))
        while answer.get("id") != number:
            try:
                answer = json.loads(await asyncio.wait_for(self.connection.read_message(), RUN_SECONDS))
            except TimeoutError as error:
                raise TimeoutError(f"{method} {parameters}: no answer in {RUN_SECONDS} s") from error
        if "error" in answer or "exceptionDetails" in answer["result"]:
            raise RuntimeError(f"{method}: {answer.get('error') or answer['result']['exceptionDetails']}")
        return answer["result"]

    async def evaluate(self, code: str) -> Any:
        """The value of a JavaScript expression, awaited if it is a promise."""
        done = await self.call("Runtime.evaluate", expression=code, awaitPromise=True, returnByValue=True)
        return done["result"].get("value")


async def until(ready: Callable[[], Awaitable[Any]], what: str) -> Any:
    """The first true value of `ready`, which may be refused a connection for a while."""
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end:
        with contextlib.suppress(OSError, RuntimeError):
            if found := await ready():
                return found
        await asyncio.sleep(0.2)
    raise RuntimeError(f"{what} did not start in {START_SECONDS} s")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


async def check(chromium: str, work: Path, notebooks: list[str], screenshots: Path | None) -> dict[str, Any]:
    shutil.copytree(ROOT, work / "copy", ignore=shutil.ignore_patterns(".*", "runs", "data", "__pycache__"))
    if SAMPLE.is_dir():
        shutil.copytree(SAMPLE, work / "copy" / SAMPLE.relative_to(ROOT))
    settings = work / "config" / "labconfig" / "page_config.json"
    settings.parent.mkdir(parents=True)
    settings.write_text(json.dumps({"disabledExtensions": {"@jupyterlab/apputils-extension:announcements": True}}))
    lab_port, page_port = free_port(), free_port()
    lab = [sys.executable, "-m", "jupyter", "lab", "--no-browser", "--allow-root", f"--port={lab_port}"]
    lab += ["--IdentityProvider.token=", "--LabApp.expose_app_in_browser=True"]
    own = {"PYTHONPATH": str(work / "copy"), "JUPYTER_PREFER_ENV_PATH": "1", "JUPYTER_CONFIG_DIR": str(work / "config")}
    browser = [chromium, "--headless=new", "--no-sandbox", "--disable-gpu", f"--remote-debugging-port={page_port}"]
    browser += [f"--user-data-dir={work / 'profile'}", "--window-size=1400,2400", "about:blank"]

    async def page() -> str | None:
        with urllib.request.urlopen(f"http://127.0.0.1:{page_port}/json/list") as answer:
            return next((page["webSocketDebuggerUrl"] for page in json.load(answer) if page["type"] == "page"), None)

    async def opened() -> bool:
        return "errorText" not in await driven.call("Page.navigate", url=f"http://127.0.0.1:{lab_port}/lab?reset")

    async def restored() -> Any:
        return await driven.evaluate("window.jupyterapp?.restored?.then(() => true) ?? false")

    with contextlib.ExitStack() as started, (work / "log").open("w") as log:
        for command, environment in ((lab, {**os.environ, **own}), (browser, None)):
            program = subprocess.Popen(command, cwd=work / "copy", env=environment, stdout=log, stderr=log)
            started.callback(program.wait)
            started.callback(program.terminate)
        driven = Page(await websocket_connect(await until(page, "chromium"), max_message_size=2**30))
        await until(opened, "JupyterLab")
        await until(restored, "the page of JupyterLab")
        found = {}
        for notebook in notebooks:
            found[notebook] = await driven.evaluate(RUN_ALL.replace("NOTEBOOK", json.dumps(notebook)))
            if screenshots:
                await photograph(driven, screenshots / notebook.replace("/", "-"))
    return found


async def photograph(driven: Page, name: Path) -> None:
    """The open notebook from top to end: pictures NAME-1.png, NAME-2.png, … of a window each."""
    for number in itertools.count(1):
        picture = await driven.call("Page.captureScreenshot")
        name.with_name(f"{name.name}-{number}.png").write_bytes(base64.b64decode(picture["data"]))
        if not await driven.evaluate(SCROLL):
            return


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    own = sorted(str(file.relative_to(ROOT)) for file in ROOT.glob("notebooks/*.ipynb"))
    parser.add_argument("notebooks", nargs="*", default=own, help="all six if none is named; 06 needs `make smoke`")
    parser.add_argument("--screenshots", type=Path, help="folder, made if need be, for pictures of each notebook")
    options = parser.parse_args()
    if "notebooks/06_tables.ipynb" in options.notebooks and not (SAMPLE / "scores").is_dir():
        parser.error("notebook 06 needs the scores of the sample: run `make smoke` first")
    if not (chromium := shutil.which("chromium")):
        print("no program chromium: not checked", file=sys.stderr)
        return 0
    if options.screenshots:
        options.screenshots.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as work:
        found = asyncio.run(check(chromium, Path(work), options.notebooks, options.screenshots))
    print(
        json.dumps({"notebooks": found, "seconds": round(sum(one["seconds"] for one in found.values()), 1)}, indent=1)
    )
    return 1 if any(one["errors"] or one["not_run"] for one in found.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
