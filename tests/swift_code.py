"""Swift as tree-sitter reads it; there is no Swift compiler where the tests run."""

from collections.abc import Iterator
from pathlib import Path

import tree_sitter_swift
from tree_sitter import Language, Node, Parser

IOS_DEMO = Path(__file__).resolve().parents[1] / "ios_demo"
CORE = IOS_DEMO / "Core/Sources/Core"


def parse(path: Path) -> Node:
    return Parser(Language(tree_sitter_swift.language())).parse(path.read_bytes()).root_node


def nodes(root: Node, *kinds: str) -> Iterator[Node]:
    """All of these kinds below `root`, in order; of every kind where none is named."""
    for child in root.children:
        if not kinds or child.type in kinds:
            yield child
        yield from nodes(child, *kinds)


def text(node: Node | None) -> str:
    return node.text.decode() if node and node.text else ""


def types() -> dict[str, Node]:
    """Every struct, enum and class of Core by its name; an enum inside a type as Type.Name."""
    found = {}
    for path in sorted(CORE.glob("*.swift")):
        for outer in (node for node in parse(path).children if node.type == "class_declaration"):
            name = text(outer.child_by_field_name("name"))
            found[name] = outer
            inner = (node for node in nodes(outer, "class_declaration"))
            found |= {f"{name}.{text(node.child_by_field_name('name'))}": node for node in inner}
    return found


def properties(declared: Node) -> dict[str, bool]:
    """The stored properties of a struct, and whether each is optional."""
    found = {}
    body = declared.child_by_field_name("body")
    for node in (node for node in body.children if node.type == "property_declaration") if body else ():
        is_static = any(text(part) == "static" for part in nodes(node, "property_modifier"))
        if not is_static and not any(part.type == "computed_property" for part in node.children):
            name = text(next(nodes(next(nodes(node, "pattern")), "simple_identifier")))
            found[name] = any(nodes(node, "optional_type"))
    return found


def cases(enum: Node) -> dict[str, str]:
    """The cases of an enum of texts, and the text of each."""
    found = {}
    for node in nodes(enum, "enum_entry"):
        written = next(nodes(node, "line_str_text"), None)
        name = text(next(nodes(node, "simple_identifier")))
        found[name] = text(written) if written else name
    return found
