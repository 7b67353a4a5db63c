"""The result of a session that uses what only a runner has says nothing about CI."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from evenfall.run.programs import PROGRAMS, SUDO_MARKER
from evenfall.run.unavailable import unavailable

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the image is one of Linux")


@pytest.fixture
def tools(tmp_path: Path) -> Path:
    """The folder of the tools of a job that has `kind`."""
    (tmp_path / PROGRAMS).mkdir()
    (tmp_path / PROGRAMS / "kind").touch()
    return tmp_path


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("sudo: a sandbox has no root\n", "sudo"),
        ("fusermount: must be setuid root\n", "setuid"),
        ("Cannot connect to the Docker daemon at unix:///var/run/docker.sock.", "Docker"),
        ("fuse: device not found, try 'modprobe fuse' first", "device"),
        ("System has not been booted with systemd as init system", "systemd"),
        ("nox > Program minikube not found.", "minikube"),
        ("/bin/sh: 1: minikube: not found\n", "minikube"),
        ("env: 'minikube': No such file or directory\n", "minikube"),
        ("subprocess.py\nFileNotFoundError: [Errno 2] No such file or directory: 'minikube'", "minikube"),
    ],
)
def test_the_output_names_what_only_a_runner_has(tools: Path, text: str, word: str) -> None:
    assert word in unavailable(text, tools / "files", tools)


@pytest.mark.parametrize(
    "text",
    [
        "1 failed",
        "/bin/sh: 1: lampctl: not found\n",
        "/bin/sh: 1: kind: not found\n",
        "FileNotFoundError: [Errno 2] No such file or directory: 'minikube'",
        "pseudosudo: no",
    ],
)
def test_another_failure_is_not_explained_with_the_runner(tools: Path, text: str) -> None:
    assert unavailable(text, tools / "files", tools) == ""


def test_a_socket_path_that_is_too_long_says_nothing_about_a_runner_if_the_job_had_no_namespaces(tools: Path) -> None:
    text = "OSError: AF_UNIX path too long"
    assert unavailable(text, tools / "files", tools) == ""
    assert "Unix socket" in unavailable(text, tools / "files", tools, has_namespaces=False)


def test_sudo_is_named_even_if_its_output_was_captured(tools: Path) -> None:
    (tools / SUDO_MARKER).touch()
    assert "sudo" in unavailable("", tools, tools)


def test_a_port_that_a_service_of_this_machine_has_is_named(tools: Path) -> None:
    text = "OSError: [Errno 98] Address already in use: ('127.0.0.1', 7)\nport 54321 of 1.54321"
    assert "a service on 54321" in unavailable(text, tools, tools, frozenset([54321]))
    assert unavailable(text, tools, tools, frozenset([5432])) == ""
