"""HTML and SVG as trees of the standard library, which escapes every text and attribute when it writes them."""

from xml.etree.ElementTree import Element, tostring

Child = Element | str


def tag(name: str, /, *children: Child, **attributes: object) -> Element:
    """An element. `class_` is the attribute `class`, `stroke_width` is `stroke-width`."""
    made = Element(name, {key.rstrip("_").replace("_", "-"): str(value) for key, value in attributes.items()})
    for child in children:
        if isinstance(child, Element):
            made.append(child)
        elif len(made):
            made[-1].tail = (made[-1].tail or "") + child
        else:
            made.text = (made.text or "") + child
    return made


def document(title: str, style: str, *body: Child) -> str:
    """A whole page that needs nothing beside itself: no script, no picture, no font from elsewhere."""
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", http_equiv="Content-Security-Policy", content="default-src 'none'; style-src 'unsafe-inline'"),
        tag("title", title),
        tag("style", style),
    )
    page = tag("html", head, tag("body", *body), lang="en-GB")
    return f"<!DOCTYPE html>\n{tostring(page, encoding='unicode', method='html')}\n"


def table(headings: tuple[str, ...], rows: list[tuple[Child, ...]], sums: frozenset[int] = frozenset()) -> Element:
    """A table; the columns of `sums` stand to the right."""

    def cells(name: str, row: tuple[Child, ...]) -> Element:
        return tag("tr", *(tag(name, one, class_="sum" if at in sums else "word") for at, one in enumerate(row)))

    head = tag("thead", cells("th", headings))
    return tag("table", head, tag("tbody", *(cells("td", row) for row in rows)))
