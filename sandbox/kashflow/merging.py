"""How a PUT changes what is there, under the switches `put_property_missing` and `put_list_given`."""

from collections.abc import Mapping
from typing import Any

from sandbox.kashflow.reading import Record
from sandbox.shared.switches import Switches


def changed(old: Record, given: Record, blank: Record, list_keys: Mapping[str, str], switches: Switches) -> Record:
    """The new record; a null in `given` counts as missing.

    `blank` holds every writable property unset, `list_keys` what identifies the items of a list.
    """
    cleared = switches["put_property_missing"] == "cleared"
    present = {name: value for name, value in given.items() if value is not None}
    new = {**old, **(blank if cleared else {}), **present}
    if switches["put_list_given"] == "merges":
        for name in list_keys.keys() & present.keys():
            new[name] = merged_items(old[name], present[name], list_keys[name])
    return new


def merged_items(old: list[Record], given: list[Record], key: str) -> list[Record]:
    """The old items with those given laid over them by `key`; items without a match are added."""
    by_key: dict[Any, Record] = {item[key]: item for item in old}
    merged = dict(by_key)
    added = []
    for item in given:
        match = item.get(key)
        if match in by_key:
            merged[match] = {**by_key[match], **item}
        else:
            added.append(item)
    return [*merged.values(), *added]
