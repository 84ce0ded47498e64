"""In which order several workers take the files, so that the processors have work while benches wait. Pure.

What mostly waits (for phones that ring, for networks) goes long before short, so that no worker is left alone with
a long file. What mostly computes is dealt in between, a little behind: the end is many short files that compute.
A figure that is wrong, or a file that has none, costs time and nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

# the seconds of whoever takes long, of a run on two busy cores
SECONDS = {
    "hil-tests/scenarios/exchange/test_callbacks.py": 279,
    "hil-tests/scenarios/web/test_pages.py": 205,
    "hil-tests/scenarios/web/test_roles_and_forms.py": 176,
    "hil-tests/scenarios/exchange/test_machines.py": 175,
    "hil-tests/scenarios/web/test_recordings.py": 155,
    "hil-tests/scenarios/test_kills.py": 152,
    "hil-tests/scenarios/exchange/test_survival.py": 145,
    "tests/exchange/test_second_net.py": 138,
    "hil-tests/scenarios/test_the_bench_itself.py": 136,
    "hil-tests/scenarios/exchange/test_menus_and_messages.py": 134,
    "hil-tests/scenarios/test_modem_and_carrier.py": 125,
    "hil-tests/scenarios/test_partial_outages.py": 123,
    "hil-tests/scenarios/exchange/test_queues.py": 111,
    "tests/exchange/test_members.py": 109,
    "tests/web/test_openapi.py": 102,
    "hil-tests/scenarios/exchange/test_local_route.py": 101,
    "tests/guard/test_virtual_faults.py": 92,
    "hil-tests/scenarios/exchange/test_callers_leave.py": 89,
    "tests/guard/test_virtual_holes.py": 85,
    "tests/exchange/test_queues.py": 85,
    "hil-tests/scenarios/exchange/test_plans.py": 77,
    "hil-tests/scenarios/exchange/test_trunk_faults.py": 74,
    "tests/exchange/test_mailboxes.py": 73,
    "hil-tests/scenarios/exchange/test_strategies.py": 73,
    "tests/exchange/test_screening.py": 72,
    "hil-tests/scenarios/exchange/test_transfers.py": 71,
    "tests/web/test_any_input.py": 70,
    "tests/exchange_transfer/test_by_keys.py": 63,
    "tests/asterisk/test_safe_by_default.py": 62,
    "tests/exchange/test_testcall.py": 57,
    "hil-tests/scenarios/test_commands.py": 56,
    "tests/exchange/test_menus.py": 55,
    "hil-tests/scenarios/test_total_outages.py": 49,
    "tests/exchange/test_faults.py": 48,
    "tests/exchange_callback/test_with_sound.py": 44,
    "tests/exchange_transfer/test_crashes.py": 43,
    "tests/exchange_callback/test_sigkill.py": 40,
    "tests/exchange_recording/test_listening.py": 39,
    "tests/guard/test_virtual_outages.py": 36,
    "tests/asterisk/test_manager.py": 35,
    "tests/benchmarks/test_queue.py": 34,
    "tests/asterisk/test_the_net.py": 33,
    "tests/exchange_transfer/test_by_refer.py": 32,
    "tests/benchmarks/test_guard_run.py": 31,
    "tests/web/test_languages.py": 30,
}
A_SHORT_FILE_S = 4.0
WAITING = (
    "hil-tests/",
    "tests/asterisk/",
    "tests/benchmarks/test_queue.py",
    "tests/exchange/",
    "tests/exchange_callback/",
    "tests/exchange_recording/",
    "tests/exchange_transfer/",
    "tests/notify/test_guard_process.py",
)
BEHIND = 0.8  # so much of what computes has been dealt when what waits is at its end


def in_order(files: Iterable[str]) -> list[str]:
    """The files, each once, as workers are to take them; ``/`` in paths from the checkout's root."""
    once = list(dict.fromkeys(files))
    # one bench serves the scenarios of this folder, and is switched off behind them: nothing comes in between
    first = _long_first(file for file in once if file.startswith("hil-tests/scenarios/test_"))
    rest = [file for file in once if file not in first]
    waiting = _long_first(file for file in rest if file.startswith(WAITING))
    computing = _long_first(file for file in rest if not file.startswith(WAITING))
    return first + _dealt(waiting, computing)


def _dealt(waiting: Sequence[str], computing: Sequence[str]) -> list[str]:
    share = BEHIND * sum(map(_seconds, computing)) / max(sum(map(_seconds, waiting)), 1.0)
    dealt: list[str] = []
    left, owed_s = list(computing), 0.0
    for file in waiting:
        dealt.append(file)
        owed_s += share * _seconds(file)
        while left and owed_s > 0:
            owed_s -= _seconds(left[0])
            dealt.append(left.pop(0))
    return dealt + left


def _long_first(files: Iterable[str]) -> list[str]:
    return sorted(files, key=_seconds, reverse=True)


def _seconds(file: str) -> float:
    return SECONDS.get(file, A_SHORT_FILE_S)
