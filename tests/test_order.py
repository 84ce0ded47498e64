from __future__ import annotations

from pathlib import Path

from tests.order import SECONDS, WAITING, in_order

ROOT = Path(__file__).resolve().parents[1]
FILES = sorted(
    str(file.relative_to(ROOT))
    for folder in ("hil-tests/scenarios", "tests")
    for file in (ROOT / folder).rglob("test_*.py")
)


def test_every_file_comes_once() -> None:
    assert sorted(in_order([*FILES, *FILES])) == FILES


def test_whatever_a_figure_is_kept_of_is_there() -> None:
    assert set(SECONDS) <= set(FILES)
    assert [place for place in WAITING if not (ROOT / place).exists()] == []


def test_what_waits_goes_long_first_and_what_computes_comes_in_between_and_last() -> None:
    ordered = in_order(FILES)
    bench = sum(file.startswith("hil-tests/scenarios/test_") for file in FILES)
    assert all(file.startswith("hil-tests/scenarios/test_") for file in ordered[:bench])
    waiting = [file.startswith(WAITING) for file in ordered[bench:]]
    assert waiting[0]
    assert ordered[bench] == "hil-tests/scenarios/exchange/test_callbacks.py"
    last = len(waiting) - waiting[::-1].index(True)
    assert 0 < waiting[:last].count(False) < waiting.count(False)
    assert ordered.index("tests/exchange/test_second_net.py") < ordered.index(
        "hil-tests/scenarios/exchange/test_plans.py"
    )
