"""Descriptions in files of programmes are often HTML; here they become text as people read it."""

import re
from html.parser import HTMLParser
from typing import Final

from lsos.schedule_files.values import cleaned

#: Something that only HTML has; a plain text with < and > stays as it is.
_HTML: Final = re.compile(
    r"</?(?:p|br|ul|ol|li|a|em|strong|b|i|code|pre|h[1-6]|blockquote|div|span)\b[^<>]*>", re.IGNORECASE
)
_BLOCKS: Final = frozenset({"p", "ul", "ol", "pre", "blockquote", "div", "h1", "h2", "h3", "h4", "h5", "h6"})
_UNSEEN: Final = frozenset({"script", "style"})


def as_text(said: str) -> str:
    """Give a text without its markup: paragraphs apart, items of lists with a dash, addresses after their words."""
    text = cleaned(said).replace("\r\n", "\n").replace("\r", "\n")
    if _HTML.search(text):
        reader = _Reader()
        reader.feed(text)
        reader.close()
        text = "".join(reader.parts)
    lines = (line.rstrip() for line in text.split("\n"))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self.targets: list[tuple[str, int]] = []
        self.as_written = 0
        self.unseen = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _UNSEEN:
            self.unseen += 1
        elif tag == "br":
            self.parts.append("\n")
        elif tag == "li":
            self._end_line("\n")
            self.parts.append("– ")
        elif tag in _BLOCKS:
            self._end_line("\n\n")
            self.as_written += tag == "pre"
        elif tag == "a":
            self.targets.append((dict(attrs).get("href") or "", len(self.parts)))

    def handle_endtag(self, tag: str) -> None:
        if tag in _UNSEEN:
            self.unseen = max(self.unseen - 1, 0)
        elif tag in _BLOCKS:
            self._end_line("\n\n")
            self.as_written = max(self.as_written - (tag == "pre"), 0)
        elif tag == "a" and self.targets:
            address, begun = self.targets.pop()
            words = "".join(self.parts[begun:])
            if address.startswith(("http://", "https://")) and address.strip("/") not in words:
                self.parts.append(f" ({address})")

    def handle_data(self, data: str) -> None:
        if self.unseen:
            return
        if not self.as_written:
            data = re.sub(r"\s+", " ", data)
            if not self.parts or self.parts[-1].endswith(("\n", "– ")):
                data = data.lstrip()
        if data:
            self.parts.append(data)

    def _end_line(self, ends: str) -> None:
        if self.parts and not self.parts[-1].endswith("– "):
            self.parts.append(ends)
