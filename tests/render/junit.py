"""What the schemas of JUnit's XML say that CI servers go by: Jenkins' junit-10.xsd and the stricter one of Ant's task.

Of each element: the attributes that must and that may be there with the form of their values, and what may be
within it, in order. What both take is taken everywhere.
"""

from __future__ import annotations

import re
from typing import NamedTuple
from xml.etree import ElementTree

TEXT = r"(?s:.*)"
COUNT = r"\d+"
SECONDS = r"\d+(\.\d+)?"
TIMESTAMP = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d"
NAME = r"(?s:.*\S.*)"


class Element(NamedTuple):
    """``children`` is a pattern over the tags within, each ended by a comma."""

    required: dict[str, str]
    optional: dict[str, str] = {}  # noqa: RUF012 - never changed
    children: str = ""
    has_text: bool = False


ELEMENTS = {
    "testsuites": Element({}, {}, "(testsuite,)*"),
    "testsuite": Element(
        {
            "name": NAME, "package": TEXT, "id": COUNT, "timestamp": TIMESTAMP, "hostname": NAME, "tests": COUNT,
            "failures": COUNT, "errors": COUNT, "time": SECONDS,
        },
        {"skipped": COUNT},
        "properties,(testcase,)*system-out,system-err,",
    ),
    "properties": Element({}, {}, "(property,)*"),
    "testcase": Element({"name": TEXT, "classname": TEXT, "time": SECONDS}, {}, "((skipped|error|failure),)?"),
    "failure": Element({"type": TEXT}, {"message": TEXT}, has_text=True),
    "error": Element({"type": TEXT}, {"message": TEXT}, has_text=True),
    "system-out": Element({}, has_text=True),
    "system-err": Element({}, has_text=True),
}  # fmt: skip


def faults(written: str) -> list[str]:
    """What in ``written`` a CI server would not take."""
    root = ElementTree.fromstring(written)
    found = [] if root.tag == "testsuites" else [f"the root is {root.tag}"]
    for parent in root.iter():
        found += _of(parent)
    found += [
        f"{suite.get('name')} has not the {key} that it says"
        for suite in root.iter("testsuite")
        for key, path in (("tests", "testcase"), ("failures", "testcase/failure"), ("errors", "testcase/error"))
        if suite.get(key) not in (None, str(len(suite.findall(path))))
    ]
    return found


def _of(node: ElementTree.Element) -> list[str]:
    known = ELEMENTS.get(node.tag)
    if known is None:
        return [f"{node.tag} is no element"]
    allowed = {**known.required, **known.optional}
    found = [f"{node.tag} has no {name}" for name in known.required if name not in node.attrib]
    found += [f"{node.tag} has {name}" for name in node.attrib if name not in allowed]
    found += [
        f"{name} is {value!r}"
        for name, value in node.attrib.items()
        if name in allowed and not re.fullmatch(allowed[name], value)
    ]
    within = "".join(f"{child.tag}," for child in node)
    if not re.fullmatch(known.children, within):
        found.append(f"{within.rstrip(',')} within {node.tag}")
    texts = [node.text, *(child.tail for child in node)]
    if not known.has_text and any(text and text.strip() for text in texts):
        found.append(f"text within {node.tag}")
    return found
