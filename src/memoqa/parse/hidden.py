"""What a reader of an HTML page does not see: hidden by an attribute or by a simple style."""

import re
from typing import Any

from memoqa.parse.markup import name

Style = dict[str, str]

_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_RULE = re.compile(r"([^{}]{1,1000})\{([^{}]*)\}")
_SELECTOR = re.compile(r"([a-z][a-z0-9]*)?([.#][\w-]+)?", re.IGNORECASE)
_NOTHING = re.compile(r"0*(?:\.0*)?(?:px|pt|em|rem|%|ex)?|0?\.\d+(?:px|pt)")
_FAR = re.compile(r"-\d{3,}(?:\.\d+)?(?:px|pt|em|rem|%)?|-\d{2,}(?:em|rem)")
_CLIPPED = re.compile(r"rect\((?:[01](?:px)?[\s,]*){4}\)")
_COLOURS = {"white": (255, 255, 255), "black": (0, 0, 0)}
_NEAR = 12
_WHITE = (255, 255, 255)


def remove(root: Any) -> bool:
    """Take hidden elements out of the tree, their tails left in; whether any held words."""
    rules = _rules(root)
    removed = False
    # Elements on the way to the one that is looked at, with the background each stands on.
    grounds: dict[Any, tuple[int, ...]] = {}
    for element in list(root.iter()):
        parent = element.getparent()
        if not name(element) or (parent is not None and parent not in grounds):
            continue
        style = _style(element, rules)
        ground = grounds.get(parent, _WHITE) if parent is not None else _WHITE
        ground = _colour(style.get("background-color") or style.get("background", "")) or ground
        if parent is not None and (_is_hidden(element, style) or _is_ground(style, ground)):
            removed = removed or bool("".join(element.itertext()).strip())
            drop(element)
        else:
            grounds[element] = ground
    return removed


def drop(element: Any) -> None:
    """Take an element out of its tree and leave the text that follows it."""
    parent = element.getparent()
    if element.tail:
        before = element.getprevious()
        if before is not None:
            before.tail = (before.tail or "") + element.tail
        else:
            parent.text = (parent.text or "") + element.tail
    parent.remove(element)


def _is_hidden(element: Any, style: Style) -> bool:
    if element.get("hidden") is not None or element.get("aria-hidden", "").lower() == "true":
        return True
    places = [style.get(k, "") for k in ("left", "top", "right", "text-indent", "margin-left")]
    return (
        style.get("display") == "none"
        or style.get("visibility") in ("hidden", "collapse")
        or style.get("color") == "transparent"
        or bool(_NOTHING.fullmatch(style.get("opacity", "1")))
        or bool(_NOTHING.fullmatch(style.get("font-size", "1em")))
        or bool(_CLIPPED.fullmatch(style.get("clip", "")))
        or any(_FAR.fullmatch(place) for place in places)
        or (
            style.get("overflow") == "hidden"
            and any(_NOTHING.fullmatch(style.get(k, "auto")) for k in ("width", "height"))
        )
    )


def _is_ground(style: Style, ground: tuple[int, ...]) -> bool:
    colour = _colour(style.get("color", ""))
    return colour is not None and all(
        abs(a - b) <= _NEAR for a, b in zip(colour, ground, strict=True)
    )


def _rules(root: Any) -> dict[str, Style]:
    """The declarations of the style blocks by simple selector, such as `.note` or `p#a`; media
    queries and other selectors do not count.
    """
    rules: dict[str, Style] = {}
    for element in root.iter():
        if name(element) != "style":
            continue
        css = _COMMENT.sub("", element.text or "")
        css = re.sub(r"@[^{};]*(?:;|\{(?:[^{}]*\{[^{}]*\})*[^{}]*\})", "", css)
        for selectors, body in _RULE.findall(css):
            for selector in selectors.split(","):
                if _SELECTOR.fullmatch(selector := selector.strip()):
                    rules.setdefault(selector, {}).update(_declarations(body))
    return rules


def _style(element: Any, rules: dict[str, Style]) -> Style:
    tag = name(element)
    style: Style = {}
    if rules:
        marks = ["." + c for c in element.get("class", "").split()]
        marks += ["#" + element.get("id", "")] if element.get("id") else []
        for selector in (tag, *marks, *(tag + mark for mark in marks)):
            style |= rules.get(selector, {})
    colour = {"color": element.get("color", "").lower()} if tag == "font" else {}
    return style | colour | _declarations(element.get("style", ""))


def _declarations(css: str) -> Style:
    found: Style = {}
    for declaration in css.split(";"):
        key, _, value = declaration.partition(":")
        found[key.strip().lower()] = value.replace("!important", "").strip().lower()
    return found


def _colour(text: str) -> tuple[int, ...] | None:
    if text in _COLOURS:
        return _COLOURS[text]
    if match := re.fullmatch(r"#([0-9a-f]{3}|[0-9a-f]{6})", text):
        digits = match[1] if len(match[1]) == 6 else "".join(2 * c for c in match[1])
        return tuple(int(digits[i : i + 2], 16) for i in (0, 2, 4))
    if match := re.fullmatch(
        r"rgba?\(\s*(\d+)[\s,]+(\d+)[\s,]+(\d+)(?:[\s,/]+([\d.]+))?.*\)", text
    ):
        return tuple(min(int(match[i]), 255) for i in (1, 2, 3))
    return None
