"""What is written is what was measured: sections, their page, their verdict."""

import re
from pathlib import Path

from benchmarks.figures import Section, Table, markdown, terminal, update
from benchmarks.rivals import section, trials
from benchmarks.rivals.section import behind
from benchmarks.rivals.trials import Score, Size, Where
from benchmarks.summary import summary


def made(key: str, words: str) -> Section:
    table = Table("Seconds:", ("", "median"), [("**ours**", "1.0"), ("theirs", "12.5")])
    return Section(key, key.title(), "2026-01-01", "a machine", [words, table])


def test_a_summary_is_median_and_worst() -> None:
    assert summary([3.0, 1.0, 2.0]).words() == "2.0 / 3.0"
    assert summary([]).words() == "-"


def test_a_page_keeps_the_sections_that_were_not_run(tmp_path: Path) -> None:
    page = tmp_path / "docs" / "figures.md"
    update(page, [made("rest", "old rest")], ["rivals", "rest"])
    update(page, [made("rivals", "rivals of `today`")], ["rivals", "rest"])
    update(page, [made("rest", "new rest")], ["rivals", "rest"])
    text = page.read_text()
    assert "old rest" not in text
    assert text.index("rivals of `today`") < text.index("new rest")
    assert text.count("# Figures\n") == 1
    assert "| **ours** | 1.0 |" in text
    assert "Again with `make bench ARGS=rest`." in text
    before = text
    update(page, [], ["rivals"])
    assert page.read_text() == before


def test_a_terminal_gets_no_markup() -> None:
    shown = terminal(made("rest", "run `make bench`"))
    assert re.search(r"^ours +1\.0$", shown, re.M)
    assert not re.search(r"[*`]", shown)


def _score(name: str, to_switch_s: float, false_a_day: float) -> Score:
    return Score(
        name,
        {loss: summary([to_switch_s]) for loss in trials.LOSSES},
        dict.fromkeys(trials.LOSSES, false_a_day),
        dict.fromkeys(trials.BLIPS_S, false_a_day),
    )


def test_a_figure_in_which_a_rival_is_better_is_told() -> None:
    ours = {where: _score("Hotline", 12.0, 0.0) for where in Where}
    assert behind(ours, [_score("slow", 30.0, 0.0), _score("false", 12.0, 5.0)]) == []
    lost = behind(ours, [_score("fast", 5.0, 50.0)])
    assert lost[0] == "fast: time to switch at 0% loss, median, 5 against 12 (the primary trunk's path alone)"
    assert not any("false" in one for one in lost)


def test_no_rival_is_ahead_and_the_section_says_so(monkeypatch) -> None:
    monkeypatch.setattr(section, "QUICK", Size(guard_days=0.03, rival_days=1.0, deaths=40))
    told: list[str] = []
    page = markdown(section.measure(quick=True, seed=1, progress=told.append))
    assert "No rival is better than Hotline in any of these figures" in page
    assert "Behind:" not in page
    assert len(told) == len(Where) + len(section.RIVALS) + 1
    assert len(re.findall(r"^\| \*\*Hotline\*\*", page, re.M)) == 2 * len(Where)
