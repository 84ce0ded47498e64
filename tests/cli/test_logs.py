"""Logs: what the journal of systemd wants, and what a person at a terminal wants."""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator

import pytest

from appliance.cli.logs import configure


@pytest.fixture(autouse=True)
def root() -> Iterator[logging.Logger]:
    """The root logger, put back afterwards."""
    logger = logging.getLogger()
    handlers, level = logger.handlers[:], logger.level
    yield logger
    logger.handlers[:], logger.level = handlers, level


def test_under_systemd_every_line_has_its_priority_and_no_time() -> None:
    stream = io.StringIO()
    configure("debug", {"JOURNAL_STREAM": "8:1"}, stream)
    log = logging.getLogger("hotline.test")
    log.debug("d")
    log.info("two\nlines")
    log.warning("w")
    try:
        raise ValueError("why")
    except ValueError:
        log.exception("it broke")
    log.critical("c")
    lines = stream.getvalue().splitlines()
    assert lines[:5] == [
        "<7>hotline.test: d",
        "<6>hotline.test: two",
        "<6>lines",
        "<4>hotline.test: w",
        "<3>hotline.test: it broke",
    ]
    assert all(line.startswith("<3>") for line in lines[4:-1])
    assert lines[-2] == "<3>ValueError: why"
    assert lines[-1] == "<2>hotline.test: c"


def test_at_a_terminal_lines_have_time_and_level() -> None:
    stream = io.StringIO()
    configure("info", {}, stream)
    logging.getLogger("hotline.test").info("hello")
    logging.getLogger("hotline.test").debug("too much")
    (line,) = stream.getvalue().splitlines()
    assert line.endswith(" INFO    hotline.test: hello")
    assert line[:2] == "20"
