"""How Asterisk's configuration files are spelt."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

Setting = tuple[str, str | int]
YES, NO = "yes", "no"


def section(name: str, *settings: Setting | None) -> str:
    """One section; a ``None`` among the settings is left out, so that a condition can stand where it belongs."""
    lines = [f"{key} = {escape(value)}" for key, value in filter(None, settings)]
    return "\n".join([f"[{name}]", *lines, ""]) + "\n"


def escape(value: str | int) -> str:
    """A value as Asterisk reads it back: a bare ``;`` would begin a comment. Raises ``ValueError`` for what no line
    can carry."""
    text = str(value)
    if not text.isprintable():
        raise ValueError("holds a character that a configuration file cannot carry")
    return text.replace(";", "\\;")


def extension(pattern: str, *steps: str) -> str:
    """One extension of the dialplan with its priorities; a step may begin with ``(label)``."""
    first, *others = steps
    lines = [f"exten = {pattern},1,{first}"]
    for step in others:
        label, rest = step[1:].split(")", 1) if step.startswith("(") else ("", step)
        lines.append(f" same = n({label}),{rest}" if label else f" same = n,{rest}")
    return "\n".join(lines) + "\n"


def listing(key: str, values: Iterable[str]) -> str:
    """The same key once for each value."""
    return "".join(f"{key} = {value}\n" for value in values)


def commas(values: Sequence[str]) -> str:
    """A list inside one value."""
    return ",".join(values)


def host_in_uri(host: str) -> str:
    """A host as a URI holds it: IPv6 in brackets (RFC 3986 §3.2.2)."""
    return f"[{host}]" if ":" in host else host
