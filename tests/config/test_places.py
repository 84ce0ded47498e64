"""Line numbers of keys."""

from appliance.config.places import line_of, lines_of_keys

TEXT = '''\
title = "x"
[device]   # the box
id = "a"
[[route]]
name = "primary"
needs = { trunk = "a" }
[[ route ]]
"name" = "secondary"
text = """
[not.a.table]
id = "no key either"
"""
needs.trunk = "b"
'''


def test_keys_tables_and_arrays_have_their_lines() -> None:
    lines = lines_of_keys(TEXT)
    assert lines == {
        "title": 1,
        "device": 2,
        "device.id": 3,
        "route": 4,
        "route.0": 4,
        "route.0.name": 5,
        "route.0.needs": 6,
        "route.1": 7,
        "route.1.name": 8,
        "route.1.text": 9,
        "route.1.needs.trunk": 13,
    }


def test_a_place_inside_a_value_has_the_line_of_its_key() -> None:
    lines = lines_of_keys(TEXT)
    assert line_of("route.0.needs.trunk", lines) == 6
    assert line_of("route.1.number", lines) == 7
    assert line_of("nowhere.at.all", lines) is None


def test_an_array_within_an_array_is_counted_anew_in_each() -> None:
    lines = lines_of_keys(
        "[[rota]]\n[[rota.week]]\na = 1\n[[rota.week]]\na = 2\n[[rota]]\n[rota.x]\n[[rota.week]]\na = 3\n"
    )
    assert [lines[key] for key in ("rota.0.week.0.a", "rota.0.week.1.a", "rota.1.x", "rota.1.week.0.a")] == [
        3,
        5,
        7,
        9,
    ]
