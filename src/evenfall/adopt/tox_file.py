"""The environments of tox: their commands and Pythons, from `tox.ini`, `setup.cfg`, `tox.toml` or `pyproject.toml`.

https://tox.wiki/en/latest/reference/config.html
"""

from __future__ import annotations

import itertools
import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from configparser import Error, RawConfigParser
from dataclasses import replace
from pathlib import Path
from typing import Any

from evenfall.adopt.task import EVERY, Task, shell_line, tables_of
from evenfall.input_file import mapping_at
from evenfall.pipeline.marker import read_text
from evenfall.project.pyproject import NAME

_MAX_ENVIRONMENTS = 1000
"""The number of names to which one item of a list can be expanded."""
_PYTHON_FACTOR = re.compile(r"(py|pypy|graalpy)?(?:(\d)(?:\.?(\d+)(t?))?)?")


def tox_tasks(root: Path, arguments: Sequence[str], variables: Mapping[str, str]) -> list[Task]:
    """Return the environments that a command of tox runs; none without a configuration. An unknown one has no script."""
    file, sections = _sections(root)
    words, posargs = _split(arguments)
    names = _options(words, "-e", "--env") or [variables[key] for key in ("TOXENV", "TOX_ENV") if variables.get(key)]
    default = [env for env in _expanded(_first(sections.get("tox", {}), "env_list", "envlist")) if env]
    chosen = [env for name in names for env in _expanded(name)] if names else default or ["py"]
    if words[:1] in (["exec"], ["e"]):
        return [Task(name="tox exec", script=posargs)]
    if labels := [] if names else [label for option in _options(words, "-m") for label in option.split(",")]:
        chosen = [env for label in labels for env in _labeled(sections, label) or [f"$?-{label}"]]
    factors = {factor for option in _options(words, "-f") for factor in option.split("-") if "$" not in factor}
    if "ALL" in chosen or arguments == EVERY:
        own = (name.removeprefix("testenv:") for name in sections if name.startswith("testenv:"))
        chosen = [*dict.fromkeys((*default, *own))] or ["py"]
    chosen = [env for env in chosen if factors <= {*env.split("-")}]
    return [replace(_task(sections, env, posargs), file=file) for env in chosen] if sections else []


def _task(sections: Mapping[str, Mapping[str, str]], env: str, posargs: str) -> Task:
    own = sections.get(f"testenv:{env}", {})
    base = sections.get("testenv", {})
    is_known = f"testenv:{env}" in sections or _is_generated(env, sections)
    keys = ("commands_pre", "commands", "commands_post")
    lines = [line for key in keys for line in _filtered(own.get(key, base.get(key, "")), env)]
    script = "\n".join(shell_line(_substituted(line, sections, posargs)) for line in lines if line)
    folder = _first(own, "change_dir", "changedir") or _first(base, "change_dir", "changedir") or "."
    return Task(
        name=f"tox -e {env}",
        script=script if is_known else "",
        folder=re.sub(r"\{(?:toxinidir|tox_root)\}/?", "", folder) or ".",
        pythons=_pythons(env, own, base),
    )


def _labeled(sections: Mapping[str, Mapping[str, str]], label: str) -> list[str]:
    """Return the environments with a label, which `[tox]` or their own section gives them."""
    lines = [line.partition("=") for line in sections.get("tox", {}).get("labels", "").splitlines()]
    listed = [env for name, _, envs in lines if name.strip() == label for env in _expanded(envs) if env]
    own = [
        name.removeprefix("testenv:")
        for name, section in sections.items()
        if ":" in name and label in re.split(r"[,\s]+", section.get("labels", ""))
    ]
    return listed + own


def _is_generated(env: str, sections: Mapping[str, Mapping[str, str]]) -> bool:
    """Return whether an environment needs no section of its own: its factors are Pythons, or the configuration names them."""
    values = (*sections.get("tox", {}).values(), *sections.get("testenv", {}).values())
    known = {*re.findall(r"\w+", " ".join(values))}
    return all(_PYTHON_FACTOR.fullmatch(factor) or factor in known or "$" in factor for factor in env.split("-"))


def _pythons(env: str, own: Mapping[str, str], base: Mapping[str, str]) -> tuple[str, ...]:
    """Return the Python that the name of an environment or its `base_python` names."""
    named = [match for factor in env.split("-") if (match := _PYTHON_FACTOR.fullmatch(factor)) and match[3]]
    if named:
        return tuple(f"{'' if m[1] == 'py' else m[1] or ''}{m[2]}.{m[3]}{m[4]}" for m in named)
    text = _first(own, "base_python", "basepython") or _first(base, "base_python", "basepython")
    lines = _filtered(text, env)
    return tuple(version for line in lines for version in re.findall(r"(?:pypy)?3\.\d+t?", line))


def _sections(root: Path) -> tuple[str, Mapping[str, Mapping[str, str]]]:
    """Return the file that configures tox, and its sections as tox.ini has them."""
    for name, prefix in (("tox.ini", ""), ("setup.cfg", "tox:")):
        found = _ini(read_text(root / name))
        if prefix and "tox:tox" in found:
            found = {key.removeprefix(prefix): value for key, value in found.items()}
        if any(section.partition(":")[0] in {"tox", "testenv"} for section in found):
            return name, found
    own = tables_of(root / "tox.toml")
    tables = own or mapping_at(tables_of(root / NAME), "tool", "tox")
    if isinstance(tables.get("legacy_tox_ini"), str):
        return NAME, _ini(tables["legacy_tox_ini"])
    return "tox.toml" if own else NAME, _native(tables) if tables else {}


def _ini(text: str) -> dict[str, dict[str, str]]:
    parser = RawConfigParser(
        strict=False, comment_prefixes=("#", ";"), inline_comment_prefixes=None, allow_no_value=True
    )
    try:
        parser.read_string(text)
    except (Error, ValueError, AttributeError):  # the last for a key without a value before indented lines
        return {}
    sections = {name: {key: value or "" for key, value in parser[name].items()} for name in parser.sections()}
    return {full: values for name, values in sections.items() for full in (_expanded(name) if "{" in name else [name])}


def _native(tables: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    """Return the tables of a native TOML configuration as the sections of an INI file."""
    lines = [f"{name} = {_list(envs)}" for name, envs in mapping_at(tables, "labels").items()]
    sections = {"tox": {"env_list": _list(tables.get("env_list", [])), "labels": "\n".join(lines)}}
    for name, table in {"": tables.get("env_run_base", {}), **mapping_at(tables, "env")}.items():
        if isinstance(table, dict):
            values = {key: "\n".join(_native_lines(value, tables, set())) for key, value in table.items()}
            sections[f"testenv:{name}" if name else "testenv"] = values
    return sections


def _list(value: object) -> str:
    return ",".join(map(str, value)) if isinstance(value, list) else str(value)


def _native_lines(value: Any, tables: Mapping[str, Any], seen: set[str]) -> Iterator[str]:
    """Yield the items of a value as lines; `$?` for what tox puts in its place in a run. `seen` are the references so far."""
    for item in value if isinstance(value, list) else [value]:
        match item:
            case {"replace": "ref", "of": [*path]}:
                other: Any = tables if str(path) not in seen else []
                seen.add(str(path))
                for key in path if other else ():
                    other = other.get(key) if isinstance(other, dict) else None
                yield from _native_lines(other, tables, seen) if other is not None else ("$?",)
            case {"replace": "ref", "env": str(env), "key": str(key)}:
                yield from _native_lines({"replace": "ref", "of": ["env", env, key]}, tables, seen)
            case {"replace": "if"}:
                for part in (item.get("then"), item.get("else")):
                    yield from _native_lines(part, tables, seen) if part is not None else ()
            case {"replace": _}:
                yield _native_word(item)
            case _:
                words = item if isinstance(item, list) else [item]
                yield " ".join(part for part in map(_native_word, words) if part)


def _native_word(word: Any) -> str:
    match word:
        case {"replace": "posargs" | "env" as kind}:
            default = word.get("default", [] if kind == "posargs" else "$?")
            text = shlex.join(map(str, default if isinstance(default, list) else [default]))
            return f"{{posargs:{text}}}" if kind == "posargs" else text
        case {"replace": _}:
            return "$?"
        case dict():
            return ""
        case _:
            return str(word) if "{" in str(word) else shlex.quote(str(word))


def _split(arguments: Sequence[str]) -> tuple[list[str], str]:
    """Return the arguments before and after `--`."""
    words = [*arguments]
    if "--" not in words:
        return words, ""
    position = words.index("--")
    return words[:position], shlex.join(words[position + 1 :])


def _options(words: Sequence[str], *names: str) -> list[str]:
    """Return the values of an option, given as `-e x`, `-ex` or `--env=x`."""
    values = [value for word, value in itertools.pairwise(words) if word in names]
    short = names[0]
    values += [word[2:] for word in words if word.startswith(short) and not word.startswith("--") and len(word) > 2]
    return values + [
        word.partition("=")[2] for word in words if word.startswith("--") and word.partition("=")[0] in names
    ]


def _expanded(text: str) -> list[str]:
    """Return the environments of a list such as `py{311,312}-{a,b}, lint`."""
    found: list[str] = []
    for item in re.split(r"[,\s]+(?![^{]*\})", text.strip()):
        parts = re.split(r"\{([^{}]*)\}", re.sub(r"\s", "", item))
        choices = [_choices(part) if index % 2 else [part] for index, part in enumerate(parts)]
        found += ["".join(each) for each in itertools.islice(itertools.product(*choices), _MAX_ENVIRONMENTS)]
    return found


def _choices(text: str) -> list[str]:
    """Return the alternatives between two braces: those of `a,b`, or the numbers of a range such as `10-14`."""
    if numbers := re.fullmatch(r"(\d+)-(\d+)", text):
        return [str(number) for number in range(int(numbers[1]), min(int(numbers[2]), int(numbers[1]) + 99) + 1)]
    return text.split(",")


def _filtered(text: str, env: str) -> list[str]:
    """Return the lines whose condition, such as `py311,cov:`, the factors of an environment meet."""
    factors = {*env.split("-")}
    lines = []
    for line in re.sub(r"\\\n\s*", " ", text).splitlines():
        condition = re.match(r"\s*([\w{},.!\- ]+):\s+(.*)", line)
        if condition is None:
            lines.append(line.strip())
        elif any(_meets(each, factors) for each in _expanded(condition[1])):
            lines.append(condition[2].strip())
    return [line for line in lines if line]


def _meets(condition: str, factors: set[str]) -> bool:
    return all((factor.removeprefix("!") in factors) is not factor.startswith("!") for factor in condition.split("-"))


def _substituted(line: str, sections: Mapping[str, Mapping[str, str]], posargs: str) -> str:
    """Return a line with the values of tox's substitutions that are known before a run."""
    for _ in range(5):
        line = re.sub(r"\{\[([^\]]+)\]([\w-]+)\}", lambda match: sections.get(match[1], {}).get(match[2], ""), line)
    line = re.sub(r"\{posargs(?::((?:\{[^{}]*\}|[^{}])*))?\}", lambda match: posargs or match[1] or "", line)
    line = re.sub(r"\{(?:toxinidir|tox_root)\}/?", "./", line)
    line = re.sub(r"\{(?:env_?python|basepython)\}", "python", line)
    line = re.sub(r"\{env:\w+:((?:\{[^{}]*\}|[^{}])*)\}", lambda match: match[1], line)
    return re.sub(r"(?<![$\\])\{[^{}]+\}", "$?", line)


def _first(section: Mapping[str, str], *keys: str) -> str:
    return next((section[key] for key in keys if key in section), "")
