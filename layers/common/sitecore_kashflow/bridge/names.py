"""How people name what the bridge works on: an order by its id in Sitecore, anything else by its key."""

from ..runs.subject import Subject

SHOP = "ordercloud"


def subject_named(name: str) -> Subject:
    """The order of this id in OrderCloud, or whatever its key names in full: `order:till:17`.

    Raises `ValueError` for a name that cannot be one.
    """
    parts = name.split(":")
    if len(parts) not in (1, 3):
        raise ValueError("a key has three parts, such as `order:till:17`")
    kind, source, subject_id = ["order", SHOP, *parts][-3:]
    return Subject(kind, source, subject_id)


def name_of(subject: Subject) -> str:
    """As `subject_named` reads it."""
    return subject.id if (subject.kind, subject.source) == ("order", SHOP) else subject.key


def name_of_key(key: str) -> str:
    """The same of a subject's key; empty if there is none."""
    return key.removeprefix(f"order:{SHOP}:")
