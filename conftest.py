"""The order of the files where several workers share them."""

from __future__ import annotations

import pytest

from tests.order import in_order


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Whoever runs a few files alone gets them as they asked for them."""
    if hasattr(config, "workerinput"):
        files = {file: place for place, file in enumerate(in_order(item.nodeid.split("::")[0] for item in items))}
        items.sort(key=lambda item: files[item.nodeid.split("::")[0]])
