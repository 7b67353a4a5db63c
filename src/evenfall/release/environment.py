"""A new and empty environment outside of any source tree: what uv installs into it, and the programs that run in it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from evenfall.errors import EvenfallError, Exit
from evenfall.package_index.address import shown_addresses
from evenfall.project.uv import is_unreachable, start_uv
from evenfall.text import one_line

# Variables of the surroundings that change what Python, pytest or uv do, and those that contain a secret.
_EXCLUDED = re.compile(
    r"(PYTHON|PYTEST_|UV$|UV_|PIP_|NOX_|CONDA_|COVERAGE_|VIRTUAL_ENV|__PYVENV)|.*(TOKEN|PASSWORD|SECRET|API_KEY)"
)
# Variables of uv that say how it downloads, not what: https://docs.astral.sh/uv/reference/environment/
_DOWNLOADS = re.compile(
    "UV_(CACHE_DIR|CONCURRENT_.*|CREDENTIALS_DIR|DEFAULT_INDEX|EXTRA_INDEX_URL|HTTP_.*|INDEX.*|INSECURE_HOST|KEYRING_PROVIDER|LINK_MODE"
    "|NATIVE_TLS|OFFLINE|PYTHON_DOWNLOADS|SYSTEM_CERTS)"
)
_CONFIGURATION = "uv.toml"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgramResult:
    """The exit code of a program, or None if it did not end in time, and its output."""

    code: int | None
    output: str
    errors: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """An empty environment in `folder`, made from the interpreter `base`. `label` is such as `Python 3.12.1`."""

    folder: Path
    base: Path
    label: str

    @property
    def scripts(self) -> Path:
        """The folder of its programs."""
        return self.folder / "env" / ("Scripts" if os.name == "nt" else "bin")

    @property
    def python(self) -> Path:
        """Its Python."""
        return self.scripts / ("python.exe" if os.name == "nt" else "python")

    def build_wheel(self, sdist: Path) -> tuple[Path, str]:
        """Build the wheel of an sdist as an installer does. Return its path, or the sdist's and uv's message if that fails.

        uv would take a wheel that it built earlier from the same path if it installed the sdist itself. Raises `EvenfallError`
        (unknown) if the index of the build requirements can't be reached.
        """
        output = self.folder / "built"
        options = ("--wheel", "--no-sources", f"--python={self.base}", f"--out-dir={output}")
        message = _uv(self.folder, "build", *options, os.fspath(sdist))
        return next(output.glob("*.whl"), sdist), message

    def install(self, *arguments: str, credentials: Mapping[str, str] | None = None) -> str:
        """Install requirements, and return uv's message if that fails. `credentials` are variables with the credentials of indexes.

        Raises `EvenfallError` (unknown) if an index can't be reached.
        """
        return _uv(self.folder, "pip", "install", f"--python={self.python}", *arguments, more=credentials)

    def install_project(self, name: str, pyproject: str, credentials: Mapping[str, str] | None = None) -> str:
        """Install a project as the text of a `pyproject.toml` requires it. The rest is as `install` does it."""
        (self.folder / "pyproject.toml").write_text(pyproject, encoding="utf-8")
        options = (f"--refresh-package={name}", "--requirements=pyproject.toml")
        return self.install(*options, credentials=credentials)

    def run(self, program: str, *arguments: str, timeout: float) -> ProgramResult:
        """Run a program of the environment or of the system in an empty folder, and end it and its children after `timeout` seconds.

        Raises `FileNotFoundError` if there is no such program.
        """
        path = os.pathsep.join((os.fspath(self.scripts), os.environ.get("PATH", "")))
        found = shutil.which(program, path=path)
        if found is None:
            raise FileNotFoundError(program)
        variables = {**clean_environment(os.environ), "PATH": path, "VIRTUAL_ENV": os.fspath(self.scripts.parent)}
        with (
            tempfile.TemporaryDirectory(dir=self.folder, ignore_cleanup_errors=True) as folder,
            # Files and no pipes, because a process in the background can keep a pipe open.
            tempfile.TemporaryFile(dir=self.folder) as output,
            tempfile.TemporaryFile(dir=self.folder) as errors,
            subprocess.Popen(
                [found, *arguments], cwd=folder, env=variables, stdin=subprocess.DEVNULL, stdout=output, stderr=errors
            ) as process,
        ):
            code = _wait(process, timeout)
            texts = []
            for file in (output, errors):
                file.seek(0)
                texts.append(file.read().decode(errors="replace"))
            return ProgramResult(code=code, output=texts[0], errors=texts[1])


def _wait(process: subprocess.Popen[bytes], timeout: float) -> int | None:
    try:
        return process.wait(timeout)
    except subprocess.TimeoutExpired:
        parent = psutil.Process(process.pid)
        for each in (*parent.children(recursive=True), parent):
            with suppress(psutil.NoSuchProcess):
                each.kill()
        return None


def create_environment(folder: Path, python: Path, configuration: str) -> Environment:
    """Make an environment without any package in a new `folder`. `configuration` is the text of the `uv.toml` for all that uv does there.

    Raises `EvenfallError` (unknown) if the interpreter does not work.
    """
    folder.mkdir()
    (folder / _CONFIGURATION).write_text(configuration, encoding="utf-8")
    if message := _uv(folder, "venv", f"--python={python}", "env"):
        raise EvenfallError(f"{python}: {one_line(message)}", hint="name another Python", exit_code=Exit.UNKNOWN)
    lines = (folder / "env" / "pyvenv.cfg").read_text(encoding="utf-8").splitlines()
    config = {key.strip(): value.strip() for key, _, value in (line.partition("=") for line in lines)}
    name = config.get("implementation", "CPython").replace("CPython", "Python")
    return Environment(folder=folder, base=python, label=f"{name} {config['version_info']}")


def clean_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the variables for a program of the project: those of the surroundings that do not change Python, and no secret."""
    return {name: value for name, value in environ.items() if not _EXCLUDED.match(name.upper())}


def is_for_other_platform(wheel: Path, message: str) -> bool:
    """Return whether uv refused a wheel because it is compiled for another Python or system. `message` is uv's."""
    texts = ("has no wheels with a matching", "is incompatible with the current platform")
    # uv breaks its lines by their length.
    line = one_line(message)
    return not wheel.name.endswith("-none-any.whl") and any(text in line for text in texts)


def _uv(folder: Path, *arguments: str, more: Mapping[str, str] | None = None) -> str:
    """Run uv with the configuration of `folder` alone, and return its message if it fails.

    Raises `EvenfallError` (unknown) if an index did not answer.
    """
    downloads = {name: value for name, value in os.environ.items() if _DOWNLOADS.fullmatch(name)}
    environ = {**clean_environment(os.environ), **downloads, "NO_COLOR": "1", **(more or {})}
    with start_uv(
        folder, *arguments, f"--config-file={folder / _CONFIGURATION}", "--no-progress", environ=environ
    ) as process:
        _, errors = process.communicate()
    if not process.returncode:
        return ""
    message = shown_addresses(errors.strip())
    if is_unreachable(message):
        raise EvenfallError(
            f"inconclusive: uv {' '.join(arguments[:2])}: {one_line(message[message.find('error:') :])}",
            hint="try again when the index answers; UV_DEFAULT_INDEX and UV_INDEX name other indexes",
            exit_code=Exit.UNKNOWN,
        )
    return message or f"uv {arguments[0]} exited with {process.returncode}"
