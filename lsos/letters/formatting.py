"""An organiser's words as the two parts of a mail: paragraphs, bold, italics, lists and links; nothing else.

The words are read first and the values filled in after, so that nothing in a value is ever formatting.
"""

import textwrap
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from html import escape
from urllib.parse import urlsplit

from markdown_it import MarkdownIt
from markdown_it.tree import SyntaxTreeNode

from lsos.letters.rules import Placeholder, Problem, WordsRefusal, parts_of, placeholders_in

_WIDTH = 76
_LINK = "color:#0b6e66"
_BUTTON = (
    "display:inline-block;background:#0b6e66;color:#ffffff;font-weight:700;text-decoration:none;"
    "padding:11px 20px;border-radius:10px"
)


@dataclass(frozen=True)
class Written:
    """Words as plain text and as HTML."""

    text: str
    html: str


@dataclass(frozen=True)
class Gaps:
    """What fills the gaps of one letter to one reader."""

    values: Mapping[str, str]
    #: Those whose value is an address.
    links: frozenset[str] = frozenset()


def _reader() -> MarkdownIt:
    reader = MarkdownIt("zero").enable(["emphasis", "link", "autolink", "list", "newline", "escape"])
    #: Where links may lead is asked of every one by `wrong_links`, in words; here each is read as it stands.
    reader.validateLink = lambda _url: True  # type: ignore[method-assign,assignment]
    reader.normalizeLink = lambda url: url  # type: ignore[method-assign]
    return reader


_READER = _reader()


@lru_cache(maxsize=64)
def _read(words: str) -> SyntaxTreeNode:
    return SyntaxTreeNode(_READER.parse(words))


def wrong_links(words: str, known: Collection[Placeholder], base_url: str) -> Iterator[Problem]:
    """Name each link that leads where no letter of ours may lead."""
    gaps = {f"{{{one.name}}}" for one in known if one.is_link}
    for node in _read(words).walk():
        to = str(node.attrs.get("href", "")) if node.type == "link" else ""
        if node.type == "link" and to not in gaps and not _may_lead(to, base_url):
            yield Problem(WordsRefusal.LINK_ELSEWHERE, {"to": to})


def _may_lead(to: str, base_url: str) -> bool:
    if placeholders_in(to):
        return False
    try:
        parts, ours = urlsplit(to), urlsplit(base_url)
        if parts.username is not None:
            return False
        is_ours = (parts.scheme, parts.netloc) == (ours.scheme, ours.netloc)
    except ValueError:
        return False
    return is_ours or (parts.scheme == "https" and bool(parts.hostname))


def write(words: str, gaps: Gaps) -> Written:
    """Write words to one reader: a link alone in its paragraph becomes a button."""
    tree = _read(words)
    return Written(_text_blocks(tree, gaps), "".join(_html_block(node, gaps) for node in tree.children))


# ---- HTML


def _html_block(node: SyntaxTreeNode, gaps: Gaps) -> str:
    inner = "".join(_html_block(child, gaps) for child in node.children) if node.type != "inline" else ""
    match node.type:
        case "inline":
            return "".join(_html_inline(child, gaps) for child in node.children)
        case "paragraph" if node.hidden:
            return inner
        case "paragraph":
            button = _button(node)
            if button is not None:
                inner = f'<a href="{escape(_address(button, gaps))}" style="{_BUTTON}">{_inside(button, gaps)}</a>'
            return f'<p style="margin:0 0 16px">{inner}</p>'
        case "bullet_list":
            return f'<ul style="margin:0 0 16px;padding-left:22px">{inner}</ul>'
        case "ordered_list":
            start = int(node.attrs.get("start", 1))
            first = f' start="{start}"' if start != 1 else ""
            return f'<ol{first} style="margin:0 0 16px;padding-left:22px">{inner}</ol>'
        case "list_item":
            return f'<li style="margin:0 0 4px">{inner}</li>'
        case _:
            return inner


def _html_inline(node: SyntaxTreeNode, gaps: Gaps) -> str:
    match node.type:
        case "text":
            return "".join(_html_part(part, name, gaps) for part, name in parts_of(node.content))
        case "softbreak" | "hardbreak":
            return "<br>"
        case "strong" | "em":
            return f"<{node.type}>{_inside(node, gaps)}</{node.type}>"
        case "link":
            return f'<a href="{escape(_address(node, gaps))}" style="{_LINK}">{_inside(node, gaps)}</a>'
        case _:
            return _inside(node, gaps)


def _inside(node: SyntaxTreeNode, gaps: Gaps) -> str:
    return "".join(_html_inline(child, gaps) for child in node.children)


def _html_part(part: str, name: str | None, gaps: Gaps) -> str:
    if name is None or name not in gaps.values:
        return escape(part)
    value = escape(gaps.values[name])
    if name in gaps.links:
        return f'<a href="{value}" style="{_LINK};word-break:break-all">{value}</a>'
    return value.replace("\n", "<br>")


# ---- plain text


def _text_blocks(node: SyntaxTreeNode, gaps: Gaps, width: int = _WIDTH) -> str:
    blocks = [_text_block(child, gaps, width) for child in node.children]
    is_tight = node.type == "list_item"
    return ("\n" if is_tight else "\n\n").join(block for block in blocks if block)


def _text_block(node: SyntaxTreeNode, gaps: Gaps, width: int) -> str:
    match node.type:
        case "paragraph":
            button = _button(node)
            if button is not None:
                words = "".join(_words(child, gaps) for child in button.children)
                return f"{words}:\n{_address(button, gaps)}"
            lines = "".join(_words(child, gaps) for child in node.children).split("\n")
            return "\n".join(_wrapped(line, width) for line in lines)
        case "bullet_list" | "ordered_list":
            number = int(node.attrs.get("start", 1)) if node.type == "ordered_list" else None
            items = []
            for place, item in enumerate(node.children):
                sign = "- " if number is None else f"{number + place}. "
                body = _text_blocks(item, gaps, width - len(sign))
                items.append(sign + body.replace("\n", "\n" + " " * len(sign)))
            return "\n".join(items)
        case _:
            return _text_blocks(node, gaps, width)


def _wrapped(line: str, width: int) -> str:
    return textwrap.fill(line, width, break_long_words=False, break_on_hyphens=False) if len(line) > width else line


def _words(node: SyntaxTreeNode, gaps: Gaps) -> str:
    match node.type:
        case "text":
            return "".join(
                part if name is None else gaps.values.get(name, part) for part, name in parts_of(node.content)
            )
        case "softbreak" | "hardbreak":
            return "\n"
        case "link":
            words, to = "".join(_words(child, gaps) for child in node.children), _address(node, gaps)
            return to if words in {to, ""} else f"{words} ({to})"
        case _:
            return "".join(_words(child, gaps) for child in node.children)


# ---- both


def _address(link: SyntaxTreeNode, gaps: Gaps) -> str:
    to = str(link.attrs.get("href", ""))
    names = placeholders_in(to)
    return gaps.values.get(names[0], to) if names else to


def _button(paragraph: SyntaxTreeNode) -> SyntaxTreeNode | None:
    """Give the link that stands alone in a paragraph, with words of its own."""
    if paragraph.hidden or len(paragraph.children) != 1:
        return None
    inline = [child for child in paragraph.children[0].children if child.type != "text" or child.content.strip()]
    if len(inline) != 1 or inline[0].type != "link":
        return None
    link = inline[0]
    says_address = "".join(child.content for child in link.children if child.type == "text") == link.attrs.get("href")
    return None if says_address else link
